"""A real browser's authenticator: registering, the second step, and a passkey alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_accessible import PHONE, too_wide, violations
from tests.browser.visits import Visits
from tests.cast import PASSWORD, Account
from tests.portal import Portal


@pytest.fixture
def here(chromium: Browser, portal: Portal) -> Iterator[Visits]:
    """Browsers make credentials for a name, not for an IP address."""
    opened = Visits(chromium, f"http://localhost:{portal.port}")
    yield opened
    opened.close()
    assert opened.faults == []


def authenticator(page: Page, *, verifies: bool = True) -> tuple[Any, str]:
    """Plugs in a security key that its owner touches at once."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, added["authenticatorId"]


def register(page: Page, name: str) -> None:
    page.goto("security-credentials")
    page.get_by_role("link", name="Add security key or passkey").click()
    page.get_by_label("Name of the key or passkey").fill(name)
    page.get_by_role("dialog").get_by_role("button", name="Continue").click()
    expect(page.get_by_role("status").or_(page.locator(".notice.good")).first).to_contain_text(
        f"{name} is registered"
    )


def test_a_key_is_registered_and_then_opens_the_console_both_ways(
    here: Visits, initech: Account
) -> None:
    page = here.as_root(initech)
    key = authenticator(page)
    touch(key, False)
    begun_and_given_up(page, "yubikey")
    touch(key, True)
    register(page, "yubikey")
    expect(page.get_by_role("row", name="yubikey")).to_have_count(1)
    expect(page.get_by_role("row", name="yubikey")).to_contain_text("u2f/root-account/yubikey-")
    register_again(page)
    page.get_by_label("Signed in as").click()
    page.get_by_role("button", name="Sign out").click()
    # As the second step
    page.goto("sign-in?kind=root")
    page.get_by_label("Email address").fill(initech.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Multi-factor authentication (MFA)")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Use a security key or passkey").click()
    expect(page.get_by_label("Signed in as")).to_be_visible()
    page.get_by_label("Signed in as").click()
    page.get_by_role("button", name="Sign out").click()
    # In place of the password, and to where one wanted to go
    page.goto("users/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Users", exact=True)).to_be_visible()
    page.goto("security-credentials")
    page.get_by_role("row", name="yubikey").get_by_role("link", name="Remove").click()
    page.get_by_role("dialog").get_by_label("to confirm").fill("yubikey")
    page.get_by_role("dialog").get_by_role("button", name="Remove device").click()
    expect(page.get_by_text("the password alone is enough to sign in")).to_be_visible()


def touch(key: tuple[Any, str], at_once: bool) -> None:
    """Whether the owner touches the key when it blinks."""
    session, number = key
    enabled = {"authenticatorId": number, "enabled": at_once}
    session.send("WebAuthn.setAutomaticPresenceSimulation", enabled)


def begun_and_given_up(page: Page, name: str) -> None:
    """A dialog that is closed asks for no key any more, and the next one may ask for it."""
    page.goto("security-credentials")
    for _again in range(2):
        page.get_by_role("link", name="Add security key or passkey").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name of the key or passkey").fill(name)
        dialog.get_by_role("button", name="Continue").dblclick()
        expect(dialog.get_by_role("status")).to_contain_text("Waiting for the key")
        expect(dialog.get_by_role("alert")).to_be_hidden()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()


def register_again(page: Page) -> None:
    page.get_by_role("link", name="Add security key or passkey").click()
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_label("Name of the key or passkey")
    expect(field).to_have_value("passkey")
    for name in ("Schlüssel", "yubikey"):
        field.fill(name)
        dialog.get_by_role("button", name="Continue").click()
        expect(dialog.locator("input:invalid")).to_have_count(1)  # before the key is touched
    field.fill("twin")
    dialog.get_by_role("button", name="Continue").click()
    expect(dialog.get_by_role("alert")).to_have_text("This authenticator is registered already.")
    assert violations(page) == []
    page.keyboard.press("Escape")


def test_whoever_has_no_passkey_is_told_and_can_go_on(here: Visits) -> None:
    page = here.open()
    authenticator(page)
    page.goto("sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was chosen")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert too_wide(page) == []
    expect(page.get_by_label("Password")).to_be_editable()


def test_at_an_ip_address_the_page_says_where_passkeys_work(page: Page, portal: Portal) -> None:
    page.goto("sign-in")
    link = page.get_by_role("link", name="Sign in with a passkey")
    expect(link).to_have_attribute("href", f"http://localhost:{portal.port}/console/sign-in")
