"""The cookie that holds a console session's token, read by the console and by the REST face."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def cookie_name() -> str:
    # Browsers refuse the prefix without Secure, which plain http on loopback cannot have.
    return "__Host-iamsite_session" if settings.HTTPS else "iamsite_session"


def session_token(request: HttpRequest) -> str:
    """The session's token, or "" when the browser has none."""
    return request.COOKIES.get(cookie_name(), "")
