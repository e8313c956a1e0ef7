"""The organization's pages: from an account that stands alone to members that are looked after."""

from __future__ import annotations

import re

import pytest

from tests.accounts.organizations.cast import SCP, Member, Organization, do
from tests.cast import Acme, deny, trust
from tests.iamsite.console.browser import Browser, text

PAGE, ROOTS = "/console/organization", "/console/accounts-and-root"


@pytest.fixture(scope="module")
def organization(acme: Acme) -> Organization:
    return Organization(acme)


@pytest.fixture(scope="module")
def member(organization: Organization) -> Member:
    return organization.member("works")


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
    alone = text(browser.get(f"{PAGE}/nodes/111122223333/"))
    assert "accept the invitation into one, first." in alone
    assert f"Email address {lone.email} MFA Off" in said(browser, ROOTS)
    assert sent(browser, f"{PAGE}/create", FeatureSet="ALL") == PAGE
    assert "Management" in said(browser, PAGE)
    assert "Not enabled yet" in said(browser, ROOTS)


def test_an_invitation_is_sent_and_accepted_in_the_browser(
    organization: Organization, alice: Browser
) -> None:
    joiner = Member("joiner")
    sent(alice, f"{PAGE}/accounts/invite", Id=joiner.id, Notes="You are welcome")
    assert joiner.id in said(alice, f"{PAGE}?tab=invitations")
    theirs = Browser().sign_in_root(joiner)
    asked = said(theirs, PAGE)
    assert organization.id.removeprefix("o-") in asked
    for told in (organization.management.email, "You are welcome"):
        assert told in asked
    (handshake,) = do(joiner.root, "ListHandshakesForAccount")["Handshakes"]
    sent(theirs, f"{PAGE}/invitations/{handshake['Id']}/accept")
    assert "its management account looks after" in said(theirs, PAGE)
    sent(theirs, f"{PAGE}/leave")
    assert "This account stands alone" in said(theirs, PAGE)
    assert "It may have been deleted or renamed" in text(alice.get(f"{PAGE}/nodes/{joiner.id}/"))


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


def test_who_loses_in_which_member_is_told_before_a_limit_is_saved(
    organization: Organization, member: Member, alice: Browser
) -> None:
    policy = organization.policy("no-topics", deny("sns:Publish"))
    node, edit = f"{PAGE}/nodes/{member.id}", f"{PAGE}/policies/{policy}/edit"
    typed = {"Name": "no-topics", "Description": "", "Content": deny("sqs:PurgeQueue")}
    loses = f"Works {member.id} root Root user alice User Loses"
    # Without scripts a part of the whole page, with them the part alone.
    page = alice.post(f"{node}/attach", {"PolicyId": policy, "_preview": "1"})
    assert f"{loses} sns:Publish on every resource" in text(page)
    assert 'name="_preview"' in page.content.decode()
    part = text(alice.htmx(f"{node}/attach", {"PolicyId": policy, "_preview": "1"}, "preview"))
    assert part.startswith("It changes the limits of 1 account, with 2 principals.")
    assert part.endswith("No request that it concerns is on record.")
    # A member's users have no pages here.
    assert "/console/users/alice" not in page.content.decode()
    nobody = text(alice.htmx(edit, {**typed, "_preview": "1"}, "preview"))
    assert nobody == "It changes no member account's limits."
    organization.attach(policy, member.id)
    told = text(alice.htmx(edit, {**typed, "_preview": "1"}, "preview"))
    gains = loses.replace("Loses", "Gains")
    assert f"{gains} sns:Publish on every resource Loses sqs:PurgeQueue on every" in told
    assert "Detach no-topics from Works" in said(alice, f"{node}/detach/{policy}")
    told = text(alice.htmx(f"{node}/detach/{policy}", {"_preview": "1"}, "preview"))
    assert "Gains sns:Publish on every resource" in told
    refused = text(alice.htmx(edit, {**typed, "Content": "{}", "_preview": "1"}, "preview"))
    assert "The provided policy document does not meet the requirements" in refused
    organization.do("DetachPolicy", PolicyId=policy, TargetId=member.id)


def test_a_resource_policy_is_added_read_changed_and_deleted(
    acme: Acme, organization: Organization, member: Member, alice: Browser
) -> None:
    tab, policy = f"{PAGE}?tab=delegation", f"{PAGE}/resource-policy"
    assert "None: only the management account" in said(alice, tab)
    proposed = alice.get(f"{policy}/edit").content.decode()
    assert f"arn:aws:iam::{member.id}:root" in proposed
    wrong = alice.post(f"{policy}/edit", {"Content": trust(member.id, "iam:GetUser", Resource="*")})
    assert wrong.status_code == 422
    assert "names actions of Organizations one by one" in text(wrong)
    content = trust(member.id, "organizations:ListAccounts", Resource="*")
    shown = alice.post(f"{policy}/edit", {"Content": content, "_show": "1"}).content.decode()
    assert "aws organizations put-resource-policy" in shown
    assert sent(alice, f"{policy}/edit", Content=content) == tab
    page = said(alice, tab)
    assert "organizations:ListAccounts" in page
    assert f"Account {member.id}" in page
    stale = alice.post(f"{policy}/edit", {"Content": content, "_began": "0" * 32})
    assert (stale.status_code, "Somebody changed this" in text(stale)) == (409, True)
    assert do(member.alice, "ListAccounts")["Accounts"]
    carol = Browser().sign_in(acme, "carol")
    assert carol.post(f"{policy}/edit", {"Content": content}).status_code == 403
    assert alice.post(f"{policy}/delete", {"confirm": "no"}).status_code == 422
    sent(alice, f"{policy}/delete", confirm=organization.id)
    assert "None: only the management account" in said(alice, tab)


