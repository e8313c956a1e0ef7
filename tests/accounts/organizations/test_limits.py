"""What an organization's policies do to the people and resources of its members."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from iamsite.operations import OperationError
from tests.accounts.organizations.cast import RCP, SCP, Member, Organization, do
from tests.cast import Acme, Actor, Evil, allow, deny, policy, trust


@pytest.fixture
def organization(acme: Acme) -> Organization:
    return Organization(acme)


def denial(actor: Actor, operation: str, /, **params: Any) -> str:
    with pytest.raises(OperationError) as refused:
        actor.perform(operation, **params)
    assert refused.value.code == "AccessDenied"
    return refused.value.message


def test_a_deny_counts_from_the_next_request_and_is_named(organization: Organization) -> None:
    member = organization.member()
    assert member.alice.perform("ListUsers")
    limit = organization.limit(organization.root, deny("iam:ListUsers"))
    assert denial(member.alice, "ListUsers") == (
        f"User: {member.alice.arn} is not authorized to perform: iam:ListUsers on resource: "
        f"{member.arn('user/')} with an explicit deny in a service control policy: "
        f"{organization.policy_arn(limit)}"
    )
    organization.do("DetachPolicy", PolicyId=limit, TargetId=organization.root)
    assert member.alice.perform("ListUsers")


def test_each_level_must_allow(organization: Organization) -> None:
    unit = organization.unit("Unit")
    member = organization.member(unit=unit)
    organization.limit(unit, allow("iam:*"))
    organization.do("DetachPolicy", PolicyId="p-FullAWSAccess", TargetId=unit)
    assert member.alice.perform("ListUsers")
    member.alice.perform("CreateUser", UserName="x")
    organization.limit(member.id, allow("s3:*"), name="s3")
    organization.do("DetachPolicy", PolicyId="p-FullAWSAccess", TargetId=member.id)
    assert denial(member.alice, "ListUsers").endswith(
        "because no service control policy allows the iam:ListUsers action"
    )


def change_text(organization: Organization, member: Member, limit: str) -> None:
    organization.do("UpdatePolicy", PolicyId=limit, Content=deny("sqs:*"))


def move_out(organization: Organization, member: Member, limit: str) -> None:
    organization.move(member, organization.root)


def disable(organization: Organization, member: Member, limit: str) -> None:
    organization.do("DisablePolicyType", RootId=organization.root, PolicyType=SCP)


def remove(organization: Organization, member: Member, limit: str) -> None:
    organization.do("RemoveAccountFromOrganization", AccountId=member.id)


def leave(organization: Organization, member: Member, limit: str) -> None:
    do(member.alice, "LeaveOrganization")


@pytest.mark.parametrize("lift", [change_text, move_out, disable, remove, leave])
def test_whatever_lifts_a_limit_counts_from_the_next_request(
    organization: Organization, lift: Callable[[Organization, Member, str], None]
) -> None:
    unit = organization.unit("Unit")
    member = organization.member(unit=unit)
    limit = organization.limit(unit, deny("iam:ListUsers"))
    assert "service control policy" in denial(member.alice, "ListUsers")
    lift(organization, member, limit)
    assert member.alice.perform("ListUsers")
    if lift is leave:
        # And back in, nothing of before is left over.
        do(member.root, "AcceptHandshake", HandshakeId=organization.invite(member))
        assert member.alice.perform("ListUsers")


def test_the_members_root_user_and_sessions_are_limited_too(organization: Organization) -> None:
    member = organization.member()
    role = member.role("worker", trust(member.arn("root")), allow("*"))
    session = member.assume(member.alice, role)
    organization.limit(organization.root, deny("iam:ListUsers"))
    for actor in (member.root, member.alice, session):
        assert "service control policy" in denial(actor, "ListUsers")


def test_the_management_account_is_never_limited(organization: Organization) -> None:
    organization.limit(organization.root, deny("iam:*"))
    organization.limit(organization.management.id, deny("sts:*"), name="more")
    management = organization.management
    assert management.root.perform("ListUsers")
    assert isinstance(management, Acme)
    assert management.alice.perform("ListUsers")


def test_an_outsider_is_not_limited(organization: Organization, evil: Evil) -> None:
    organization.limit(organization.root, deny("*"))
    assert evil.mallory.perform("ListUsers")


def test_what_needs_no_permission_is_not_denied(organization: Organization) -> None:
    member = organization.member()
    organization.limit(organization.root, deny("*"))
    assert member.alice.perform("GetCallerIdentity")["Account"] == member.id


def test_a_limit_can_keep_a_member_from_leaving(organization: Organization) -> None:
    member = organization.member()
    organization.limit(organization.root, deny("organizations:LeaveOrganization"))
    for actor in (member.root, member.alice):
        assert "service control policy" in denial(actor, "organizations:LeaveOrganization")
    assert len(organization.do("ListAccounts")["Accounts"]) == 2


def test_the_rcps_of_the_roles_account_count_across_accounts(acme: Acme, evil: Evil) -> None:
    organization = Organization(acme, RCP)
    member = organization.member()
    role = member.role("open", trust(evil.id), allow("*"))
    assert evil.assume(evil.mallory, role)
    inside = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sts:AssumeRole",
        "Resource": "*",
        "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": organization.id}},
    }
    limit = organization.limit(organization.root, policy(inside), RCP)
    told = denial(evil.mallory, "AssumeRole", RoleArn=role, RoleSessionName="session")
    # What the other side's policies say is not told.
    assert told.endswith(f"sts:AssumeRole on resource: {role}")
    own = member.role("own", trust(member.arn("root")), allow("*"))
    assert member.assume(member.alice, own)
    organization.do("DetachPolicy", PolicyId=limit, TargetId=organization.root)
    assert evil.assume(evil.mallory, role)


def test_an_rcp_denies_in_its_own_account_and_says_so(acme: Acme) -> None:
    organization = Organization(acme, RCP)
    member = organization.member()
    role = member.role("own", trust(member.arn("root")), allow("*"))
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": role}
    limit = organization.limit(organization.root, policy(statement), RCP)
    told = denial(member.alice, "AssumeRole", RoleArn=role, RoleSessionName="session")
    assert told.endswith(
        f"with an explicit deny in a resource control policy: {organization.policy_arn(limit, RCP)}"
    )


def test_enabled_rcps_that_deny_nothing_deny_nothing_however_often_one_asks(acme: Acme) -> None:
    member = Organization(acme, RCP).member()
    for number in range(3):
        assert member.alice.perform("ListUsers", PathPrefix=f"/{number}/")["Users"] == []


def test_service_linked_roles_are_exempt(organization: Organization) -> None:
    member = organization.member()
    organization.limit(organization.root, deny("iam:ListUsers"))
    made = member.root.perform("CreateServiceLinkedRole", AWSServiceName="ecs.amazonaws.com")
    asked = {"PolicySourceArn": made["Role"]["Arn"], "ActionNames": ["iam:ListUsers"]}
    (result,) = member.root.perform(
        "SimulatePrincipalPolicy", **asked, PolicyInputList=[allow("*")]
    )["EvaluationResults"]
    assert result["EvalDecision"] == "allowed"


def test_conditions_know_the_organization(organization: Organization) -> None:
    unit = organization.unit("Unit")
    member = organization.member(unit=unit)
    path = f"{organization.id}/{organization.root}/{unit}/"
    keys = {
        "StringEquals": {
            "aws:PrincipalOrgID": organization.id,
            "aws:ResourceOrgID": organization.id,
            "aws:PrincipalOrgMasterAccountId": organization.management.id,
        },
        "ForAnyValue:StringLike": {
            "aws:PrincipalOrgPaths": path,
            "aws:ResourceOrgPaths": f"{organization.id}/*",
        },
    }
    known = member.user("known", allow("iam:ListUsers", Condition=keys))
    assert known.perform("ListUsers")
    organization.move(member, organization.root)
    assert "no identity-based policy" in denial(known, "ListUsers")


def test_a_trust_policy_opens_to_an_organization(organization: Organization, evil: Evil) -> None:
    acme, member = organization.management, organization.member()
    inside = {"StringEquals": {"aws:PrincipalOrgID": organization.id}}
    role = acme.role("shared", trust("*", Condition=inside), allow("*"))
    assert member.assume(member.alice, role)
    params = {"RoleArn": role, "RoleSessionName": "session"}
    assert denial(evil.mallory, "AssumeRole", **params)
    do(member.alice, "LeaveOrganization")
    assert denial(member.alice, "AssumeRole", **params)


def test_the_simulator_tells_what_the_organization_says(organization: Organization) -> None:
    member = organization.member()
    organization.limit(organization.root, deny("s3:GetObject"))
    asked = {
        "PolicySourceArn": member.alice.arn,
        "ActionNames": ["s3:GetObject", "s3:PutObject"],
        "ResourceArns": ["arn:aws:s3:::b/k"],
    }
    simulate = "SimulatePrincipalPolicy"
    denied, allowed = member.root.perform(simulate, **asked)["EvaluationResults"]
    assert denied["EvalDecision"] == "explicitDeny"
    assert denied["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    assert allowed["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}
    without, _ = member.root.perform(
        simulate, **asked, PolicyExclusionList=[{"PolicyType": "scp"}]
    )["EvaluationResults"]
    assert without["EvalDecision"] == "allowed"
    assert "OrganizationsDecisionDetail" not in without


def test_applications_are_told_what_the_organization_says(organization: Organization) -> None:
    member = organization.member()
    organization.limit(organization.root, deny("s3:GetObject"))
    asked = {"ActionName": "s3:GetObject", "ResourceArn": "arn:aws:s3:::b/k"}
    for params in (asked, {**asked, "PrincipalArn": member.alice.arn}):
        answer = member.alice.perform("Authorize", **params)
        assert (answer["Decision"], answer["DecidingLayer"]) == ("explicitDeny", "scp")
        assert "in a service control policy" in answer["Message"]


def test_a_resources_rcps_count_for_whoever_asks(acme: Acme, evil: Evil) -> None:
    organization = Organization(acme, RCP)
    member = organization.member()
    bucket = f"arn:aws:s3:::shared-{member.id}"
    opened = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": evil.id},
                    "Action": "s3:GetObject",
                    "Resource": f"{bucket}/*",
                }
            ],
        }
    )
    member.root.perform("RegisterResource", ResourceArn=bucket)
    member.root.perform("PutResourcePolicy", ResourceArn=bucket, PolicyDocument=opened)
    asked = {"ActionName": "s3:GetObject", "ResourceArn": f"{bucket}/k"}
    assert evil.mallory.perform("Authorize", **asked)["Decision"] == "allowed"
    closed = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    organization.limit(member.id, policy(closed), RCP)
    # That it is a deny, and whose, is not a stranger's to know.
    assert evil.mallory.perform("Authorize", **asked)["Decision"] == "implicitDeny"
