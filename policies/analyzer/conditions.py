"""A context in which a statement's conditions hold, as far as the caller can choose it."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network

from policies.engine.conditions import Condition

Value = str | tuple[str, ...]

_QUALIFIERS = ("ForAnyValue:", "ForAllValues:")


def satisfying(conditions: Iterable[Condition]) -> dict[str, Value]:
    """One value for each key that a positive condition tests: the first that it would take.

    Negated conditions hold of keys that are absent, so they get none. Whether all of it holds
    together is the evaluator's to say.
    """
    context: dict[str, Value] = {}
    for operator, key, values in conditions:
        bare, is_list = operator, False
        for qualifier in _QUALIFIERS:
            if bare.startswith(qualifier):
                bare, is_list = bare.removeprefix(qualifier), True
        value = _value(bare.removesuffix("IfExists"), values[0]) if values else None
        if value is not None and "${" not in value:
            context.setdefault(key, (value,) if is_list else value)
    return context


def _value(operator: str, wanted: str) -> str | None:
    folded = operator.lower()
    if folded == "null":
        return None if wanted.lower() == "true" else "present"
    if "not" in folded:
        return None
    if folded == "ipaddress":
        return _address(wanted)
    if folded in ("numericlessthan", "numericgreaterthan"):
        return _beside(wanted, -1 if folded == "numericlessthan" else 1)
    if folded.startswith("date") and folded != "dateequals":
        return None  # whether the time is right the clock says
    return filled(wanted)


def filled(pattern: str) -> str:
    """A text that the pattern matches."""
    return pattern.replace("*", "any").replace("?", "x")


def _address(network: str) -> str | None:
    try:
        return str(ip_network(network, strict=False).network_address)
    except ValueError:
        return None


def _beside(number: str, step: int) -> str | None:
    try:
        return str(int(float(number)) + step)
    except ValueError:
        return None