def test_a_member_administers_a_service_and_ends_to(
    organization: Organization, member: Member, alice: Browser
) -> None:
    service, tab = "access-analyzer.amazonaws.com", f"{PAGE}?tab=delegation"
    organization.do("EnableAWSServiceAccess", ServicePrincipal=service)
    typed = {"AccountId": member.id, "ServicePrincipal": service}
    assert sent(alice, f"{PAGE}/administrators/register", **typed) == tab
    assert f"Works {service}" in said(alice, tab)
    sent(alice, f"{PAGE}/administrators/{member.id}/{service}/deregister")
    assert f"Works {service}" not in said(alice, tab)


def test_an_access_report_tells_what_members_use_of_what_they_may(
    organization: Organization, member: Member, alice: Browser
) -> None:
    page = f"{PAGE}/nodes/{member.id}/access"
    member.alice.perform("GetCallerIdentity")
    limit = organization.limit(member.id, deny("sqs:*"), name="no-queues")
    report = alice.get(page)
    rows = re.findall(r'<th scope="row">(.*?)</tr>', report.content.decode(), re.S)
    assert ">sts<" in rows[0]
    assert f'nodes/{member.id}/">Works</a>' in rows[0]
    assert "1 service" in said(alice, f"{page}?q=sts&show=used")
    assert "Nothing matches the filter" in said(alice, f"{page}?q=sqs")
    assert "1 service" in said(alice, f"{PAGE}/nodes/{organization.management.id}/access?q=sqs")
    unused = said(alice, f"{page}?show=unused&sort=name&policy={limit}")
    assert "No service is left" in unused
    (lines,) = [b"".join(alice.get(f"{page}?q=sts&export=csv")).decode().splitlines()]
    assert lines[1].startswith("AWS Security Token Service,sts,")
    organization.do("DetachPolicy", PolicyId=limit, TargetId=member.id)
    theirs = Browser().sign_in(member, "alice")
    assert theirs.get(page).status_code == 400


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

    def test_a_resource_that_shuts_everybody_out_is_looked_at_and_unlocked(
        self, organization: Organization, member: Member, alice: Browser
    ) -> None:
        page = f"{ROOTS}/{member.id}/unlock"
        bucket = f"arn:aws:s3:::works-{member.id}"
        member.root.perform("RegisterResource", ResourceArn=bucket)
        document = deny("s3:*", resource=bucket, Principal="*")
        member.root.perform("PutResourcePolicy", ResourceArn=bucket, PolicyDocument=document)
        assert page not in alice.get(ROOTS).content.decode()
        sent(alice, f"{ROOTS}/features/RootSessions/on")
        assert page in alice.get(ROOTS).content.decode()
        assert bucket in text(alice.post(page, {"_look": "1", "ResourceArn": ""}))
        for typed in ({"_look": "1", "ResourceArn": bucket}, {"_look": bucket}):
            looked = alice.post(page, typed)
            assert f'value="{bucket}"' in looked.content.decode()
            assert f"Deny all actions of Amazon S3 (s3:*) on bucket works-{member.id}" in text(
                looked
            )
        other = alice.post(page, {"confirm": member.id, "ResourceArn": member.root.arn})
        assert other.status_code == 422
        assert "Only a bucket of S3" in text(other)
        typed = {"ResourceArn": bucket}
        shown = alice.post(page, {**typed, "_show": "1"}).content.decode()
        assert "S3UnlockBucketPolicy" in shown
        assert alice.post(page, {**typed, "confirm": "x"}).status_code == 422
        sent(alice, page, **typed, confirm=member.id)
        gone = alice.post(page, {**typed, "confirm": member.id})
        assert (gone.status_code, "has no policy" in text(gone)) == (422, True)
        (act,) = member.root.perform("ListEvents", EventName="DeleteResourcePolicy")["Events"][:1]
        assert act["PrincipalArn"] == member.root.arn
        sent(alice, f"{ROOTS}/features/RootCredentialsManagement/off")
        assert page in alice.get(ROOTS).content.decode()
        sent(alice, f"{ROOTS}/features/RootCredentialsManagement/on")

    def test_root_cannot_but_sees_why(self, acme: Acme, member: Member) -> None:
        root = Browser().sign_in_root(acme)
        page = root.get(ROOTS).content.decode()
        assert 'href="/console/security-credentials/root/lock"' in page
        assert "Cannot call AssumeRoot with root user credentials" in page
        refused = root.post(f"{ROOTS}/{member.id}/delete", {"confirm": member.id})
        assert refused.status_code == 403

    def test_a_member_and_a_viewer_without_rights_see_nothing(
        self, acme: Acme, member: Member
    ) -> None:
        theirs = Browser().sign_in(acme, "carol")
        assert "You may not see this" in said(theirs, ROOTS)
        assert "You may not see this" in said(theirs, PAGE)
        of_member = text(Browser().sign_in(member, "alice").get(f"{PAGE}/nodes/{acme.id}/"))
        assert "You may not do this" in of_member
        assert "It is for the management account of the organization" in of_member


def test_what_is_not_there_is_not_found(organization: Organization, alice: Browser) -> None:
    for path in ("nodes/000000000001/", "nodes/ou-none-nonenone/", "policies/p-nonenone/"):
        assert alice.get(f"{PAGE}/{path}").status_code in (400, 404)
    assert alice.get(f"{ROOTS}/features/Other/on").status_code == 404
