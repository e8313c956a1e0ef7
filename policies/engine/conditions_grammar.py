"""The grammar of the Condition element. Source: policy-language §7."""

from __future__ import annotations

import re
from sys import intern

from .checks import Checks
from .conditions import Condition
from .document import DocumentKind
from .operators import BASES, DATES, is_documented, operator_named
from .reader import Member, Node, NodeKind
from .scalars import instant

_SCALARS = (NodeKind.STRING, NodeKind.NUMBER, NodeKind.BOOLEAN)
_EPOCH = re.compile(r"[0-9]{1,19}")
_LARGEST_EPOCH = 9223372036854775807


def read_conditions(checks: Checks, member: Member | None) -> tuple[Condition, ...]:
    if member is None:
        return ()
    if member.value.kind is not NodeKind.OBJECT:
        _condition_shape(checks, member.value, "Condition is an object of operators.")
        return ()
    conditions = []
    for operator in member.value.members:
        if operator.value.kind is not NodeKind.OBJECT:
            _condition_shape(checks, operator.value, "An operator holds an object of keys.")
            continue
        if operator.value.members and not is_documented(operator.name):
            found = operator_named(operator.name)
            checks.fault(
                operator.start,
                "operator-unknown",
                f"{operator.name[:80]!r} is no condition operator.",
                f"Operators are case-sensitive: {found.base}."
                if found
                else f"Operators are {', '.join(BASES)}.",
            )
        for key in operator.value.members:
            values = _values(checks, operator.name, key)
            conditions.append(Condition(intern(operator.name), intern(key.name), values))
    return tuple(conditions)


def _condition_shape(checks: Checks, node: Node, message: str) -> None:
    checks.fault(
        node.start,
        "condition-shape",
        message,
        'Write {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}.',
    )


def _values(checks: Checks, operator: str, key: Member) -> tuple[str, ...]:
    if ":" not in key.name and checks.kind is not DocumentKind.TRUST:
        checks.fault(
            key.start,
            "key-prefix",
            f"The condition key {key.name[:80]!r} names no service.",
            "Write it as service:Key, for example aws:SourceIp.",
        )
    nodes = key.value.items if key.value.kind is NodeKind.ARRAY else [key.value]
    values = []
    for node in nodes:
        if node.kind not in _SCALARS:
            _condition_shape(checks, node, f"A value is a scalar, not {node.kind.value}.")
            continue
        values.append(intern(node.text))
        found = operator_named(operator)
        if found and found.base in DATES and not _is_date(node.text):
            checks.fault(
                node.start,
                "date-value",
                f"{node.text[:80]!r} is no date.",
                "Write 2026-11-30T23:59:59Z, or whole seconds since 1970.",
            )
    return tuple(values)


def _is_date(text: str) -> bool:
    if "-" in text or "t" in text.lower():
        return instant(text) is not None
    return _EPOCH.fullmatch(text) is not None and int(text) <= _LARGEST_EPOCH
