"""Why a request is allowed or denied: every layer's verdict, every statement's elements.

The elements are tested by the compiled statements that `decide` uses, and the verdicts are
combined by the same `judge`; only the indexes are left out, so that nothing is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .actions import action_pattern, split_action
from .compile import CompiledStatement, Policy, PolicySet, compiled
from .decide import Decision, judge
from .document import Effect, Statement
from .layers import LAYERS_IN_DENY_ORDER, Layer, Layers, Outcome
from .patterns import fold
from .principals import Grant, NamedPrincipal, PrincipalSet
from .request import Principal, Request
from .resources import resource_of
from .variables import Value, Values


@dataclass(frozen=True, slots=True)
class ElementCheck:
    """One element against the request.

    `element` is its name (Action, NotResource, …), `value` what the request has, `pattern` the
    entry that matched it, if one did.
    """

    element: str
    matched: bool
    value: str
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class ConditionCheck:
    """One condition: `wanted` by the policy, `found` in the request (None: absent)."""

    operator: str
    key: str
    wanted: tuple[str, ...]
    found: Value | None
    holds: bool


@dataclass(frozen=True, slots=True)
class StatementCheck:
    """One statement against the request. `grant`: how it names the caller."""

    policy: Policy
    statement: Statement
    elements: tuple[ElementCheck, ...]
    conditions: tuple[ConditionCheck, ...]
    grant: Grant

    @property
    def matched(self) -> bool:
        elements = all(element.matched for element in self.elements)
        return elements and all(condition.holds for condition in self.conditions)

    @property
    def covers_action(self) -> bool:
        """Whether it is about the action at all."""
        return self.elements[0].matched


@dataclass(frozen=True, slots=True)
class LayerCheck:
    """One layer; of organization policies, one level, counted from the root."""

    layer: Layer
    level: int
    statements: tuple[StatementCheck, ...]

    @property
    def outcome(self) -> Outcome:
        """The layer's own word, whatever the others say."""
        if self.matching(Effect.DENY):
            return Outcome.EXPLICIT_DENY
        return Outcome.ALLOWED if self.matching(Effect.ALLOW) else Outcome.IMPLICIT_DENY

    def matching(self, effect: Effect) -> tuple[StatementCheck, ...]:
        """The statements of an effect that match the request."""
        return tuple(
            check for check in self.statements if check.statement.effect is effect and check.matched
        )


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decision, and all that led to it. `grant`: how the resource policy names the caller."""

    request: Request
    decision: Decision
    layers: tuple[LayerCheck, ...]
    grant: Grant

    def of(self, layer: Layer) -> tuple[LayerCheck, ...]:
        """The checks of one layer: none, one, or one a level."""
        return tuple(check for check in self.layers if check.layer is layer)

    def missing_keys(self) -> tuple[str, ...]:
        """The keys that identity, boundary, session and resource policies use and nobody sent."""
        keys: dict[str, str] = {}
        for check in self.layers:
            if check.layer not in (Layer.SCP, Layer.RCP):
                for policy in dict.fromkeys(one.policy for one in check.statements):
                    for name in policy.document.context_keys():
                        if name not in self.request.context:
                            keys.setdefault(fold(name), name)
        return tuple(keys.values())


class _Recorded:
    """The checked layers as verdicts for `judge`."""

    def __init__(self, layers: tuple[LayerCheck, ...]) -> None:
        self._layers = layers

    def denying_layer(self, principal: Principal, values: Values) -> Layer | None:
        for check in self._layers:
            if check.matching(Effect.DENY):
                return check.layer
        return None

    def allows(self, layer: Layer, values: Values) -> bool:
        return all(check.matching(Effect.ALLOW) for check in self._layers if check.layer is layer)

    def grant(self, principal: Principal, values: Values) -> Grant:
        return max(
            (
                found.grant
                for check in self._layers
                if check.layer in (Layer.RESOURCE, Layer.TRUST)
                for found in check.matching(Effect.ALLOW)
            ),
            default=Grant.NONE,
        )


def explain(request: Request, layers: Layers) -> Explanation:
    """What `decide` answers, with every reason."""
    layers = layers.for_principal(request.principal)
    checks = tuple(
        LayerCheck(layer, level, tuple(_check_set(policies, request)))
        for layer in LAYERS_IN_DENY_ORDER
        for level, policies in enumerate(layers.sets(layer))
    )
    verdicts = _Recorded(checks)
    outcome, layer = judge(request, layers, verdicts)
    values = request.context.by_key
    grant = verdicts.grant(request.principal, values)
    return Explanation(request, Decision(outcome, layer, request, layers), checks, grant)


def _check_set(policies: PolicySet, request: Request) -> Iterator[StatementCheck]:
    for policy in policies.policies:
        document = compiled(policy.document)
        for statement in policy.document.statements:
            yield _check(policy, document.statement(statement.index), request)


def _check(policy: Policy, compiled: CompiledStatement, request: Request) -> StatementCheck:
    statement, values = compiled.statement, request.context.by_key
    grant = compiled.grant(request.principal)
    elements = [_action(compiled, request.action)]
    named = statement.principals
    if named is not None or statement.not_principals is not None:
        elements.append(_principal(compiled, request.principal, grant))
    if statement.resources is not None or statement.not_resources is not None:
        elements.append(_resource(compiled, request.resource, values))
    conditions = tuple(
        ConditionCheck(
            test.condition.operator,
            test.condition.key,
            test.condition.values,
            values.get(test.key),
            test.check(values),
        )
        for test in (compiled.conditions.tests if compiled.conditions else ())
    )
    return StatementCheck(policy, statement, tuple(elements), conditions, grant)


def _action(compiled: CompiledStatement, action: str) -> ElementCheck:
    service, name = split_action(action)
    statement = compiled.statement
    listed = statement.actions if statement.actions is not None else statement.not_actions
    entry = next((t for t in listed or () if action_pattern(t).covers(service, name)), None)
    element = "Action" if statement.actions is not None else "NotAction"
    return ElementCheck(element, compiled.covers_action(action), action, entry)


def _principal(compiled: CompiledStatement, principal: Principal, grant: Grant) -> ElementCheck:
    statement = compiled.statement
    listed = statement.principals if statement.principals is not None else statement.not_principals
    entry = next((one for one in listed or () if _names(one, principal)), None)
    element = "Principal" if statement.principals is not None else "NotPrincipal"
    return ElementCheck(
        element, grant is not Grant.NONE, principal.arn, entry.value if entry else None
    )


def _names(named: NamedPrincipal, principal: Principal) -> bool:
    return PrincipalSet((named,)).grant(principal) is not Grant.NONE


def _resource(compiled: CompiledStatement, text: str, values: Values) -> ElementCheck:
    resource, statement = resource_of(text), compiled.statement
    positive = compiled.resources is not None
    listed = statement.resources if positive else statement.not_resources
    patterns = compiled.resources if positive else compiled.not_resources
    entries = zip(listed or (), patterns or (), strict=True)
    entry = next((one for one, pattern in entries if pattern.matches(resource, values)), None)
    covered = compiled.covers_resource(resource, values)
    return ElementCheck("Resource" if positive else "NotResource", covered, text, entry)
