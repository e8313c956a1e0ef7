"""GetWorkloadCredentials: a workload's token for temporary credentials of its role.

The workload's service assumes the role for it, for machines EC2 does: the trust policy decides, as
in any call of a service (evaluation.md §7.1).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from accounts import throttle
from iamsite.operations import AccessDenied, Call, OperationError, Resource, operation, services
from iamsite.operations.caller import Assertion, Source
from iamsite.operations.errors import invalid_client_token_id, no_such_entity
from iamsite.operations.rows import fetch_one
from identities.models import Role, Workload, WorkloadToken
from identities.models.workloads import EC2
from identities.operations.sts.assume_role import trust_policy
from identities.operations.workload_tokens import token_digest
from identities.temporary import TemporaryCredentials, issue
from policies.engine import Principal, PrincipalKind, decide

# Whatever the role allows: a session that nobody asked the length of is the default one.
SESSION = timedelta(hours=1)
# A workload's many processes each ask when they start; a loop that asks without end is stopped.
MOST_ISSUED = 3_000


def bearer(now: datetime, AuthorizationToken: str, **_: Any) -> Assertion:
    """The workload whose token it is. Raises InvalidClientTokenId."""
    row = fetch_one(
        "SELECT account_id, name, principal, prefix FROM iamsite_workload_of(%s)",
        [token_digest(AuthorizationToken)],
    )
    if row is None:
        raise invalid_client_token_id()
    account, name, principal, prefix = row
    if prefix is None:
        assuming = Principal(PrincipalKind.SERVICE, EC2, "")
    else:
        assuming = services.principal_of(account, prefix, principal)
    return Assertion(account, assuming, f"workload/{name}", None)


@operation("portal:GetWorkloadCredentials", issues=True, authorizes_itself=True, proof=bearer)
def get_workload_credentials(call: Call, AuthorizationToken: str) -> dict[str, Any]:
    token = (
        WorkloadToken.objects.of(call.account)
        .filter(digest=token_digest(AuthorizationToken))
        .select_related("workload__service", "workload__role", "workload__profile__role")
        .first()
    )
    if token is None:  # gone meanwhile
        raise invalid_client_token_id()
    workload: Workload = token.workload
    call.resources.append(workload.arn)
    _refuse_flood(call, workload)
    role = workload.current_role
    if role is None:
        raise no_such_entity(f"The workload {workload.name} has no role.")
    name = workload.id if workload.is_machine else workload.name
    _authorize(call, workload, role, name)
    issued_at = call.now.replace(microsecond=0)
    credentials = issue(
        TemporaryCredentials(
            kind="AssumeRole",
            account=call.account,
            subject_id=role.id,
            issued_at=issued_at,
            expires_at=issued_at + SESSION,
            name=name,
            context=_lasting(workload),
            workload=workload.id,
        )
    )
    WorkloadToken.objects.filter(id=token.id).update(last_used_at=call.now)
    Workload.objects.filter(id=workload.id).update(issued_at=call.now)
    session = f"arn:aws:sts::{call.account}:assumed-role/{role.name}/{name}"
    call.detail.update(TokenId=token.id, Arn=session, **credentials.as_detail())
    profile = workload.profile
    return {
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "Token": credentials.session_token,
        "Expiration": credentials.expires_at,
        "RoleArn": role.arn,
        "AccountId": call.account,
        "WorkloadName": workload.name,
        "WorkloadId": workload.id,
        "CreateDate": workload.created_at,
        **(
            {"InstanceProfileArn": profile.arn, "InstanceProfileId": profile.id}
            if profile is not None
            else {}
        ),
    }


def _refuse_flood(call: Call, workload: Workload) -> None:
    try:
        throttle.count(MOST_ISSUED, call.now, "workload", workload.id)
    except throttle.TooManyAttempts as error:
        raise OperationError("Throttling", "Rate exceeded") from error


def _lasting(workload: Workload) -> dict[str, str | tuple[str, ...]]:
    """The condition keys that the session keeps (context-keys.md §2)."""
    if not workload.is_machine:
        return {}
    return {"ec2:RoleDelivery": "2.0", "ec2:SourceInstanceArn": workload.source_arn}


def _authorize(call: Call, workload: Workload, role: Role, name: str) -> None:
    """Raises AccessDenied unless the role trusts the workload's service to assume it for this."""
    caller = call.caller
    source = Source(workload.source_arn, call.account, caller.organization)
    subject = caller.principal.id or caller.principal.arn
    by_service = replace(
        call, caller=replace(caller, assertion=None, subject_id=subject, source=source)
    )
    resource = Resource(role.arn, call.account, tags=role.tags)
    request = by_service.request("sts:AssumeRole", resource, {"sts:RoleSessionName": name})
    layers = replace(call.layers, resource=trust_policy(role), trust=True)
    decision = decide(request, layers)
    if not decision.allowed:
        raise AccessDenied(
            request,
            decision,
            layers,
            f"User: {caller.principal.arn} is not authorized to perform: sts:AssumeRole "
            f"on resource: {role.arn}",
        )
