"""Browsers at the portal, whose guesses do not add up to a limit over tests."""

from __future__ import annotations

import pytest

from accounts.models import Attempts
from tests.cast import Acme
from tests.portal import Portal
from tests.security.browser import Browser

USER_PASSWORD = "Correct-Horse-7"


@pytest.fixture(autouse=True)
def _no_attempts_before(database: None) -> None:
    """All of them come from one address."""
    Attempts.objects.all().delete()


@pytest.fixture
def browser(portal: Portal) -> Browser:
    """A browser that nobody has used."""
    return Browser(portal.port)


@pytest.fixture
def alice(acme: Acme, portal: Portal) -> Browser:
    """The browser in which Alice is signed in."""
    acme.root.perform("CreateLoginProfile", UserName="alice", Password=USER_PASSWORD)
    browser = Browser(portal.port)
    assert browser.sign_in(acme.id, "alice", USER_PASSWORD).status == 302
    return browser
