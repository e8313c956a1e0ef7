import re

from django.db import transaction

from accounts import tenancy
from accounts.models import Account
from tests.cast import allow, deny
from tests.identities.operations.refusal import conflict, denied, exists, limit, missing, refusal


def test_a_user_is_made_as_asked(acme) -> None:
    user = acme.root.perform(
        "CreateUser", UserName="Dora", Path="/staff/", Tags=[{"Key": "team", "Value": "blue"}]
    )["User"]
    assert re.fullmatch(r"AIDA[A-Z2-7]{17}", user["UserId"])
    assert user["Arn"] == acme.arn("user/staff/Dora")
    assert (user["UserName"], user["Path"]) == ("Dora", "/staff/")
    assert user["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert "PasswordLastUsed" not in user
    assert acme.root.perform("GetUser", UserName="dORA")["User"] == user


def test_names_are_unique_ignoring_case_and_path(acme) -> None:
    acme.root.perform("CreateUser", UserName="Dora", Path="/a/")
    assert refusal(acme.root, "CreateUser", UserName="dora", Path="/b/") == exists(
        "User with name dora already exists."
    )


def test_a_recreated_user_has_another_id(acme) -> None:
    first = acme.root.perform("CreateUser", UserName="dora")["User"]["UserId"]
    acme.root.perform("DeleteUser", UserName="dora")
    assert acme.root.perform("CreateUser", UserName="dora")["User"]["UserId"] != first


def test_the_quota_of_users_holds(acme) -> None:
    with transaction.atomic():
        tenancy.enter(acme.id)
        Account.objects.filter(id=acme.id).update(quotas={"UsersPerAccount": 5})
    acme.root.perform("CreateUser", UserName="fifth")
    assert refusal(acme.root, "CreateUser", UserName="sixth") == limit("UsersPerAccount", 5)


def test_making_a_user_with_tags_needs_permission_to_tag(acme) -> None:
    dora = acme.user("dora", allow("iam:CreateUser"))
    tags = [{"Key": "team", "Value": "blue"}]
    assert refusal(dora, "CreateUser", UserName="new", Tags=tags) == denied(
        dora, "iam:TagUser", acme.arn("user/new")
    )
    assert refusal(acme.root, "GetUser", UserName="new") == missing(
        "The user with name new cannot be found."
    )


def test_a_user_without_a_name_given_is_the_caller(acme) -> None:
    assert acme.alice.perform("GetUser")["User"]["Arn"] == acme.alice.arn


def test_root_without_a_name_given_is_root(acme) -> None:
    user = acme.root.perform("GetUser")["User"]
    assert user["Arn"] == acme.arn("root")
    assert user["UserId"] == acme.id
    assert "UserName" not in user


def test_a_session_must_name_the_user(acme) -> None:
    session = acme.assume(acme.alice, acme.deployer)
    assert refusal(session, "GetUser") == (
        "ValidationError",
        400,
        "Must specify userName when calling with non-User credentials",
    )


def test_lists_are_by_name_ignoring_case_and_filter_by_path(acme) -> None:
    for name, path in (("Bea", "/divA/"), ("abe", "/divABC/"), ("Cid", "/divB/")):
        acme.root.perform("CreateUser", UserName=name, Path=path)
    listed = acme.root.perform("ListUsers", PathPrefix="/divA")
    assert [user["UserName"] for user in listed["Users"]] == ["abe", "Bea"]
    assert listed["IsTruncated"] is False
    assert "Marker" not in listed


def test_lists_go_on_where_the_marker_says(acme) -> None:
    names, marker = [], {}
    while True:
        page = acme.root.perform("ListUsers", MaxItems=3, **marker)
        names += [user["UserName"] for user in page["Users"]]
        if not page["IsTruncated"]:
            break
        assert len(page["Users"]) == 3
        marker = {"Marker": page["Marker"]}
    assert names == ["alice", "bob", "carol", "ci"]


def test_a_marker_of_another_list_is_refused(acme) -> None:
    marker = acme.root.perform("ListUsers", MaxItems=1)["Marker"]
    invalid = ("ValidationError", 400, "Invalid Marker.")
    assert refusal(acme.root, "ListGroups", Marker=marker) == invalid
    assert refusal(acme.root, "ListUsers", Marker=marker, PathPrefix="/a") == invalid
    assert refusal(acme.root, "ListUsers", Marker="nonsense") == invalid


def test_lists_leave_tags_and_boundaries_out(acme) -> None:
    acme.root.perform("TagUser", UserName="bob", Tags=[{"Key": "a", "Value": "b"}])
    assert all(
        user.keys() == {"Path", "UserName", "UserId", "Arn", "CreateDate"}
        for user in acme.root.perform("ListUsers")["Users"]
    )


def test_a_renamed_user_keeps_its_id_keys_groups_and_policies(acme) -> None:
    before = acme.root.perform("GetUser", UserName="bob")["User"]
    acme.root.perform("UpdateUser", UserName="bob", NewUserName="Robert", NewPath="/staff/")
    after = acme.bob.perform("GetUser")["User"]
    assert after["Arn"] == acme.arn("user/staff/Robert")
    assert after["UserId"] == before["UserId"]
    groups = acme.root.perform("ListGroupsForUser", UserName="robert")["Groups"]
    assert [group["GroupName"] for group in groups] == ["Developers"]


def test_the_case_alone_of_a_name_may_change(acme) -> None:
    acme.root.perform("UpdateUser", UserName="bob", NewUserName="BOB")
    assert acme.root.perform("GetUser", UserName="bob")["User"]["UserName"] == "BOB"


def test_a_user_takes_no_name_that_another_has(acme) -> None:
    assert refusal(acme.root, "UpdateUser", UserName="bob", NewUserName="ALICE") == exists(
        "User with name ALICE already exists."
    )


def test_renaming_needs_permission_on_the_new_name_too(acme) -> None:
    dora = acme.user("dora", allow("iam:UpdateUser", resource=acme.arn("user/bob")))
    assert refusal(dora, "UpdateUser", UserName="bob", NewUserName="rob") == denied(
        dora, "iam:UpdateUser", acme.arn("user/rob")
    )
    assert refusal(dora, "UpdateUser", UserName="carol", NewUserName="bob") == denied(
        dora, "iam:UpdateUser", acme.arn("user/carol")
    )


def test_access_is_decided_before_existence(acme) -> None:
    assert refusal(acme.carol, "GetUser", UserName="nobody") == denied(
        acme.carol, "iam:GetUser", acme.arn("user/nobody")
    )


def test_a_user_is_deleted_only_when_nothing_is_left_of_it(acme) -> None:
    dora = acme.user("dora", deny("s3:*"))
    made = acme.root.perform("CreatePolicy", PolicyName="p", PolicyDocument=allow("s3:*"))
    arn = made["Policy"]["Arn"]
    acme.root.perform("AttachUserPolicy", UserName="dora", PolicyArn=arn)
    acme.root.perform("AddUserToGroup", UserName="dora", GroupName="Developers")
    acme.root.perform("CreateLoginProfile", UserName="dora", Password="Many-words-42")
    assert dora.key is not None
    ways_out = [
        ("detach all policies", "DetachUserPolicy", {"PolicyArn": arn}),
        ("delete policies", "DeleteUserPolicy", {"PolicyName": "p0"}),
        ("remove users from group", "RemoveUserFromGroup", {"GroupName": "Developers"}),
        ("delete login profile", "DeleteLoginProfile", {}),
        ("delete access keys", "DeleteAccessKey", {"AccessKeyId": dora.key.id}),
    ]
    for what, operation, params in ways_out:
        assert refusal(acme.root, "DeleteUser", UserName="dora") == conflict(
            f"Cannot delete entity, must {what} first."
        )
        acme.root.perform(operation, UserName="dora", **params)
    acme.root.perform("DeleteUser", UserName="dora")
    assert refusal(acme.root, "GetUser", UserName="dora") == missing(
        "The user with name dora cannot be found."
    )


def test_names_and_paths_out_of_pattern_are_refused_in_words(acme) -> None:
    code, _, message = refusal(acme.root, "UpdateUser", UserName="bob", NewUserName="a b")
    assert (code, message) == (
        "ValidationError",
        (
            "The specified value for newUserName is invalid. It must contain only alphanumeric "
            "characters and/or the following: +=,.@_-"
        ),
    )
    code, _, message = refusal(acme.root, "CreateUser", UserName="dora", Path="staff")
    assert (code, message) == (
        "ValidationError",
        (
            "The specified value for path is invalid. It must begin and end with / and contain only "
            "alphanumeric characters and/or / characters."
        ),
    )


def test_a_policy_may_demand_a_boundary_on_every_new_user(acme) -> None:
    made = acme.root.perform("CreatePolicy", PolicyName="edge", PolicyDocument=allow("s3:*"))
    edge = made["Policy"]["Arn"]
    bounded = {"StringEquals": {"iam:PermissionsBoundary": edge}}
    dora = acme.user("dora", allow("iam:CreateUser", Condition=bounded))
    assert refusal(dora, "CreateUser", UserName="free") == denied(
        dora, "iam:CreateUser", acme.arn("user/free")
    )
    user = dora.perform("CreateUser", UserName="held", PermissionsBoundary=edge)["User"]
    assert user["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": edge,
    }
    assert acme.root.perform("GetUser", UserName="held")["User"] == user


def test_a_bounded_user_may_be_deleted(acme) -> None:
    made = acme.root.perform("CreatePolicy", PolicyName="edge", PolicyDocument=allow("s3:*"))
    acme.root.perform("CreateUser", UserName="held", PermissionsBoundary=made["Policy"]["Arn"])
    acme.root.perform("DeleteUser", UserName="held")
    acme.root.perform("DeletePolicy", PolicyArn=made["Policy"]["Arn"])
