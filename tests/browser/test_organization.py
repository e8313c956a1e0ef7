"""The pages of an organization, with accounts and units in it."""

from playwright.sync_api import Browser

from tests.accounts.organizations.cast import Member, Organization
from tests.browser.test_accessible import looks_right
from tests.browser.visits import Visits
from tests.cast import Acme, deny, trust
from tests.portal import Portal


def test_an_organization_is_accessible_and_fits_a_phone(chromium: Browser, portal: Portal) -> None:
    account = Acme()
    organization = Organization(account)
    unit = organization.unit("A unit with a long name, as people give them")
    member = organization.member("a-member-with-a-long-name", organization.unit("Below", unit))
    organization.limit(unit, deny("organizations:LeaveOrganization"))
    organization.invite(Member("invited"))
    organization.trust_iam(member)
    looks = trust(member.id, "organizations:ListAccounts", Resource="*")
    organization.do("PutResourcePolicy", Content=looks)
    visits = Visits(chromium, portal.url)
    page = visits.as_root(account)
    for path in (
        "organization",
        "organization?tab=policies",
        "organization?tab=invitations",
        "organization?tab=delegation",
        f"organization/nodes/{member.id}/access?q=s3",
        f"accounts-and-root/{member.id}/unlock",
        f"organization/nodes/{unit}/",
        f"organization/nodes/{member.id}/",
        f"organization/nodes/{member.id}/move",
        f"organization/nodes/{member.id}/access",
        f"accounts-and-root/{member.id}/unlock",
        "organization/policies/p-FullAWSAccess/",
        "accounts-and-root",
        f"accounts-and-root/{member.id}/delete",
    ):
        looks_right(page, f"/console/{path}")
    visits.close()
    assert visits.faults == []
