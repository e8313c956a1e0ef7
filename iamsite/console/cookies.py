"""The console's own cookies: the session and the chosen theme."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from iamsite.console.themes import THEMES
from iamsite.session_cookie import cookie_name, session_token

__all__ = [
    "columns",
    "forget_account",
    "forget_note",
    "forget_session",
    "keep_account",
    "keep_columns",
    "keep_note",
    "keep_roles",
    "keep_session",
    "keep_theme",
    "note",
    "remembered_account",
    "roles",
    "session_token",
    "theme",
]

THEME = "iamsite_theme"
ACCOUNT = "iamsite_account"
COLUMNS = "iamsite_columns"
ROLES = "iamsite_roles"
_LONGEST = 2000
ONE_YEAR = 365 * 24 * 3600


def keep_session(response: HttpResponseBase, token: str) -> None:
    """Gives the browser its session; it ends with the browser, or earlier on the server."""
    response.set_cookie(
        cookie_name(), token, path="/", secure=settings.HTTPS, httponly=True, samesite="Lax"
    )


def forget_session(response: HttpResponseBase) -> None:
    response.set_cookie(
        cookie_name(),
        "",
        max_age=0,
        path="/",
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def theme(request: HttpRequest) -> str:
    chosen = request.COOKIES.get(THEME, "")
    return chosen if any(chosen == known.name for known in THEMES) else THEMES[0].name


def keep_theme(response: HttpResponseBase, name: str) -> None:
    _keep(response, THEME, name)


def note(request: HttpRequest) -> str:
    """The note of a sign-in at an identity provider, or "" (identities/signin/providers.py)."""
    return request.COOKIES.get(_note_name(), "")


def keep_note(response: HttpResponseBase, text: str) -> None:
    response.set_cookie(
        _note_name(),
        text,
        max_age=600,
        path="/",
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def forget_note(response: HttpResponseBase) -> None:
    response.set_cookie(
        _note_name(), "", max_age=0, path="/", secure=settings.HTTPS, httponly=True, samesite="Lax"
    )


def _note_name() -> str:
    return "__Host-iamsite_note" if settings.HTTPS else "iamsite_note"


def remembered_account(request: HttpRequest) -> tuple[str, str]:
    """The account (id or alias) and user name that this browser was asked to remember, or ""s."""
    account, _slash, name = request.COOKIES.get(ACCOUNT, "")[:200].partition("/")
    return account, name


def keep_account(response: HttpResponseBase, account: str, name: str) -> None:
    _keep(response, ACCOUNT, f"{account}/{name}")


def forget_account(response: HttpResponseBase) -> None:
    response.delete_cookie(ACCOUNT, path="/", samesite="Lax")


def roles(request: HttpRequest) -> str:
    """The roles that were switched to (iamsite/console/switching.py), packed, or ""."""
    return request.COOKIES.get(ROLES, "")


def keep_roles(response: HttpResponseBase, packed: str) -> None:
    _keep(response, ROLES, packed)


def columns(request: HttpRequest) -> dict[str, list[str]]:
    """The chosen columns of each table whose columns were chosen."""
    kept = request.COOKIES.get(COLUMNS, "")[:_LONGEST]
    chosen = (part.partition(":") for part in kept.split("|") if part)
    return {table: names.split(".") for table, _colon, names in chosen}


def keep_columns(
    request: HttpRequest, response: HttpResponseBase, table: str, names: list[str]
) -> None:
    chosen = {**columns(request), table: names}
    text = "|".join(f"{name}:{'.'.join(shown)}" for name, shown in chosen.items())
    _keep(response, COLUMNS, text[:_LONGEST])


def _keep(response: HttpResponseBase, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=ONE_YEAR,
        path="/",
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
