"""No page is left out of those that are looked at, here or in the modules that come to them."""

import re
from pathlib import Path

import pytest
from django.urls import resolve
from playwright.sync_api import Page, expect

from iamsite.console.action import Action
from iamsite.console.urls import urlpatterns
from tests.browser.chromium import SETTLED
from tests.browser.test_accessible import (
    GATES,
    MORE,
    OF_COLOURS,
    PHONE,
    looks_right,
    too_wide,
    violations,
)
from tests.browser.visits import Visits
from tests.cast import Acme
from tests.iamsite.console.browser import USER_PASSWORD
from tests.iamsite.console.test_shell import PAGES
from tests.identities.operations.test_delegation import Provider
from tests.identities.operations.test_virtual_mfa_devices import enabled

HERE = [
    "/console/users/bob/keys/{key}/rotate",
    "/console/effective-access/s3/arn:aws:iam::{account}:user/bob",
    "/console/delegation-requests/{request}/",
]
BEFORE = ["/console/signin/nobody", "/console/sign-up/confirm"]
# Pages that come about in the course of something, and the module that looks at them then.
ELSEWHERE = {
    "sign-in-code": "test_every_page",
    "sign-in-password": "test_every_page",
    "finding": "test_accessible",
    "sign-in-key": "test_security_keys",
    "decision": "test_decisions",
    "make-edit": "test_decisions",
    "provider": "test_providers",
    "organization-node": "test_organization",
    "organization-policy": "test_organization",
    "organization-access": "test_organization",
    "unlock-resource": "test_organization",
}
# What answers with no page of its own: what is posted, files, parts of pages, other places.
NO_PAGES = {
    "sign-in-passkey", "sign-in-federated", "sign-in-with", "sign-in-oidc", "sign-in-oidc-role",
    "sign-in-saml", "sign-out", "switch-back", "theme", "columns", "words", "credentials-file",
    "look-at-document", "terms", "terms-of-principals", "terms-of-service", "failing-access-tests",
    "activity-chart",
}  # fmt: skip
# Drawn as another page is: by its template, or by one that holds the same.
ALIKE = {
    "rotate-own-key": "rotate-key",
    "switch-credential": "create-key",
    "make-revocation": "make-edit",
}


def test_no_page_is_left_out() -> None:
    """Every address is looked at; of forms that are drawn alike one is."""
    views = {
        one.name: getattr(one.callback, "view_class", one.callback)
        for one in urlpatterns
        if one.name
    }
    paths = [getattr(one, "values", (one,))[0] for one in [*PAGES, *MORE, *GATES, *HERE, *BEFORE]]
    filled = [one.format(account=12 * "1", key="AKIA", request="dr") for one in paths]
    looked_at = {resolve(one.partition("?")[0]).url_name for one in filled if "/no/" not in one}
    looked_at |= ELSEWHERE.keys()

    def drawn(name: str) -> tuple[str, ...]:
        view = views[name]
        if isinstance(view, type) and issubclass(view, Action):
            return view.form_template, view.fields_template
        return (name,)

    seen = {drawn(name) for name in looked_at & views.keys()}
    missing = [name for name in views if name not in looked_at | NO_PAGES | ALIKE.keys()]
    assert [name for name in missing if drawn(name) not in seen] == []
    for module in ELSEWHERE.values():
        source = (Path(__file__).parent / f"{module}.py").read_text()
        assert re.search(r"(looks_right|violations)\(", source)
    assert ELSEWHERE.keys() | NO_PAGES | ALIKE.keys() <= views.keys()


def test_pages_about_one_thing_are_accessible_and_fit_a_phone(visits: Visits, acme: Acme) -> None:
    assert acme.bob.key is not None
    request = Provider().ask(OwnerAccountId=acme.id, RequestMessage="Please")
    page = visits.as_root(acme)
    for path in HERE:
        looks_right(page, path.format(account=acme.id, key=acme.bob.key.id, request=request))


@pytest.mark.parametrize("path", BEFORE)
def test_a_gate_is_accessible_and_fits_a_phone(page: Page, path: str) -> None:
    looks_right(page, path)


def test_the_steps_of_signing_in_are_accessible_and_fit_a_phone(visits: Visits, acme: Acme) -> None:
    for name, must_change in (("dora", True), ("ed", False)):
        acme.user(name)
        acme.root.perform("CreateLoginProfile", UserName=name, Password=USER_PASSWORD,
                          PasswordResetRequired=must_change)  # fmt: skip
    enabled(acme, "ed")
    for name, heading in (
        ("dora", "Choose a new password"),
        ("ed", "Multi-factor authentication (MFA)"),
    ):
        page = visits.open()
        page.goto(f"signin/{acme.id}")
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill(USER_PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        if name == "dora":
            ticked = page.locator(".rules .holds")
            page.get_by_label("New password").fill("staple battery")
            expect(ticked).to_have_text("At least 8 characters (fulfilled)")
            page.get_by_label("New password").fill("Staple battery 2")
            expect(ticked).to_have_count(2)
        for theme, rules in (("light", ()), ("dark", OF_COLOURS)):
            page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
            page.evaluate(SETTLED)
            assert violations(page, *rules) == []
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        assert too_wide(page) == []
