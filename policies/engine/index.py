"""The statements of one effect about one action, merged: does any of them cover this resource?

First exact texts, then beginnings, then what is left to match; conditions last.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .conditions import Conditions
from .resources import Resource, ResourcePattern
from .variables import Values


class Rule(NamedTuple):
    """What is left of a statement once its action is known to match."""

    resources: tuple[ResourcePattern, ...] | None
    not_resources: tuple[ResourcePattern, ...] | None
    denies: bool
    conditions: Conditions | None


class Rules:
    """Answers whether one of the rules holds for a resource and a context."""

    __slots__ = ("_rules", "always")

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self.always = False

    def hold(self, resource: Resource, values: Values) -> bool:
        return any(_holds(rule, resource, values) for rule in self._rules)


def _holds(rule: Rule, resource: Resource, values: Values) -> bool:
    if rule.resources is not None:
        covered = any(pattern.matches(resource, values) for pattern in rule.resources)
    elif rule.not_resources is None:
        covered = True
    elif not rule.denies and any(p.is_unresolved(values) for p in rule.not_resources):
        covered = False
    else:
        covered = not any(pattern.matches(resource, values) for pattern in rule.not_resources)
    return covered and (rule.conditions is None or rule.conditions.hold(values))
