"""The pages of an organization, with accounts and units in it."""

import time

from playwright.sync_api import Browser, Page, expect

from tests.accounts.organizations.cast import Member, Organization
from tests.browser.acting import act, row, says, send
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
    organization.policy("quiet", deny("sns:Publish"))
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
        "organization/policies/p-FullAWSAccess/",
        "accounts-and-root",
        f"accounts-and-root/{member.id}/delete",
    ):
        looks_right(page, f"/console/{path}")
    looks_right(page, f"/console/organization/nodes/{member.id}/attach", worked_out)
    visits.close()
    assert visits.faults == []


def worked_out(page: Page) -> None:
    """Who would lose what by the policy, were it attached."""
    page.get_by_label("quiet").check()
    page.get_by_role("button", name="Work it out").click()
    expect(page.get_by_role("row", name="alice")).to_contain_text("Loses")


def test_an_account_is_created_limited_and_its_root_looked_after(root: Page) -> None:
    root.goto("organization")
    send(act(root, "Create organization"), "Create organization")
    says(root, "The organization was created.")
    form = act(root, "Create account")
    form.get_by_label("Email address of the root user").fill(f"dev-{time.time()}@example.test")
    form.get_by_label("Account name").fill("Development")
    send(form, "Create account")
    says(root, "The account Development was created.")
    form = act(root, "Create unit")
    form.get_by_label("Name").fill("Sandbox")
    send(form, "Create unit")
    says(root, "The unit Sandbox was created.")
    row(root, "Development").get_by_role("link").first.click()
    form = act(root, "Move")
    form.get_by_label("Sandbox").check()
    send(form, "Move account")
    says(root, "The account was moved.")
    member = root.url
    root.goto("organization?tab=policies")
    send(act(root, "Enable"), "Enable")
    says(root, "Policies of this kind can be attached now.")
    root.get_by_role("link", name="Create policy").click()
    root.get_by_label("Name", exact=True).fill("StayInside")
    root.get_by_role("button", name="Create policy").click()
    says(root, "The policy StayInside was created.")
    root.goto(member)
    form = act(root, "Attach policy")
    form.get_by_label("StayInside").check()
    send(form, "Attach policy")
    says(root, "The policy was attached.")
    expect(row(root, "StayInside")).to_contain_text("organizations:LeaveOrganization")
    root.goto("accounts-and-root")
    send(act(root, "Enable trusted access"), "Enable trusted access")
    says(root, "IAM has trusted access to the organization.")
    send(act(root, "Enable"), "Enable")
    expect(row(root, "Development")).to_contain_text("Recoverable")
