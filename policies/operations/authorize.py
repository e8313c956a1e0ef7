"""Authorize: the decision that an application asks for before it acts for somebody.

The caller's side is its identity policies, boundary and session policies; the resource's side the
policy of the resource, in whichever account. Across accounts both must allow (evaluation.md §2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from accounts import tenancy
from accounts.models import Account
from iamsite.operations import Call, Resource, operation
from iamsite.operations.caller import Caller, Session
from iamsite.operations.context import Keys, caller_keys, resource_keys
from iamsite.operations.decided import Decided
from iamsite.operations.errors import invalid_input
from iamsite.operations.last_access import note as note_access
from iamsite.operations.layers import across, layers_of
from iamsite.operations.noted_decisions import note_asked
from iamsite.operations.organization import limits_of
from iamsite.operations.services import seen_in, service_keys
from identities import trust
from identities.operations.sts.authorization_message import encoded
from identities.operations.sts.packing import SessionPolicies, session_policies
from policies import registered
from policies.engine import (
    Document,
    DocumentKind,
    Layer,
    Layers,
    Outcome,
    Policy,
    PolicySet,
    PrincipalKind,
    Request,
    compile_policies,
    decide,
    denial_message,
)
from policies.operations.principals import get_by_arn, resource_by_arn
from policies.operations.simulation import inputs

KEPT = 10_000
SIMULATED = "simulated"  # what a session that nobody has is called
# What the network and the clock fill in for a request of the caller's own; the application knows
# those of the request that it asks about.
OF_THE_REQUEST = frozenset(
    (
        "aws:sourceip",
        "aws:securetransport",
        "aws:useragent",
        "aws:viaawsservice",
        "aws:requestedregion",
        "aws:referer",
        "aws:currenttime",
        "aws:epochtime",
    )
)
OF_THE_SESSION = frozenset(("aws:tokenissuetime", "aws:multifactorauthpresent"))
OF_THE_CLOCK = frozenset(("aws:currenttime", "aws:epochtime"))
# Decided with the trust policy of the role.
ASSUMING = frozenset(("sts:assumerole", "sts:tagsession", "sts:setsourceidentity"))


@dataclass(frozen=True)
class Question:
    """Who asks for what, and the policies that decide it, those of other accounts among them."""

    caller: Caller
    request: Request
    layers: Layers


@dataclass(frozen=True)
class Asked:
    """The principal that a decision is about: its policies, and the keys that follow from it."""

    caller: Caller
    layers: Layers
    keys: Keys


def _may_ask(call: Call, PrincipalArn: str | None = None, **_: Any) -> None:
    """What it may do itself anybody can find out by doing it; about others one needs permission."""
    if PrincipalArn is not None and PrincipalArn != call.caller.principal.arn:
        call.authorize("portal:Authorize", resource_by_arn(call, PrincipalArn))


@operation("portal:Authorize", reads=True, authorizes_itself=_may_ask)
def authorize(
    call: Call,
    ActionName: str,
    ResourceArn: str = "*",
    PrincipalArn: str | None = None,
    ContextEntries: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    asked = question(call, ActionName, ResourceArn, PrincipalArn, ContextEntries)
    request, decision = asked.request, decide(asked.request, asked.layers)
    region = request.context.get("aws:RequestedRegion", call.origin.region)
    note_access(asked.caller, ActionName, str(region), call.now)
    message = "" if decision.allowed else denial_message(request, decision)
    kept = note_asked(call, Decided(asked.caller, request, decision, asked.layers, message))
    output = {"Decision": decision.outcome.value, "DecidingLayer": decision.layer.value}
    if decision.allowed:
        return output
    if request.resource_account != call.account and decision.layer in (Layer.RESOURCE, Layer.RCP):
        # Whether the other side is silent or says no is not the caller's to know.
        output["Decision"] = Outcome.IMPLICIT_DENY.value
    return {
        **output,
        "Message": message,
        "DecisionId": kept,
        "EncodedMessage": encoded(asked.caller, request, decision, call.now),
    }


def question(
    call: Call,
    ActionName: str,
    ResourceArn: str = "*",
    PrincipalArn: str | None = None,
    ContextEntries: Sequence[Mapping[str, Any]] = (),
    session: SessionPolicies | None = None,
) -> Question:
    """What Authorize is asked, for the engine; of a session with these policies, if they are given:
    in a role, or of a federated user.

    Raises InvalidInput, NoSuchEntity.
    """
    inputs.check_actions([ActionName])
    inputs.check_resources([ResourceArn])
    if ActionName.lower() in ASSUMING:
        raise invalid_input(
            f"ActionName: whether {ActionName} is allowed is for the role's trust policy to say; "
            "call AssumeRole itself."
        )
    asked = _asked(call, PrincipalArn, session)
    owner, policies = resource_side(call, ResourceArn)
    keys = {
        **asked.keys,
        **resource_keys(Resource(ResourceArn, owner), ActionName, call.organization_of(owner)),
    }
    check_entries(ContextEntries, keys)
    principal = asked.caller.principal
    if principal.kind is PrincipalKind.SERVICE:
        principal = seen_in(asked.caller, owner)
        keys.update(service_keys(asked.caller, owner))
    request = Request(
        principal,
        ActionName,
        ResourceArn,
        owner,
        inputs.context_of(ContextEntries, keys),
    )
    return Question(asked.caller, request, with_resource(call, asked.layers, owner, policies))


def with_resource(call: Call, layers: Layers, owner: str, policies: PolicySet | None) -> Layers:
    """A principal's layers for a resource of `owner` that has these policies, or none."""
    if owner != call.account:
        layers = across(layers, limits_of(owner, call.organization_of(owner)).rcps)
    return layers if policies is None else _with_resource(layers, policies)


