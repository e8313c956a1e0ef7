"""The console by keyboard alone: no test here touches a mouse."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acting import heading, row, says
from tests.browser.visits import Visits
from tests.cast import Acme
from tests.iamsite.console.browser import USER_PASSWORD

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
            const name = one.ariaLabel || one.labels?.[0]?.querySelector("span")?.textContent
                || one.labels?.[0]?.textContent || one.textContent;
            return name.replace("optional", "").trim();
        }"""
    )


def test_signing_in_creating_a_user_and_attaching_a_policy(page: Page, acme: Acme) -> None:
    acme.root.perform("CreateLoginProfile", UserName="alice", Password=USER_PASSWORD)
    page.goto("sign-in")
    reach(page, "Account id or alias")
    page.keyboard.type(acme.id)
    reach(page, "User name")
    page.keyboard.type("alice")
    reach(page, "Password")
    page.keyboard.type(USER_PASSWORD)
    press(page, "Enter")
    heading(page, "Dashboard")

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
    reach(page, "Developers")
    press(page, "Space", "Enter")
    heading(page, "dora")
    says(page, "User dora was created.")
    expect(row(page, "develop")).to_contain_text("Developers")

    press(page, "Tab", "Enter")
    reach(page, "Attach policies")
    press(page, "Enter")
    expect(page.get_by_role("dialog", name="Attach policies to dora")).to_be_visible()
    expect(page.get_by_label("Filter Policies")).to_be_focused()
    page.keyboard.type("SecurityAudit")
    reach(page, "SecurityAudit")
    press(page, "Space", "Enter")
    expect(row(page, "SecurityAudit")).to_contain_text("Attached directly")


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
