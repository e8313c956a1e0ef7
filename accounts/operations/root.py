"""What only the root user may do: lock itself away, come back, change its password.

Nobody else can, whatever the policies say: root cannot be touched by its users.
"""

from __future__ import annotations

from typing import Any

from accounts.models import Account, Person
from accounts.opening import AccountError, check_password
from iamsite.operations import Call, OperationError, Resource, operation
from iamsite.operations.errors import access_denied
from identities.models import AccessKey, ConsoleSession, MFADevice


def root_itself(call: Call, **_: Any) -> Resource:
    """The root user, if it is the one who calls; raises AccessDenied for anybody else."""
    arn = f"arn:aws:iam::{call.account}:root"
    if not call.caller.is_root:
        raise access_denied(
            f"User: {call.caller.principal.arn} is not authorized to perform: "
            f"{call.registered.action} on resource: {arn} because only the root user may"
        )
    return Resource(arn, call.account)


@operation("portal:LockRoot", resource=root_itself)
def lock_root(call: Call) -> dict[str, Any]:
    """Turns root's keys off, and lets it sign in with MFA only, until UnlockRoot or recovery."""
    account = Account.objects.get(id=call.account)
    if account.root_locked_at is None:
        account.root_locked_at = call.now
        account.save(update_fields=["root_locked_at"])
    keys = AccessKey.objects.of(call.account).filter(user=None)
    keys.update(status=AccessKey.Status.INACTIVE)
    ConsoleSession.objects.of_root(call.account).filter(mfa_at=None).delete()
    return {"RootLockedAt": account.root_locked_at, "RootMFAEnabled": root_has_mfa(call.account)}


@operation("portal:UnlockRoot", resource=root_itself)
def unlock_root(call: Call) -> None:
    """Its access keys stay inactive until they are activated one by one."""
    Account.objects.filter(id=call.account).update(root_locked_at=None)


@operation("portal:ChangeRootPassword", resource=root_itself)
def change_root_password(call: Call, OldPassword: str, NewPassword: str) -> None:
    """Every other session of root ends."""
    root = Person.objects.get(account_id=call.account)
    if not root.check_password(OldPassword):
        raise access_denied("The old password was incorrect.")
    try:
        check_password(NewPassword, root.email)
    except AccountError as error:
        raise OperationError("PasswordPolicyViolation", error.message) from error
    root.set_password(NewPassword)
    root.password_changed_at = call.now
    root.save(update_fields=["password", "password_changed_at"])
    others = ConsoleSession.objects.of_root(call.account)
    session = call.caller.session
    if session is not None and session.id is not None:
        others = others.exclude(id=session.id)
    others.delete()


def root_has_mfa(account: str) -> bool:
    rows = MFADevice.objects.of(account).filter(holder=MFADevice.Holder.ROOT)
    return bool(rows.exclude(enabled_at=None).exists())
