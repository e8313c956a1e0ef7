"""Getting more out of AssumeRoot than its task: by who asks, by what is asked, and by waiting."""

from __future__ import annotations

import json

import pytest

from iamsite.operations.models import operation_model
from iamsite.operations.registry import all_registered
from identities import root_tasks
from tests.accounts.organizations.cast import IAM, TASKS, Member, Organization, assume_root, do
from tests.cast import Acme, Actor, Evil, Key, allow, deny, policy, refused, trust
from tests.iamsite.test_strangers import Target

AUDIT, ALLOW, DELETE = (
    "IAMAuditRootUserCredentials",
    "IAMCreateRootUserPassword",
    "IAMDeleteRootUserCredentials",
)


def asking(actor: Actor, account: str, task: str = AUDIT) -> tuple[str, str]:
    given = {"TargetPrincipal": account, "TaskPolicyArn": {"arn": TASKS + task}}
    return refused(actor, "AssumeRoot", **given)


@pytest.fixture(scope="module")
def acme(database: None) -> Acme:
    return Acme()


@pytest.fixture(scope="module")
def organization(acme: Acme) -> Organization:
    held = Organization(acme)
    held.trust_iam()
    return held


@pytest.fixture(scope="module")
def member(organization: Organization) -> Member:
    return organization.member()


class TestWhoAsks:
    def test_root_cannot(self, acme: Acme, member: Member) -> None:
        told = asking(acme.root, member.id)
        assert told == ("AccessDenied", "Cannot call AssumeRoot with root user credentials")

    def test_a_user_without_the_permission_cannot(self, acme: Acme, member: Member) -> None:
        code, message = asking(acme.carol, member.id)
        assert code == "AccessDenied"
        assert "no identity-based policy allows the sts:AssumeRoot action" in message

    def test_a_policy_can_name_the_task_and_the_account(self, acme: Acme, member: Member) -> None:
        condition = {
            "StringEquals": {
                "sts:TaskPolicyArn": TASKS + AUDIT,
                "aws:ResourceAccount": member.id,
            }
        }
        document = allow("sts:AssumeRoot", resource=member.root.arn, Condition=condition)
        auditor = acme.user("auditor", document)
        assert assume_root(auditor, member, AUDIT).perform("GetUser")
        assert asking(auditor, member.id, DELETE)[0] == "AccessDenied"
        assert asking(auditor, acme.id)[0] == "AccessDenied"

    def test_a_member_cannot_neither_upwards_nor_sideways_nor_at_home(
        self, acme: Acme, organization: Organization, member: Member
    ) -> None:
        sibling = organization.member("sibling")
        for target in (acme.id, sibling.id, member.id):
            assert asking(member.alice, target)[0] == "AccessDenied"
        do(sibling.root, "LeaveOrganization")

    def test_the_management_account_is_no_member(self, acme: Acme) -> None:
        assert asking(acme.alice, acme.id)[0] == "AccessDenied"

    def test_a_stranger_is_told_the_same_of_every_account(self, member: Member, evil: Evil) -> None:
        theirs = Organization(evil)
        theirs.trust_iam()
        messages = {
            asking(evil.mallory, account)[1].replace(f"{account}:root", "")
            for account in (member.id, "000000000001", evil.id)
        }
        assert len(messages) == 1

    def test_temporary_credentials_of_a_user_cannot(self, acme: Acme, member: Member) -> None:
        key = Key.of(acme.alice.perform("GetSessionToken")["Credentials"])
        session = Actor("alice", acme.alice.arn, key.credential, key)
        assert asking(session, member.id)[0] == "AccessDenied"

    def test_another_managed_policy_is_no_task(self, acme: Acme, member: Member) -> None:
        for arn in (
            "arn:aws:iam::aws:policy/AdministratorAccess",
            f"arn:aws:iam::{member.id}:policy/root-task/{AUDIT}",
            f"{TASKS.upper()}{AUDIT}",
        ):
            given = {"TargetPrincipal": member.id, "TaskPolicyArn": {"arn": arn}}
            assert refused(acme.alice, "AssumeRoot", **given)[0] == "ValidationError"


