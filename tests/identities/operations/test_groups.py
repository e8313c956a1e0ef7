import re

from django.db import transaction

from accounts import tenancy
from accounts.models import Account
from tests.cast import allow
from tests.identities.operations.refusal import conflict, denied, exists, limit, missing, refusal


def test_a_group_is_made_as_asked(acme) -> None:
    group = acme.root.perform("CreateGroup", GroupName="Ops", Path="/teams/")["Group"]
    assert re.fullmatch(r"AGPA[A-Z2-7]{17}", group["GroupId"])
    assert group["Arn"] == acme.arn("group/teams/Ops")
    assert acme.root.perform("GetGroup", GroupName="ops") == {
        "Group": group,
        "Users": [],
        "IsTruncated": False,
    }


def test_names_are_unique_ignoring_case(acme) -> None:
    assert refusal(acme.root, "CreateGroup", GroupName="developers", Path="/x/") == exists(
        "Group with name developers already exists."
    )


def test_the_quota_of_groups_holds(acme) -> None:
    with transaction.atomic():
        tenancy.enter(acme.id)
        Account.objects.filter(id=acme.id).update(quotas={"GroupsPerAccount": 1})
    assert refusal(acme.root, "CreateGroup", GroupName="Ops") == limit("GroupsPerAccount", 1)


def test_a_group_shows_its_users_page_by_page(acme) -> None:
    for name in ("alice", "carol"):
        acme.root.perform("AddUserToGroup", GroupName="Developers", UserName=name)
    first = acme.root.perform("GetGroup", GroupName="Developers", MaxItems=2)
    assert [user["UserName"] for user in first["Users"]] == ["alice", "bob"]
    assert first["IsTruncated"] is True
    rest = acme.root.perform("GetGroup", GroupName="Developers", MaxItems=2, Marker=first["Marker"])
    assert [user["UserName"] for user in rest["Users"]] == ["carol"]
    assert rest["IsTruncated"] is False
    assert rest["Users"][0]["Arn"] == acme.carol.arn


def test_groups_are_listed_by_name_under_a_path(acme) -> None:
    for name, path in (("Zoo", "/a/"), ("ape", "/a/b/")):
        acme.root.perform("CreateGroup", GroupName=name, Path=path)
    listed = acme.root.perform("ListGroups", PathPrefix="/a/")["Groups"]
    assert [group["GroupName"] for group in listed] == ["ape", "Zoo"]
    assert len(acme.root.perform("ListGroups")["Groups"]) == 3


def test_a_renamed_group_keeps_its_members_and_what_they_may_do(acme) -> None:
    acme.root.perform("UpdateGroup", GroupName="Developers", NewGroupName="Devs", NewPath="/t/")
    group = acme.bob.perform("GetGroup", GroupName="Devs")
    assert group["Group"]["Arn"] == acme.arn("group/t/Devs")
    assert [user["UserName"] for user in group["Users"]] == ["bob"]


def test_a_group_takes_no_name_that_another_has(acme) -> None:
    acme.root.perform("CreateGroup", GroupName="Ops")
    assert refusal(acme.root, "UpdateGroup", GroupName="Ops", NewGroupName="DEVELOPERS") == exists(
        "Group with name DEVELOPERS already exists."
    )


def test_renaming_needs_permission_on_the_new_name_too(acme) -> None:
    dora = acme.user("dora", allow("iam:UpdateGroup", resource=acme.arn("group/Developers")))
    assert refusal(dora, "UpdateGroup", GroupName="Developers", NewGroupName="Admins") == denied(
        dora, "iam:UpdateGroup", acme.arn("group/Admins")
    )


def test_a_group_is_deleted_only_when_nothing_is_left_of_it(acme) -> None:
    made = acme.root.perform("CreatePolicy", PolicyName="p", PolicyDocument=allow("s3:*"))
    arn = made["Policy"]["Arn"]
    acme.root.perform("AttachGroupPolicy", GroupName="Developers", PolicyArn=arn)
    ways_out = [
        ("detach all policies", "DetachGroupPolicy", {"PolicyArn": arn}),
        ("delete policies", "DeleteGroupPolicy", {"PolicyName": "develop"}),
        ("remove users from group", "RemoveUserFromGroup", {"UserName": "bob"}),
    ]
    for what, operation, params in ways_out:
        assert refusal(acme.root, "DeleteGroup", GroupName="Developers") == conflict(
            f"Cannot delete entity, must {what} first."
        )
        acme.root.perform(operation, GroupName="Developers", **params)
    acme.root.perform("DeleteGroup", GroupName="Developers")
    assert refusal(acme.root, "DeleteGroup", GroupName="Developers") == missing(
        "The group with name Developers cannot be found."
    )
