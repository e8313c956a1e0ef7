"""What a refused request lacks: whether values for absent condition keys could have it allowed."""

from __future__ import annotations

from collections.abc import Collection

from .compile import CompiledStatement
from .decide import judge
from .layers import Layer, Layers, Outcome
from .patterns import fold
from .principals import Grant
from .request import Principal, Request
from .resources import resource_of
from .variables import Values


def lacking(
    request: Request, layers: Layers, without: Collection[str] = ()
) -> tuple[str, ...] | None:
    """The absent condition keys that stand between a refused request and an allow, as written.

    None when the request is refused whatever values the absent keys take; empty when it is
    allowed as it is. A key that the request has keeps its value; one in `without` (in lower case)
    it can never have.
    """
    layers = layers.for_principal(request.principal)
    best = _Best(request, layers, without)
    outcome, _ = judge(request, layers, best)
    if outcome is not Outcome.ALLOWED:
        return None
    return tuple(best.keys.values())


class _Best:
    """The best words for `judge`: conditions on absent keys hold, but in denials."""

    def __init__(self, request: Request, layers: Layers, without: Collection[str]) -> None:
        self.keys: dict[str, str] = {}
        self._values = request.context.by_key
        self._without = without
        self._principal = request.principal
        resource = resource_of(request.resource)
        self._about = [
            (
                layer,
                [
                    (statement, statement.grant(request.principal))
                    for _, statement in policies.about(request.action)
                    if statement.covers_resource(resource, self._values)
                ],
            )
            for layer, policies in layers.applying
        ]

    def denying_layer(self, principal: Principal, values: Values) -> Layer | None:
        for layer, statements in self._about:
            for statement, grant in statements:
                if statement.denies and grant is not Grant.NONE and self._must_hold(statement):
                    return layer
        return None

    def _must_hold(self, statement: CompiledStatement) -> bool:
        """Whether a denial holds whatever the absent keys are; else it needs one of them."""
        if not statement.holds(self._values):
            return False
        absent = self._absent(statement)
        self._need(absent[:1])
        return not absent

    def allows(self, layer: Layer, values: Values) -> bool:
        return all(
            self._grant(statements) is not Grant.NONE
            for of, statements in self._about
            if of is layer
        )

    def grant(self, principal: Principal, values: Values) -> Grant:
        owners = (Layer.RESOURCE, Layer.TRUST)
        return max(
            (self._grant(statements) for of, statements in self._about if of in owners),
            default=Grant.NONE,
        )

    def _grant(self, statements: list[tuple[CompiledStatement, Grant]]) -> Grant:
        """The strongest grant of the statements that need the fewest absent keys."""
        needed: list[tuple[int, int, list[str]]] = []
        for statement, grant in statements:
            if statement.denies or grant is Grant.NONE:
                continue
            tests = statement.conditions.tests if statement.conditions else ()
            failing = [test for test in tests if not test.check(self._values)]
            if not all(self._is_open(test.key) for test in failing):
                continue
            needed.append((len(failing), -grant, [test.condition.key for test in failing]))
        if not needed:
            return Grant.NONE
        _, grant_value, keys = min(needed, key=lambda one: one[:2])
        self._need(keys)
        return Grant(-grant_value)

    def _absent(self, statement: CompiledStatement) -> list[str]:
        tests = statement.conditions.tests if statement.conditions else ()
        return [test.condition.key for test in tests if self._is_open(test.key)]

    def _is_open(self, key: str) -> bool:
        return key not in self._values and key not in self._without

    def _need(self, keys: list[str]) -> None:
        for key in keys:
            self.keys.setdefault(fold(key), key)
