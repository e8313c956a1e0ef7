"""The decision: the layers in AWS's order.

Source: evaluation §2 to §7. One explicit deny in any layer is final; then every layer that
applies must allow, except where a resource policy names the caller so directly that the caller's
own layers do not count.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from .compile import Policy, PolicySet
from .document import Effect, Statement
from .index import Rules
from .principals import Grant
from .request import Principal, PrincipalKind, Request
from .resources import Resource, resource_of
from .variables import Values

_PLANS_KEPT = 1024


class Outcome(StrEnum):
    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicitDeny"
    EXPLICIT_DENY = "explicitDeny"


class Layer(StrEnum):
    """Kinds of policy, by what they are attached to. ROOT: the root user's own full access."""

    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"
    RESOURCE = "resource"
    TRUST = "trust"
    SCP = "scp"
    RCP = "rcp"
    ROOT = "root"


# In which order an explicit deny is named when several layers deny (evaluation §11).
LAYERS_IN_DENY_ORDER = (
    Layer.RCP,
    Layer.SCP,
    Layer.RESOURCE,
    Layer.TRUST,
    Layer.IDENTITY,
    Layer.BOUNDARY,
    Layer.SESSION,
)

# Callers whose permissions come from resource policies alone.
_WITHOUT_IDENTITY = (
    PrincipalKind.SERVICE,
    PrincipalKind.ANONYMOUS,
    PrincipalKind.WEB_IDENTITY,
    PrincipalKind.SAML,
)


@dataclass(frozen=True)
class Layers:
    """The policies that apply to a request. None: the layer does not apply.

    `scps` and `rcps` hold one set a level, from the organization's root to the account. `trust`:
    the resource policy is a role's trust policy, without whose consent nobody may act. Kept by
    the caller for a principal as long as its policies stay, so that plans are made once.
    """

    identity: PolicySet | None = None
    boundary: PolicySet | None = None
    session: PolicySet | None = None
    resource: PolicySet | None = None
    scps: tuple[PolicySet, ...] | None = None
    rcps: tuple[PolicySet, ...] | None = None
    trust: bool = False
    plans: dict[str, ActionPlan] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def plan(self, action: str) -> ActionPlan:
        """What all layers say about an action; kept, bounded."""
        plan = self.plans.get(action)
        if plan is None:
            if len(self.plans) >= _PLANS_KEPT:
                self.plans.clear()
            plan = self.plans[action] = ActionPlan(self, action)
        return plan

    def for_principal(self, principal: Principal) -> Layers:
        """The layers without the organization policies from which this caller is exempt.

        Service-linked roles are exempt from both kinds; who has no account, from SCPs.
        """
        if principal.service_linked and (self.scps or self.rcps):
            return replace(self, scps=None, rcps=None)
        if self.scps and principal.kind in _WITHOUT_IDENTITY:
            return replace(self, scps=None)
        return self

    def sets(self, layer: Layer) -> tuple[PolicySet, ...]:
        """The policy sets of a layer; organization policies have one a level."""
        if layer is Layer.SCP:
            return self.scps or ()
        if layer is Layer.RCP:
            return self.rcps or ()
        one = {
            Layer.IDENTITY: self.identity,
            Layer.BOUNDARY: self.boundary,
            Layer.SESSION: self.session,
            Layer.RESOURCE: None if self.trust else self.resource,
            Layer.TRUST: self.resource if self.trust else None,
        }.get(layer)
        return () if one is None else (one,)


