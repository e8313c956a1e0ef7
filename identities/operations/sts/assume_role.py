"""AssumeRole: both sides must agree, and the caller learns nothing of a role that does not.

Source: evaluation.md §7; api-behaviour.md §10.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

from accounts import tenancy
from iamsite.operations import AccessDenied, Call, Resource, operation
from iamsite.operations.errors import validation_error
from iamsite.operations.layers import across
from iamsite.operations.rows import Reader, fetch_one
from identities import trust
from identities.models import Role
from identities.operations.sts import contexts, mfa
from identities.operations.sts.packing import handed_out, session_policies
from identities.operations.sts.role_arn import ARN
from identities.operations.sts.tags import SessionTags, session_tags
from identities.operations.sts.versions import is_of_first_version
from identities.temporary import TemporaryCredentials, issue
from policies.engine import (
    Document,
    Layers,
    Outcome,
    PolicySet,
    compile_policies,
    decide,
    denial_message,
)
from policies.engine import (
    Policy as HeldPolicy,
)

CHAINED_SECONDS = 3600
TOO_LONG = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
SHORTEST_SECONDS = 900
NOBODY = compile_policies([])
KEPT = 10_000

_role = Reader(Role, "token_version", table="r")
ROLE = (
    f"SELECT {_role.columns}, a.token_version FROM identities_role r"  # noqa: S608
    " JOIN accounts_account a ON a.id = r.account_id AND a.status = 'active'"
    " WHERE r.account_id = %s AND lower(r.name) = lower(%s) AND r.path = %s AND r.name = %s"
)


@dataclass(frozen=True, slots=True)
class Target:
    """The role that a call names; `role` is None when there is none to be assumed."""

    arn: str
    account: str
    role: Role | None


@operation(
    "sts:AssumeRole",
    issues=True,
    authorizes_itself=True,
    beforehand=contexts.verified,
    differs="PackedPolicySize is by a measure of ours, as AWS does not say how it packs."
    " Context providers are the OpenID Connect providers of the role's account, their assertions ID"
    " tokens; there is no IdentityCenter.",
)
def assume_role(
    call: Call,
    RoleArn: str,
    RoleSessionName: str,
    PolicyArns: list[dict[str, str]] | None = None,
    Policy: str | None = None,
    DurationSeconds: int | None = None,
    Tags: list[dict[str, str]] | None = None,
    TransitiveTagKeys: list[str] | None = None,
    ExternalId: str | None = None,
    SerialNumber: str | None = None,
    TokenCode: str | None = None,
    SourceIdentity: str | None = None,
    ProvidedContexts: list[dict[str, str]] | None = None,
    MinimumSessionTokenSize: int = 0,
) -> dict[str, Any]:
    tags = session_tags(call.caller.session, Tags, TransitiveTagKeys)
    source_identity = _source_identity(call, SourceIdentity)
    target = _target(call, RoleArn)
    context = {
        "sts:RoleSessionName": RoleSessionName,
        "sts:ExternalId": ExternalId,
        "sts:SourceIdentity": SourceIdentity,
        "sts:TransitiveTagKeys": tags.transitive or None,
        **call.tag_keys,
        **_mfa_keys(call, SerialNumber, TokenCode),
    }
    role = _authorized(call, "sts:AssumeRole", target, tags, context)
    if tags:
        _authorized(call, "sts:TagSession", target, tags, context)
    if source_identity:
        _authorized(call, "sts:SetSourceIdentity", target, tags, context)
    provided = contexts.NONE
    if ProvidedContexts:
        with _inside(call, target.account):
            provided = contexts.provided(call, target.account)
        asked = {**context, **provided.request_keys}
        for arn in provided.subjects:
            # A provider has no policy of its own: the caller's decide, as if it were its account's.
            call.authorize("sts:SetContext", Resource(arn, call.account), asked)
        _authorized(call, "sts:SetContext", target, tags, asked)
    chained = is_chained(call)
    seconds = DurationSeconds or _default_seconds(call, role, chained=chained)
    check_duration(role, seconds, chained=chained)
    with _inside(call, target.account):
        policies = session_policies(target.account, Policy, PolicyArns, tags.all, provided.keys)
    issued_at = call.now.replace(microsecond=0)
    credentials = issue(
        TemporaryCredentials(
            kind="AssumeRole",
            account=target.account,
            subject_id=role.id,
            issued_at=issued_at,
            expires_at=issued_at + timedelta(seconds=seconds),
            name=RoleSessionName,
            policy=policies.inline,
            policy_arns=policies.arns,
            tags=tags.all,
            transitive_tag_keys=tags.transitive,
            source_identity=source_identity,
            chained=chained,
            context=provided.keys,
            on_behalf_of=provided.subjects,
            default_regions_only=is_of_first_version(call.origin, role),
        ),
        MinimumSessionTokenSize,
    )
    assumed = {
        "AssumedRoleId": f"{role.id}:{RoleSessionName}",
        "Arn": f"arn:aws:sts::{target.account}:assumed-role/{role.name}/{RoleSessionName}",
    }
    call.detail.update(assumed, **credentials.as_detail())
    if provided.subjects:
        call.detail["ProvidedContexts"] = provided.subjects
    if target.account != call.account:
        call.shared_with.append(target.account)
    return {
        **handed_out(credentials),
        "AssumedRoleUser": assumed,
        **policies.output,
        **({"SourceIdentity": source_identity} if source_identity else {}),
    }


def is_chained(call: Call) -> bool:
    """Role chaining: the caller's own credentials come from assuming a role."""
    session = call.caller.session
    return session is not None and session.kind.startswith("AssumeRole")


