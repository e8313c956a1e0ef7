"""Opening and closing accounts: the two acts that are not operations of any account's principal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import tenancy
from accounts.identifiers import account_id as new_account_id
from accounts.models import Account, Person


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
    email: str, password: str, name: str = "", account_id: str | None = None
) -> Opened:
    """Opens an account with its root user, and leaves the transaction inside that account.

    `account_id` is 12 digits, chosen at random when None. Raises AccountError.
    """
    _check(email, password, account_id)
    now: datetime = timezone.now()
    number = account_id or new_account_id()
    tenancy.enter(number)
    account = Account(id=number, name=name.strip()[:128], created_at=now)
    root = Person(email=email, account=account, password_changed_at=now)
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


@transaction.atomic
def close_account(account_id: str) -> bool:
    """Deletes an account and all that it owns; tells whether it was there."""
    tenancy.enter(account_id)
    with connection.cursor() as cursor:
        # The database's own cascade, since the ORM does not know every row that must go along.
        cursor.execute(
            "DELETE FROM accounts_account WHERE id = %s AND id <> %s", [account_id, tenancy.AWS]
        )
        return bool(cursor.rowcount)


def _check(email: str, password: str, account_id: str | None) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise AccountError("email", "Enter a valid email address.") from error
    try:
        validate_password(password, Person(email=email))
    except ValidationError as error:
        raise AccountError("password", " ".join(error.messages)) from error
    if account_id is not None and not re.fullmatch(r"[0-9]{12}", account_id):
        raise AccountError("account_id", "An account id has 12 digits.")
