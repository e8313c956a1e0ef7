"""An organization, its tree and its accounts."""

from __future__ import annotations

from typing import Any

import pytest

from iamsite.operations import OperationError
from tests.accounts.organizations.cast import Member, Organization, do
from tests.cast import Acme, Actor, Evil, allow

NOT_IN_USE = "AWSOrganizationsNotInUseException"
NOT_ALLOWED = "AccessDeniedException"


def refusal(actor: Actor, operation: str, /, **params: Any) -> str:
    with pytest.raises(OperationError) as refused:
        do(actor, operation, **params)
    return refused.value.code


@pytest.fixture
def organization(acme: Acme) -> Organization:
    return Organization(acme)


def test_an_organization_begins_with_its_management_account(acme: Acme) -> None:
    made = do(acme.alice, "CreateOrganization")["Organization"]
    assert made["MasterAccountId"] == acme.id
    assert made["MasterAccountEmail"] == acme.email
    assert made["FeatureSet"] == "ALL"
    assert made["Arn"] == f"arn:aws:organizations::{acme.id}:organization/{made['Id']}"
    (root,) = do(acme.alice, "ListRoots")["Roots"]
    assert (root["Name"], root["PolicyTypes"]) == ("Root", [])
    (account,) = do(acme.alice, "ListAccounts")["Accounts"]
    assert (account["Id"], account["Email"], account["Status"]) == (acme.id, acme.email, "ACTIVE")
    assert account["Paths"] == [f"{made['Id']}/{root['Id']}/{acme.id}/"]
    assert do(acme.alice, "DescribeOrganization")["Organization"] == made


def test_an_account_is_in_one_organization_only(organization: Organization) -> None:
    root = organization.management.root
    assert refusal(root, "CreateOrganization") == "AlreadyInOrganizationException"
    member = organization.member()
    assert refusal(member.root, "CreateOrganization") == "AlreadyInOrganizationException"


def test_an_invited_account_joins_at_the_root_when_it_accepts(
    organization: Organization, acme: Acme
) -> None:
    account = Member("joiner")
    invitation = do(
        acme.alice,
        "InviteAccountToOrganization",
        Target={"Type": "EMAIL", "Id": account.email.upper()},
        Notes="Come in.",
    )["Handshake"]
    assert (invitation["State"], invitation["Action"]) == ("OPEN", "INVITE")
    (seen,) = do(account.alice, "ListHandshakesForAccount")["Handshakes"]
    assert seen == invitation
    assert {"Type": "NOTES", "Value": "Come in."} in seen["Resources"]
    accepted = do(account.alice, "AcceptHandshake", HandshakeId=invitation["Id"])["Handshake"]
    assert accepted["State"] == "ACCEPTED"
    joined = organization.do("DescribeAccount", AccountId=account.id)["Account"]
    assert (joined["JoinedMethod"], joined["Name"]) == ("INVITED", "Joiner")
    (parent,) = organization.do("ListParents", ChildId=account.id)["Parents"]
    assert parent == {"Id": organization.root, "Type": "ROOT"}
    again = refusal(account.alice, "AcceptHandshake", HandshakeId=invitation["Id"])
    assert again == "HandshakeAlreadyInStateException"


def test_both_sides_keep_who_joined_in_their_trails(organization: Organization) -> None:
    member = organization.member()
    for account in (member, organization.management):
        events = account.root.perform("ListEvents")["Events"]
        assert "AcceptHandshake" in {event["EventName"] for event in events}, account.label


def test_an_invitation_is_declined_or_cancelled_once(
    organization: Organization, evil: Evil
) -> None:
    declined = organization.invite(evil)
    assert refusal(evil.root, "CancelHandshake", HandshakeId=declined) == NOT_ALLOWED
    made = do(evil.root, "DeclineHandshake", HandshakeId=declined)
    assert made["Handshake"]["State"] == "DECLINED"
    cancelled = organization.invite(evil)
    assert organization.do("CancelHandshake", HandshakeId=cancelled)["Handshake"]["State"] == (
        "CANCELED"
    )
    for handshake in (declined, cancelled):
        code = refusal(evil.root, "AcceptHandshake", HandshakeId=handshake)
        assert code == "InvalidHandshakeTransitionException"
    listed = organization.do("ListHandshakesForOrganization")["Handshakes"]
    assert [one["State"] for one in listed] == ["CANCELED", "DECLINED"]


