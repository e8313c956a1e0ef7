"""Every page in both themes: no violation that axe knows, nothing wider than a small phone."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import SETTLED
from tests.browser.screenshots import LOGIN
from tests.browser.visits import Visits
from tests.cast import Account, Acme, allow, trust
from tests.iamsite.console.test_shell import PAGES, of_applications
from tests.portal import Portal

PHONE = {"width": 320, "height": 740}  # also what a window of 1280 shows at 400 %
GATES = [
    "/console/sign-in",
    "/console/sign-in?kind=root",
    "/console/sign-up",
    "/console/recover",
    "/console/recover/x",
    "/api/v1/",
]
MORE = [
    "/console/users/nobody/",
    "/console/no/such/page",
    "/console/users/?q=nothing-like-this",
    "/console/users/bulk/delete?item=alice&item=bob",
    "/console/activity?outcome=Failure",
    "/console/roles/Deployer/policies/inline/create",
    pytest.param(f"/console/{LOGIN}", id="authorize"),
]
# Of the dashboard, fetched by themselves.
PARTS = ["/console/simulator/tests/failing", "/console/activity/chart"]
# All that a theme can change.
OF_COLOURS = ("color-contrast", "link-in-text-block")
THEMES = ["light", "dark", "contrast"]
# The design's custom properties, and what an element is filled with.
TOKENS = """() => Object.fromEntries([...document.documentElement.computedStyleMap()]
    .filter(([name]) => name.startsWith("--")).map(([name, [value]]) => [name, String(value)]))"""
FILL = "element => getComputedStyle(element).backgroundColor"


def violations(page: Page, *rules: str) -> list[str]:
    """What all of axe's rules find, its best practices too; or `rules` alone."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    # Only of violations is every node written down and sent here: most of axe's time is that.
    options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    found = page.evaluate("options => axe.run(options).then(all => all.violations)", options)
    return [
        f"{one['id']}: {node['html'][:160]}: {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll("main *, header *")]
            .filter(part => part.getBoundingClientRect().right > innerWidth)
            .map(part => part.outerHTML.slice(0, 120)).slice(0, 3)"""
    )


@pytest.fixture(scope="module")
def acme() -> Acme:
    """One account for all pages, with something long in every place."""
    account = Acme()
    long = "a-name-of-sixty-four-characters-which-is-all-that-a-name-may-have"[:64]
    account.root.perform("CreateUser", UserName=long, Path="/a/path/that/goes/on/and/on/")
    account.root.perform(
        "CreatePolicy",
        PolicyName=long,
        PolicyDocument=allow("s3:GetObject", resource=f"arn:aws:s3:::{long}/{long}"),
    )
    account.role(long, trust(account.arn(f"user/a/path/that/goes/on/and/on/{long}")))
    account.root.perform("AddUserToGroup", GroupName="Developers", UserName=long)
    of_applications(account)
    account.root.perform("AnalyzeAccount")
    return account


@pytest.fixture(scope="module")
def signed_in(acme: Acme, chromium: Browser, portal: Portal) -> Iterator[Page]:
    visits = Visits(chromium, portal.url)
    yield visits.as_root(acme)
    visits.close()
    assert visits.faults == []


@pytest.mark.parametrize("path", [page for page in [*PAGES, *MORE] if page not in PARTS])
def test_a_page_is_accessible_in_both_themes_and_fits_a_phone(
    signed_in: Page, acme: Acme, path: str
) -> None:
    looks_right(signed_in, path.format(account=acme.id))


def test_a_finding_is_accessible_and_fits_a_phone(signed_in: Page, acme: Acme) -> None:
    found = acme.root.perform("ListFindings", MaxItems=1)["Findings"][0]
    looks_right(signed_in, f"/console/analyzer/{found['FindingId']}")


@pytest.mark.parametrize("path", GATES)
def test_a_page_before_signing_in_is_accessible_and_fits_a_phone(page: Page, path: str) -> None:
    looks_right(page, path)


def looks_right(page: Page, path: str, prepare: Callable[[Page], None] | None = None) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(path)
    if prepare is not None:
        prepare(page)
    for theme, rules in (("light", ()), ("dark", OF_COLOURS)):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        page.evaluate(SETTLED)
        assert violations(page, *rules) == []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert too_wide(page) == []


@pytest.mark.parametrize("theme", THEMES)
def test_dialogs_the_palette_and_menus_are_accessible(root: Page, theme: str) -> None:
    root.goto("users/")
    root.get_by_label("Signed in as").click()
    root.locator(f"details.menu [value={theme}]").click()
    expect(root.locator("html")).to_have_attribute("data-theme", theme)
    root.goto("groups/")
    root.locator("main").get_by_role("link", name="Create group").first.click()
    expect(root.get_by_role("dialog", name="Create group")).to_be_visible()
    assert violations(root) == []
    root.keyboard.press("Escape")
    root.keyboard.press("Control+k")
    expect(root.get_by_role("option").first).to_be_visible()
    assert violations(root) == []
    root.keyboard.press("Escape")
    root.keyboard.press("?")
    expect(root.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert violations(root) == []
    root.keyboard.press("Escape")
    root.get_by_label("Signed in as").click()
    assert violations(root) == []


def test_more_contrast_asked_of_the_system_is_the_theme_of_high_contrast(page: Page) -> None:
    page.goto("sign-in")
    page.emulate_media(contrast="more")
    asked = page.evaluate(TOKENS)
    page.emulate_media(contrast="no-preference")
    assert asked != page.evaluate(TOKENS)
    page.evaluate("document.documentElement.dataset.theme = 'contrast'")
    assert asked == page.evaluate(TOKENS)


def test_what_is_current_stands_out_where_the_system_forces_colours(root: Page) -> None:
    root.goto("policies/")
    root.emulate_media(forced_colors="active")
    for current in (".nav-link", ".segmented a"):
        said = root.locator(f"{current}[aria-current]").first.evaluate(FILL)
        assert said != root.locator(f"{current}:not([aria-current])").first.evaluate(FILL)


def test_the_navigation_opens_over_the_page_on_a_phone(root: Page) -> None:
    root.set_viewport_size(PHONE)  # type: ignore[arg-type]
    root.goto("./")
    navigation = root.get_by_role("navigation", name="Main")
    expect(navigation).to_be_hidden()
    root.get_by_role("button", name="Navigation").click()
    expect(navigation).to_be_visible()
    assert violations(root) == []
    navigation.get_by_role("link", name="Policies").click()
    expect(root.get_by_role("heading", level=1)).to_have_text("Policies")


def test_what_a_page_offers_besides_is_behind_one_button_on_a_phone(
    root: Page, initech: Account
) -> None:
    initech.root.perform("CreateGroup", GroupName="Ops")
    root.set_viewport_size(PHONE)  # type: ignore[arg-type]
    root.goto("groups/Ops/")
    rename = root.locator("main").get_by_role("link", name="Rename")
    expect(rename).to_be_hidden()
    more = root.get_by_role("button", name="More actions")
    more.click()
    assert violations(root) == []
    rename.click()
    expect(root.get_by_role("dialog", name="Rename Ops")).to_be_visible()
    expect(rename).to_be_hidden()
    root.keyboard.press("Escape")
    expect(more).to_be_focused()
