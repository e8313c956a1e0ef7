"""Lists in the caller's order, with filters that the database applies."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts import tenancy
from iamsite.operations import OperationError
from identities.models import AccessKey, Role, User
from tests.cast import Acme, allow, trust

EARLY = datetime(2020, 1, 1, tzinfo=UTC)
LATELY = datetime.now(UTC) - timedelta(days=30)
LISTS = ("User", "Group", "Role", "Policy")


def listed(acme: Acme, kind: str, **params: Any) -> list[str]:
    """The names of `kind`, page by page, two at a time."""
    plural = "Policies" if kind == "Policy" else f"{kind}s"
    operation, names, marker = f"List{kind}Summaries", [], {}
    params = {"PathPrefix": "/sorted/", **params}
    while True:
        found = acme.root.perform(operation, **params, MaxItems=2, **marker)
        names += [row[f"{kind}Name"] for row in found[f"{kind}Summaries"]]
        assert len(found[f"{kind}Summaries"]) <= 2, plural
        if not found["IsTruncated"]:
            return names
        marker = {"Marker": found["Marker"]}


def make(acme: Acme, kind: str, name: str) -> None:
    more = {
        "Role": {"AssumeRolePolicyDocument": trust(acme.arn("root"))},
        "Policy": {"PolicyDocument": allow("s3:GetObject")},
    }.get(kind, {})
    acme.root.perform(f"Create{kind}", **{f"{kind}Name": name}, Path="/sorted/", **more)


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_goes_by_name_or_by_creation_either_way(acme, kind) -> None:
    for name in ("delta", "Alpha", "charlie", "bravo", "echo"):
        make(acme, kind, name)
    by_name = ["Alpha", "bravo", "charlie", "delta", "echo"]
    by_creation = ["delta", "Alpha", "charlie", "bravo", "echo"]
    assert listed(acme, kind) == by_name
    assert listed(acme, kind, SortOrder="descending") == by_name[::-1]
    assert listed(acme, kind, SortBy="CreateDate") == by_creation
    assert listed(acme, kind, SortBy="CreateDate", SortOrder="descending") == by_creation[::-1]


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_is_narrowed_by_a_part_of_name_or_path_or_by_the_whole_id(acme, kind) -> None:
    for name in ("north-1", "NORTH-2", "south"):
        make(acme, kind, name)
    assert listed(acme, kind, Contains="North") == ["north-1", "NORTH-2"]
    assert listed(acme, kind, Contains="ORTED") == ["north-1", "NORTH-2", "south"]
    assert listed(acme, kind, Contains="%") == []
    row = acme.root.perform(f"List{kind}Summaries", PathPrefix="/sorted/")[f"{kind}Summaries"][0]
    assert listed(acme, kind, Contains=row[f"{kind}Id"]) == ["north-1"]


def test_users_go_by_when_they_were_last_seen_and_never_comes_first(acme) -> None:
    for name in ("ann", "ben", "cleo", "dora"):
        make(acme, "User", name)
    seen(acme, "ann", EARLY + timedelta(days=2))
    make_key(acme, "ben", last_used_at=EARLY + timedelta(days=3))
    by_seen = ["cleo", "dora", "ann", "ben"]
    assert listed(acme, "User", SortBy="LastSeenDate") == by_seen
    assert listed(acme, "User", SortBy="LastSeenDate", SortOrder="descending") == by_seen[::-1]
    day = EARLY + timedelta(days=3)
    assert listed(acme, "User", NotSeenSince=day) == ["ann", "cleo", "dora"]
    assert listed(acme, "User", HasUsedKey=True) == ["ben"]
    assert listed(acme, "User", HasUsedKey=False) == ["ann", "cleo", "dora"]


def test_users_go_by_the_age_of_their_oldest_active_key_and_none_comes_last(acme) -> None:
    for name in ("ann", "ben", "cleo"):
        make(acme, "User", name)
    make_key(acme, "ann", created_at=EARLY + timedelta(days=1))
    make_key(acme, "ben", created_at=EARLY)
    make_key(acme, "cleo", created_at=EARLY - timedelta(days=1), status="Inactive")
    by_key = ["ben", "ann", "cleo"]
    assert listed(acme, "User", SortBy="OldestActiveKeyDate") == by_key
    assert (
        listed(acme, "User", SortBy="OldestActiveKeyDate", SortOrder="descending") == by_key[::-1]
    )
    day = EARLY + timedelta(hours=1)
    assert listed(acme, "User", ActiveKeyBefore=day) == ["ben"]
    last = datetime.max.replace(tzinfo=UTC)
    assert listed(acme, "User", ActiveKeyBefore=last) == ["ann", "ben"]


def test_users_are_narrowed_by_group_password_and_second_factor(acme) -> None:
    for name in ("ann", "ben"):
        make(acme, "User", name)
    make(acme, "Group", "staff")
    acme.root.perform("AddUserToGroup", GroupName="staff", UserName="ann")
    acme.root.perform("CreateLoginProfile", UserName="ben", Password="Correct horse battery 1")
    assert listed(acme, "User", GroupName="STAFF") == ["ann"]
    assert listed(acme, "User", HasPassword=True) == ["ben"]
    assert listed(acme, "User", HasPassword=False) == ["ann"]
    assert listed(acme, "User", MFAEnabled=True) == []
    assert listed(acme, "User", MFAEnabled=False) == ["ann", "ben"]
    with pytest.raises(OperationError, match="The group with name nobody cannot be found"):
        listed(acme, "User", GroupName="nobody")


def test_groups_count_their_users_and_policies_and_go_by_them(acme) -> None:
    for name in ("many", "none", "one"):
        make(acme, "Group", name)
    for user, group in (("u1", "many"), ("u2", "many"), ("u1", "one")):
        if user not in listed(acme, "User"):
            make(acme, "User", user)
        acme.root.perform("AddUserToGroup", GroupName=group, UserName=user)
    acme.root.perform(
        "PutGroupPolicy", GroupName="one", PolicyName="p", PolicyDocument=allow("s3:*")
    )
    acme.root.perform(
        "AttachGroupPolicy", GroupName="one", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"
    )
    found = acme.root.perform("ListGroupSummaries", PathPrefix="/sorted/")["GroupSummaries"]
    assert {row["GroupName"]: (row["MemberCount"], row["PolicyCount"]) for row in found} == {
        "many": (2, 0),
        "none": (0, 0),
        "one": (1, 2),
    }
    assert listed(acme, "Group", SortBy="MemberCount") == ["none", "one", "many"]
    assert listed(acme, "Group", SortBy="PolicyCount", SortOrder="descending")[0] == "one"


def test_roles_go_by_their_last_use(acme) -> None:
    for name in ("idle", "late", "soon"):
        make(acme, "Role", name)
    for name, days in (("late", 2), ("soon", 1)):
        with rows(acme):
            Role.objects.of(acme.id).filter(name=name).update(
                last_used_at=LATELY + timedelta(days=days), last_used_region="us-east-1"
            )
    assert listed(acme, "Role", SortBy="LastUsedDate") == ["idle", "soon", "late"]
    found = acme.root.perform("ListRoleSummaries", PathPrefix="/sorted/")["RoleSummaries"]
    assert [row["RoleLastUsed"] for row in found] == [
        {},
        {"LastUsedDate": LATELY + timedelta(days=2), "Region": "us-east-1"},
        {"LastUsedDate": LATELY + timedelta(days=1), "Region": "us-east-1"},
    ]


def test_policies_go_by_how_many_they_are_attached_to(acme) -> None:
    for name in ("idle", "used"):
        make(acme, "Policy", name)
    make(acme, "User", "ann")
    arn = acme.arn("policy/sorted/used")
    acme.root.perform("AttachUserPolicy", UserName="ann", PolicyArn=arn)
    assert listed(acme, "Policy", SortBy="AttachmentCount") == ["idle", "used"]
    assert listed(acme, "Policy", OnlyAttached=True) == ["used"]


def test_a_marker_of_another_order_is_refused(acme) -> None:
    for name in ("ann", "ben", "cleo"):
        make(acme, "User", name)
    first = acme.root.perform("ListUserSummaries", MaxItems=1)
    with pytest.raises(OperationError, match="Invalid Marker"):
        acme.root.perform(
            "ListUserSummaries", MaxItems=1, SortOrder="descending", Marker=first["Marker"]
        )


@contextmanager
def rows(acme: Acme) -> Iterator[None]:
    with transaction.atomic():
        tenancy.enter(acme.id)
        yield


def seen(acme: Acme, name: str, when: datetime) -> None:
    with rows(acme):
        User.objects.of(acme.id).filter(name=name).update(password_last_used=when)


def make_key(acme: Acme, name: str, **values: Any) -> None:
    id_ = acme.root.perform("CreateAccessKey", UserName=name)["AccessKey"]["AccessKeyId"]
    with rows(acme):
        AccessKey.objects.of(acme.id).filter(id=id_).update(**values)
