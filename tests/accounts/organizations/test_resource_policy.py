"""The organization's resource policy: what it lets members' principals do, and nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamsite.operations import OperationError
from tests.accounts.organizations.cast import SCP, Member, Organization, do
from tests.cast import Acme, Actor, allow, deny

NOT_ALLOWED = "AccessDeniedException"


@pytest.fixture(scope="module")
def organization(database: None) -> Organization:
    return Organization(Acme())


@pytest.fixture(scope="module")
def member(organization: Organization) -> Member:
    return organization.member()


def granting(principal: str, *actions: str, resource: str = "*", **more: Any) -> str:
    return allow(
        *(f"organizations:{action}" for action in actions),
        resource=resource,
        Principal={"AWS": principal},
        **more,
    )


def put(organization: Organization, content: str) -> dict[str, Any]:
    made: dict[str, Any] = organization.do("PutResourcePolicy", Content=content)["ResourcePolicy"]
    return made


def refused(actor: Actor, operation: str, /, **params: Any) -> OperationError:
    with pytest.raises(OperationError) as caught:
        do(actor, operation, **params)
    return caught.value


def test_it_is_put_described_tagged_changed_and_deleted(
    organization: Organization, member: Member
) -> None:
    root = organization.management.root
    assert refused(root, "DescribeResourcePolicy").code == "ResourcePolicyNotFoundException"
    tags = [{"Key": "team", "Value": "security"}]
    content = granting(member.id, "ListAccounts")
    made = organization.do("PutResourcePolicy", Content=content, Tags=tags)["ResourcePolicy"]
    summary = made["ResourcePolicySummary"]
    owner = f"arn:aws:organizations::{organization.management.id}:resourcepolicy"
    assert summary["Arn"] == f"{owner}/{organization.id}/{summary['Id']}"
    (statement,) = json.loads(made["Content"])["Statement"]
    assert statement["Principal"] == {"AWS": member.root.arn}
    assert organization.do("DescribeResourcePolicy")["ResourcePolicy"] == made
    named = {"ResourceId": summary["Id"]}
    assert organization.do("ListTagsForResource", **named)["Tags"] == tags
    changed = put(organization, granting(member.id, "ListRoots"))
    assert changed["ResourcePolicySummary"] == summary
    told = refused(root, "PutResourcePolicy", Content=content, Tags=tags)
    assert told.members == {"Reason": "INVALID_LIST_MEMBER"}
    organization.do("UntagResource", **named, TagKeys=["team"])
    organization.do("DeleteResourcePolicy")
    assert refused(root, "DeleteResourcePolicy").code == "ResourcePolicyNotFoundException"


def test_a_member_manages_the_policies_that_it_is_let(
    organization: Organization, member: Member
) -> None:
    unit, other = organization.unit("Delegated"), organization.unit("Kept")
    base = f"arn:aws:organizations::{organization.management.id}"
    content = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": member.id},
                    "Action": ["organizations:ListRoots", "organizations:ListPolicies"],
                    "Resource": "*",
                },
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": member.id},
                    "Action": [
                        "organizations:CreatePolicy",
                        "organizations:UpdatePolicy",
                        "organizations:AttachPolicy",
                        "organizations:DetachPolicy",
                    ],
                    "Resource": [
                        f"{base}:policy/{organization.id}/service_control_policy/*",
                        f"{base}:ou/{organization.id}/{unit}",
                    ],
                    "Condition": {"StringEquals": {"organizations:PolicyType": SCP}},
                },
            ],
        }
    )
    assert refused(member.alice, "ListRoots").code == NOT_ALLOWED
    put(organization, content)
    assert do(member.alice, "ListRoots")["Roots"][0]["Id"] == organization.root
    made = do(
        member.alice, "CreatePolicy", Name="theirs", Description="", Content=deny("s3:*"), Type=SCP
    )["Policy"]["PolicySummary"]["Id"]
    do(member.alice, "AttachPolicy", PolicyId=made, TargetId=unit)
    assert refused(member.alice, "AttachPolicy", PolicyId=made, TargetId=other).code == NOT_ALLOWED
    do(member.alice, "UpdatePolicy", PolicyId=made, Content=deny("sqs:*"))
    assert refused(member.alice, "DeletePolicy", PolicyId=made).code == NOT_ALLOWED
    tags = [{"Key": "a", "Value": "b"}]
    told = refused(
        member.alice,
        "CreatePolicy",
        Name="tagged",
        Description="",
        Content=deny("s3:*"),
        Type=SCP,
        Tags=tags,
    )
    assert told.code == NOT_ALLOWED
    do(member.alice, "DetachPolicy", PolicyId=made, TargetId=unit)
    organization.do("DeletePolicy", PolicyId=made)
    (event, *_) = organization.management.root.perform("ListEvents", EventName="AttachPolicy")[
        "Events"
    ]
    assert event["PrincipalArn"] == member.alice.arn
    organization.do("DeleteResourcePolicy")
    assert refused(member.alice, "ListRoots").code == NOT_ALLOWED


def test_limits_that_a_delegate_attaches_count_at_once(
    organization: Organization, member: Member
) -> None:
    limited = organization.member("limited")
    put(organization, granting(member.id, "AttachPolicy", "DetachPolicy"))
    limit = organization.policy("no-users", deny("iam:ListUsers"))
    assert limited.alice.perform("ListUsers")
    do(member.alice, "AttachPolicy", PolicyId=limit, TargetId=limited.id)
    with pytest.raises(OperationError, match="explicit deny in a service control policy"):
        limited.alice.perform("ListUsers")
    do(member.alice, "DetachPolicy", PolicyId=limit, TargetId=limited.id)
    assert limited.alice.perform("ListUsers")


class TestWhoIsLet:
    def test_both_sides_must_allow(self, organization: Organization, member: Member) -> None:
        put(organization, granting(member.id, "ListAccounts"))
        nobody = member.user("nobody")
        with pytest.raises(OperationError) as caught:
            do(nobody, "ListAccounts")
        assert caught.value.code == "AccessDenied"
        assert do(member.alice, "ListAccounts")["Accounts"]
        assert refused(member.alice, "ListRoots").code == NOT_ALLOWED

    def test_one_user_may_be_named_and_a_namesake_is_another(
        self, organization: Organization, member: Member
    ) -> None:
        nina = member.user("nina", allow("organizations:*"))
        put(organization, granting(nina.arn, "ListAccounts"))
        assert do(nina, "ListAccounts")["Accounts"]
        assert refused(member.alice, "ListAccounts").code == NOT_ALLOWED
        assert nina.key is not None
        member.root.perform("DeleteAccessKey", UserName="nina", AccessKeyId=nina.key.id)
        member.root.perform("DeleteUserPolicy", UserName="nina", PolicyName="p0")
        member.root.perform("DeleteUser", UserName="nina")
        namesake = member.user("nina", allow("organizations:*"))
        assert refused(namesake, "ListAccounts").code == NOT_ALLOWED

    def test_another_member_and_a_stranger_get_nothing_from_it(
        self, organization: Organization, member: Member
    ) -> None:
        put(organization, granting(member.id, "ListAccounts"))
        assert refused(organization.member("other").alice, "ListAccounts").code == NOT_ALLOWED
        stranger = Member("stranger")
        put(organization, granting(stranger.id, "ListAccounts"))
        told = refused(stranger.alice, "ListAccounts")
        assert told.code == "AWSOrganizationsNotInUseException"

    def test_a_delegate_cannot_widen_its_own_delegation(
        self, organization: Organization, member: Member
    ) -> None:
        put(organization, granting(member.id, "DescribeResourcePolicy"))
        assert do(member.alice, "DescribeResourcePolicy")["ResourcePolicy"]
        content = granting(member.id, "CreatePolicy")
        assert refused(member.alice, "PutResourcePolicy", Content=content).code == NOT_ALLOWED
        assert refused(member.alice, "DeleteResourcePolicy").code == NOT_ALLOWED


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "INVALID_RESOURCE_POLICY_JSON"),
        (allow("organizations:ListRoots"), "INVALID_RESOURCE_POLICY_JSON"),
        (granting("000000000001", "ListRoots"), "INVALID_PRINCIPAL"),
        (granting("*", "PutResourcePolicy"), "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        (granting("*", "CloseAccount"), "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        (granting("*", "*"), "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        (
            allow("s3:GetObject", Principal="*"),
            "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
        ),
    ],
)
def test_what_cannot_be_delegated_is_refused(
    content: str, reason: str, organization: Organization
) -> None:
    told = refused(organization.management.root, "PutResourcePolicy", Content=content)
    assert (told.code, told.members) == ("InvalidInputException", {"Reason": reason})


def test_effective_policies_are_of_kinds_that_are_not_enabled(
    organization: Organization, member: Member
) -> None:
    root = organization.management.root
    kind = {"PolicyType": "TAG_POLICY"}
    told = refused(root, "ListAccountsWithInvalidEffectivePolicy", **kind)
    assert told.code == "EffectivePolicyNotFoundException"
    for account, code in (
        (member.id, "EffectivePolicyNotFoundException"),
        ("000000000001", "AccountNotFoundException"),
    ):
        told = refused(root, "ListEffectivePolicyValidationErrors", AccountId=account, **kind)
        assert told.code == code
