"""The decision: the layers in AWS's order.

Source: evaluation §2 to §7. One explicit deny in any layer is final; then every layer that
applies must allow, except where a resource policy names the caller so directly that the caller's
own layers do not count.
"""

from __future__ import annotations

from typing import Protocol

from .compile import Policy
from .document import Effect, Statement
from .layers import WITHOUT_IDENTITY, Layer, Layers, Outcome
from .principals import Grant
from .request import Principal, PrincipalKind, Request
from .resources import resource_of
from .rest import Verdict, any_holds, verdict_of
from .variables import Values

__all__ = ["Decision", "Layer", "Layers", "Outcome", "decide", "judge"]


class Decision:
    """Whether a request is allowed, and by which layer's word.

    `statements` are those that decided: the denying ones of an explicit deny, the allowing ones
    of an allow, none of an implicit deny; `policy` holds the first of them. Both are looked up
    when asked for. Where some decide whatever the context, only these are named.
    """

    __slots__ = ("_layers", "_request", "_settled", "allowed", "layer", "outcome")

    def __init__(
        self,
        outcome: Outcome,
        layer: Layer,
        request: Request,
        layers: Layers,
        settled: bool = False,
    ) -> None:
        self.allowed = outcome is _ALLOWED
        self.outcome = outcome
        self.layer = layer
        self._request = request
        self._layers = layers
        self._settled = settled

    def __bool__(self) -> bool:
        return self.allowed

    def __repr__(self) -> str:
        return f"Decision({self.outcome.value}, {self.layer.value})"

    @property
    def matched(self) -> tuple[tuple[Policy, Statement], ...]:
        """The statements that decided, each with its policy."""
        if self.outcome is Outcome.IMPLICIT_DENY:
            return ()
        effect = Effect.ALLOW if self.allowed else Effect.DENY
        request, resource = self._request, resource_of(self._request.resource)
        values = request.context.by_key
        return tuple(
            (policy, statement.statement)
            for policies in self._layers.sets(self.layer)
            for policy, statement in policies.matching(
                effect, request.principal, request.action, resource, values
            )
            if not self._settled or statement.settles(resource)
        )

    @property
    def statements(self) -> tuple[Statement, ...]:
        return tuple(statement for _, statement in self.matched)

    @property
    def policy(self) -> Policy | None:
        matched = self.matched
        return matched[0][0] if matched else None


_ALLOWED, _IMPLICIT, _EXPLICIT = Outcome.ALLOWED, Outcome.IMPLICIT_DENY, Outcome.EXPLICIT_DENY
_USER, _ROLE_SESSION = PrincipalKind.USER, PrincipalKind.ROLE_SESSION


def decide(request: Request, layers: Layers) -> Decision:
    """Whether the request is allowed under the layers."""
    verdict = layers.verdicts.get((request.action, request.resource))
    if verdict is None:
        verdict = verdict_of(layers, request.action, request.resource)
    principal = request.principal
    kind = principal.kind
    if (
        principal.account == request.resource_account
        and (kind is _USER or kind is _ROLE_SESSION)
        and layers.resource is None
        and not principal.service_linked
    ):
        # The commonest case of `judge`, made quick: a user or role in its own account, and no
        # resource policy, so that nothing denies and every layer allows.
        if verdict.decision is not None:
            return verdict.decision
        if verdict.settled is not None:
            return _keep(verdict, request, layers)
        values = request.context.by_key
        for layer, rest in verdict.denies:
            if rest is None or any_holds(rest, values):
                return Decision(_EXPLICIT, layer, request, layers)
        for layer, rest in verdict.demands:
            if rest is not None and not any_holds(rest, values):
                return Decision(_IMPLICIT, layer, request, layers)
        return Decision(_ALLOWED, Layer.IDENTITY, request, layers)
    applying = layers.for_principal(principal)
    if applying is not layers:
        verdict = verdict_of(applying, request.action, request.resource)
    outcome, layer = judge(request, applying, verdict)
    return Decision(outcome, layer, request, applying)


def _keep(verdict: Verdict, request: Request, layers: Layers) -> Decision:
    """The decision that holds in every context, kept without the request's own."""
    assert verdict.settled is not None
    outcome, layer = verdict.settled
    bare = Request(request.principal, request.action, request.resource, request.resource_account)
    verdict.decision = Decision(outcome, layer, bare, layers, settled=True)
    return verdict.decision


class Verdicts(Protocol):
    """What the layers say about one action and resource; `judge` combines it."""

    def denying_layer(self, principal: Principal, values: Values) -> Layer | None: ...

    def allows(self, layer: Layer, values: Values) -> bool: ...

    def grant(self, principal: Principal, values: Values) -> Grant: ...


def judge(request: Request, layers: Layers, verdicts: Verdicts) -> tuple[Outcome, Layer]:
    """Combine what the layers say (evaluation §2)."""
    principal, values = request.principal, request.context.by_key
    denying = verdicts.denying_layer(principal, values)
    if denying is not None:
        return Outcome.EXPLICIT_DENY, denying
    for layer in (Layer.RCP, Layer.SCP):
        if layers.sets(layer) and not verdicts.allows(layer, values):
            return Outcome.IMPLICIT_DENY, layer
    owner = Layer.TRUST if layers.trust else Layer.RESOURCE
    grant = verdicts.grant(principal, values)
    if principal.kind in WITHOUT_IDENTITY:
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
    values = request.context.by_key
    # Only a session made by AssumeRoot has a session policy.
    if layers.session is not None and not verdicts.allows(Layer.SESSION, values):
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
    values = request.context.by_key
    return verdicts.allows(Layer.IDENTITY, values)


def _limit(request: Request, layers: Layers, verdicts: Verdicts) -> Layer | None:
    """The first of boundary and session policies that does not allow."""
    values = request.context.by_key
    if layers.boundary is not None and not verdicts.allows(Layer.BOUNDARY, values):
        return Layer.BOUNDARY
    if layers.session is None:
        # A federated session without session policies has an empty set, which allows nothing.
        empty = request.principal.kind is PrincipalKind.FEDERATED_USER
        return Layer.SESSION if empty else None
    return None if verdicts.allows(Layer.SESSION, values) else Layer.SESSION
