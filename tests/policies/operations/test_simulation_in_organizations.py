"""What SimulatePrincipalPolicy tells of the organization that an account is in (evaluation §12)."""

from typing import Any

import pytest

from tests.accounts.organizations.cast import RCP, Organization
from tests.cast import Account, Acme, allow, deny, policy

GET, PUT = "arn:aws:s3:::shelf/book", "arn:aws:s3:::shelf/pen"


@pytest.fixture
def organization(acme: Acme) -> Organization:
    return Organization(acme)


def ask(account: Account, arn: str, **params: object) -> dict[str, Any]:
    (result,) = account.root.perform(
        "SimulatePrincipalPolicy",
        PolicySourceArn=arn,
        ActionNames=["s3:GetObject"],
        ResourceArns=[GET, PUT],
        **params,
    )["EvaluationResults"]
    return result


def test_without_one_nothing_is_said_of_it(acme: Acme) -> None:
    assert "OrganizationsDecisionDetail" not in ask(acme, acme.alice.arn)


def test_the_management_account_is_in_it_and_never_limited(
    organization: Organization, acme: Acme
) -> None:
    organization.limit(organization.root, deny("s3:*"))
    result = ask(acme, acme.alice.arn)
    assert result["EvalDecision"] == "allowed"
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}


def test_a_member_is_told_whether_it_allows_and_not_by_which_statement(
    organization: Organization,
) -> None:
    member = organization.member()
    narrow = {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}
    organization.limit(member.id, policy(narrow))
    organization.do("DetachPolicy", PolicyId="p-FullAWSAccess", TargetId=member.id)
    result = ask(member, member.alice.arn)
    assert result["EvalDecision"] == "implicitDeny"
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    assert result["MatchedStatements"] == []
    assert result["MissingContextValues"] == []


def test_one_resource_that_is_denied_is_the_whole_answer(organization: Organization) -> None:
    member = organization.member()
    organization.limit(organization.root, deny("s3:*", resource=PUT))
    result = ask(member, member.alice.arn)
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    assert [one["EvalResourceDecision"] for one in result["ResourceSpecificResults"]] == [
        "allowed",
        "explicitDeny",
    ]


def test_keys_that_only_its_policies_ask_for_are_not_missing(organization: Organization) -> None:
    member = organization.member()
    block = {"StringEquals": {"s3:prefix": "x"}}
    organization.limit(organization.root, deny("s3:*", Condition=block))
    assert ask(member, member.alice.arn)["MissingContextValues"] == []


def test_its_policies_are_left_out_by_type_and_by_arn(organization: Organization) -> None:
    member = organization.member()
    limit = organization.limit(organization.root, deny("s3:*"))
    arn = organization.policy_arn(limit)
    denied = ask(member, member.alice.arn)
    assert denied["EvalDecision"] == "explicitDeny"
    without = ask(member, member.alice.arn, PolicyExclusionList=[{"PolicyArn": arn}])
    assert without["EvalDecision"] == "allowed"
    assert without["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}
    full = "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
    silent = ask(
        member, member.alice.arn, PolicyExclusionList=[{"PolicyArn": arn}, {"PolicyArn": full}]
    )
    assert silent["EvalDecision"] == "implicitDeny"
    by_type = ask(member, member.alice.arn, PolicyExclusionList=[{"PolicyType": "scp"}])
    assert by_type["EvalDecision"] == "allowed"
    assert "OrganizationsDecisionDetail" not in by_type


def test_a_service_linked_role_is_exempt(organization: Organization) -> None:
    member = organization.member()
    organization.limit(organization.root, deny("s3:*"))
    made = member.root.perform("CreateServiceLinkedRole", AWSServiceName="ecs.amazonaws.com")
    result = ask(member, made["Role"]["Arn"], PolicyInputList=[allow("s3:*")])
    assert result["EvalDecision"] == "allowed"
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}


def test_the_simulator_knows_no_resource_control_policies(acme: Acme) -> None:
    organization = Organization(acme, RCP)
    member = organization.member()
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    closed = policy(statement)
    organization.limit(organization.root, closed, RCP)
    assert ask(member, member.alice.arn)["EvalDecision"] == "allowed"