class Decision:
    """Whether a request is allowed, and by which layer's word.

    `statements` are those that decided: the denying ones of an explicit deny, the allowing ones
    of an allow, none of an implicit deny; `policy` holds the first of them. Both are looked up
    when asked for.
    """

    __slots__ = ("_found", "_layers", "_request", "allowed", "layer", "outcome")

    def __init__(self, outcome: Outcome, layer: Layer, request: Request, layers: Layers) -> None:
        self.allowed = outcome is Outcome.ALLOWED
        self.outcome = outcome
        self.layer = layer
        self._request = request
        self._layers = layers
        self._found: tuple[tuple[Policy, Statement], ...] | None = None

    def __bool__(self) -> bool:
        return self.allowed

    def __repr__(self) -> str:
        return f"Decision({self.outcome.value}, {self.layer.value})"

    @property
    def matched(self) -> tuple[tuple[Policy, Statement], ...]:
        """The statements that decided, each with its policy."""
        if self._found is None:
            if self.outcome is Outcome.IMPLICIT_DENY:
                self._found = ()
            else:
                effect = Effect.ALLOW if self.allowed else Effect.DENY
                request, resource = self._request, resource_of(self._request.resource)
                values = request.context.by_key
                self._found = tuple(
                    (policy, statement.statement)
                    for policies in self._layers.sets(self.layer)
                    for policy, statement in policies.matching(
                        effect, request.principal, request.action, resource, values
                    )
                )
        return self._found

    @property
    def statements(self) -> tuple[Statement, ...]:
        return tuple(statement for _, statement in self.matched)

    @property
    def policy(self) -> Policy | None:
        return self.matched[0][0] if self.matched else None


class Verdicts(Protocol):
    """What the layers say about one request; `judge` combines it."""

    def denying_layer(
        self, principal: Principal, resource: Resource, values: Values
    ) -> Layer | None: ...

    def allows(self, layer: Layer, resource: Resource, values: Values) -> bool: ...

    def grant(self, principal: Principal, resource: Resource, values: Values) -> Grant: ...


class ActionPlan:
    """The layers' plans for one action."""

    __slots__ = ("_allows", "_denies", "_granting", "_named_denies", "_resource_layer")

    def __init__(self, layers: Layers, action: str) -> None:
        self._resource_layer = Layer.TRUST if layers.trust else Layer.RESOURCE
        resource = layers.resource.plan(action) if layers.resource is not None else None
        self._named_denies = resource.denying if resource else ()
        self._granting = resource.granting if resource else ()
        self._denies: list[tuple[Layer, Rules | None]] = []
        self._allows: dict[Layer, list[Rules | None]] = {}
        for layer in LAYERS_IN_DENY_ORDER:
            if layer is Layer.RESOURCE or layer is Layer.TRUST:
                if layer is self._resource_layer and self._named_denies:
                    self._denies.append((layer, None))
                continue
            plans = [policies.plan(action) for policies in layers.sets(layer)]
            self._denies += [(layer, plan.deny) for plan in plans if plan.deny]
            self._allows[layer] = [plan.allow for plan in plans]

    def denying_layer(
        self, principal: Principal, resource: Resource, values: Values
    ) -> Layer | None:
        for layer, rules in self._denies:
            if rules is not None:
                if rules.hold(resource, values):
                    return layer
                continue
            for statement in self._named_denies:
                if (
                    statement.grant(principal)
                    and statement.covers_resource(resource, values)
                    and statement.holds(values)
                ):
                    return self._resource_layer
        return None

    def allows(self, layer: Layer, resource: Resource, values: Values) -> bool:
        """Whether every level of a layer allows; a layer that does not apply does."""
        for rules in self._allows[layer]:
            if rules is None or not rules.hold(resource, values):
                return False
        return True

    def grant(self, principal: Principal, resource: Resource, values: Values) -> Grant:
        strongest = Grant.NONE
        for statement in self._granting:
            grant = statement.grant(principal)
            if (
                grant > strongest
                and statement.covers_resource(resource, values)
                and statement.holds(values)
            ):
                if grant is Grant.DIRECT:
                    return grant
                strongest = grant
        return strongest


def decide(request: Request, layers: Layers) -> Decision:
    """Whether the request is allowed under the layers."""
    layers = layers.for_principal(request.principal)
    outcome, layer = judge(request, layers, layers.plan(request.action))
    return Decision(outcome, layer, request, layers)


