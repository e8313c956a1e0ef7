"""Conditions any of which suffices, merged so that many cost little more than few.

Equal conditions count once. Where many begin with StringEquals on one key, the request's value
finds those that can hold in a dictionary.
"""

from __future__ import annotations

from collections.abc import Sequence

from .conditions import Check, Conditions
from .variables import Values

_SMALL = 4


def either(guards: Sequence[Conditions | None]) -> tuple[Check, ...] | None:
    """Checks one of which must hold; None if nothing is left to check."""
    if not guards:
        return ()
    if len(guards) == 1:
        return None if guards[0] is None else (guards[0].check,)
    distinct: dict[object, Conditions] = {}
    for guard in guards:
        if guard is None:
            return None
        distinct[guard.identity] = guard
    if len(distinct) <= _SMALL:
        return tuple(guard.check for guard in distinct.values())
    return _by_value(list(distinct.values()))


def _by_value(guards: list[Conditions]) -> tuple[Check, ...]:
    """Guards with a plain StringEquals go into a dictionary of its key's values."""
    tables: dict[str, dict[str, list[Check]]] = {}
    others: list[Check] = []
    for guard in guards:
        found = next(
            ((test.key, test.plain_values) for test in guard.tests if test.plain_values), None
        )
        if found is None:
            others.append(guard.check)
            continue
        key, values = found
        for value in values:
            tables.setdefault(key, {}).setdefault(value, []).append(guard.check)
    return (*others, *(_lookup(key, table) for key, table in tables.items()))


def _lookup(key: str, table: dict[str, list[Check]]) -> Check:
    def check(values: Values) -> bool:
        found = values.get(key)
        if not isinstance(found, str):
            return False
        return any(one(values) for one in table.get(found, ()))

    return check