@pytest.fixture(scope="module")
def target(organization: Organization) -> Target:
    return Target(as_member_of=organization)


class TestWhatIsAsked:
    """One of everything in the member, and every operation that there is."""

    @pytest.mark.parametrize("task", sorted(root_tasks.BY_NAME))
    def test_a_task_allows_what_it_names_and_nothing_else(
        self, task: str, acme: Acme, target: Target
    ) -> None:
        document = root_tasks.BY_NAME[task].document
        before = target.rows()
        session = assume_root(acme.alice, target.account, task)
        for name, found in all_registered().items():
            if f'"{found.action}"' in document or name == "GetCallerIdentity":
                continue
            if not operation_model(name).is_signed:
                continue  # anybody may call it, with no credential
            code, _ = refused(session, name, **target.params(name))
            # The others where what is asked for is none.
            assert code in ("AccessDenied", "InvalidInput", "ValidationError"), name
        assert target.rows() == before

    @pytest.mark.parametrize("task", [AUDIT, ALLOW, DELETE])
    def test_users_of_the_account_are_out_of_its_reach(
        self, task: str, acme: Acme, target: Target
    ) -> None:
        before = target.rows()
        session = assume_root(acme.alice, target.account, task)
        allowed = root_tasks.BY_NAME[task].document
        for name in (
            "GetUser",
            "ListAccessKeys",
            "DeleteAccessKey",
            "GetLoginProfile",
            "CreateLoginProfile",
            "DeleteLoginProfile",
            "ListMFADevices",
            "DeactivateMFADevice",
            "ListSigningCertificates",
            "DeleteSigningCertificate",
            "GetAccessKeyLastUsed",
        ):
            if f'"iam:{name}"' not in allowed:
                continue
            params = target.params(name)
            assert refused(session, name, **params)[0] == "AccessDenied", name
        assert target.rows() == before

    def test_a_key_of_a_user_is_not_roots(self, acme: Acme, target: Target) -> None:
        session = assume_root(acme.alice, target.account, DELETE)
        key = target.values["AccessKeyId"]
        assert refused(session, "DeleteAccessKey", AccessKeyId=key)[0] == "NoSuchEntity"
        device = target.account.user("dave")
        assert device.key is not None
        assert refused(session, "DeleteAccessKey", AccessKeyId=device.key.id)[0] == "NoSuchEntity"

    def test_no_role_opens_to_it(self, acme: Acme, target: Target) -> None:
        role = target.account.role("open", trust("*"), allow("*"))
        session = assume_root(acme.alice, target.account, DELETE)
        told = refused(session, "AssumeRole", RoleArn=role, RoleSessionName="s1")
        assert told == ("AccessDenied", "Roles may not be assumed by root accounts.")

    def test_it_does_not_lead_on_to_another_member(self, acme: Acme, target: Target) -> None:
        session = assume_root(acme.alice, target.account, DELETE)
        assert asking(session, target.account.id)[0] == "AccessDenied"
        for operation, params in (
            ("GetSessionToken", {}),
            ("GetFederationToken", {"Name": "root"}),
        ):
            assert refused(session, operation, **params)[0] == "AccessDenied"

    def test_the_members_own_limits_bind_it(
        self, acme: Acme, organization: Organization, target: Target
    ) -> None:
        condition = {"Bool": {"aws:AssumedRoot": "true"}}
        document = policy(
            {"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": condition}
        )
        session = assume_root(acme.alice, target.account, AUDIT)
        limit = organization.limit(target.account.id, document)
        code, message = refused(session, "GetLoginProfile")
        assert (code, "explicit deny in a service control policy" in message) == (
            "AccessDenied",
            True,
        )
        assert target.account.root.perform("GetUser")
        organization.do("DetachPolicy", PolicyId=limit, TargetId=target.account.id)
        assert session.perform("GetLoginProfile")

    def test_a_root_that_is_locked_away_is_still_the_organizations_to_audit(
        self, acme: Acme, target: Target
    ) -> None:
        session = assume_root(acme.alice, target.account, AUDIT)
        target.account.root.perform("LockRoot")
        assert session.perform("GetLoginProfile")
        assert refused(session, "UnlockRoot")[0] == "AccessDenied"
        target.account.root.perform("UnlockRoot")


