"""Every page in both themes: no violation that axe knows, nothing wider than a small phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.iamsite.console.test_shell import PAGES

AXE = Axe()
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
OPEN = ["/console/sign-in", "/console/sign-in?kind=root", "/console/sign-up"]


def violations(page: Page) -> list[str]:
    found = AXE.run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("path", [*OPEN, *PAGES])
def test_a_page_is_accessible_in_both_themes_and_fits_a_phone(root: Page, path: str):
    root.goto(path)
    for scheme in ("light", "dark"):
        root.emulate_media(color_scheme=scheme)
        assert violations(root) == []
    root.set_viewport_size({"width": 360, "height": 740})
    assert root.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_the_dialog_the_palette_and_the_menus_are_accessible(root: Page, theme: str):
    root.goto("/console/users/bob/")
    root.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    root.click("text=Delete")
    root.wait_for_selector("#dialog[open]")
    assert violations(root) == []
    root.keyboard.press("Escape")
    root.keyboard.press("Control+k")
    root.wait_for_selector("#palette .palette-item")
    assert violations(root) == []
    root.keyboard.press("Escape")
    root.click("details.menu > summary")
    assert violations(root) == []


def test_the_navigation_opens_over_the_page_on_a_phone(root: Page):
    root.set_viewport_size({"width": 360, "height": 740})
    root.goto("/console/")
    assert not root.is_visible("#navigation")
    root.click("[popovertarget=navigation]")
    assert root.is_visible("#navigation >> text=Policies")
    assert violations(root) == []
    root.click("#navigation >> text=Policies")
    root.wait_for_url("**/console/policies/")
