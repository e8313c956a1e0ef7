from tests.cast import allow
from tests.identities.operations.refusal import denied, limit, missing, refusal


def groups_of(acme, name: str) -> list[str]:
    listed = acme.root.perform("ListGroupsForUser", UserName=name)["Groups"]
    return [group["GroupName"] for group in listed]


def test_adding_a_user_twice_is_adding_it_once(acme) -> None:
    for _ in range(2):
        acme.root.perform("AddUserToGroup", GroupName="Developers", UserName="carol")
    assert groups_of(acme, "carol") == ["Developers"]


def test_a_removed_user_loses_what_the_group_gave_on_the_next_request(acme) -> None:
    assert acme.bob.perform("GetUser")["User"]["UserName"] == "bob"
    acme.root.perform("RemoveUserFromGroup", GroupName="Developers", UserName="bob")
    assert refusal(acme.bob, "GetUser") == denied(acme.bob, "iam:GetUser", acme.bob.arn)


def test_removing_one_who_is_no_member_succeeds(acme) -> None:
    acme.root.perform("RemoveUserFromGroup", GroupName="Developers", UserName="carol")
    assert groups_of(acme, "bob") == ["Developers"]


def test_a_user_is_in_ten_groups_at_most(acme) -> None:
    for number in range(11):
        acme.root.perform("CreateGroup", GroupName=f"g{number}")
    for number in range(10):
        acme.root.perform("AddUserToGroup", GroupName=f"g{number}", UserName="carol")
    assert refusal(acme.root, "AddUserToGroup", GroupName="g10", UserName="carol") == limit(
        "GroupsPerUser", 10
    )
    acme.root.perform("AddUserToGroup", GroupName="g9", UserName="carol")


def test_group_and_user_must_be_there(acme) -> None:
    for operation in ("AddUserToGroup", "RemoveUserFromGroup"):
        assert refusal(acme.root, operation, GroupName="none", UserName="bob") == missing(
            "The group with name none cannot be found."
        )
        assert refusal(acme.root, operation, GroupName="Developers", UserName="none") == missing(
            "The user with name none cannot be found."
        )
        assert refusal(acme.root, operation, GroupName="none", UserName="neither") == missing(
            "The user with name neither cannot be found."
        )
    assert refusal(acme.root, "ListGroupsForUser", UserName="none") == missing(
        "The user with name none cannot be found."
    )


def test_permission_is_asked_on_the_group(acme) -> None:
    dora = acme.user("dora", allow("iam:AddUserToGroup", resource=acme.arn("user/*")))
    assert refusal(dora, "AddUserToGroup", GroupName="Developers", UserName="dora") == denied(
        dora, "iam:AddUserToGroup", acme.arn("group/Developers")
    )


def test_groups_of_a_user_come_page_by_page(acme) -> None:
    for name in ("b", "A", "c"):
        acme.root.perform("CreateGroup", GroupName=name)
        acme.root.perform("AddUserToGroup", GroupName=name, UserName="carol")
    page = acme.root.perform("ListGroupsForUser", UserName="carol", MaxItems=2)
    assert [group["GroupName"] for group in page["Groups"]] == ["A", "b"]
    page = acme.root.perform(
        "ListGroupsForUser", UserName="carol", MaxItems=2, Marker=page["Marker"]
    )
    assert [group["GroupName"] for group in page["Groups"]] == ["c"]
