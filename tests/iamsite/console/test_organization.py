"""The organization's pages: from an account that stands alone to members that are looked after."""

from __future__ import annotations

import pytest

from tests.accounts.organizations.cast import SCP, Member, Organization, do
from tests.cast import Acme, deny
from tests.iamsite.console.browser import Browser, text

PAGE, ROOTS = "/console/organization", "/console/accounts-and-root"


@pytest.fixture(scope="module")
def acme(database: None) -> Acme:
    return Acme()


@pytest.fixture(scope="module")
def organization(acme: Acme) -> Organization:
    return Organization(acme)


@pytest.fixture(scope="module")
def member(organization: Organization) -> Member:
    return organization.member("works")


@pytest.fixture(scope="module")
def alice(acme: Acme) -> Browser:
    return Browser().sign_in(acme, "alice")


def said(browser: Browser, path: str) -> str:
    response = browser.get(path)
    assert response.status_code == 200, text(response)
    return text(response)


def sent(browser: Browser, path: str, **typed: str) -> str:
    """Where the form at `path` leads once it is sent."""
    response = browser.post(path, typed)
    assert response.status_code == 302, text(response)
    return str(response["Location"])


def test_an_account_that_stands_alone_is_told_how_to_begin() -> None:
    lone = Acme()
    browser = Browser().sign_in_root(lone)
    assert "This account stands alone" in said(browser, PAGE)
    assert "This account stands alone" in said(browser, ROOTS)
    assert sent(browser, f"{PAGE}/create", FeatureSet="ALL") == PAGE
    assert "Management" in said(browser, PAGE)
    assert "Not enabled yet" in said(browser, ROOTS)


def test_an_invitation_is_sent_and_accepted_in_the_browser(
    organization: Organization, alice: Browser
) -> None:
    joiner = Member("joiner")
    sent(alice, f"{PAGE}/accounts/invite", Id=joiner.id)
    assert joiner.id in said(alice, f"{PAGE}?tab=invitations")
    theirs = Browser().sign_in_root(joiner)
    assert organization.id.removeprefix("o-") in said(theirs, PAGE)
    (handshake,) = do(joiner.root, "ListHandshakesForAccount")["Handshakes"]
    sent(theirs, f"{PAGE}/invitations/{handshake['Id']}/accept")
    assert "its management account looks after" in said(theirs, PAGE)
    sent(theirs, f"{PAGE}/leave")
    assert "This account stands alone" in said(theirs, PAGE)


def test_the_tree_grows_and_accounts_move_in_it(
    organization: Organization, member: Member, alice: Browser
) -> None:
    sent(alice, f"{PAGE}/nodes/{organization.root}/units", Name="Production")
    page = said(alice, PAGE)
    assert "Production" in page
    assert "Works" in page
    unit = organization.unit("Sandbox")
    sent(alice, f"{PAGE}/nodes/{member.id}/move", DestinationParentId=unit)
    parents = organization.do("ListParents", ChildId=member.id)["Parents"]
    assert parents[0]["Id"] == unit
    sent(alice, f"{PAGE}/nodes/{unit}/rename", Name="Playground")
    assert "Playground" in said(alice, f"{PAGE}/nodes/{member.id}/")
    refused = alice.post(f"{PAGE}/nodes/{unit}/delete", {"confirm": "Playground"})
    assert refused.status_code == 400
    empty = organization.unit("Empty")
    assert alice.post(f"{PAGE}/nodes/{empty}/delete", {"confirm": "no"}).status_code == 422
    assert sent(alice, f"{PAGE}/nodes/{empty}/delete", confirm="Empty") == PAGE


