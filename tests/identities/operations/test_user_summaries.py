"""A page of users with their groups and the state of their credentials."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from iamsite.operations import OperationError
from tests.cast import Acme, allow


@pytest.fixture
def acme() -> Acme:
    return Acme()


def summaries(acme: Acme, **params) -> dict[str, dict]:
    found = acme.root.perform("ListUserSummaries", **params)["UserSummaries"]
    return {one["UserName"]: one for one in found}


def test_a_summary_has_what_list_users_says_and_more(acme) -> None:
    acme.root.perform("CreateUser", UserName="dora", Path="/staff/")
    listed = acme.root.perform("ListUsers", PathPrefix="/staff/")["Users"][0]
    assert summaries(acme, PathPrefix="/staff/") == {
        "dora": {**listed, "GroupNames": [], "HasPassword": False, "MFAEnabled": False}
    }


def test_groups_password_device_and_keys_are_those_of_each_user(acme) -> None:
    for name in ("one", "two"):
        acme.root.perform("CreateUser", UserName=name)
    for group in ("Zeta", "alpha"):
        acme.root.perform("CreateGroup", GroupName=group)
        acme.root.perform("AddUserToGroup", GroupName=group, UserName="one")
    acme.root.perform("CreateLoginProfile", UserName="two", Password="Correct horse battery 1")
    older = acme.root.perform("CreateAccessKey", UserName="one")["AccessKey"]
    newer = acme.root.perform("CreateAccessKey", UserName="one")["AccessKey"]
    one, two = (summaries(acme)[name] for name in ("one", "two"))
    assert one["GroupNames"] == ["alpha", "Zeta"]
    assert (one["HasPassword"], two["HasPassword"]) == (False, True)
    assert one["OldestActiveKeyDate"] == older["CreateDate"]
    assert two["GroupNames"] == []
    assert "OldestActiveKeyDate" not in two
    acme.root.perform(
        "UpdateAccessKey", UserName="one", AccessKeyId=older["AccessKeyId"], Status="Inactive"
    )
    assert summaries(acme)["one"]["OldestActiveKeyDate"] == newer["CreateDate"]


def test_a_page_costs_as_many_queries_whether_short_or_long(acme) -> None:
    acme.root.perform("CreateGroup", GroupName="All")
    for number in range(12):
        acme.root.perform("CreateUser", UserName=f"u{number:02}")
        acme.root.perform("AddUserToGroup", GroupName="All", UserName=f"u{number:02}")

    def cost(size: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            acme.root.perform("ListUserSummaries", MaxItems=size)
        return len(queries)

    cost(1)
    assert cost(1) == cost(12)


def test_pages_follow_each_other_without_a_gap(acme) -> None:
    names = ["Ann", "ben", "Cyd"]
    for name in names:
        acme.root.perform("CreateUser", UserName=name, Path="/p/")
    asked = {"PathPrefix": "/p/", "MaxItems": 2}
    first = acme.root.perform("ListUserSummaries", **asked)
    assert first["IsTruncated"] is True
    second = acme.root.perform("ListUserSummaries", **asked, Marker=first["Marker"])
    both = first["UserSummaries"] + second["UserSummaries"]
    assert [one["UserName"] for one in both] == names


def test_listing_users_alone_does_not_open_the_summaries(acme) -> None:
    lister = acme.user("lister", allow("iam:*"))
    with pytest.raises(OperationError, match="portal:ListUserSummaries"):
        lister.perform("ListUserSummaries")
