"""Policies of an organization: their own lives, and where they are attached."""

from __future__ import annotations

from typing import Any

import pytest

from iamsite.operations import OperationError
from tests.accounts.organizations.cast import RCP, SCP, Organization
from tests.cast import Acme, allow, deny, policy

DENY_STS = policy({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"})


def refused(organization: Organization, operation: str, /, **params: Any) -> OperationError:
    with pytest.raises(OperationError) as caught:
        organization.do(operation, **params)
    return caught.value


@pytest.fixture
def organization(acme: Acme) -> Organization:
    return Organization(acme, SCP, RCP)


def test_a_policy_is_made_read_changed_and_deleted(organization: Organization) -> None:
    made = organization.policy("guard", deny("s3:*"))
    read = organization.do("DescribePolicy", PolicyId=made)["Policy"]
    assert read["Content"] == deny("s3:*")
    assert read["PolicySummary"] == {
        "Id": made,
        "Arn": organization.policy_arn(made),
        "Name": "guard",
        "Description": "",
        "Type": SCP,
        "AwsManaged": False,
    }
    changed = organization.do("UpdatePolicy", PolicyId=made, Name="keeper", Content=deny("sqs:*"))
    assert changed["Policy"]["Content"] == deny("sqs:*")
    assert changed["Policy"]["PolicySummary"]["Name"] == "keeper"
    organization.do("DeletePolicy", PolicyId=made)
    assert refused(organization, "DescribePolicy", PolicyId=made).code == "PolicyNotFoundException"


def test_full_access_is_there_and_cannot_be_changed(organization: Organization) -> None:
    for kind, name in ((SCP, "FullAWSAccess"), (RCP, "RCPFullAWSAccess")):
        (listed,) = organization.do("ListPolicies", Filter=kind)["Policies"]
        assert (listed["Id"], listed["Name"], listed["AwsManaged"]) == (f"p-{name}", name, True)
        assert listed["Arn"] == f"arn:aws:organizations::aws:policy/{kind.lower()}/p-{name}"
        for operation in ("UpdatePolicy", "DeletePolicy"):
            error = refused(organization, operation, PolicyId=f"p-{name}")
            assert (error.code, error.members) == (
                "InvalidInputException",
                {"Reason": "IMMUTABLE_POLICY"},
            )


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (SCP, "{}"),
        (SCP, "not json"),
        (SCP, policy({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})),
        (RCP, policy({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"})),
        (RCP, deny("s3:*")),
    ],
)
def test_a_document_of_another_kind_is_refused(
    organization: Organization, kind: str, content: str
) -> None:
    params = {"Name": "bad", "Description": "", "Type": kind, "Content": content}
    error = refused(organization, "CreatePolicy", **params)
    assert error.code == "MalformedPolicyDocumentException"
    assert error.message.startswith(
        "The provided policy document does not meet the requirements of the specified policy type."
    )


def test_names_sizes_and_kinds_are_limited(organization: Organization) -> None:
    organization.policy("guard", deny("s3:*"))
    params = {"Name": "guard", "Description": "", "Type": SCP, "Content": deny("s3:*")}
    assert refused(organization, "CreatePolicy", **params).code == "DuplicatePolicyException"
    long = {**params, "Name": "long", "Content": deny("s3:*") + " " * 10_240}
    error = refused(organization, "CreatePolicy", **long)
    assert error.members == {"Reason": "POLICY_CONTENT_LIMIT_EXCEEDED"}
    other = {**params, "Type": "TAG_POLICY"}
    error = refused(organization, "CreatePolicy", **other)
    assert error.code == "PolicyTypeNotAvailableForOrganizationException"
    error = refused(
        organization, "EnablePolicyType", RootId=organization.root, PolicyType="TAG_POLICY"
    )
    assert error.code == "PolicyTypeNotAvailableForOrganizationException"


def test_a_policy_that_is_attached_stays(organization: Organization) -> None:
    unit = organization.unit("Unit")
    made = organization.limit(unit, deny("s3:*"))
    assert refused(organization, "DeletePolicy", PolicyId=made).code == "PolicyInUseException"
    again = refused(organization, "AttachPolicy", PolicyId=made, TargetId=unit)
    assert again.code == "DuplicatePolicyAttachmentException"
    (target,) = organization.do("ListTargetsForPolicy", PolicyId=made)["Targets"]
    assert (target["TargetId"], target["Name"], target["Type"]) == (
        unit,
        "Unit",
        "ORGANIZATIONAL_UNIT",
    )
    organization.do("DetachPolicy", PolicyId=made, TargetId=unit)
    missing = refused(organization, "DetachPolicy", PolicyId=made, TargetId=unit)
    assert missing.code == "PolicyNotAttachedException"
    organization.do("DeletePolicy", PolicyId=made)


def test_every_node_has_at_least_one_policy_of_an_enabled_kind(
    organization: Organization,
) -> None:
    unit, member = organization.unit("Unit"), organization.member()
    for target in (organization.root, unit, member.id, organization.management.id):
        for kind, name in ((SCP, "FullAWSAccess"), (RCP, "RCPFullAWSAccess")):
            params = {"TargetId": target, "Filter": kind}
            (attached,) = organization.do("ListPoliciesForTarget", **params)["Policies"]
            assert attached["Name"] == name
    last = refused(organization, "DetachPolicy", PolicyId="p-FullAWSAccess", TargetId=unit)
    assert last.members == {"Reason": "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"}
    kept = refused(organization, "DetachPolicy", PolicyId="p-RCPFullAWSAccess", TargetId=unit)
    assert kept.members == {"Reason": "NON_DETACHABLE_POLICY"}
    organization.limit(unit, allow("s3:*"))
    organization.do("DetachPolicy", PolicyId="p-FullAWSAccess", TargetId=unit)


def test_a_target_takes_ten_policies_of_a_kind(organization: Organization) -> None:
    unit = organization.unit("Unit")
    for number in range(9):
        organization.limit(unit, deny("s3:*"), name=f"p{number}")
    one_more = organization.policy("one more", deny("s3:*"))
    error = refused(organization, "AttachPolicy", PolicyId=one_more, TargetId=unit)
    assert error.members == {"Reason": "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"}


def test_a_disabled_kind_loses_its_attachments(organization: Organization) -> None:
    made = organization.limit(organization.root, deny("s3:*"))
    kind = {"RootId": organization.root, "PolicyType": SCP}
    organization.do("DisablePolicyType", **kind)
    again = refused(organization, "DisablePolicyType", **kind)
    assert again.code == "PolicyTypeNotEnabledException"
    error = refused(organization, "AttachPolicy", PolicyId=made, TargetId=organization.root)
    assert error.code == "PolicyTypeNotEnabledException"
    organization.do("EnablePolicyType", **kind)
    assert organization.do("ListTargetsForPolicy", PolicyId=made)["Targets"] == []
    again = refused(organization, "EnablePolicyType", **kind)
    assert again.code == "PolicyTypeAlreadyEnabledException"


def test_an_unknown_target_root_or_policy_is_named_so(organization: Organization) -> None:
    made = organization.policy("guard", deny("s3:*"))
    for target in ("123456789012", "ou-abcd-abcdefgh", "r-abcdef"):
        error = refused(organization, "AttachPolicy", PolicyId=made, TargetId=target)
        assert error.code == "TargetNotFoundException"
    error = refused(
        organization, "AttachPolicy", PolicyId="p-abcdefgh12", TargetId=organization.root
    )
    assert error.code == "PolicyNotFoundException"
    error = refused(organization, "EnablePolicyType", RootId="r-abcdef", PolicyType=SCP)
    assert error.code == "RootNotFoundException"


def test_no_kind_is_merged_into_an_effective_policy(organization: Organization) -> None:
    error = refused(organization, "DescribeEffectivePolicy", PolicyType="TAG_POLICY")
    assert error.code == "EffectivePolicyNotFoundException"
