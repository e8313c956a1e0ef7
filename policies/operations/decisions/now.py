"""A request on record, asked again: principal, policies and resource as they are now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from accounts.models import DecisionRecord
from iamsite.operations import Call
from iamsite.operations.caller import Caller, Session
from iamsite.operations.context import Keys, organization_keys, resource_keys
from iamsite.operations.decided import request_of
from iamsite.operations.layers import across, layers_of
from identities.models import Role, User
from identities.operations.sts.assume_role import NOBODY, role_at, trust_policy, trusting
from identities.operations.sts.role_arn import ARN as ROLE_ARN
from policies.engine import Context, Layers, Principal, PrincipalKind, Request
from policies.engine.layers import WITHOUT_IDENTITY
from policies.operations.authorize import Question, resource_side, with_resource
from policies.operations.principals import ARN, resource_by_arn

ASKED_FOR_ANOTHER = "Authorize"
EPOCH = datetime.fromtimestamp(0, UTC)
# What follows from who asks and from what it is asked about, and may have changed since.
OF_PRINCIPAL = ("aws:principalarn", "aws:principalorg", "aws:username")
TAGS_OF_PRINCIPAL = "aws:principaltag/"
TAGS_OF_RESOURCE = ("aws:resourcetag/", "iam:resourcetag/")


def questions(call: Call, since: datetime) -> Iterator[tuple[DecisionRecord, Question]]:
    """The account's recorded decisions since then, allowed and denied, each as it is asked now.

    For whoever wants to know what another set of policies would change: the layers of a question
    can be replaced and decided. Those of principals that are no more are left out; each principal
    is looked up once.
    """
    rows = DecisionRecord.objects.of(call.account).filter(last_at__gte=since)
    for record in rows.defer("ladder", "policies").order_by("principal_id").iterator():
        if record.layer and (asked := asked_again(call, record)) is not None:
            yield record, asked


def asked_again(call: Call, record: DecisionRecord) -> Question | None:
    """The recorded request as it would be decided now; None when whoever asked is no more."""
    recorded = request_of(record)
    caller = _caller(call, record, recorded.principal)
    if caller is None:
        return None
    layers = layers_of(caller)
    principal = replace(caller.principal, has_boundary=layers.boundary is not None)
    caller = replace(caller, principal=principal)
    context = _context(call, record, caller, recorded)
    request = replace(recorded, principal=principal, context=context)
    return Question(caller, request, _layers(call, record, request, layers))


def _caller(call: Call, record: DecisionRecord, was: Principal) -> Caller | None:
    """Whoever asked, as it is now, by its unique id."""
    kept = record.session
    session = kept and Session(
        kept["kind"],
        EPOCH,
        EPOCH,
        policy=kept["policy"],
        policy_arns=tuple(kept["policy_arns"]),
        tags=kept["tags"],
        name=was.arn.rpartition("/")[2],
    )
    known = Caller(
        account=call.account,
        principal=was,
        revision=call.caller.revision,
        subject_id=record.principal_id,
        session=session or None,
        organization=call.caller.organization,
    )
    model: Any = Role if record.principal_id.startswith("AROA") else User
    if not record.principal_id.startswith(("AROA", "AIDA")):
        return known
    key = ("asked again", record.principal_id)
    if key not in call.found:
        call.found[key] = model.objects.of(call.account).filter(id=record.principal_id).first()
    found = call.found[key]
    if found is None:
        return None
    known = replace(known, name=found.name, tags=found.tags)
    if model is Role:
        arn = f"arn:aws:sts::{call.account}:assumed-role/{found.name}/{was.arn.rpartition('/')[2]}"
        return replace(known, principal=replace(was, arn=arn, role_arn=found.arn))
    if was.kind is PrincipalKind.USER:
        return replace(known, principal=replace(was, arn=found.arn))
    return replace(known, principal=replace(was, issuer_arn=found.arn))


def _context(call: Call, record: DecisionRecord, caller: Caller, recorded: Request) -> Context:
    """The keys that were sent, and those that follow from principal, resource and clock anew."""
    session, principal, kept = caller.session, caller.principal, dict(recorded.context.by_key)
    own: Keys = {
        "aws:CurrentTime": call.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(call.now.timestamp())),
    }
    if principal.kind not in WITHOUT_IDENTITY:
        kept = {key: one for key, one in kept.items() if not key.startswith(OF_PRINCIPAL)}
        own["aws:PrincipalArn"] = principal.role_arn or principal.arn
        if principal.kind is PrincipalKind.USER:
            own["aws:username"] = caller.name
        if caller.organization is not None:
            own |= organization_keys(caller.organization)
        passed = {key.lower() for key in session.tags} if session is not None else set()
        for key in [one for one in kept if one.startswith(TAGS_OF_PRINCIPAL)]:
            if key.removeprefix(TAGS_OF_PRINCIPAL) not in passed:
                del kept[key]
        own |= {
            f"aws:PrincipalTag/{key}": value
            for key, value in caller.tags.items()
            if key.lower() not in passed
        }
    if record.resource_account != call.account:
        own["aws:ResourceAccount"] = record.resource_account
    match = ARN.fullmatch(record.resource)
    if match is not None and match["account"] == call.account:
        kept = {key: one for key, one in kept.items() if not key.startswith(TAGS_OF_RESOURCE)}
        own |= resource_keys(resource_by_arn(call, record.resource), record.action)
    return Context(kept).with_values(own)


def _layers(call: Call, record: DecisionRecord, request: Request, layers: Layers) -> Layers:
    owner = request.resource_account
    if request.action.lower().startswith(("sts:assumerole", "sts:tagsession", "sts:setsource")):
        match = ROLE_ARN.fullmatch(request.resource)
        if match is None or owner != call.account:
            return trusting(across(layers, None), NOBODY)
        role = role_at(*match.groups())
        return trusting(layers, trust_policy(role) if role is not None else NOBODY)
    if record.operation == ASKED_FOR_ANOTHER:
        _, policies = resource_side(call, request.resource)
        return with_resource(call, layers, owner, policies)
    return with_resource(call, layers, owner, None)
