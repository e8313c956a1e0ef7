"""A statement's Condition block, compiled: every key under every operator must hold.

Missing keys (policy-language §7.4) and set operators (§7.5) are decided here, values by the
operator's family.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from .operators import Comparison, Operator, Qualifier, Strings, comparison, operator_named
from .patterns import fold
from .variables import Value, Values

Check = Callable[[Values], bool]


class Condition(NamedTuple):
    """One key under one operator, as written; `values` are JSON scalars as text."""

    operator: str
    key: str
    values: tuple[str, ...]


class KeyTest:
    """One condition, compiled. `check` answers for a request's values by folded key."""

    __slots__ = ("check", "comparison", "condition", "key", "operator")

    def __init__(self, condition: Condition, operator: Operator, variables: bool) -> None:
        self.condition = condition
        self.operator = operator
        self.key = fold(condition.key)
        self.comparison: Comparison = comparison(operator.base, condition.values, variables)
        plain = self.plain_values
        self.check: Check = self.holds if plain is None else _equals(self.key, plain)

    def holds(self, values: Values) -> bool:
        found = values.get(self.key)
        if found is None:
            return self.operator.if_exists or self.operator.negated
        # A multivalued key without a set operator satisfies nothing, negated operators included.
        return isinstance(found, str) and self.comparison.holds(found, values)

    @property
    def plain_values(self) -> frozenset[str] | None:
        """The values of a StringEquals without variables, if the test is one."""
        compared = self.comparison
        if self.operator.qualifier or not isinstance(compared, Strings):
            return None
        return None if self.operator.if_exists else compared.plain


def _equals(key: str, exact: frozenset[str]) -> Check:
    """The commonest test, without detours. Neither None nor a tuple is in a set of texts."""
    return lambda values: values.get(key) in exact


class AllTest(KeyTest):
    """ForAllValues: each of the request's values holds; true when there is none."""

    __slots__ = ()

    def holds(self, values: Values) -> bool:
        holds = self.comparison.holds
        return all(holds(value, values) for value in _members(values.get(self.key)))


class AnyTest(KeyTest):
    """ForAnyValue: one of the request's values holds; false when there is none."""

    __slots__ = ()

    def holds(self, values: Values) -> bool:
        found = values.get(self.key)
        if found is None:
            return self.operator.if_exists
        holds = self.comparison.holds
        return any(holds(value, values) for value in _members(found))


class NullTest(KeyTest):
    """Null: whether the key is absent. An empty value or an empty list counts as absent."""

    __slots__ = ("_wanted",)

    def __init__(self, condition: Condition, operator: Operator, variables: bool) -> None:
        self.condition = condition
        self.operator = operator
        self.key = fold(condition.key)
        self._wanted = frozenset(fold(value) for value in condition.values)
        self.check = self.holds

    def holds(self, values: Values) -> bool:
        return ("false" if values.get(self.key) else "true") in self._wanted

    @property
    def plain_values(self) -> frozenset[str] | None:
        return None


def _members(found: Value | None) -> tuple[str, ...]:
    """The set that a set operator looks at: an empty value is an empty set."""
    if not found:
        return ()
    return (found,) if isinstance(found, str) else found


_TESTS = {Qualifier.NONE: KeyTest, Qualifier.ALL: AllTest, Qualifier.ANY: AnyTest}


def compile_condition(condition: Condition, variables: bool) -> KeyTest:
    """A condition as a test. The operator must exist: a parsed document has no other."""
    operator = operator_named(condition.operator)
    if operator is None:
        raise ValueError(f"There is no condition operator {condition.operator!r}.")
    if operator.base == "Null":
        return NullTest(condition, operator, variables)
    return _TESTS[operator.qualifier](condition, operator, variables)


class Conditions:
    """A whole block. Its tests are joined by AND; an empty block holds.

    `conditions` and the document's knowledge of variables are all that it depends on: blocks
    with the same `identity` hold for the same contexts.
    """

    __slots__ = ("check", "identity", "tests")

    def __init__(self, conditions: tuple[Condition, ...], variables: bool) -> None:
        self.identity = (conditions, variables)
        self.tests = tuple(compile_condition(condition, variables) for condition in conditions)
        self.check: Check = self.tests[0].check if len(self.tests) == 1 else self.hold

    def hold(self, values: Values) -> bool:
        for test in self.tests:  # noqa: SIM110 - a generator costs more than the tests
            if not test.check(values):
                return False
        return True


# Blocks repeat across statements and documents; equal ones are one object.
conditions_of = lru_cache(maxsize=16_384)(Conditions)