def judge(request: Request, layers: Layers, verdicts: Verdicts) -> tuple[Outcome, Layer]:
    """Combine what the layers say (evaluation §2)."""
    principal, values = request.principal, request.context.by_key
    resource = resource_of(request.resource)
    denying = verdicts.denying_layer(principal, resource, values)
    if denying is not None:
        return Outcome.EXPLICIT_DENY, denying
    for layer in (Layer.RCP, Layer.SCP):
        if layers.sets(layer) and not verdicts.allows(layer, resource, values):
            return Outcome.IMPLICIT_DENY, layer
    owner = Layer.TRUST if layers.trust else Layer.RESOURCE
    grant = verdicts.grant(principal, resource, values)
    if principal.kind in _WITHOUT_IDENTITY:
        allowed = grant is not Grant.NONE
        return (Outcome.ALLOWED if allowed else Outcome.IMPLICIT_DENY), owner
    if principal.kind is PrincipalKind.ROOT:
        return _judge_root(request, layers, verdicts, grant)
    same_account = _is_same_account(request)
    if grant is Grant.NONE and (layers.trust or not same_account):
        return Outcome.IMPLICIT_DENY, owner
    limits = _limit(request, layers, verdicts)
    if same_account and grant is Grant.DIRECT:
        # For AssumeRole a boundary counts even then (evaluation §7.1).
        if not layers.trust or limits is not Layer.BOUNDARY:
            return Outcome.ALLOWED, owner
        return Outcome.IMPLICIT_DENY, Layer.BOUNDARY
    if same_account and grant is Grant.ROLE:
        return (Outcome.IMPLICIT_DENY, limits) if limits else (Outcome.ALLOWED, owner)
    if not _identity_allows(request, layers, verdicts):
        return Outcome.IMPLICIT_DENY, Layer.IDENTITY
    return (Outcome.IMPLICIT_DENY, limits) if limits else (Outcome.ALLOWED, Layer.IDENTITY)


def _is_same_account(request: Request) -> bool:
    # What AWS itself owns (account "aws") has no owner's side to ask.
    return request.resource_account in (request.principal.account, "aws")


def _judge_root(
    request: Request, layers: Layers, verdicts: Verdicts, grant: Grant
) -> tuple[Outcome, Layer]:
    owner = Layer.TRUST if layers.trust else Layer.RESOURCE
    if layers.trust or (grant is Grant.NONE and not _is_same_account(request)):
        return Outcome.IMPLICIT_DENY, owner
    if grant is Grant.DIRECT and _is_same_account(request):
        return Outcome.ALLOWED, owner
    resource, values = resource_of(request.resource), request.context.by_key
    # Only a session made by AssumeRoot has a session policy.
    if layers.session is not None and not verdicts.allows(Layer.SESSION, resource, values):
        return Outcome.IMPLICIT_DENY, Layer.SESSION
    return Outcome.ALLOWED, Layer.ROOT


def _identity_allows(request: Request, layers: Layers, verdicts: Verdicts) -> bool:
    principal = request.principal
    if principal.kind is PrincipalKind.FEDERATED_USER and principal.issuer_arn.endswith(
        f"::{principal.account}:root"
    ):
        return True  # the root user made the session, whose policy limits root's full access
    if layers.identity is None:
        return False
    resource, values = resource_of(request.resource), request.context.by_key
    return verdicts.allows(Layer.IDENTITY, resource, values)


def _limit(request: Request, layers: Layers, verdicts: Verdicts) -> Layer | None:
    """The first of boundary and session policies that does not allow."""
    resource, values = resource_of(request.resource), request.context.by_key
    if layers.boundary is not None and not verdicts.allows(Layer.BOUNDARY, resource, values):
        return Layer.BOUNDARY
    if layers.session is None:
        # A federated session without session policies has an empty set, which allows nothing.
        empty = request.principal.kind is PrincipalKind.FEDERATED_USER
        return Layer.SESSION if empty else None
    return None if verdicts.allows(Layer.SESSION, resource, values) else Layer.SESSION
