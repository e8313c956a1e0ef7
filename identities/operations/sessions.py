"""Console sessions: who is signed in, and ending it.

A user sees and ends its own without any permission, and root's are root's alone to end.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Account
from iamsite.operations import Call, Resource, operation
from iamsite.operations.errors import access_denied, no_such_entity, validation_error
from iamsite.operations.paging import page_newest_first
from identities.models import ConsoleSession
from identities.operations import find
from policies.engine import PrincipalKind


def _own_user_id(call: Call) -> str | None:
    """The calling user's unique id; None for root and for everybody who is no user."""
    return call.caller.subject_id if call.caller.kind is PrincipalKind.USER else None


def _is_temporary(call: Call) -> bool:
    """Whether the caller is neither a user nor root: all that it has is the session it asks in."""
    return not call.caller.is_root and _own_user_id(call) is None


def _live(call: Call) -> QuerySet[ConsoleSession]:
    idle = call.now - Account.objects.get(id=call.account).session_idle
    # A tool is no browser that is left open; before its code is used it is nothing yet.
    lives = Q(login__isnull=True, seen_at__gt=idle) | Q(login__has_key="key")
    return (
        ConsoleSession.objects.of(call.account)
        .filter(lives, expires_at__gt=call.now)
        .select_related("user")
    )


def session_output(call: Call, row: ConsoleSession) -> dict[str, Any]:
    session = call.caller.session
    root_arn = f"arn:aws:iam::{call.account}:root"
    principal = row.signs_with["arn"] if row.signs_with is not None else root_arn
    output = {
        "SessionId": str(row.id),
        "PrincipalArn": row.user.arn if row.user is not None else principal,
        "SourceIPAddress": row.source_ip,
        "UserAgent": row.user_agent,
        "MFAUsed": row.mfa_at is not None,
        "CreateDate": row.created_at,
        "LastSeenDate": row.seen_at,
        "ExpirationDate": row.expires_at,
        "IsCurrent": session is not None and session.id == row.id,
    }
    if row.login is not None:
        output["ClientId"] = row.login["client"]
    if row.acts_with is not None:
        output["ActsAs"] = row.acts_with["arn"]
    return output if row.user is None else {**output, "UserName": row.user.name}


def _may_list(call: Call, UserName: str | None = None, AllUsers: bool = False, **_: Any) -> None:
    if AllUsers:
        everybody = Resource(f"arn:aws:iam::{call.account}:user/*", call.account)
        call.authorize("portal:ListConsoleSessions", everybody)
        return
    if UserName is None and _is_temporary(call):
        return
    name = find.own_name(call, UserName)
    if name is not None and name.lower() != call.caller.name.lower():
        call.authorize("portal:ListConsoleSessions", find.user(call, name))


@operation("portal:ListConsoleSessions", reads=True, authorizes_itself=_may_list)
def list_console_sessions(
    call: Call,
    UserName: str | None = None,
    AllUsers: bool = False,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    """The caller's own sessions, those of one user, or with `AllUsers` the whole account's."""
    rows = _live(call)
    if not AllUsers and UserName is None and _is_temporary(call):
        session = call.caller.session
        rows = rows.filter(id=session.id if session is not None else None)
    elif not AllUsers:
        name = find.own_name(call, UserName)
        rows = rows.filter(user=None if name is None else find.get_user(call, name))
        rows = rows.filter(signs_with__isnull=True)
    sessions, paging = page_newest_first(call, rows, "id")
    return {"ConsoleSessions": [session_output(call, row) for row in sessions], **paging}


def _find(call: Call, session_id: str) -> ConsoleSession | None:
    key = (ConsoleSession, session_id)
    if key not in call.found:
        call.found[key] = _live(call).filter(id=int(session_id)).first()
    found: ConsoleSession | None = call.found[key]
    return found


def _may_end(call: Call, SessionId: str, **_: Any) -> None:
    row = _find(call, SessionId)
    if row is None:
        call.authorize("portal:EndConsoleSession", call.anything())
    elif row.signs_with is not None:
        whose = Resource(row.signs_with["arn"], call.account)
        call.authorize("portal:EndConsoleSession", whose)
    elif row.user is None:
        if not call.caller.is_root:
            raise access_denied("Only the root user may end a session of the root user.")
    elif row.user_id != _own_user_id(call):
        call.authorize("portal:EndConsoleSession", find.user(call, row.user.name))


@operation("portal:GetConsoleSession", reads=True, authorizes_itself=True)
def get_console_session(call: Call) -> dict[str, Any]:
    """The session that asks, and who is behind the role that it has switched to."""
    session = call.caller.session
    if session is None or session.id is None:
        raise validation_error("This call is not made in a console session.")
    arn = call.caller.principal.arn
    return {
        "PrincipalArn": session.signed_in_as or arn,
        "ActsAs": arn,
        "ExpirationDate": session.expires_at,
    }


@operation("portal:EndConsoleSession", authorizes_itself=_may_end)
def end_console_session(call: Call, SessionId: str) -> None:
    row = _find(call, SessionId)
    if row is None:
        raise no_such_entity(f"The console session with id {SessionId} cannot be found.")
    row.delete()