class TestWaiting:
    """The session dies with what it came from, from the next request on."""

    @pytest.fixture
    def held(self, acme: Acme, organization: Organization) -> tuple[Member, Actor]:
        member = organization.member()
        return member, assume_root(acme.alice, member, AUDIT)

    def dead(self, session: Actor) -> None:
        assert refused(session, "GetCallerIdentity")[0] == "InvalidClientTokenId"

    def test_a_member_that_leaves_and_comes_back(
        self, held: tuple[Member, Actor], organization: Organization
    ) -> None:
        member, session = held
        do(member.root, "LeaveOrganization")
        self.dead(session)
        do(member.root, "AcceptHandshake", HandshakeId=organization.invite(member))
        self.dead(session)
        do(member.root, "LeaveOrganization")

    def test_the_feature_is_turned_off(self, held: tuple[Member, Actor], acme: Acme) -> None:
        member, session = held
        acme.root.perform("DisableOrganizationsRootSessions")
        assert session.perform("GetUser")
        assert asking(acme.alice, member.id, "S3UnlockBucketPolicy")[0] == "AccessDenied"
        acme.root.perform("DisableOrganizationsRootCredentialsManagement")
        self.dead(session)
        assert asking(acme.alice, member.id)[0] == "AccessDenied"
        acme.root.perform("EnableOrganizationsRootSessions")
        acme.root.perform("EnableOrganizationsRootCredentialsManagement")
        do(member.root, "LeaveOrganization")

    def test_trust_in_iam_is_withdrawn(
        self, held: tuple[Member, Actor], organization: Organization
    ) -> None:
        member, session = held
        organization.do("DisableAWSServiceAccess", ServicePrincipal=IAM)
        self.dead(session)
        organization.do("EnableAWSServiceAccess", ServicePrincipal=IAM)
        assert session.perform("GetUser")
        do(member.root, "LeaveOrganization")

    def test_the_delegation_that_it_came_from_is_taken_back(
        self, organization: Organization
    ) -> None:
        delegate, member = organization.member(), organization.member()
        delegated = {"AccountId": delegate.id, "ServicePrincipal": IAM}
        assert asking(delegate.alice, member.id)[0] == "AccessDenied"
        organization.do("RegisterDelegatedAdministrator", **delegated)
        session = assume_root(delegate.alice, member, AUDIT)
        assert session.perform("GetUser")
        assert asking(delegate.alice, organization.management.id)[0] == "AccessDenied"
        organization.do("DeregisterDelegatedAdministrator", **delegated)
        self.dead(session)
        for account in (delegate, member):
            do(account.root, "LeaveOrganization")

    def test_the_member_is_closed(
        self, held: tuple[Member, Actor], organization: Organization, acme: Acme
    ) -> None:
        member, session = held
        organization.do("CloseAccount", AccountId=member.id)
        self.dead(session)
        assert asking(acme.alice, member.id)[0] == "AccessDenied"

    def test_a_session_of_no_time_is_over_at_once(self, acme: Acme, member: Member) -> None:
        session = assume_root(acme.alice, member, AUDIT, DurationSeconds=0)
        assert refused(session, "GetCallerIdentity")[0] == "ExpiredToken"


def test_a_denial_is_in_the_members_trail(acme: Acme, member: Member) -> None:
    session = assume_root(acme.alice, member, AUDIT)
    refused(session, "DeleteLoginProfile")
    (event,) = member.root.perform(
        "ListEvents", EventName="DeleteLoginProfile", Outcome="AccessDenied"
    )["Events"]
    assert json.loads(event["Detail"])["AssumedRoot"] is True


def test_nobody_deletes_a_root_password_without_the_task(acme: Acme, member: Member) -> None:
    admin = acme.user("admin-of-all", allow("*"), deny("sts:AssumeRoot"))
    assert asking(admin, member.id)[0] == "AccessDenied"
    for actor in (member.root, member.alice):
        assert refused(actor, "DeleteLoginProfile")[0] in ("ValidationError", "NoSuchEntity")