def test_a_policy_is_written_attached_read_and_detached(
    organization: Organization, member: Member, alice: Browser
) -> None:
    typed = {"Name": "no-users", "Description": "", "Content": deny("iam:CreateUser")}
    made = sent(alice, f"{PAGE}/policies/create?type={SCP}", **typed)
    policy = made.rstrip("/").rpartition("/")[2]
    assert "Deny creating users (iam:CreateUser)" in said(alice, made)
    sent(alice, f"{PAGE}/nodes/{member.id}/attach", PolicyId=policy)
    page = said(alice, f"{PAGE}/nodes/{member.id}/")
    assert "no-users" in page
    assert "FullAWSAccess" in page
    assert "Works" in said(alice, made)
    changed = {**typed, "Content": deny("iam:CreateGroup")}
    sent(alice, f"{PAGE}/policies/{policy}/edit", **changed)
    assert "iam:CreateGroup" in said(alice, made)
    sent(alice, f"{PAGE}/nodes/{member.id}/detach/{policy}")
    sent(alice, f"{PAGE}/policies/{policy}/delete", confirm="no-users")
    assert "The policy no-users was deleted." in said(alice, f"{PAGE}?tab=policies")
    assert "no-users" not in said(alice, f"{PAGE}?tab=policies")


def test_every_form_says_what_it_is_as_code(
    organization: Organization, member: Member, alice: Browser
) -> None:
    shown = alice.post(
        f"{PAGE}/nodes/{organization.root}/units", {"Name": "Shown", "_show": "1"}
    ).content.decode()
    assert "aws organizations create-organizational-unit" in shown
    shown = alice.post(f"{ROOTS}/{member.id}/delete", {"_show": "1"}).content.decode()
    assert "aws sts assume-root" in shown


class TestRoots:
    def test_features_are_turned_on_from_nothing(
        self, organization: Organization, alice: Browser
    ) -> None:
        assert "Not enabled yet" in said(alice, ROOTS)
        sent(alice, f"{ROOTS}/trust")
        sent(alice, f"{ROOTS}/features/RootSessions/on")
        sent(alice, f"{ROOTS}/features/RootCredentialsManagement/on")
        sent(alice, f"{ROOTS}/features/RootSessions/off")
        assert organization.management.root.perform("ListOrganizationsFeatures")[
            "EnabledFeatures"
        ] == ["RootCredentialsManagement"]

    def test_root_credentials_are_deleted_and_recovery_allowed(
        self, member: Member, alice: Browser
    ) -> None:
        member.root.perform("CreateAccessKey")
        page = said(alice, ROOTS)
        assert member.email in page
        assert "1 active" in page
        assert alice.post(f"{ROOTS}/{member.id}/delete", {"confirm": "x"}).status_code == 422
        sent(alice, f"{ROOTS}/{member.id}/delete", confirm=member.id)
        page = said(alice, ROOTS)
        assert "1 active" not in page
        assert "Allow recovery" in alice.get(ROOTS).content.decode()
        summary = member.root.perform("GetAccountSummary")["SummaryMap"]
        assert summary["AccountPasswordPresent"] == summary["AccountAccessKeysPresent"] == 0
        sent(alice, f"{ROOTS}/{member.id}/recovery")
        assert "Recoverable" in said(alice, ROOTS)

    def test_root_cannot_but_sees_why(self, acme: Acme, member: Member) -> None:
        root = Browser().sign_in_root(acme)
        page = root.get(ROOTS).content.decode()
        assert "Cannot call AssumeRoot with root user credentials" in page
        refused = root.post(f"{ROOTS}/{member.id}/delete", {"confirm": member.id})
        assert refused.status_code == 403

    def test_a_member_and_a_viewer_without_rights_see_nothing(
        self, acme: Acme, member: Member
    ) -> None:
        theirs = Browser().sign_in(acme, "carol")
        assert "You may not see this" in said(theirs, ROOTS)
        assert "You may not see this" in said(theirs, PAGE)


def test_what_is_not_there_is_not_found(organization: Organization, alice: Browser) -> None:
    for path in ("nodes/000000000001/", "nodes/ou-none-nonenone/", "policies/p-nonenone/"):
        assert alice.get(f"{PAGE}/{path}").status_code in (400, 404)
    assert alice.get(f"{ROOTS}/features/Other/on").status_code == 404
