"""What people do on every page: press what it offers, fill in the form, read what it says."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


def act(page: Page, name: str) -> Locator:
    """Presses the link `name` of the page and returns the form that it opens, wherever that is."""
    page.locator("main").get_by_role("link", name=name, exact=True).first.click()
    form = page.locator("form#action-form:visible")
    expect(form).to_have_count(1)
    return form


def send(form: Locator, button: str) -> None:
    form.get_by_role("button", name=button, exact=True).click()


def confirm(form: Locator, name: str, button: str) -> None:
    """Types the name that a destructive form asks for, whose button wakes by it, and sends it."""
    asleep = form.get_by_role("button", name=button, exact=True)
    expect(asleep).to_be_disabled()
    form.get_by_label(f"Type {name} to confirm").fill(name)
    expect(asleep).to_be_enabled()
    asleep.click()


def says(page: Page, text: str) -> None:
    """Waits until the page that follows says `text` as its message."""
    expect(page.locator("#messages")).to_contain_text(text)


def heading(page: Page, text: str) -> None:
    """Waits for the page headed `text`, and for its scripts: a long page is seen before they run."""
    expect(page.get_by_role("heading", level=1)).to_have_text(text)
    page.wait_for_load_state("domcontentloaded")


def tab(page: Page, name: str) -> None:
    link = page.locator("nav.tabs").get_by_role("link", name=name)
    link.click()
    expect(page.locator("nav.tabs [aria-current=page]")).to_contain_text(name)


def row(page: Page, text: str) -> Locator:
    return page.locator("main").get_by_role("row").filter(has_text=text)
