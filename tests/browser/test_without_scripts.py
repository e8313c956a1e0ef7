"""Sign-in, lists, details and forms with JavaScript turned off."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acting import heading, row, says
from tests.browser.visits import Visits
from tests.cast import PASSWORD, Account, Acme, allow


@pytest.fixture
def plain(visits: Visits) -> Page:
    return visits.open(java_script_enabled=False)


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("link", name=name, exact=True).first.click()


def send(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).click()


def sign_in_root(page: Page, account: Account) -> None:
    page.goto("sign-in")
    page.get_by_role("link", name="Root user").click()
    page.get_by_label("Email address").fill(account.email)
    page.get_by_label("Password").fill(PASSWORD)
    send(page, "Sign in")
    heading(page, "Dashboard")


def test_a_user_is_created_read_listed_and_deleted(plain: Page, initech: Account) -> None:
    sign_in_root(plain, initech)
    plain.get_by_role("link", name="Users", exact=True).first.click()
    press(plain, "Create user")
    plain.get_by_label("User name").fill("dora")
    send(plain, "Create user")
    heading(plain, "dora")
    says(plain, "User dora was created.")
    press(plain, "Credentials")
    press(plain, "Create access key")
    send(plain, "Create key")
    expect(plain.locator("main")).to_contain_text("it is shown this once")
    press(plain, "I have copied it")
    press(plain, "Policies")
    press(plain, "Attach policies")
    plain.get_by_label("ReadOnlyAccess", exact=False).first.check()
    send(plain, "Attach")
    expect(row(plain, "Attached directly")).to_be_visible()
    plain.goto("users/?q=do")
    press(plain, "dora")
    press(plain, "Delete")
    plain.get_by_label("Type dora to confirm").fill("dora")
    send(plain, "Delete user")
    says(plain, "User dora was deleted.")


def test_a_policy_is_written_and_shown_as_code(plain: Page, acme: Acme) -> None:
    sign_in_root(plain, acme)
    plain.goto("policies/create")
    expect(plain.get_by_text("Show as AWS CLI, Terraform or REST")).to_be_hidden()
    plain.get_by_label("Policy name").fill("ByHand")
    plain.locator("textarea[name=PolicyDocument]").fill(allow("s3:*"))
    send(plain, "Show as code")
    expect(plain.locator(".panel.cli")).to_contain_text("--policy-name ByHand")
    expect(plain.get_by_label("Policy name")).to_have_value("ByHand")
    send(plain, "Create policy")
    heading(plain, "ByHand")
    plain.goto("search?q=bob")
    press(plain, "bob")
    heading(plain, "bob")


def test_one_signs_out(plain: Page, acme: Acme) -> None:
    sign_in_root(plain, acme)
    plain.get_by_label("Signed in as").click()
    plain.get_by_role("button", name="Sign out").click()
    expect(plain.get_by_role("heading", name="Sign in")).to_be_visible()
    plain.goto("users/")
    expect(plain.get_by_role("heading", name="Sign in")).to_be_visible()
