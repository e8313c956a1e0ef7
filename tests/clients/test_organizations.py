"""An organization run with boto3 and with the AWS CLI."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.accounts.organizations.cast import SCP, Member
from tests.cast import Acme, deny
from tests.clients.aws_cli import AwsCli
from tests.portal import Portal


def test_boto3_runs_an_organization_from_its_making_to_its_end(acme: Acme, portal: Portal) -> None:
    manager = acme.alice.client("organizations", portal.url)
    member = Member("member")
    joiner = member.alice.client("organizations", portal.url)
    with pytest.raises(manager.exceptions.AWSOrganizationsNotInUseException):
        manager.describe_organization()
    organization = manager.create_organization(FeatureSet="ALL")["Organization"]
    root = manager.list_roots()["Roots"][0]["Id"]
    manager.enable_policy_type(RootId=root, PolicyType=SCP)
    invited = manager.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": member.id})
    handshake = invited["Handshake"]
    assert handshake["ExpirationTimestamp"] > handshake["RequestedTimestamp"]
    joiner.accept_handshake(HandshakeId=handshake["Id"])
    assert joiner.describe_organization()["Organization"]["Id"] == organization["Id"]
    unit = manager.create_organizational_unit(ParentId=root, Name="Work")["OrganizationalUnit"]
    manager.move_account(AccountId=member.id, SourceParentId=root, DestinationParentId=unit["Id"])
    policy = manager.create_policy(
        Name="guard", Description="No lists", Type=SCP, Content=deny("iam:ListUsers")
    )["Policy"]["PolicySummary"]
    target = {"PolicyId": policy["Id"], "TargetId": unit["Id"]}
    manager.attach_policy(**target)
    with pytest.raises(ClientError, match=f"in a service control policy: {policy['Arn']}"):
        member.alice.client("iam", portal.url).list_users()
    with pytest.raises(manager.exceptions.PolicyInUseException):
        manager.delete_policy(PolicyId=policy["Id"])
    manager.detach_policy(**target)
    with pytest.raises(manager.exceptions.ConstraintViolationException) as last:
        manager.detach_policy(PolicyId="p-FullAWSAccess", TargetId=unit["Id"])
    assert last.value.response["Reason"] == "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
    assert last.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    pages = manager.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 1})
    assert len([page["Accounts"][0]["Id"] for page in pages]) == 2
    with pytest.raises(ClientError, match="AccessDeniedException"):
        joiner.list_accounts()
    joiner.leave_organization()
    manager.delete_policy(PolicyId=policy["Id"])
    manager.delete_organizational_unit(OrganizationalUnitId=unit["Id"])
    manager.delete_organization()


def test_bad_parameters_are_named_by_the_services_own_error(acme: Acme, portal: Portal) -> None:
    manager = acme.alice.client("organizations", portal.url)
    with pytest.raises(manager.exceptions.InvalidInputException, match="accountId"):
        manager.describe_account(AccountId="12")
    with pytest.raises(ClientError) as denied:
        acme.carol.client("organizations", portal.url).create_organization()
    assert denied.value.response["Error"]["Code"] == "AccessDeniedException"
    assert denied.value.response["Error"]["Message"] == (
        f"User: {acme.carol.arn} is not authorized to perform: organizations:CreateOrganization "
        "on resource: * because no identity-based policy allows the "
        "organizations:CreateOrganization action"
    )


def test_the_cli_makes_an_organization_with_an_account_and_enters_it(
    acme: Acme, portal: Portal, tmp_path: Path
) -> None:
    aws = AwsCli(portal.url, acme.alice.key, tmp_path)
    made = aws("organizations", "create-organization").json["Organization"]
    assert made["MasterAccountEmail"] == acme.email
    status = aws(
        "organizations",
        "create-account",
        "--email",
        f"cli-{acme.id}@example.test",
        "--account-name",
        "From the CLI",
    ).json["CreateAccountStatus"]
    listed = aws("organizations", "list-accounts", "--query", "Accounts[].Name").json
    assert sorted(listed) == ["Acme", "From the CLI"]
    assumed = aws(
        "sts",
        "assume-role",
        "--role-arn",
        f"arn:aws:iam::{status['AccountId']}:role/OrganizationAccountAccessRole",
        "--role-session-name",
        "first",
    ).json
    assert assumed["Credentials"]["AccessKeyId"].startswith("ASIA")
    missing = aws("organizations", "describe-policy", "--policy-id", "p-abcdefgh12")
    assert "(PolicyNotFoundException)" in missing.error