def test_inviting_tells_nothing_of_who_has_an_account(
    organization: Organization, evil: Evil
) -> None:
    told = [
        organization.do("InviteAccountToOrganization", Target={"Type": "EMAIL", "Id": email})
        for email in (evil.email, "nobody-at-all@example.test")
    ]
    kept = [{**one["Handshake"]} for one in told]
    for one, email in zip(kept, (evil.email, "nobody-at-all@example.test"), strict=True):
        assert {"Type": "EMAIL", "Value": email} in one["Resources"]
        assert evil.id not in str(one)
    assert kept[0].keys() == kept[1].keys()


def test_a_second_invitation_of_the_same_account_is_refused(
    organization: Organization, evil: Evil
) -> None:
    organization.invite(evil)
    target = {"Type": "ACCOUNT", "Id": evil.id}
    code = refusal(organization.management.root, "InviteAccountToOrganization", Target=target)
    assert code == "DuplicateHandshakeException"


def test_units_hold_units_and_accounts(organization: Organization) -> None:
    work = organization.unit("Work")
    deep = organization.unit("Deep", work)
    member = organization.member(unit=deep)
    described = organization.do("DescribeOrganizationalUnit", OrganizationalUnitId=deep)
    assert described["OrganizationalUnit"]["Path"] == (
        f"{organization.id}/{organization.root}/{work}/{deep}/"
    )
    (below,) = organization.do("ListOrganizationalUnitsForParent", ParentId=work)[
        "OrganizationalUnits"
    ]
    assert below == described["OrganizationalUnit"]
    children = organization.do("ListChildren", ParentId=deep, ChildType="ACCOUNT")["Children"]
    assert children == [{"Id": member.id, "Type": "ACCOUNT"}]
    (account,) = organization.do("ListAccountsForParent", ParentId=deep)["Accounts"]
    assert account["Id"] == member.id
    renamed = organization.do("UpdateOrganizationalUnit", OrganizationalUnitId=deep, Name="Deeper")
    assert renamed["OrganizationalUnit"]["Name"] == "Deeper"


def test_a_unit_is_refused_twice_too_deep_or_deleted_with_something_in_it(
    organization: Organization,
) -> None:
    root = organization.management.root
    parent = organization.root
    for depth in range(5):
        below = organization.unit(f"Level {depth}", parent)
        code = refusal(root, "CreateOrganizationalUnit", ParentId=parent, Name=f"Level {depth}")
        assert code == "DuplicateOrganizationalUnitException"
        first, parent = parent, below
    with pytest.raises(OperationError) as refused:
        organization.unit("Too deep", parent)
    assert refused.value.members == {"Reason": "OU_DEPTH_LIMIT_EXCEEDED"}
    code = refusal(root, "DeleteOrganizationalUnit", OrganizationalUnitId=first)
    assert code == "OrganizationalUnitNotEmptyException"
    organization.do("DeleteOrganizationalUnit", OrganizationalUnitId=parent)
    code = refusal(root, "DescribeOrganizationalUnit", OrganizationalUnitId=parent)
    assert code == "OrganizationalUnitNotFoundException"


def test_an_account_moves_only_from_where_it_is(organization: Organization) -> None:
    unit, root = organization.unit("Unit"), organization.management.root
    member = organization.member()
    codes = [
        refusal(
            root, "MoveAccount", AccountId=account, SourceParentId=source, DestinationParentId=to
        )
        for account, source, to in (
            (member.id, unit, organization.root),
            (member.id, organization.root, organization.root),
            (member.id, organization.root, "ou-abcd-abcdefgh"),
            ("123456789012", organization.root, unit),
        )
    ]
    assert codes == [
        "SourceParentNotFoundException",
        "DuplicateAccountException",
        "DestinationParentNotFoundException",
        "AccountNotFoundException",
    ]


