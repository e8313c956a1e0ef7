"""The console in a language that is written from the right, with longer words."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessible import PHONE, too_wide
from tests.browser.visits import Visits
from tests.cast import Acme, policy
from tests.languages import BEGIN

# What is said in the editor's form and in its text editor: in text, labels, hints, choices.
SAID = """selector => [...document.querySelectorAll(selector)].flatMap(part => {
    const said = [...part.querySelectorAll("*")].filter(one => !one.closest("code, .mono, pre, datalist"))
        .flatMap(one => [one.ariaLabel, one.placeholder, one.title,
            ...[...one.childNodes].filter(node => node.nodeType === 3).map(node => node.data)]);
    return said.filter(text => text && /[A-Za-z]{2}/.test(text));
})"""
PAGES = [
    "",
    "users/",
    "users/create",
    "users/alice/",
    "roles/Deployer/?tab=trust",
    "policies/",
    "account",
]
# The same words in every language: operators, ARNs, elements' values, names of services.
SAME = ("Allow", "Deny", "arn:", "aws:", "s3", "*", "For", "Numeric", "String", "Date", "Bool")
SAME += ("Binary", "IpAddress", "NotIpAddress", "Arn", "Null")


@pytest.fixture
def root_of_acme(visits: Visits, acme: Acme, other_language: str) -> Page:
    return visits.as_root(acme, locale=other_language)


def test_pages_are_mirrored_and_fit_a_phone(root_of_acme: Page) -> None:
    page = root_of_acme
    for path in PAGES:
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        sidebar = page.locator(".sidebar").bounding_box()
        main = page.locator("main").bounding_box()
        assert sidebar is not None
        assert main is not None
        assert sidebar["x"] >= main["x"] + main["width"], path
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        assert too_wide(page) == [], path


def test_the_editor_says_everything_in_the_language_of_the_page(
    root_of_acme: Page, acme: Acme
) -> None:
    tested = {"StringLike": {"aws:username": ["a", "b"]}}
    document = policy(
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:No*", "*"], "Resource": "*",
         "Condition": tested},
        {"Effect": 1},
    )  # fmt: skip
    page = root_of_acme
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("policies/create")
    form = page.locator(".visual")
    expect(form.get_by_role("region")).to_have_count(1)
    page.locator("textarea[data-editor]").evaluate(
        "(area, text) => area.dispatchEvent(new CustomEvent('editor:set', {detail: text}))",
        document,
    )
    expect(form.locator("section")).to_have_count(2)
    form.locator("summary").first.click()
    page.locator(".cm-content").press("Control+f")
    said = page.evaluate(SAID, ".visual")
    said += page.locator(".cm-search").evaluate("panel => panel.innerText").split("\n")
    assert len(said) > 30
    assert [
        one for one in said if BEGIN not in one and one.strip(" ×") and not one.startswith(SAME)
    ] == []
