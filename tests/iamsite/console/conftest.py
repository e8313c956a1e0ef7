"""Whom the tests of a file share: an account, its administrator's browser and its root user's."""

import pytest

from tests.cast import Acme
from tests.iamsite.console.browser import Browser


@pytest.fixture(scope="module")
def acme(database: None) -> Acme:
    return Acme()


@pytest.fixture(scope="module")
def alice(acme: Acme) -> Browser:
    return Browser().sign_in(acme, "alice")


@pytest.fixture(scope="module")
def root(acme: Acme) -> Browser:
    return Browser().sign_in_root(acme)