def test_members_leave_and_are_removed(organization: Organization) -> None:
    first, second = organization.member(), organization.member()
    do(first.alice, "LeaveOrganization")
    assert refusal(first.alice, "DescribeOrganization") == NOT_IN_USE
    organization.do("RemoveAccountFromOrganization", AccountId=second.id)
    assert refusal(second.alice, "LeaveOrganization") == NOT_IN_USE
    root = organization.management.root
    assert refusal(root, "LeaveOrganization") == "MasterCannotLeaveOrganizationException"
    assert [one["Id"] for one in organization.do("ListAccounts")["Accounts"]] == [
        organization.management.id
    ]


def test_an_organization_is_deleted_when_only_its_management_account_is_left(
    organization: Organization,
) -> None:
    member, root = organization.member(), organization.management.root
    assert refusal(root, "DeleteOrganization") == "OrganizationNotEmptyException"
    do(member.root, "LeaveOrganization")
    organization.do("DeleteOrganization")
    assert refusal(root, "DescribeOrganization") == NOT_IN_USE
    do(root, "CreateOrganization")


def test_a_created_account_is_entered_by_its_role(organization: Organization, acme: Acme) -> None:
    email = f"new-{acme.id}@example.test"
    status = do(acme.alice, "CreateAccount", Email=email, AccountName="New")["CreateAccountStatus"]
    assert status["State"] == "SUCCEEDED"
    number = status["AccountId"]
    asked = do(acme.alice, "DescribeCreateAccountStatus", CreateAccountRequestId=status["Id"])
    assert asked["CreateAccountStatus"] == status
    account = organization.do("DescribeAccount", AccountId=number)["Account"]
    assert (account["Email"], account["JoinedMethod"]) == (email, "CREATED")
    role = f"arn:aws:iam::{number}:role/OrganizationAccountAccessRole"
    inside = acme.assume(acme.alice, role)
    assert inside.perform("GetRole", RoleName="OrganizationAccountAccessRole")
    inside.perform("CreateUser", UserName="first")
    assert "AssumeRole" in {event["EventName"] for event in inside.perform("ListEvents")["Events"]}


