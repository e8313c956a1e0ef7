"""Operators: who run the installation, and what each may do to which account.

django-guardian's object permissions say so (view, suspend, recover, delete an account), and one
database function reads them: it shows an operator the rows of exactly those accounts. Inside an
account an operator is nobody; what it does to one is in that account's trail.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone
from guardian.shortcuts import assign_perm, remove_perm

from accounts import tenancy
from accounts.models import Account, Person
from accounts.opening import AccountError, check_password, close_account
from accounts.quotas import DEFAULTS
from iamsite.operations.caller import Origin
from iamsite.operations.trail import Author, record_event
from identities.models import AccessKey, ConsoleSession, MFADevice

logger = logging.getLogger(__name__)

Action = Literal["view", "suspend", "recover", "delete"]
ACTIONS: tuple[Action, ...] = ("view", "suspend", "recover", "delete")
KIND = "Operator"


class Shell:
    """The operator at the machine's own shell, who can reach the database anyway."""

    id = "shell"
    email = "shell"


Operator = Person | Shell


@dataclass(frozen=True, slots=True)
class AccountRow:
    """What an operator sees of an account."""

    id: str
    name: str
    alias: str | None
    status: str
    email: str | None
    root_locked_at: datetime | None
    created_at: datetime


def author_of(operator: Operator) -> Author:
    return Author(KIND, f"operator/{operator.email}", str(operator.id))


def accounts_of(operator: Person, action: Action = "view") -> list[AccountRow]:
    """The accounts that `operator` may view, suspend, recover or delete, by id."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM iamsite_operator_accounts(%s, %s)", [operator.pk, action])
        return [AccountRow(*row) for row in cursor.fetchall()]


def may(operator: Operator, action: Action, account_id: str) -> bool:
    if isinstance(operator, Shell):
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM iamsite_operator_accounts(%s, %s) a WHERE a.id = %s)",
            [operator.pk, action, account_id],
        )
        return bool(cursor.fetchone()[0])


@transaction.atomic
def grant(operator: Person, action: Action, account_id: str | None) -> None:
    """Lets `operator` do `action` to one account, or to all for None.

    Raises Account.DoesNotExist; ValueError for a root user, who is no operator.
    """
    _check_operator(operator)
    if account_id is None:
        operator.user_permissions.add(_permission(action))
    else:
        assign_perm(f"{action}_account", operator, _entered(account_id))


@transaction.atomic
def revoke(operator: Person, action: Action, account_id: str | None) -> None:
    """Takes back what `grant` gave."""
    _check_operator(operator)
    if account_id is None:
        operator.user_permissions.remove(_permission(action))
    else:
        remove_perm(f"{action}_account", operator, _entered(account_id))


@transaction.atomic
def suspend(operator: Operator, account_id: str, origin: Origin) -> None:
    """No credential of the account counts from now on. Raises PermissionDenied."""
    _set_status(operator, account_id, origin, Account.Status.SUSPENDED, "SuspendAccount")


@transaction.atomic
def reactivate(operator: Operator, account_id: str, origin: Origin) -> None:
    """Undoes `suspend`. Raises PermissionDenied."""
    _set_status(operator, account_id, origin, Account.Status.ACTIVE, "ReactivateAccount")


@transaction.atomic
def recover(operator: Operator, account_id: str, password: str, origin: Origin) -> None:
    """Gives the root user a new password and unlocks it.

    Its MFA devices, which may be lost, are removed; its sessions end; its access keys become
    inactive. Raises PermissionDenied, AccountError for a password that may not be or may not be
    recovered, and Account.DoesNotExist at the shell, which is refused nothing.
    """
    _demand(operator, "recover", account_id)
    _lock(account_id)
    root = Person.objects.get(account_id=account_id)
    if root.login_profile_at is None and not isinstance(operator, Shell):
        raise AccountError(
            "account_id",
            "The account's organization manages its root user's credentials and does not allow "
            "its password to be recovered.",
        )
    check_password(password, root.email)
    now = timezone.now()
    root.set_password(password)
    root.password_changed_at = now
    root.login_profile_at = root.login_profile_at or now
    root.save(update_fields=["password", "password_changed_at", "login_profile_at"])
    Account.objects.filter(id=account_id).update(root_locked_at=None)
    MFADevice.objects.of(account_id).filter(holder=MFADevice.Holder.ROOT).delete()
    AccessKey.objects.of(account_id).filter(user=None).update(status=AccessKey.Status.INACTIVE)
    ConsoleSession.objects.of_root(account_id).delete()
    _record(operator, account_id, origin, now, "RecoverRootUser")


@transaction.atomic
def set_quota(
    operator: Shell, account_id: str, name: str, limit: int | None, origin: Origin
) -> None:
    """Gives the account another limit, or the default again for None.

    Raises Account.DoesNotExist; KeyError for a quota that there is not.
    """
    default = DEFAULTS[name]
    _lock(account_id)
    account = Account.objects.get(id=account_id)
    if limit is None:
        account.quotas.pop(name, None)
    else:
        account.quotas[name] = limit
    account.save(update_fields=["quotas"])
    shown = {"QuotaName": name, "Limit": default if limit is None else limit}
    _record(operator, account_id, origin, timezone.now(), "SetQuota", shown)


@transaction.atomic
def delete(operator: Operator, account_id: str) -> bool:
    """Deletes the account and all that it owns, its trail too; tells whether it was there.

    Raises PermissionDenied.
    """
    _demand(operator, "delete", account_id)
    gone = close_account(account_id)
    if gone:
        logger.warning("account %s was deleted by %s", account_id, author_of(operator).arn)
    return gone


def _set_status(
    operator: Operator, account_id: str, origin: Origin, status: Account.Status, operation: str
) -> None:
    _demand(operator, "suspend", account_id)
    _lock(account_id)
    Account.objects.filter(id=account_id).update(status=status)
    _record(operator, account_id, origin, timezone.now(), operation)


def _demand(operator: Operator, action: Action, account_id: str) -> None:
    """The same refusal for an account that is not there and for one that is not the operator's."""
    if account_id == tenancy.AWS or not may(operator, action, account_id):
        raise PermissionDenied(f"{operator.email} may not {action} the account {account_id}.")


def _record(
    operator: Operator,
    account_id: str,
    origin: Origin,
    now: datetime,
    operation: str,
    parameters: Mapping[str, Any] | None = None,
) -> None:
    record_event(
        account_id,
        author_of(operator),
        origin,
        now,
        "portal",
        operation,
        resources=[f"arn:aws:iam::{account_id}:root"],
        parameters=parameters,
    )


def _lock(account_id: str) -> None:
    _entered(account_id)
    tenancy.lock(account_id)


def _entered(account_id: str) -> Account:
    tenancy.enter(account_id)
    return Account.objects.exclude(id=tenancy.AWS).get(id=account_id)


def _permission(action: Action) -> Permission:
    return Permission.objects.get(
        content_type=ContentType.objects.get_for_model(Account), codename=f"{action}_account"
    )


def _check_operator(person: Person) -> None:
    if not person.is_operator:
        raise ValueError("only an operator, who has no account, can be granted one")
