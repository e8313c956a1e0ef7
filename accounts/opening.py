"""Opening and closing accounts: the two acts that are not operations of any account's principal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from guardian.models import GroupObjectPermission, UserObjectPermission

from accounts import tenancy
from accounts.identifiers import account_id as new_account_id
from accounts.models import Account, Person
from iamsite.operations.caller import Origin
from iamsite.operations.trail import Author, record_event
from policies.engine import PrincipalKind


class AccountError(Exception):
    """Why an account cannot be opened; `field` is email, password, name or account_id."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class Opened:
    account: Account
    root: Person


@transaction.atomic
def open_account(
    email: str, password: str | None, name: str = "", account_id: str | None = None
) -> Opened:
    """Opens an account with its root user, and leaves the transaction inside that account.

    Without a password root cannot sign in until an operator recovers it. `account_id` is 12
    digits, chosen at random when None. Raises AccountError.
    """
    check(email, password, name, account_id)
    now: datetime = timezone.now()
    number = account_id or new_account_id()
    tenancy.enter(number)
    # Begins at the time, so that nothing kept of an earlier account of that id fits a revision.
    revision = int(now.timestamp() * 1_000_000)
    account = Account(id=number, name=name.strip()[:128], revision=revision, created_at=now)
    root = Person(email=email, account=account, password_changed_at=now, login_profile_at=now)
    root.set_password(password)
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError as error:
        raise AccountError("account_id", f"There is an account {number} already.") from error
    try:
        with transaction.atomic():
            root.save(force_insert=True)
    except IntegrityError as error:
        raise AccountError("email", "This email address has an account already.") from error
    return Opened(account, root)


def record_opening(opened: Opened, origin: Origin, author: Author | None = None) -> Author:
    """Begins the account's trail, in the transaction that opened it; the author is by default,
    and the answer is always, the root user.
    """
    account = opened.account
    root = Author(PrincipalKind.ROOT.value, account.root_arn, account.id)
    record_event(
        account.id,
        author or root,
        origin,
        account.created_at,
        "portal",
        "CreateAccount",
        resources=[account.root_arn],
        parameters={"Email": opened.root.email, "AccountName": account.name},
    )
    return root


@transaction.atomic
def close_account(account_id: str) -> bool:
    """Deletes an account and all that it owns; tells whether it was there."""
    tenancy.enter(account_id)
    with connection.cursor() as cursor:
        # The database's own cascade, since the ORM does not know every row that must go along.
        cursor.execute(
            "DELETE FROM accounts_account WHERE id = %s AND id <> %s", [account_id, tenancy.AWS]
        )
        gone = bool(cursor.rowcount)
    # An account that is opened later under the same id is another one.
    for grants in (UserObjectPermission, GroupObjectPermission):
        grants.objects.filter(
            content_type=ContentType.objects.get_for_model(Account), object_pk=account_id
        ).delete()
    return gone


def check_password(password: str, email: str) -> None:
    """Raises AccountError for a password that a root user may not have."""
    try:
        validate_password(password, Person(email=email))
    except ValidationError as error:
        raise AccountError("password", " ".join(error.messages)) from error


def check(email: str, password: str | None, name: str = "", account_id: str | None = None) -> None:
    """Raises AccountError for what no account can be opened with."""
    try:
        validate_email(email)
    except ValidationError as error:
        raise AccountError("email", "Enter a valid email address.") from error
    if password is not None:
        check_password(password, email)
    if not name.isprintable():
        raise AccountError("name", "A name has no control characters.")
    if account_id is not None and not re.fullmatch(r"[0-9]{12}", account_id):
        raise AccountError("account_id", "An account id has 12 digits.")
