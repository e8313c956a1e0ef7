"""Context values that would turn a condition: what a caller could send, or prove, instead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address

from . import scalars
from .conditions import KeyTest
from .operators import DATES
from .patterns import fold
from .request import Context
from .variables import Value, parts_of, substitute

# Who the caller is, is not the caller's to change in a request.
FIXED_KEYS = frozenset(
    map(
        fold,
        (
            "aws:PrincipalArn",
            "aws:PrincipalAccount",
            "aws:PrincipalId",
            "aws:PrincipalType",
            "aws:PrincipalIsAWSService",
            "aws:PrincipalServiceName",
            "aws:PrincipalServiceNamesList",
            "aws:ResourceAccount",
            "aws:Type",
            "aws:userid",
            "aws:username",
        ),
    )
)
# Keys that a caller may as well leave out.
_OPTIONAL = ("aws:requesttag/", "aws:tagkeys", "sts:", "iam:")
_YEAR_9999 = 253402300799


def turning_values(test: KeyTest, context: Context, holds: bool) -> Iterator[Value | None]:
    """Values of the test's key under which it holds, or does not; None: leave the key out.

    Each is tried on the test itself. Nothing is offered for keys that say who the caller is.
    """
    if test.key in FIXED_KEYS:
        return
    seen = set[Value | None]()
    for value in _candidates(test, context):
        if value in seen:
            continue
        seen.add(value)
        changed = {key: old for key, old in context.by_key.items() if key != test.key}
        if value is not None:
            changed[test.key] = value
        if test.check(changed) is holds:
            yield value


def _candidates(test: KeyTest, context: Context) -> Iterator[Value | None]:
    base, found = test.operator.base, context.by_key.get(test.key)
    if base in ("Bool", "Null"):
        yield from ("true", "false")
    for text in test.condition.values:
        for one in _near(base, _filled(text, context)):
            yield one
            if test.operator.qualifier:
                yield (one,)
    if test.operator.qualifier and isinstance(found, tuple):
        yield from ((one,) for one in found)
    if test.key.startswith(_OPTIONAL):
        yield None


def _filled(text: str, context: Context) -> str:
    """A policy's value with its variables filled, as far as they have values."""
    tokens = substitute(parts_of(text, wildcards=False), context.by_key)
    return text if tokens is None else "".join(map(str, tokens))


def _near(base: str, text: str) -> Iterator[str]:
    """Values equal to a policy's value, and just beside it."""
    if base.startswith("Numeric"):
        number = scalars.number(text)
        if number is not None:
            yield from (str(number), str(number - 1), str(number + 1))
    elif base in DATES:
        instant = scalars.instant(text)
        if instant is not None:
            seconds = instant // 1_000_000_000
            for near in (seconds, seconds - 1, seconds + 1):
                if 0 <= near <= _YEAR_9999:
                    yield datetime.fromtimestamp(near, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    elif base.endswith("IpAddress"):
        network = scalars.network(text)
        if network is not None:
            size = 32 if network.version == 4 else 128
            for bits in (network.bits, network.bits + 1, network.bits - 1):
                if 0 <= bits < 1 << (size - network.shift):
                    number_ = bits << network.shift
                    yield str(ip_address(number_.to_bytes(size // 8, "big")))
    elif "Like" in base or base.startswith("Arn"):
        yield text.replace("*", "").replace("?", "x")
        yield text.replace("*", "x").replace("?", "x")
    else:
        yield text
