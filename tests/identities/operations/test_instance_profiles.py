import re

import pytest

from tests.cast import allow, policy, trust
from tests.identities.operations.refusal import (
    conflict,
    denied,
    exists,
    limit,
    missing,
    refusal,
)
from tests.identities.quotas import set_quota


@pytest.fixture
def profile(acme) -> dict:
    return acme.root.perform("CreateInstanceProfile", InstanceProfileName="web")["InstanceProfile"]


def names(acme, **params) -> list[str]:
    listed = acme.root.perform("ListInstanceProfiles", **params)["InstanceProfiles"]
    return [one["InstanceProfileName"] for one in listed]


def add(acme, profile: str = "web", role: str = "Deployer") -> None:
    acme.root.perform("AddRoleToInstanceProfile", InstanceProfileName=profile, RoleName=role)


def test_a_profile_is_made_empty(acme, profile) -> None:
    assert re.fullmatch(r"AIPA[A-Z2-7]{17}", profile.pop("InstanceProfileId"))
    assert profile.pop("CreateDate").tzinfo is not None
    assert profile == {
        "Path": "/",
        "InstanceProfileName": "web",
        "Arn": acme.arn("instance-profile/web"),
        "Roles": [],
    }


def test_path_and_tags_are_kept_and_keys_respect_case(acme) -> None:
    tags = [{"Key": "Team", "Value": "blue"}, {"Key": "team", "Value": "red"}]
    made = acme.root.perform(
        "CreateInstanceProfile", InstanceProfileName="web", Path="/eu/", Tags=tags
    )["InstanceProfile"]
    assert made["Arn"] == acme.arn("instance-profile/eu/web")
    assert made["Tags"] == tags
    shown = acme.root.perform("GetInstanceProfile", InstanceProfileName="web")["InstanceProfile"]
    assert shown == made
    (listed,) = acme.root.perform("ListInstanceProfiles")["InstanceProfiles"]
    assert "Tags" not in listed


def test_names_are_unique_ignoring_case_and_path(acme, profile) -> None:
    assert refusal(
        acme.root, "CreateInstanceProfile", InstanceProfileName="WEB", Path="/x/"
    ) == exists("Instance Profile WEB already exists.")


def test_the_quota_is_the_accounts(acme, profile) -> None:
    set_quota(acme, "InstanceProfilesPerAccount", 1)
    assert refusal(acme.root, "CreateInstanceProfile", InstanceProfileName="two") == limit(
        "InstanceProfilesPerAccount", 1
    )


def test_lists_go_by_name_ignoring_case_and_by_path(acme) -> None:
    for name, path in (("b", "/"), ("A", "/eu/"), ("c", "/eu/west/")):
        acme.root.perform("CreateInstanceProfile", InstanceProfileName=name, Path=path)
    assert names(acme) == ["A", "b", "c"]
    assert names(acme, PathPrefix="/eu/") == ["A", "c"]
    first = acme.root.perform("ListInstanceProfiles", MaxItems=2)
    assert first["IsTruncated"] is True
    assert names(acme, Marker=first["Marker"]) == ["c"]


def test_a_role_is_shown_with_its_trust_policy_and_no_more_than_live_answers_have(
    acme, profile
) -> None:
    add(acme)
    shown = acme.root.perform("GetInstanceProfile", InstanceProfileName="web")["InstanceProfile"]
    role = acme.root.perform("GetRole", RoleName="Deployer")["Role"]
    assert shown["Roles"] == [
        {
            name: role[name]
            for name in (
                "Path",
                "RoleName",
                "RoleId",
                "Arn",
                "CreateDate",
                "AssumeRolePolicyDocument",
            )
        }
    ]


