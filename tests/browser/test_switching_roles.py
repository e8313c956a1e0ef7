"""Switching to a role and back with the keyboard alone."""

from playwright.sync_api import Page, expect

from tests.browser.test_accessible import PHONE, too_wide, violations
from tests.browser.visits import Visits
from tests.cast import Acme


def test_one_switches_and_comes_back_by_keyboard_alone(visits: Visits, acme: Acme) -> None:
    page = visits.as_user(acme, "bob")
    page.goto("./")
    page.get_by_label("Signed in as").focus()
    page.keyboard.press("ArrowDown")
    menu_to(page, "Switch role")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Switch role")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Account id or alias").focus()
    page.keyboard.type(acme.id)
    page.keyboard.press("Tab")
    page.keyboard.type("Deployer")
    page.keyboard.press("Tab")
    page.keyboard.type("Release")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    bar = page.get_by_role("region", name="Role that you act as")
    expect(bar).to_contain_text("Release")
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        assert violations(page) == []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert too_wide(page) == []
    bar.get_by_role("button", name="Back to bob").focus()
    page.keyboard.press("Enter")
    expect(bar).to_have_count(0)


def menu_to(page: Page, name: str) -> None:
    for _ in range(10):
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{name} is not in the menu")