def test_a_taken_address_fails_the_creation_and_opens_nothing(
    organization: Organization, evil: Evil
) -> None:
    made = organization.do("CreateAccount", Email=evil.email, AccountName="Theirs")
    status = made["CreateAccountStatus"]
    assert (status["State"], status["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    assert "AccountId" not in status
    failed = organization.do("ListCreateAccountStatus", States=["FAILED"])
    assert failed["CreateAccountStatuses"] == [status]
    assert len(organization.do("ListAccounts")["Accounts"]) == 1


def test_an_organization_has_at_most_ten_accounts(organization: Organization) -> None:
    for number in range(9):
        email = f"n{number}-{organization.management.id}@example.test"
        organization.do("CreateAccount", Email=email, AccountName=f"Account {number}")
    with pytest.raises(OperationError) as refused:
        organization.do("CreateAccount", Email="more@example.test", AccountName="More")
    assert refused.value.code == "ConstraintViolationException"
    assert refused.value.members == {"Reason": "ACCOUNT_NUMBER_LIMIT_EXCEEDED"}
    first = organization.do("ListAccounts", MaxResults=7)
    rest = organization.do("ListAccounts", MaxResults=7, NextToken=first["NextToken"])
    assert (len(first["Accounts"]), len(rest["Accounts"])) == (7, 3)
    assert "NextToken" not in rest


def test_a_closed_account_is_shut_at_once(organization: Organization) -> None:
    member = organization.member()
    root = organization.management.root
    organization.do("CloseAccount", AccountId=member.id)
    with pytest.raises(OperationError, match="is suspended"):
        member.alice.perform("ListUsers")
    account = organization.do("DescribeAccount", AccountId=member.id)["Account"]
    assert account["Status"] == "SUSPENDED"
    code = refusal(root, "CloseAccount", AccountId=member.id)
    assert code == "AccountAlreadyClosedException"
    with pytest.raises(OperationError) as refused:
        organization.do("CloseAccount", AccountId=organization.management.id)
    assert refused.value.members == {"Reason": "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"}


def test_all_features_come_later_when_nobody_was_invited_without_them(acme: Acme) -> None:
    do(acme.root, "CreateOrganization", FeatureSet="CONSOLIDATED_BILLING")
    (root,) = do(acme.root, "ListRoots")["Roots"]
    params = {"RootId": root["Id"], "PolicyType": "SERVICE_CONTROL_POLICY"}
    code = refusal(acme.root, "EnablePolicyType", **params)
    assert code == "PolicyTypeNotAvailableForOrganizationException"
    handshake = do(acme.root, "EnableAllFeatures")["Handshake"]
    assert (handshake["Action"], handshake["State"]) == ("ENABLE_ALL_FEATURES", "ACCEPTED")
    assert do(acme.root, "DescribeHandshake", HandshakeId=handshake["Id"])
    assert do(acme.root, "EnablePolicyType", **params)["Root"]["PolicyTypes"]
    code = refusal(acme.root, "EnableAllFeatures")
    assert code == "HandshakeConstraintViolationException"


def test_an_account_that_was_invited_without_limits_is_not_limited_unasked(acme: Acme) -> None:
    do(acme.root, "CreateOrganization", FeatureSet="CONSOLIDATED_BILLING")
    account = Member("free")
    target = {"Type": "ACCOUNT", "Id": account.id}
    made = do(acme.root, "InviteAccountToOrganization", Target=target)["Handshake"]
    do(account.root, "AcceptHandshake", HandshakeId=made["Id"])
    assert refusal(acme.root, "EnableAllFeatures") == "InvalidHandshakeTransitionException"


def test_tags_go_on_every_node_and_policy(organization: Organization) -> None:
    policy = organization.policy("tagged", allow("*"))
    for resource in (
        organization.root,
        organization.unit("Unit"),
        organization.management.id,
        policy,
    ):
        tags = [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]
        organization.do("TagResource", ResourceId=resource, Tags=tags)
        organization.do("UntagResource", ResourceId=resource, TagKeys=["b"])
        listed = organization.do("ListTagsForResource", ResourceId=resource)["Tags"]
        assert listed == [{"Key": "a", "Value": "1"}]


def test_a_delegated_administrator_reads_and_changes_nothing(organization: Organization) -> None:
    member, service = organization.member(), "config.amazonaws.com"
    register = {"AccountId": member.id, "ServicePrincipal": service}
    root = organization.management.root
    assert refusal(member.alice, "ListAccounts") == NOT_ALLOWED
    with pytest.raises(OperationError) as refused:
        organization.do("RegisterDelegatedAdministrator", **register)
    assert refused.value.members == {"Reason": "SERVICE_ACCESS_NOT_ENABLED"}
    organization.do("EnableAWSServiceAccess", ServicePrincipal=service)
    organization.do("RegisterDelegatedAdministrator", **register)
    code = refusal(root, "RegisterDelegatedAdministrator", **register)
    assert code == "AccountAlreadyRegisteredException"
    assert len(do(member.alice, "ListAccounts")["Accounts"]) == 2
    (delegate,) = do(member.alice, "ListDelegatedAdministrators")["DelegatedAdministrators"]
    assert delegate["Id"] == member.id
    (delegated,) = organization.do("ListDelegatedServicesForAccount", AccountId=member.id)[
        "DelegatedServices"
    ]
    assert delegated["ServicePrincipal"] == service
    assert refusal(member.alice, "DeleteOrganization") == NOT_ALLOWED
    assert refusal(member.alice, "LeaveOrganization") == "ConstraintViolationException"
    organization.do("DeregisterDelegatedAdministrator", **register)
    assert refusal(member.alice, "ListAccounts") == NOT_ALLOWED
    organization.do("DisableAWSServiceAccess", ServicePrincipal=service)
    assert organization.do("ListAWSServiceAccessForOrganization") == {
        "EnabledServicePrincipals": []
    }