def _asked(call: Call, arn: str | None, session: SessionPolicies | None) -> Asked:
    """The caller itself, or a user or role of its account, in a session if it has policies.

    Raises InvalidInput for another session: what limits it only its own token tells. Raises
    NoSuchEntity.
    """
    caller = call.caller
    if session is not None and arn is None:
        raise invalid_input("SessionPolicy: PrincipalArn must say whose session it would be.")
    if session is None and (arn is None or arn == caller.principal.arn):
        return Asked(caller, call.layers, dict(call.caller_keys))
    kind, found = get_by_arn(call, str(arn))
    if kind.name == "Group":
        raise invalid_input(f"PrincipalArn: {arn} is a group, which does nothing by itself.")
    named = Caller(
        account=call.account,
        principal=inputs.principal_of(arn, found.id, bounded=found.boundary is not None),
        revision=caller.revision,
        subject_id=found.id,
        name=found.name,
        tags=found.tags,
        boundary=found.boundary,
        organization=caller.organization,
    )
    if session is not None:
        named = _in_session(call, named, session)
    return Asked(named, layers_of(named), keys_of(call, named))


def _in_session(call: Call, named: Caller, policies: SessionPolicies) -> Caller:
    """A role's session with these policies; of a user the session that GetFederationToken gives,
    the one of its own that session policies can limit."""
    principal = named.principal
    of_role = principal.kind is PrincipalKind.ROLE_SESSION
    session = Session(
        "AssumeRole" if of_role else "GetFederationToken",
        call.now,
        call.now,
        name=SIMULATED,
        policy=policies.inline,
        policy_arns=policies.arns,
    )
    if not of_role:
        principal = replace(
            principal,
            kind=PrincipalKind.FEDERATED_USER,
            arn=f"arn:aws:sts::{call.account}:federated-user/{SIMULATED}",
            issuer_arn=principal.arn,
            issuer_id=principal.id,
        )
    return replace(named, principal=principal, session=session)


def policies_of_session(
    call: Call, SessionPolicy: str | None, SessionPolicyArns: Sequence[str]
) -> SessionPolicies | None:
    """The session policies of a request, None without any.

    Raises what asking STS for such a session would: MalformedPolicyDocument,
    PackedPolicyTooLarge, ValidationError.
    """
    if SessionPolicy is None and not SessionPolicyArns:
        return None
    descriptors = [{"arn": one} for one in SessionPolicyArns]
    return session_policies(call.account, SessionPolicy, descriptors, {})


def keys_of(call: Call, named: Caller) -> Keys:
    """The condition keys of a request that a user or role of the account might make: what the
    network fills in is not known of it."""
    keys = {
        key: value
        for key, value in caller_keys(named, call.origin, call.now).items()
        if key.lower() not in OF_THE_REQUEST or key.lower() in OF_THE_CLOCK
    }
    if named.kind in (PrincipalKind.ROLE_SESSION, PrincipalKind.FEDERATED_USER):
        del keys["aws:userid"]  # it holds the session's name
    if named.session is not None:  # which nobody has begun yet
        keys = {key: value for key, value in keys.items() if key.lower() not in OF_THE_SESSION}
    return keys


def check_entries(entries: Sequence[Mapping[str, Any]], known: Mapping[str, Any]) -> None:
    """Raises InvalidInput for a key that follows from the principal or the resource."""
    fixed = {key.lower() for key in known} - OF_THE_REQUEST
    for number, entry in enumerate(entries, 1):
        name = str(entry["ContextKeyName"])
        if name.lower() in fixed or name.lower().startswith(("aws:principal", "aws:resource")):
            raise invalid_input(
                f"ContextEntries.member.{number}: {name} follows from the principal or the "
                "resource and cannot be set."
            )


def resource_side(call: Call, arn: str) -> tuple[str, PolicySet | None]:
    """The account of the resource, and the policy that speaks for it.

    A resource that nobody has registered belongs to the account in its ARN, else to the caller's.
    """
    if arn == "*":
        return call.account, None
    arns = registered.containing(arn)
    owner = registered.owner_of(arns) or arn.split(":", 5)[4] or call.account
    across = owner != call.account
    with tenancy.entered(owner, back=call.account) if across else nullcontext():
        active = (
            not across or Account.objects.filter(id=owner, status=Account.Status.ACTIVE).exists()
        )
        found = registered.nearest_policy(arns) if active else None
        if found is None:
            return owner, None
        return owner, _compiled(
            trust.pinned_document(found.policy, found.pins, DocumentKind.RESOURCE)
        )


# What the engine works out is kept on the sets and layers themselves, so these are kept too.
@lru_cache(maxsize=KEPT)
def _compiled(document: Document) -> PolicySet:
    return compile_policies([Policy(document, "ResourcePolicy", None, "resource")])


@lru_cache(maxsize=KEPT)
def _with_resource(layers: Layers, policies: PolicySet) -> Layers:
    return replace(layers, resource=policies)
