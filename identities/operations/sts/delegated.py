"""GetDelegatedAccessToken: an exchange token for credentials of whoever accepted the request.

Source: the service model of STS; IAM User Guide, "IAM temporary delegation".
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from iamsite.operations import Call, OperationError, operation
from iamsite.operations.errors import access_denied
from identities.models import DelegationRequest
from identities.operations.delegation.provider import read_token
from identities.operations.delegation.scope import State
from identities.operations.sts.packing import session_policies
from identities.temporary import TemporaryCredentials, issue


@operation(
    "sts:GetDelegatedAccessToken",
    issues=True,
    differs="A token can be traded in again until the requested duration, counted from "
    "SendDelegationToken, is over; credentials end with it. They may call nothing of STS but "
    "GetCallerIdentity, and nothing that asks no policy.",
)
def get_delegated_access_token(call: Call, TradeInToken: str) -> dict[str, Any]:
    request_id, sent_at = read_token(TradeInToken) or ("", "")
    row = DelegationRequest.objects.of(call.account).filter(id=request_id).first()
    if row is None or row.sent_at is None or row.sent_at.isoformat() != sent_at:
        raise access_denied("The trade-in token is not one that was sent to this account.")
    expires_at = row.sent_at.replace(microsecond=0) + timedelta(seconds=row.session_duration)
    if row.state_at(call.now) != State.FINALIZED or expires_at <= call.now:
        raise OperationError(
            "ExpiredTradeInTokenException",
            "The trade-in token has expired: ask for delegation again.",
        )
    policies = session_policies(row.owner_account, row.policy, None, row.approver_tags)
    credentials = issue(
        TemporaryCredentials(
            kind="GetDelegatedAccessToken",
            account=row.owner_account,
            subject_id=row.approver_id,
            issued_at=call.now.replace(microsecond=0),
            expires_at=expires_at,
            name=row.id,
            policy=row.policy,
            tags=row.approver_tags,
            issuer=call.account,
        )
    )
    assumed = row.approver
    if row.approver_id.startswith("AROA"):
        assumed = f"{assumed.rpartition('/')[0]}/{row.id}"
    call.detail.update(
        DelegationRequestId=row.id, AssumedPrincipal=assumed, **credentials.as_detail()
    )
    call.shared_with.append(row.owner_account)
    return {
        "Credentials": credentials.as_output(),
        "AssumedPrincipal": assumed,
        **policies.output,
    }
