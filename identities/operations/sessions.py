"""Console sessions: who is signed in, and ending it.

A user sees and ends its own without any permission, and root's are root's alone to end.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from iamsite.operations import Call, Resource, operation
from iamsite.operations.errors import access_denied, no_such_entity
from iamsite.operations.paging import page_newest_first
from identities.models import ConsoleSession
from identities.operations import find
from policies.engine import PrincipalKind


def _own_user_id(call: Call) -> str | None:
    """The calling user's unique id; None for root and for everybody who is no user."""
    return call.caller.subject_id if call.caller.kind is PrincipalKind.USER else None


def _live(call: Call) -> QuerySet[ConsoleSession]:
    idle = call.now - timedelta(seconds=settings.CONSOLE_SESSION_IDLE_SECONDS)
    return (
        ConsoleSession.objects.of(call.account)
        .filter(expires_at__gt=call.now, seen_at__gt=idle)
        .select_related("user")
    )


def session_output(call: Call, row: ConsoleSession) -> dict[str, Any]:
    session = call.caller.session
    root_arn = f"arn:aws:iam::{call.account}:root"
    output = {
        "SessionId": str(row.id),
        "PrincipalArn": row.user.arn if row.user is not None else root_arn,
        "SourceIPAddress": row.source_ip,
        "UserAgent": row.user_agent,
        "MFAUsed": row.mfa_at is not None,
        "CreateDate": row.created_at,
        "LastSeenDate": row.seen_at,
        "ExpirationDate": row.expires_at,
        "IsCurrent": session is not None and session.id == row.id,
    }
    return output if row.user is None else {**output, "UserName": row.user.name}


def _may_list(call: Call, UserName: str | None = None, AllUsers: bool = False, **_: Any) -> None:
    if AllUsers:
        everybody = Resource(f"arn:aws:iam::{call.account}:user/*", call.account)
        call.authorize("portal:ListConsoleSessions", everybody)
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
    if not AllUsers:
        name = find.own_name(call, UserName)
        rows = rows.filter(user=None if name is None else find.get_user(call, name))
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
    elif row.user is None:
        if not call.caller.is_root:
            raise access_denied("Only the root user may end a session of the root user.")
    elif row.user_id != _own_user_id(call):
        call.authorize("portal:EndConsoleSession", find.user(call, row.user.name))


@operation("portal:EndConsoleSession", authorizes_itself=_may_end)
def end_console_session(call: Call, SessionId: str) -> None:
    row = _find(call, SessionId)
    if row is None:
        raise no_such_entity(f"The console session with id {SessionId} cannot be found.")
    row.delete()
