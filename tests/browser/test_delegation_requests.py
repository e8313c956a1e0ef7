"""The page of a delegation request, with all that a provider may write into one."""

from playwright.sync_api import Browser

from tests.browser.test_accessible import looks_right
from tests.browser.visits import Visits
from tests.cast import Acme
from tests.identities.operations.test_delegation import Provider
from tests.portal import Portal


def test_a_delegation_request_is_accessible_and_fits_a_phone(
    chromium: Browser, portal: Portal
) -> None:
    acme, provider = Acme(), Provider()
    address = "https://product.example.com/" + "x" * 120
    request = provider.ask(
        OwnerAccountId=acme.id, RequestMessage="Please " * 20, RedirectUrl=address
    )
    visits = Visits(chromium, portal.url)
    page = visits.as_user(acme, "alice")
    looks_right(page, f"/console/delegation-requests/{request}/")
    visits.close()
    assert visits.faults == []