def test_a_role_tells_its_profiles(acme, profile) -> None:
    acme.root.perform("CreateInstanceProfile", InstanceProfileName="other")
    add(acme)
    held = acme.root.perform("ListInstanceProfilesForRole", RoleName="Deployer")
    assert [one["InstanceProfileName"] for one in held["InstanceProfiles"]] == ["web"]
    assert held["IsTruncated"] is False
    (role,) = acme.root.perform("GetAccountAuthorizationDetails")["RoleDetailList"]
    assert role["InstanceProfileList"] == held["InstanceProfiles"]
    acme.role("Idle", trust(acme.arn("root")))
    idle = acme.root.perform("ListInstanceProfilesForRole", RoleName="Idle")
    assert idle["InstanceProfiles"] == []
    assert refusal(acme.root, "ListInstanceProfilesForRole", RoleName="No") == missing(
        "The role with name No cannot be found."
    )


def test_the_summary_counts_profiles(acme, profile) -> None:
    assert acme.root.perform("GetAccountSummary")["SummaryMap"]["InstanceProfiles"] == 1


def test_a_profile_holds_one_role(acme, profile) -> None:
    add(acme)
    acme.role("Second", trust(acme.arn("root")))
    for role in ("Second", "Deployer"):
        assert refusal(
            acme.root, "AddRoleToInstanceProfile", InstanceProfileName="web", RoleName=role
        ) == limit("InstanceSessionsPerInstanceProfile", 1)


def test_what_is_not_there_is_named(acme, profile) -> None:
    gone = missing("Instance Profile no cannot be found.")
    for operation in ("GetInstanceProfile", "DeleteInstanceProfile", "ListInstanceProfileTags"):
        assert refusal(acme.root, operation, InstanceProfileName="no") == gone
    for operation in ("AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"):
        named = {"InstanceProfileName": "no", "RoleName": "Deployer"}
        assert refusal(acme.root, operation, **named) == gone
        named = {"InstanceProfileName": "web", "RoleName": "no"}
        assert refusal(acme.root, operation, **named) == missing(
            "The role with name no cannot be found."
        )


def test_a_role_that_is_not_in_the_profile_cannot_be_taken_out(acme, profile) -> None:
    named = {"InstanceProfileName": "web", "RoleName": "Deployer"}
    assert refusal(acme.root, "RemoveRoleFromInstanceProfile", **named) == missing(
        "Role Deployer in Instance Profile web cannot be found."
    )
    add(acme)
    acme.root.perform("RemoveRoleFromInstanceProfile", **named)
    shown = acme.root.perform("GetInstanceProfile", InstanceProfileName="web")["InstanceProfile"]
    assert (shown["Roles"], shown["Tags"]) == ([], [])


def test_profile_and_role_go_only_apart(acme, profile) -> None:
    add(acme)
    hindered = conflict("Cannot delete entity, must remove roles from instance profile first.")
    assert refusal(acme.root, "DeleteInstanceProfile", InstanceProfileName="web") == hindered
    # First of all hindrances: Deployer has an inline policy too.
    assert refusal(acme.root, "DeleteRole", RoleName="Deployer") == hindered
    acme.root.perform(
        "RemoveRoleFromInstanceProfile", InstanceProfileName="web", RoleName="Deployer"
    )
    acme.root.perform("DeleteInstanceProfile", InstanceProfileName="web")
    assert names(acme) == []


def test_a_recreated_profile_has_a_new_id(acme, profile) -> None:
    acme.root.perform("DeleteInstanceProfile", InstanceProfileName="web")
    again = acme.root.perform("CreateInstanceProfile", InstanceProfileName="web")
    assert again["InstanceProfile"]["InstanceProfileId"] != profile["InstanceProfileId"]


def test_adding_a_role_passes_it_to_ec2(acme, profile) -> None:
    named = {"InstanceProfileName": "web", "RoleName": "Deployer"}
    adder = acme.user("adder", allow("iam:AddRoleToInstanceProfile"))
    assert refusal(adder, "AddRoleToInstanceProfile", **named) == denied(
        adder, "iam:PassRole", acme.deployer
    )
    for key, value, allowed in (
        ("iam:PassedToService", "lambda.amazonaws.com", False),
        ("iam:AssociatedResourceArn", f"arn:aws:ec2:us-east-1:{acme.id}:instance/i-1", False),
        ("iam:PassedToService", "ec2.amazonaws.com", True),
        ("iam:AssociatedResourceArn", f"arn:aws:ec2:*:{acme.id}:instance/*", True),
    ):
        passing = {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": acme.deployer,
            "Condition": {"StringEquals": {key: value}},
        }
        acme.root.perform(
            "PutUserPolicy", UserName="adder", PolicyName="pass", PolicyDocument=policy(passing)
        )
        if allowed:
            adder.perform("AddRoleToInstanceProfile", **named)
            acme.root.perform("RemoveRoleFromInstanceProfile", **named)
        else:
            assert refusal(adder, "AddRoleToInstanceProfile", **named)[0] == "AccessDenied"


