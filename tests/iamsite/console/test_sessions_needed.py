"""Every address of the console, of pages and of parts of pages alike, is for who is signed in."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.urls import URLPattern, reverse
from django.utils import timezone

from accounts import tenancy
from iamsite.console.urls import urlpatterns
from iamsite.operations import OperationError
from identities.models import ConsoleSession
from tests.cast import Account
from tests.iamsite.console.browser import Browser

COOKIE = "iamsite_session"
HTMX = {"HX-Request": "true", "HX-Target": "main"}
# What one needs before one is signed in, and what tells nothing of any account.
PUBLIC = {
    "sign-in", "sign-in-account", "sign-in-code", "sign-in-key", "sign-in-passkey",
    "sign-in-federated", "sign-in-with", "sign-in-oidc", "sign-in-oidc-role", "sign-in-saml",
    "sign-in-password", "sign-out", "sign-up", "confirm-account", "recover", "recover-password",
    "theme", "words",
}  # fmt: skip
# For parts of addresses that not every text fits.
PARTS = {
    "arn": "arn:aws:iam::000000000000:policy/x",
    "feature": "RootSessions",
    "switch": "on",
}
NOWHERE = "/console/no/such/page"


def address(pattern: URLPattern) -> str:
    if pattern.name is None:
        return NOWHERE
    names = [*pattern.pattern.converters, *pattern.pattern.regex.groupindex]
    parts = {name: PARTS.get(name, "x") for name in names}
    return reverse(f"console:{pattern.name}", kwargs=parts)


def is_public(pattern: URLPattern) -> bool:
    view = getattr(pattern.callback, "view_class", None)
    return getattr(pattern.callback, "is_public", False) or getattr(
        getattr(view, "dispatch", None), "is_public", False
    )


ADDRESSES = [address(one) for one in urlpatterns if one.name not in PUBLIC]


@pytest.fixture(scope="module")
def expired() -> str:
    """The token of a session whose time is over."""
    account = Account("gone")
    token = Browser().sign_in_root(account).cookies[COOKIE].value
    with transaction.atomic():
        tenancy.enter(account.id)
        assert ConsoleSession.objects.of(account.id).update(expires_at=timezone.now()) == 1
    return token


def test_what_is_public_is_declared() -> None:
    assert {one.name for one in urlpatterns if is_public(one)} == PUBLIC


@pytest.mark.parametrize("is_over", [False, True], ids=["none", "an expired one"])
def test_without_a_session_every_address_leads_to_the_sign_in_and_tells_nothing(
    expired: str, is_over: bool
) -> None:
    browser, wrong = Browser(), []
    for path in ADDRESSES:
        # Without scripts a form is sent, with them a part of a page is asked for.
        for ask, headers, leads in (
            (browser.post, {}, (302, "Location")),
            (browser.get, HTMX, (200, "HX-Redirect")),
        ):
            if is_over:
                browser.cookies[COOKIE] = expired
            response = ask(path, headers=headers)
            place = response.headers.get(leads[1], "")
            there = response.status_code == leads[0] and place.startswith("/console/sign-in")
            if not there or response.content:
                wrong.append((path, bool(headers), response.status_code, place))
    assert wrong == []


def test_what_was_entered_when_the_session_ended_is_kept_until_one_is_back() -> None:
    account = Account("initech")
    browser = Browser()
    entered = {"UserName": "dora", "password": "typed by hand", "key": "on"}
    out = browser.post("/console/users/create", entered)
    assert out.status_code == 401
    page = out.content.decode()
    assert "You are signed out" in page
    assert '<input type="hidden" name="UserName" value="dora">' in page
    assert "typed by hand" not in page
    assert 'href="/console/sign-in" target="_blank"' in page
    browser.sign_in_root(account)
    again = browser.post("/console/users/create", {**entered, "_look": "1"})
    assert again.status_code == 200
    assert 'value="dora"' in again.content.decode()
    with pytest.raises(OperationError, match="cannot be found"):
        account.root.perform("GetUser", UserName="dora")


def test_a_part_of_a_form_does_not_take_one_away_from_what_was_entered() -> None:
    typed = {"PolicyName": "late", "PolicyDocument": "{}", "_document": "PolicyDocument"}
    for path in ("/console/documents/look", "/console/policies/create"):
        part = Browser().post(path, typed, headers={**HTMX, "HX-Target": "panel"})
        assert part.status_code == 401
        assert "HX-Redirect" not in part.headers
        assert part.headers["HX-Retarget"] == "#dialog"
        assert ('value="late"' in part.content.decode()) == path.endswith("create")
