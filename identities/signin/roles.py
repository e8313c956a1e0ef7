"""Switching to a role and back: the same browser, the same session, another principal.

The role's credentials are kept, sealed, in the session that was signed in, and end with it. Source:
IAM User Guide, "Switch from a user to an IAM role (console)": whoever signed in is who asks for
each role, whatever role is acted in at the time.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from iamsite.operations import OperationError, Origin, SessionCredential, perform
from iamsite.operations.authentication import authenticate
from iamsite.operations.caller import Caller
from iamsite.operations.registry import Effect
from iamsite.operations.trail import Author
from identities.models import ConsoleSession
from identities.signin.admission import SERVICE, record

DENIED = (
    "The switch was refused. There is no such role, you may not assume it (sts:AssumeRole), or its "
    "trust policy does not let you. Whoever manages the role can tell."
)
_NOT_IN_NAMES = re.compile(r"[^\w+=,.@-]", re.ASCII)


class SwitchRefused(Exception):
    """The session stays what it was; `message` is for the person."""

    def __init__(self, message: str = DENIED) -> None:
        super().__init__(message)
        self.message = message


def switch_role(token: str, account: str, role: str, origin: Origin) -> str:
    """Lets the session act as the role `role`, with its path if it has one, of the account with
    that id or alias; returns the ARN of the role's session.

    sts:AssumeRole is authorised on both sides and recorded, as for any other caller. Raises
    SwitchRefused, and OperationError for a session that is over.
    """
    now = timezone.now()
    credential = SessionCredential(token, as_signed_in=True)
    caller = _caller(credential, origin, now)
    name = _NOT_IN_NAMES.sub("-", _session_name(caller))[:64]
    params = {
        "RoleArn": f"arn:aws:iam::{_account(account)}:role/{role.strip('/')}",
        "RoleSessionName": name if len(name) > 1 else f"{name}-",
    }
    try:
        assumed = perform(credential, "AssumeRole", params, origin)
    except OperationError as error:
        if error.code == "AccessDenied":
            raise SwitchRefused(error.message if caller.is_root else DENIED) from error
        if error.code == "ValidationError":
            raise SwitchRefused(DENIED) from error
        raise
    arn = str(assumed["AssumedRoleUser"]["Arn"])
    held = held_with(assumed["Credentials"], assumed["AssumedRoleUser"])
    with transaction.atomic(durable=True):
        caller = authenticate(credential, Effect.ISSUE, origin, SERVICE, now)
        _of(caller).update(acts_with=held)
        record(caller.account, _author(caller), origin, now, "SwitchRole", SwitchTo=arn)
    return arn


def switch_back(token: str, origin: Origin) -> bool:
    """Lets the session act as whoever signed in again; tells whether it acted in a role.

    Raises OperationError for a session that is over.
    """
    now = timezone.now()
    credential = SessionCredential(token, as_signed_in=True)
    with transaction.atomic(durable=True):
        caller = authenticate(credential, Effect.ISSUE, origin, SERVICE, now)
        acted = _of(caller).filter(acts_with__isnull=False).first()
        if acted is None:
            return False
        left = acted.acts_with["arn"]
        _of(caller).update(acts_with=None)
        record(caller.account, _author(caller), origin, now, "ExitRole", SwitchFrom=left)
    return True


def held_with(credentials: dict[str, Any], principal: dict[str, Any]) -> dict[str, str]:
    """What a session keeps of temporary credentials: their token is sealed, their secret inside.

    `credentials` and `principal` are members of the output of the operation that issued them.
    """
    arn = principal["Arn"]
    subject = str(principal["AssumedRoleId"]).partition(":")[0]
    return {
        "account": arn.split(":")[4],
        "subject": subject,
        "arn": arn,
        "key": credentials["AccessKeyId"],
        "token": credentials["SessionToken"],
    }


def _caller(credential: SessionCredential, origin: Origin, now: datetime) -> Caller:
    with transaction.atomic(durable=True):
        return authenticate(credential, Effect.READ, origin, SERVICE, now)


def _session_name(caller: Caller) -> str:
    """What tells in the role's account who came: the user's name, or the session's."""
    if caller.session is not None and caller.session.name:
        return caller.session.name
    return caller.name or "root"


def _account(named: str) -> str:
    """The id of the account; one that nobody has where there is no such alias."""
    wanted = named.strip().lower()
    with connection.cursor() as cursor:
        cursor.execute("SELECT iamsite_account_named(%s)", ["" if "\0" in wanted else wanted])
        found: str | None = cursor.fetchone()[0]
    return found or "000000000000"


def _of(caller: Caller) -> Any:
    assert caller.session is not None
    return ConsoleSession.objects.filter(id=caller.session.id)


def _author(caller: Caller) -> Author:
    return Author(caller.kind.value, caller.principal.arn, caller.user_id)