def test_passing_is_refused_before_a_role_is_looked_for(acme, profile) -> None:
    adder = acme.user("adder", allow("iam:AddRoleToInstanceProfile"))
    named = {"InstanceProfileName": "web", "RoleName": "no"}
    assert refusal(adder, "AddRoleToInstanceProfile", **named) == denied(
        adder, "iam:PassRole", acme.arn("role/no")
    )


def test_each_operation_asks_for_its_own_arn(acme) -> None:
    acme.root.perform("CreateInstanceProfile", InstanceProfileName="web", Path="/eu/")
    web = acme.arn("instance-profile/eu/web")
    named = {"InstanceProfileName": "web"}
    tags = [{"Key": "k", "Value": "v"}]
    for operation, params, resource in (
        ("CreateInstanceProfile", {"InstanceProfileName": "n", "Path": "/x/"}, "x/n"),
        ("GetInstanceProfile", named, None),
        ("DeleteInstanceProfile", named, None),
        ("AddRoleToInstanceProfile", {**named, "RoleName": "Deployer"}, None),
        ("RemoveRoleFromInstanceProfile", {**named, "RoleName": "Deployer"}, None),
        ("TagInstanceProfile", {**named, "Tags": tags}, None),
        ("UntagInstanceProfile", {**named, "TagKeys": ["k"]}, None),
        ("ListInstanceProfileTags", named, None),
        ("ListInstanceProfiles", {"PathPrefix": "/eu/"}, "eu/"),
    ):
        arn = web if resource is None else acme.arn(f"instance-profile/{resource}")
        assert refusal(acme.carol, operation, **params) == denied(
            acme.carol, f"iam:{operation}", arn
        )
    assert refusal(acme.carol, "ListInstanceProfilesForRole", RoleName="Deployer") == denied(
        acme.carol, "iam:ListInstanceProfilesForRole", acme.deployer
    )


def test_tags_on_creation_need_the_permission_to_tag(acme) -> None:
    maker = acme.user("maker", allow("iam:CreateInstanceProfile"))
    maker.perform("CreateInstanceProfile", InstanceProfileName="plain")
    tagged = {"InstanceProfileName": "web", "Tags": [{"Key": "k", "Value": "v"}]}
    assert refusal(maker, "CreateInstanceProfile", **tagged) == denied(
        maker, "iam:TagInstanceProfile", acme.arn("instance-profile/web")
    )
    assert names(acme) == ["plain"]


def test_tags_decide_who_may_touch_a_profile(acme, profile) -> None:
    condition = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    blue = acme.user("blue", allow("iam:DeleteInstanceProfile", Condition=condition))
    assert refusal(blue, "DeleteInstanceProfile", InstanceProfileName="web")[0] == "AccessDenied"
    acme.root.perform(
        "TagInstanceProfile",
        InstanceProfileName="web",
        Tags=[{"Key": "team", "Value": "blue"}, {"Key": "b", "Value": ""}],
    )
    listed = acme.root.perform("ListInstanceProfileTags", InstanceProfileName="web")
    assert listed["Tags"] == [{"Key": "b", "Value": ""}, {"Key": "team", "Value": "blue"}]
    acme.root.perform("UntagInstanceProfile", InstanceProfileName="web", TagKeys=["b", "no"])
    assert len(acme.root.perform("ListInstanceProfileTags", InstanceProfileName="web")["Tags"]) == 1
    blue.perform("DeleteInstanceProfile", InstanceProfileName="web")
