"""Links whose address is a secret: the forms behind them, sent by a browser that tells little."""

import json
import re
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.core import mail as outgoing
from playwright.sync_api import Page, expect

from accounts import mail
from identities import signin
from tests.browser.acting import heading
from tests.browser.visits import Visits
from tests.cast import PASSWORD, Account, Acme, Key
from tests.identities.test_signin import browser

NEW = "a quite different battery staple"


@pytest.fixture
def _mail(settings) -> Iterator[None]:
    settings.IAMSITE_EMAIL_URL = {"EMAIL_BACKEND": "locmem"}
    yield
    mail.drain()


def link_to(email: str) -> str:
    """The address in the last letter, below /console/."""
    mail.drain()
    letter = [one for one in outgoing.outbox if one.to == [email]][-1]
    found = re.search(r"/console/(\S+)", letter.body)
    assert found is not None
    return found[1]


@pytest.mark.usefixtures("_mail")
def test_an_account_is_opened_by_the_letters_link_and_root_recovered(page: Page) -> None:
    email = f"new-{time.time()}@example.test"
    signin.request_account(email, PASSWORD, "New", browser())
    page.goto(link_to(email))
    page.get_by_role("button", name="Open the account").click()
    heading(page, "Getting started")
    page.context.clear_cookies()
    signin.request_recovery(email, browser())
    page.goto(link_to(email))
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(page.locator("body")).to_contain_text("Your password is changed. Sign in with it.")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill(NEW)
    page.get_by_role("button", name="Sign in", exact=True).click()
    heading(page, "Dashboard")


def test_a_tools_link_signs_in_whoever_was_somebody_else(
    visits: Visits, root: Page, initech: Account, acme: Acme
) -> None:
    assumed = acme.alice.perform("AssumeRole", RoleArn=acme.deployer, RoleSessionName="tool")
    key = Key.of(assumed["Credentials"])
    parts = {"sessionId": key.id, "sessionKey": key.secret, "sessionToken": key.token}
    query = {"Action": "getSigninToken", "Session": json.dumps(parts)}
    token = root.context.request.get(f"/federation?{urlencode(query)}").json()["SigninToken"]
    root.goto(f"/federation?{urlencode({'Action': 'login', 'SigninToken': token})}")
    root.get_by_role("button", name="Sign in with the link").click()
    expect(root.get_by_label("Signed in as")).to_contain_text("tool")
