"""CloseAccount: the root user closes its own account.

An account that is closed is suspended: nothing is deleted, and an operator can reactivate it.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from accounts import mail
from accounts.models import Account, Event, Person
from accounts.operations.root import root_has_mfa, root_itself
from iamsite.operations import Call, OperationError, operation
from iamsite.operations.errors import access_denied, invalid_input
from identities.models import ConsoleSession
from identities.operations.sts import mfa

FRESH = timedelta(minutes=15)  # how long ago a session with MFA may have begun
WINDOW, WRONG_PASSWORDS = timedelta(minutes=15), 5
WRONG_PASSWORD = "The root user's password was incorrect."
NO_FACTOR = (
    "The root user has an MFA device: give a code of it, or sign in with it again and "
    "close the account within 15 minutes."
)
LETTER = """The account {id} ({name}) was closed by its root user, from {address}.

Its credentials count no more. Nothing was deleted: whoever runs the portal can reactivate the \
account, or delete it. If it was not you who closed it, tell them at once.
"""


@operation("portal:CloseAccount", resource=root_itself)
def close_account(
    call: Call,
    AccountId: str,
    Password: str,
    SerialNumber: str | None = None,
    TokenCode: str | None = None,
) -> None:
    """No credential of the account counts once this is done, root's own included."""
    if AccountId != call.account:
        raise invalid_input("AccountId must be the id of the account that calls.")
    root = Person.objects.get(account_id=call.account)
    if _exhausted(call) or not root.check_password(Password):
        raise access_denied(WRONG_PASSWORD)
    if root_has_mfa(call.account) and not _proves_factor(call, SerialNumber, TokenCode):
        raise access_denied(NO_FACTOR)
    membership = call.caller.organization
    if membership is not None and membership.management == call.account:
        raise OperationError(
            "ConstraintViolation",
            "The management account of an organization cannot be closed: delete the organization "
            "first.",
        )
    account = Account.objects.get(id=call.account)
    account.status = Account.Status.SUSPENDED
    account.save(update_fields=["status"])
    ConsoleSession.objects.of(call.account).delete()
    if membership is not None:
        call.shared_with.append(membership.management)
    if mail.is_configured():
        text = LETTER.format(id=account.id, name=account.name, address=call.origin.source_ip)
        subject = f"The account {account.id} was closed"
        transaction.on_commit(lambda: mail.send(root.email, subject, text))


def _proves_factor(call: Call, serial_number: str | None, code: str | None) -> bool:
    session = call.caller.session
    since = session.mfa_at if session is not None else None
    if since is not None and since > call.now - FRESH:
        return True
    return mfa.proved(call, serial_number, code)


def _exhausted(call: Call) -> bool:
    """The trail knows of every wrong password."""
    wrong = Event.objects.of(call.account).filter(
        principal_arn=call.caller.principal.arn, at__gt=call.now - WINDOW, message=WRONG_PASSWORD
    )
    return wrong.count() >= WRONG_PASSWORDS
