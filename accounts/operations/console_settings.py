"""How long a console session of the account lasts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F

from accounts.models import Account
from iamsite.operations import Call, operation
from iamsite.operations.errors import invalid_input
from identities.models import ConsoleSession


@operation("portal:GetConsoleSettings", reads=True)
def get_console_settings(call: Call) -> dict[str, Any]:
    account = Account.objects.get(id=call.account)
    return {
        "SessionDuration": int(account.session_length.total_seconds()),
        "IdleTimeout": int(account.session_idle.total_seconds()),
        "MaxSessionDuration": settings.CONSOLE_SESSION_SECONDS,
        "MaxIdleTimeout": settings.CONSOLE_SESSION_IDLE_SECONDS,
    }


@operation("portal:UpdateConsoleSettings")
def update_console_settings(
    call: Call, SessionDuration: int | None = None, IdleTimeout: int | None = None
) -> None:
    """What begins later follows the account's row; what has begun is cut here."""
    for name, given, most in (
        ("SessionDuration", SessionDuration, settings.CONSOLE_SESSION_SECONDS),
        ("IdleTimeout", IdleTimeout, settings.CONSOLE_SESSION_IDLE_SECONDS),
    ):
        if given is not None and given > most:
            raise invalid_input(f"{name} must be at most {most}, which this installation allows.")
    given = {"console_session_seconds": SessionDuration, "console_idle_seconds": IdleTimeout}
    changes = {name: value for name, value in given.items() if value is not None}
    if changes:
        Account.objects.filter(id=call.account).update(**changes)
    if SessionDuration is not None:
        end = F("created_at") + timedelta(seconds=SessionDuration)
        sessions = ConsoleSession.objects.of(call.account)
        sessions.filter(expires_at__gt=end).update(expires_at=end)
