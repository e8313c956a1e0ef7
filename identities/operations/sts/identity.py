"""What anybody may ask about who is behind credentials (STS API Reference)."""

from __future__ import annotations

from typing import Any

from iamsite.operations import Call, operation
from iamsite.operations.errors import validation_error
from iamsite.operations.services import arn_of
from identities.models import AccessKey
from policies.engine import PrincipalKind


@operation("sts:GetCallerIdentity", reads=True, authorizes_itself=True)
def get_caller_identity(call: Call) -> dict[str, Any]:
    """Needs no permission and cannot be denied (evaluation.md §9)."""
    caller = call.caller
    arn = caller.principal.arn
    if caller.kind is PrincipalKind.SERVICE:
        arn = arn_of(caller.principal)
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": arn}


@operation(
    "sts:GetAccessKeyInfo",
    reads=True,
    differs="Keys of other accounts are not told, so that one tenant learns nothing of another.",
)
def get_access_key_info(call: Call, AccessKeyId: str) -> dict[str, Any]:
    """The account of a key of one's own account, or of the temporary key that signs the call.

    AWS tells the account of anybody's key; here a stranger's key is as unknown as a missing one.
    """
    own = AccessKeyId == call.caller.access_key_id
    if not own and not AccessKey.objects.of(call.account).filter(id=AccessKeyId).exists():
        raise validation_error(f"The access key {AccessKeyId} is not known in this account.")
    return {"Account": call.account}
