"""Attacks between the accounts of an organization, and from outside it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from accounts import tenancy
from iamsite.operations.registry import all_registered
from tests.accounts.organizations.cast import Member, Organization, do
from tests.cast import Acme, Evil, allow, deny, refused
from tests.cast import service as registered
from tests.iamsite.aws.wire import get_caller_identity, get_user
from tests.iamsite.test_postgresql import ask, queries

# What a member without delegation may ask or do: where it is, its own invitations, and leaving.
A_MEMBERS_OWN = {
    "CreateOrganization",
    "DescribeOrganization",
    "DescribeEffectivePolicy",
    "DescribeHandshake",
    "ListHandshakesForAccount",
    "AcceptHandshake",
    "DeclineHandshake",
    "CancelHandshake",
    "LeaveOrganization",
}
MANAGING = sorted(
    name
    for name in all_registered()
    if name.startswith("organizations:") and name.partition(":")[2] not in A_MEMBERS_OWN
)


@pytest.fixture
def organization(acme: Acme) -> Organization:
    return Organization(acme)


def values(organization: Organization, member: Member, limit: str) -> dict[str, Any]:
    kind = "SERVICE_CONTROL_POLICY"
    email = f"planted-{member.id}@example.test"
    return {
        "AccountId": member.id,
        "ChildId": member.id,
        "TargetId": organization.root,
        "ResourceId": organization.root,
        "ParentId": organization.root,
        "SourceParentId": organization.root,
        "DestinationParentId": organization.root,
        "RootId": organization.root,
        "PolicyId": limit,
        "PolicyType": kind,
        "Type": kind,
        "ChildType": "ACCOUNT",
        "Name": "planted",
        "Description": "",
        "Content": allow("*"),
        "ServicePrincipal": "config.amazonaws.com",
        "CreateAccountRequestId": "car-" + "a" * 32,
        "OrganizationalUnitId": "ou-abcd-abcdefgh",
        "Target": {"Type": "EMAIL", "Id": email},
        "Email": email,
        "AccountName": "planted",
        "Tags": [{"Key": "planted", "Value": "planted"}],
        "TagKeys": ["planted"],
        "Filter": kind,
    }


@pytest.mark.parametrize("operation", MANAGING)
def test_a_member_neither_manages_nor_reads_its_organization(
    operation: str, organization: Organization
) -> None:
    from iamsite.operations.models import operation_model

    member = organization.member()
    limit = organization.limit(organization.root, deny("s3:*"))
    given = values(organization, member, limit)
    members = operation_model(operation).members
    params = {name: given[name] for name in members if name in given}
    if "EffectivePolicy" in operation:
        params["PolicyType"] = "TAG_POLICY"
    if operation.endswith("HandshakesForOrganization"):
        del params["Filter"]
    for actor in (member.root, member.alice):
        assert refused(actor, operation, **params) == (
            "AccessDeniedException",
            "You don't have permissions to access this resource.",
        )
    attached = organization.do("ListTargetsForPolicy", PolicyId=limit)["Targets"]
    assert [one["TargetId"] for one in attached] == [organization.root]


def test_an_outsider_learns_of_no_organization(organization: Organization, evil: Evil) -> None:
    invitation = organization.invite(Member("somebody"))
    assert refused(evil.mallory, "organizations:DescribeOrganization")[0] == (
        "AWSOrganizationsNotInUseException"
    )
    for handshake in (invitation, "h-abcdefgh12"):
        for act in ("DescribeHandshake", "AcceptHandshake", "DeclineHandshake", "CancelHandshake"):
            told = refused(evil.mallory, f"organizations:{act}", HandshakeId=handshake)
            assert told[0] == "HandshakeNotFoundException"


def test_the_manager_of_another_organization_reaches_none_of_this_one(
    organization: Organization, evil: Evil
) -> None:
    theirs, member = Organization(evil), organization.member()
    unit = organization.unit("Unit")
    limit = organization.limit(unit, deny("s3:*"))
    for operation, params, code in (
        ("DescribeAccount", {"AccountId": member.id}, "AccountNotFoundException"),
        ("CloseAccount", {"AccountId": member.id}, "AccountNotFoundException"),
        ("RemoveAccountFromOrganization", {"AccountId": member.id}, "AccountNotFoundException"),
        ("DescribePolicy", {"PolicyId": limit}, "PolicyNotFoundException"),
        ("DetachPolicy", {"PolicyId": limit, "TargetId": unit}, "PolicyNotFoundException"),
        ("AttachPolicy", {"PolicyId": "p-FullAWSAccess", "TargetId": unit}, None),
        ("ListTagsForResource", {"ResourceId": unit}, "TargetNotFoundException"),
    ):
        told, _ = refused(evil.root, f"organizations:{operation}", **params)
        assert told == (code or "TargetNotFoundException"), operation
    assert theirs.do("ListAccounts")["Accounts"][0]["Id"] == evil.id


def test_only_the_management_accounts_people_enter_a_created_account(
    organization: Organization, acme: Acme, evil: Evil
) -> None:
    email = f"created-{acme.id}@example.test"
    made = organization.do("CreateAccount", Email=email, AccountName="Created")
    number = made["CreateAccountStatus"]["AccountId"]
    role = f"arn:aws:iam::{number}:role/OrganizationAccountAccessRole"
    params = {"RoleArn": role, "RoleSessionName": "session"}
    member = organization.member()
    for actor in (evil.mallory, member.alice, acme.carol):
        assert refused(actor, "AssumeRole", **params)[0] == "AccessDenied"


def test_policies_decide_who_manages_in_the_management_account(
    organization: Organization, acme: Acme
) -> None:
    unit = organization.unit("Unit")
    other = organization.unit("Other")
    limit = organization.policy("limit", deny("s3:*"))
    arns = [
        f"arn:aws:organizations::{acme.id}:ou/{organization.id}/{unit}",
        f"arn:aws:organizations::{acme.id}:policy/{organization.id}/service_control_policy/*",
    ]
    keeper = acme.user("keeper", allow("organizations:AttachPolicy", resource=arns))
    do(keeper, "AttachPolicy", PolicyId=limit, TargetId=unit)
    told = refused(keeper, "organizations:AttachPolicy", PolicyId=limit, TargetId=other)
    assert told[0] == "AccessDenied"
    assert f":ou/{organization.id}/{other} because no identity-based policy" in told[1]
    assert refused(acme.carol, "organizations:ListAccounts")[0] == "AccessDenied"


def test_row_level_security_shows_a_member_nothing_of_its_organization(
    organization: Organization,
) -> None:
    member = organization.member()
    registered(organization.member("other"), "ledger")
    organization.limit(organization.root, deny("s3:*"))
    tables = (
        "organization", "organizationalunit", "organizationpolicy", "policytarget", "member",
        "accountcreation", "serviceaccess", "delegatedadministrator",
    )  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        tenancy.enter(member.id)
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM accounts_{table}")
            assert cursor.fetchone() == (0,), table
        for function in ("iamsite_organization_accounts", "iamsite_organization_services"):
            cursor.execute(f"SELECT count(*) FROM {function}()")
            assert cursor.fetchone() == (0,), function
        # Of handshakes its own invitation, and nobody's else.
        cursor.execute("SELECT count(*) FROM accounts_handshake WHERE invited <> %s", [member.id])
        assert cursor.fetchone() == (0,)
        cursor.execute("UPDATE accounts_handshake SET invited = %s", [member.id])
        assert cursor.rowcount == 0


def test_a_members_warm_reads_make_no_query_more(organization: Organization) -> None:
    member = organization.member()
    organization.limit(organization.root, deny("s3:*"))
    for params, service, most in (
        (get_caller_identity(), "sts", 1),
        (get_user(UserName="alice"), "iam", 2),
    ):
        ask(member, params, service)
        made = [one for one in queries(member, params, service) if one not in ("BEGIN", "COMMIT")]
        assert len(made) <= most, made