def _default_seconds(call: Call, role: Role, *, chained: bool) -> int:
    """An hour; to switch to a role in the console, as long as the role allows and the session that
    was signed in lasts (IAM User Guide, "Switch from a user to an IAM role (console)")."""
    session = call.caller.session
    if chained or session is None or session.id is None:
        return 3600
    left = int((session.expires_at - call.now).total_seconds())
    return max(min(role.max_session_duration, left), SHORTEST_SECONDS)


def _source_identity(call: Call, given: str | None) -> str:
    """Set once, it stays down the chain."""
    session = call.caller.session
    before = session.source_identity if session is not None else ""
    if before and given is not None and given != before:
        raise validation_error("The source identity is already set for this assume role session")
    return before or given or ""


def _mfa_keys(call: Call, serial_number: str | None, code: str | None) -> dict[str, str]:
    if not mfa.proved(call, serial_number, code):
        return {}
    return {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0"}


@contextmanager
def _inside(call: Call, account: str) -> Iterator[None]:
    if account == call.account:
        yield
    else:
        with tenancy.entered(account, back=call.account):
            yield


def _target(call: Call, arn: str) -> Target:
    call.resources.append(arn)
    match = ARN.fullmatch(arn)
    if match is None:
        if not arn.startswith("arn:"):
            raise validation_error(f"{arn} is invalid")
        return Target(arn, call.account, None)
    account, path, name = match.groups()
    with _inside(call, account):
        return Target(arn, account, role_at(account, path, name))


def role_at(account: str, path: str, name: str) -> Any:
    """The role of an entered and active account, with the account's `token_version`, or None."""
    row = fetch_one(ROLE, [account, name, path, name])
    return _role.read(row) if row is not None else None


def _authorized(
    call: Call, action: str, target: Target, tags: SessionTags, context: Mapping[str, Any]
) -> Role:
    """The target's role, if the caller's side and the role's trust policy allow `action` on it.

    Raises AccessDenied, the same whether the role refuses, the caller may not, or there is none.
    """
    role = target.role
    role_tags = tags.over(role.tags) if role is not None else {}
    resource = Resource(target.arn, target.account, tags=role_tags)
    trusted = trust_policy(role) if role is not None else NOBODY
    layers = trusting(call.layers_on(target.account), trusted)
    request = call.request(action, resource, context)
    decision = decide(request, layers)
    if decision.allowed and role is not None:
        return role
    if target.account != call.account:
        # What the other side says, and whether it is there, is not the caller's to know.
        request = call.request(action, Resource(target.arn, target.account), context)
        layers = trusting(across(call.layers, None), NOBODY)
        decision = decide(request, layers)
    raise AccessDenied(request, decision, layers, _denial(call, action, target, context))


def trust_policy(role: Role) -> PolicySet:
    return _compiled(trust.pinned(role))


# What the engine works out is kept on the sets and layers themselves, so these are kept too.
@lru_cache(maxsize=KEPT)
def _compiled(document: Document) -> PolicySet:
    return compile_policies([HeldPolicy(document, "AssumeRolePolicyDocument", None, "role")])


@lru_cache(maxsize=KEPT)
def trusting(layers: Layers, trusted: PolicySet) -> Layers:
    return replace(layers, resource=trusted, trust=True)


def _denial(call: Call, action: str, target: Target, context: Mapping[str, Any]) -> str:
    """A reason is given only if the caller's own policies are one, whatever the role is."""
    request = call.request(action, Resource(target.arn, target.account), context)
    decision = decide(request, replace(call.layers, resource=NOBODY, trust=True))
    if target.account == call.account and decision.outcome is Outcome.EXPLICIT_DENY:
        return denial_message(request, decision)
    return (
        f"User: {call.caller.principal.arn} is not authorized to perform: {action} "
        f"on resource: {target.arn}"
    )


def check_duration(role: Role, seconds: int, *, chained: bool, message: str = TOO_LONG) -> None:
    if seconds > role.max_session_duration:
        raise validation_error(message)
    if chained and seconds > CHAINED_SECONDS:
        raise validation_error(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed "
            "by role chaining."
        )
