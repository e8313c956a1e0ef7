"""Authorization tokens of workloads: what stands in AWS_CONTAINER_AUTHORIZATION_TOKEN."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from accounts.quotas import quota
from iamsite.operations import Call, operation
from iamsite.operations.errors import limit_exceeded, no_such_entity
from iamsite.operations.paging import page_of_list
from identities.models import Workload, WorkloadToken
from identities.operations.workloads import authorize_passing, get_workload_row, workload

# Tells people and scanners for leaked secrets what they are looking at.
PREFIX = "iwt_"


def token_digest(token: str) -> bytes:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


def _tokens(row: Workload) -> Any:
    return WorkloadToken.objects.of(row.account_id).filter(workload=row)


@operation("portal:CreateWorkloadToken", resource=workload)
def create_workload_token(
    call: Call, WorkloadName: str, DurationSeconds: int | None = None
) -> dict[str, Any]:
    """Whoever has the token can act in the role, so that making one is passing the role."""
    row = get_workload_row(call, WorkloadName)
    authorize_passing(call, row)
    _tokens(row).filter(expires_at__lte=call.now).delete()
    limit = quota(call.account, "TokensPerWorkload")
    if _tokens(row).count() >= limit:
        raise limit_exceeded("TokensPerWorkload", limit)
    token = PREFIX + secrets.token_urlsafe(32)
    made = WorkloadToken.objects.create(
        id=f"t-{secrets.token_hex(9)[:17]}",
        account_id=call.account,
        digest=token_digest(token),
        workload=row,
        created_at=call.now,
        expires_at=call.now + timedelta(seconds=DurationSeconds) if DurationSeconds else None,
    )
    call.detail["TokenId"] = made.id
    return {"WorkloadToken": {**_output(row.name, made), "AuthorizationToken": token}}


def _output(name: str, token: WorkloadToken) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "WorkloadName": name,
        "TokenId": token.id,
        "CreateDate": token.created_at,
    }
    if token.expires_at is not None:
        shown["ExpirationDate"] = token.expires_at
    if token.last_used_at is not None:
        shown["LastUsedDate"] = token.last_used_at
    return shown


@operation("portal:ListWorkloadTokens", resource=workload, reads=True)
def list_workload_tokens(
    call: Call, WorkloadName: str, Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    row = get_workload_row(call, WorkloadName)
    tokens, paging = page_of_list(
        call, list(_tokens(row)), lambda token: (token.created_at.isoformat(), token.id)
    )
    return {"Tokens": [_output(row.name, token) for token in tokens], **paging}


@operation("portal:DeleteWorkloadToken", resource=workload)
def delete_workload_token(call: Call, WorkloadName: str, TokenId: str) -> None:
    row = get_workload_row(call, WorkloadName)
    token = _tokens(row).filter(id=TokenId).first()
    if token is None:
        raise no_such_entity(f"The workload token with id {TokenId} cannot be found.")
    token.delete()
