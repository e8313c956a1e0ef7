"""The console by keyboard alone: no test here touches a mouse."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acting import heading, row
from tests.browser.visits import Visits
from tests.cast import PASSWORD, Acme
from tests.iamsite.console.browser import USER_PASSWORD
from tests.portal import Portal

PATIENCE = 60  # presses of Tab after which something cannot be reached


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def reach(page: Page, name: str) -> None:
    """Presses Tab until the control of that name has the focus, which must be seen on it."""
    for _ in range(PATIENCE):
        press(page, "Tab")
        focused = page.locator("*:focus")
        if focused.count() and called(page) == name:
            expect(focused).to_be_in_viewport()
            return
    pytest.fail(f"{name} cannot be reached by Tab.")


def called(page: Page) -> str:
    """The name of what has the focus: its label, or else its own words."""
    return page.evaluate(
        """() => {
            const one = document.activeElement;
            const name = one.ariaLabel || one.labels?.[0]?.querySelector("span:not(.optional)")?.textContent
                || one.labels?.[0]?.textContent || one.textContent;
            return name.replace("optional", "").trim();
        }"""
    )


def choose(page: Page, name: str) -> None:
    """Goes down the open menu to `name` and presses it."""
    for _ in range(PATIENCE):
        if called(page) == name:
            press(page, "Enter")
            return
        press(page, "ArrowDown")
    pytest.fail(f"{name} is not in the menu.")


def test_from_an_empty_account_to_a_role_that_one_acts_as(page: Page, portal: Portal) -> None:
    page.goto("sign-up")
    page.keyboard.type("Initech")
    reach(page, "Email address")
    page.keyboard.type(f"keys-{portal.port}@initech.example")
    reach(page, "Password")
    page.keyboard.type(PASSWORD)
    press(page, "Enter")
    heading(page, "Getting started")
    account = page.locator(".account-chip .copy .value").inner_text()

    press(page, "Tab", "Enter")  # Skip to content
    expect(page.locator("#main")).to_be_focused()
    press(page, "g", "u")
    heading(page, "Users")
    press(page, "Tab", "Enter")
    reach(page, "Create user")
    press(page, "Enter")
    heading(page, "Create user")
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type("dora")
    reach(page, "Console access, with a password")
    press(page, "Space")
    reach(page, "Generate one")
    press(page, "ArrowRight")
    reach(page, "Password")
    page.keyboard.type(USER_PASSWORD)
    reach(page, "The user must choose another at the first sign-in")
    press(page, "Space", "Enter")
    heading(page, "User dora created")
    press(page, "Tab", "Enter")
    reach(page, "Continue to the user")
    press(page, "Enter")
    heading(page, "dora")

    press(page, "Tab", "Enter")
    reach(page, "Attach policies")
    press(page, "Enter")
    expect(page.get_by_role("dialog", name="Attach policies to dora")).to_be_visible()
    expect(page.get_by_label("Filter Policies")).to_be_focused()
    page.keyboard.type("AdministratorAccess")
    reach(page, "AdministratorAccess")
    press(page, "Space", "Enter")
    expect(row(page, "AdministratorAccess")).to_contain_text("Attached directly")

    reach(page, "Signed in as Root user")
    press(page, "ArrowDown")
    choose(page, "Sign out")
    heading(page, "Sign in")
    expect(page.get_by_label("Account id or alias")).to_be_focused()
    page.keyboard.type(account)
    reach(page, "User name")
    page.keyboard.type("dora")
    reach(page, "Password")
    page.keyboard.type(USER_PASSWORD)
    press(page, "Enter")
    heading(page, "Dashboard")

    press(page, "g", "r")
    heading(page, "Roles")
    press(page, "Tab", "Enter")
    reach(page, "Create role")
    press(page, "Enter")
    expect(page.get_by_label("Role name")).to_be_focused()
    page.keyboard.type("Deployer")
    press(page, "Enter")
    heading(page, "Deployer")
    press(page, "Tab", "Enter")
    reach(page, "Switch to this role")
    press(page, "Enter")
    heading(page, "Switch role")
    expect(page.get_by_label("Shown as")).to_be_focused()
    page.keyboard.type("Release")
    press(page, "Enter")
    bar = page.get_by_role("region", name="Role that you act as")
    expect(bar).to_contain_text("Release")
    reach(page, "Back to dora")
    press(page, "Enter")
    expect(bar).to_have_count(0)


def test_the_palette_finds_a_user_a_page_and_what_an_arn_or_an_id_names(
    alice: Page, acme: Acme
) -> None:
    user = acme.root.perform("GetUser", UserName="bob")["User"]
    role = acme.root.perform("GetRole", RoleName="Deployer")["Role"]
    alice.goto("./")
    for typed, found in (
        ("bob", "bob"),
        (user["Arn"], "bob"),
        (user["UserId"], "bob"),
        (role["Arn"], "Deployer"),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", "ReadOnlyAccess"),
        ("create group", "Create group"),
    ):
        press(alice, "Control+k")
        alice.keyboard.type(typed)
        chosen = alice.get_by_role("option", selected=True)
        expect(chosen).to_contain_text(found)
        expect(alice.get_by_role("option").first).to_contain_text(found)
        press(alice, "Enter")
        heading(alice, found)


def test_the_keys_jump_and_tell_themselves(alice: Page) -> None:
    alice.goto("./")
    for key, title in (("r", "Roles"), ("p", "Policies"), ("g", "Groups")):
        press(alice, "g", key)
        heading(alice, title)
    press(alice, "?")
    expect(alice.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    press(alice, "Escape", "/")
    expect(alice.get_by_role("searchbox", name="Filter")).to_be_focused()


def test_closing_the_dialog_gives_the_focus_back(alice: Page) -> None:
    alice.goto("users/bob/")
    link = alice.get_by_role("link", name="Rename")
    link.focus()
    press(alice, "Enter")
    expect(alice.get_by_label("New name")).to_be_focused()
    press(alice, "Escape")
    expect(link).to_be_focused()


def test_the_editor_is_no_trap(alice: Page) -> None:
    alice.goto("policies/create")
    alice.locator(".cm-content").focus()
    press(alice, "Escape", "Tab")
    expect(alice.locator(".cm-content")).not_to_be_focused()


def test_a_button_that_may_not_be_used_says_why_and_does_nothing(
    visits: Visits, acme: Acme
) -> None:
    acme.root.perform("AddUserToGroup", GroupName="Developers", UserName="carol")
    carol = visits.as_user(acme, "carol")
    carol.goto("users/bob/")
    button = carol.get_by_role("link", name="Delete")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_accessible_name("Delete. You need iam:DeleteUser.")
    press(carol, "Tab")
    reach(carol, "Delete. You need iam:DeleteUser.")
    expect(carol.locator(".tip")).to_have_text("You need iam:DeleteUser.")
    press(carol, "Enter")
    expect(carol.get_by_role("dialog")).to_be_hidden()

    carol.goto("users/")
    primary = carol.locator("main .button.primary[aria-disabled]")
    ground = primary.evaluate("one => getComputedStyle(one).backgroundColor")
    primary.hover()
    expect(primary).to_have_css("background-color", ground)
