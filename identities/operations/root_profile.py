"""The root user's login profile, as a root session of AssumeRoot sees it.

It is the root user's password, or leave to recover one (IAM User Guide, "Perform a privileged task
on an AWS Organizations member account").
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.models import Person
from iamsite.operations import Call
from iamsite.operations.errors import entity_already_exists, no_such_entity, validation_error
from identities.models import ConsoleSession


def _output(call: Call, created_at: datetime) -> dict[str, Any]:
    # The output must have a name, and root has none.
    profile = {"UserName": call.account, "CreateDate": created_at, "PasswordResetRequired": False}
    return {"LoginProfile": profile}


def _root(call: Call) -> Person:
    return Person.objects.get(account_id=call.account)


def get(call: Call) -> dict[str, Any]:
    """Raises NoSuchEntity."""
    created_at = _root(call).login_profile_at
    if created_at is None:
        raise no_such_entity("Login Profile for the root user cannot be found.")
    return _output(call, created_at)


def create(call: Call, password: str | None) -> dict[str, Any]:
    """Allows the root user's password to be recovered; nobody else may choose it.

    Raises ValidationError for a password, EntityAlreadyExists.
    """
    if password is not None:
        raise validation_error("Password must be omitted with the credentials of AssumeRoot.")
    root = _root(call)
    if root.login_profile_at is not None:
        raise entity_already_exists("Login Profile for the root user already exists.")
    root.login_profile_at = call.now
    root.save(update_fields=["login_profile_at"])
    return _output(call, call.now)


def delete(call: Call) -> None:
    """Takes the password and leave to recover it; every session that it opened ends.

    Raises NoSuchEntity.
    """
    root = _root(call)
    if root.login_profile_at is None:
        raise no_such_entity("Login Profile for the root user cannot be found.")
    root.set_unusable_password()
    root.password_changed_at, root.login_profile_at = call.now, None
    root.save(update_fields=["password", "password_changed_at", "login_profile_at"])
    ConsoleSession.objects.of_root(call.account).delete()
