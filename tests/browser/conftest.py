"""One Chromium for all browser tests, and what no page may ever do."""

import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import chromium as run_chromium
from tests.browser.visits import Visits
from tests.cast import Account, Acme
from tests.portal import Portal

expect.set_options(timeout=10_000)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patched, run_chromium() as browser:
        # Playwright keeps a loop of its own in this thread, in which nothing of ours runs: the
        # tests may ask the database all the same.
        patched.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield browser


@pytest.fixture
def visits(chromium: Browser, portal: Portal) -> Iterator[Visits]:
    """Opens pages; the test fails if one of them does what none may (tests/browser/visits.py)."""
    opened = Visits(chromium, portal.url)
    before = len(portal.lines)
    yield opened
    opened.close()
    sys.stdout.write("\n".join(portal.lines[before:]))  # pytest shows it with a failure
    assert opened.faults == []


@pytest.fixture
def page(visits: Visits) -> Page:
    """A page at which nobody is signed in."""
    return visits.open()


@pytest.fixture
def initech(database: None) -> Account:
    """A new account with nobody but its root user in it."""
    return Account("initech")


@pytest.fixture
def root(visits: Visits, initech: Account) -> Page:
    """The root user of the empty account, signed in."""
    return visits.as_root(initech)


@pytest.fixture
def alice(visits: Visits, acme: Acme) -> Page:
    """Acme's administrator, signed in."""
    return visits.as_user(acme, "alice")
