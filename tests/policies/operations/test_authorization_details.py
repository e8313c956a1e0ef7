"""GetAccountAuthorizationDetails (api-behaviour.md §9.3)."""

import pytest

from tests.cast import Acme, Evil, allow
from tests.policies.operations.refusal import refused

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
VIEW = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
READ = allow("s3:GetObject")


@pytest.fixture
def mine(acme: Acme) -> str:
    """The ARN of a managed policy with two versions, attached to Bob and bounding Carol."""
    root = acme.root
    arn = root.perform("CreatePolicy", PolicyName="Mine", PolicyDocument=READ, Description="words")[
        "Policy"
    ]["Arn"]
    root.perform("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=allow("s3:PutObject"))
    root.perform("AttachUserPolicy", UserName="bob", PolicyArn=arn)
    root.perform("AttachRolePolicy", RoleName="Deployer", PolicyArn=VIEW)
    root.perform("PutUserPermissionsBoundary", UserName="carol", PermissionsBoundary=arn)
    root.perform("TagUser", UserName="bob", Tags=[{"Key": "team", "Value": "blue"}])
    return arn


def test_everything_that_says_who_may_do_what(acme: Acme, mine: str) -> None:
    details = acme.root.perform("GetAccountAuthorizationDetails")
    users = {one["UserName"]: one for one in details["UserDetailList"]}
    assert list(users) == ["alice", "bob", "carol", "ci"]
    assert users["bob"]["AttachedManagedPolicies"] == [{"PolicyName": "Mine", "PolicyArn": mine}]
    assert users["bob"]["GroupList"] == ["Developers"]
    assert users["bob"]["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert users["bob"]["UserPolicyList"] == []
    assert users["alice"]["UserPolicyList"] == [{"PolicyName": "p0", "PolicyDocument": allow("*")}]
    assert users["carol"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == mine
    assert "PermissionsBoundary" not in users["bob"]
    (group,) = details["GroupDetailList"]
    assert group["GroupName"] == "Developers"
    assert [one["PolicyName"] for one in group["GroupPolicyList"]] == ["develop"]
    (role,) = details["RoleDetailList"]
    assert role["AttachedManagedPolicies"] == [{"PolicyName": "ViewOnlyAccess", "PolicyArn": VIEW}]
    assert role["RoleLastUsed"] == {}
    assert role["InstanceProfileList"] == []
    shown = acme.root.perform("GetRole", RoleName="Deployer")["Role"]
    assert role["AssumeRolePolicyDocument"] == shown["AssumeRolePolicyDocument"]
    assert not {"MaxSessionDuration", "Description"} & set(role)
    policies = {one["PolicyName"]: one for one in details["Policies"]}
    assert list(policies) == ["Mine", "ViewOnlyAccess"]
    assert policies["Mine"]["Description"] == "words"
    assert policies["Mine"]["AttachmentCount"] == 1
    assert policies["Mine"]["PermissionsBoundaryUsageCount"] == 1
    assert [
        (one["VersionId"], one["IsDefaultVersion"], one["Document"])
        for one in policies["Mine"]["PolicyVersionList"]
    ] == [("v2", False, allow("s3:PutObject")), ("v1", True, READ)]
    assert details["IsTruncated"] is False


def test_one_marker_runs_over_the_four_lists(acme: Acme, mine: str) -> None:
    whole = acme.root.perform("GetAccountAuthorizationDetails")
    gathered = {name: [] for name in LISTS}
    marker = {}
    while True:
        page = acme.root.perform("GetAccountAuthorizationDetails", MaxItems=3, **marker)
        assert sum(len(page[name]) for name in LISTS) <= 3
        for name in LISTS:
            gathered[name] += page[name]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert gathered == {name: whole[name] for name in LISTS}


@pytest.mark.parametrize(
    ("chosen", "filled"),
    [
        (["User"], {"UserDetailList"}),
        (["Role", "Group"], {"RoleDetailList", "GroupDetailList"}),
        (["LocalManagedPolicy"], {"Policies"}),
        (["AWSManagedPolicy"], {"Policies"}),
    ],
)
def test_a_filter_chooses_lists(acme: Acme, mine: str, chosen: list, filled: set) -> None:
    details = acme.root.perform("GetAccountAuthorizationDetails", Filter=chosen)
    assert {name for name in LISTS if details[name]} == filled
    if "AWSManagedPolicy" in chosen:
        assert [one["PolicyName"] for one in details["Policies"]] == ["ViewOnlyAccess"]


def test_another_account_is_not_in_it(acme: Acme, evil: Evil, mine: str) -> None:
    details = evil.root.perform("GetAccountAuthorizationDetails")
    assert [one["UserName"] for one in details["UserDetailList"]] == ["mallory"]
    assert details["Policies"] == details["RoleDetailList"] == []


def test_it_needs_permission_on_everything(acme: Acme) -> None:
    with refused("AccessDenied") as caught:
        acme.carol.perform("GetAccountAuthorizationDetails")
    assert "iam:GetAccountAuthorizationDetails on resource: * because" in caught.value.message
