"""AccessDenied in AWS's words. Source: evaluation §11; tools parse the phrases."""

from __future__ import annotations

from .decide import Decision
from .layers import Layer, Outcome
from .request import Request

_IMPLICIT = {
    Layer.IDENTITY: "because no identity-based policy allows the {action} action",
    Layer.BOUNDARY: "because no permissions boundary allows the {action} action",
    Layer.SESSION: "because no session policy allows the {action} action",
    Layer.RESOURCE: "because no resource-based policy allows the {action} action",
    Layer.TRUST: "because no role trust policy allows the {action} action",
    Layer.SCP: "because no service control policy allows the {action} action",
}
_EXPLICIT = {
    Layer.IDENTITY: "with an explicit deny in an identity-based policy",
    Layer.BOUNDARY: "with an explicit deny in a permissions boundary",
    Layer.SESSION: "with an explicit deny in a session policy",
    Layer.RESOURCE: "with an explicit deny in a resource-based policy",
    Layer.TRUST: "with an explicit deny in the role trust policy",
    Layer.SCP: "with an explicit deny in a service control policy",
    Layer.RCP: "with an explicit deny in a resource control policy",
}
# Layers whose managed policies are named by ARN after an explicit deny.
_NAMED = (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION, Layer.SCP, Layer.RCP)


def denial_message(request: Request, decision: Decision, shown_resource: str | None = None) -> str:
    """The sentence that refuses a request.

    `shown_resource` replaces the resource's ARN where AWS prints another text, such as
    "policy path /". Across accounts a refusal by the role's or resource's side gives no reason.
    """
    sentence = (
        f"User: {request.principal.arn} is not authorized to perform: {request.action} "
        f"on resource: {shown_resource if shown_resource is not None else request.resource}"
    )
    reason = _reason(request, decision)
    return f"{sentence} {reason}" if reason else sentence


def _reason(request: Request, decision: Decision) -> str:
    layer = decision.layer
    across = request.principal.account != request.resource_account
    assuming = request.action.lower().startswith("sts:assumerole")
    if across and (assuming or layer in (Layer.RESOURCE, Layer.TRUST, Layer.RCP)):
        return ""
    if decision.outcome is Outcome.EXPLICIT_DENY:
        policy = decision.policy
        named = layer in _NAMED and policy is not None and policy.arn is not None
        suffix = f": {policy.arn}" if named and policy is not None else ""
        return _EXPLICIT[layer] + suffix
    return _IMPLICIT.get(layer, "").format(action=request.action)
