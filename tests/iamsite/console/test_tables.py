"""Lists in the browser: sorted, narrowed, exported, with chosen columns, and acted on in bulk."""

import csv
import io
import json
import re

import pytest

from tests.cast import Acme, allow, deny, trust
from tests.iamsite.console.browser import Browser, text

LISTS = ("users", "groups", "roles", "policies")


@pytest.fixture
def acme() -> Acme:
    """Another one for each test, whose lists hold what it put there alone."""
    return Acme()


@pytest.fixture
def root(acme: Acme) -> Browser:
    return Browser().sign_in_root(acme)


def names(page: str) -> list[str]:
    """What the rows of the page's table are about."""
    return re.findall(r'name="item" value="([^"]*)"', page)


def test_a_head_sorts_and_sorts_the_other_way_round(acme, root) -> None:
    for name in ("zoe", "Yan"):
        acme.root.perform("CreateUser", UserName=name)
    page = root.get("/console/users/?sort=CreateDate&order=descending").content.decode()
    assert names(page)[:2] == ["Yan", "zoe"]
    assert 'aria-sort="descending"' in page
    assert 'href="/console/users/?sort=CreateDate"' in page
    turned = root.get("/console/users/?sort=CreateDate").content.decode()
    assert names(turned)[-2:] == ["zoe", "Yan"]
    assert 'href="/console/users/?sort=CreateDate&amp;order=descending"' in turned


def test_the_filter_keeps_the_order_and_the_order_the_filter(acme, root) -> None:
    for name in ("north-1", "north-2", "south"):
        acme.root.perform("CreateUser", UserName=name)
    page = root.get("/console/users/?q=north&order=descending").content.decode()
    assert names(page) == ["north-2", "north-1"]
    assert '<input type="hidden" name="order" value="descending">' in page
    assert "/console/users/?q=north&amp;sort=CreateDate" in page


def test_users_are_shown_that_have_a_password_and_no_second_factor(acme, root) -> None:
    acme.root.perform("CreateUser", UserName="dora")
    acme.root.perform("CreateLoginProfile", UserName="dora", Password="Correct horse 1 battery")
    assert names(root.get("/console/users/?show=no-mfa").content.decode()) == ["dora"]
    assert "dora" not in names(root.get("/console/users/?show=programs").content.decode())


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_exported_as_csv_with_a_line_a_row(acme, root, name) -> None:
    response = root.get(f"/console/{name}/?export=csv")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}.csv"'
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    shown = names(root.get(f"/console/{name}/").content.decode())
    key = "ARN" if name == "policies" else "Name"
    assert [row[key] for row in rows] == shown
    assert all(row["ARN"].startswith(f"arn:aws:iam::{acme.id}:") for row in rows)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_exported_as_json_as_the_operation_gives_it(acme, root, name) -> None:
    response = root.get(f"/console/{name}/?export=json")
    rows = json.loads(b"".join(response.streaming_content))
    key = {"users": "UserName", "groups": "GroupName", "roles": "RoleName", "policies": "Arn"}
    shown = names(root.get(f"/console/{name}/").content.decode())
    assert [row[key[name]] for row in rows] == shown


def test_an_export_has_only_what_the_filter_leaves(acme, root) -> None:
    for name in ("north-1", "south"):
        acme.root.perform("CreateUser", UserName=name)
    response = root.get("/console/users/?q=north&export=json")
    rows = json.loads(b"".join(response.streaming_content))
    assert [row["UserName"] for row in rows] == ["north-1"]
    response = root.get("/console/users/?q=nobody&export=json")
    assert json.loads(b"".join(response.streaming_content)) == []


def test_an_export_is_refused_to_who_may_not_list(acme) -> None:
    limited = Browser().sign_in(acme, "carol")
    response = limited.get("/console/users/?export=csv")
    assert response.status_code == 403
    assert "iam:ListUsers" in text(response)


def test_who_may_only_list_users_sees_and_exports_the_plain_list(acme) -> None:
    acme.user("lister", allow("iam:ListUsers"), deny("portal:*"))
    limited = Browser().sign_in(acme, "lister")
    page = limited.get("/console/users/?q=ali").content.decode()
    assert "alice" in page
    assert "MFA" not in text(limited.get("/console/users/")).partition("<tbody")[0]
    wanting = "To sort, narrow and see more columns: A policy denies you portal:ListUserSummaries."
    assert wanting in text(limited.get("/console/users/"))
    response = limited.get("/console/users/?q=ali&export=csv")
    written = b"".join(response.streaming_content).decode().splitlines()
    assert written[0] == "Name,Last console sign-in,Created,Unique id,ARN"
    assert [line.partition(",")[0] for line in written[1:]] == ["alice"]


def test_chosen_columns_stay_chosen(acme, root) -> None:
    assert "MFA" in text(root.get("/console/users/")).partition("<tbody")[0]
    chosen = {"table": "users", "column": ["groups", "arn"], "next": "/console/users/"}
    assert root.post("/console/columns", chosen).headers["Location"] == "/console/users/"
    page = root.get("/console/users/").content.decode()
    heads = [
        one.strip() for one in re.findall(r'<th scope="col"[^>]*>\s*(?:<a[^>]*>)?([^<]+)', page)
    ]
    assert heads == ["Name", "Groups", "ARN"]
    assert 'value="arn" checked' in page


def test_columns_lead_back_into_the_portal_only(root) -> None:
    for address in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        response = root.post("/console/columns", {"table": "users", "next": address})
        assert response.headers["Location"] == "/console/"


def test_a_strange_cookie_of_columns_breaks_nothing(root) -> None:
    for value in ("users", "users:", "|:|", "users:" + "x." * 3000, "é:ü", "users:<script>"):
        root.cookies["iamsite_columns"] = value
        page = root.get("/console/users/")
        assert page.status_code == 200
        assert "<script>" not in page.content.decode().partition("<main")[2]


def chosen(*items: str) -> str:
    return "&".join(f"item={item}" for item in items)


def test_each_ticked_user_is_deleted_or_says_why_not(acme, root) -> None:
    for name in ("gone-1", "gone-2"):
        acme.root.perform("CreateUser", UserName=name)
    acme.root.perform("CreateAccessKey", UserName="gone-1")
    address = f"/console/users/bulk/delete?{chosen('gone-1', 'nobody', 'gone-2')}"
    assert "Type <code>3</code> to confirm" in root.get(address).content.decode()
    assert root.post(address, {"confirm": "2"}).status_code == 422
    said = text(root.post(address, {"confirm": "3"}))
    assert "2 done, 1 refused" in said
    assert "The user with name nobody cannot be found." in said
    left = {user["UserName"] for user in acme.root.perform("ListUsers")["Users"]}
    assert not left & {"gone-1", "gone-2"}


def test_who_may_not_delete_is_told_of_each_and_nothing_is_done(acme) -> None:
    acme.root.perform("CreateUser", UserName="stays")
    acme.user("reader", allow("iam:Get*", "iam:List*"))
    reader = Browser().sign_in(acme, "reader")
    address = f"/console/users/bulk/delete?{chosen('stays')}"
    page = reader.post(address, {"confirm": "1"})
    assert "0 done, 1 refused" in text(page)
    assert "not authorized to perform: iam:DeleteUser" in text(page)
    why = re.search(r'href="(/console/decisions/[^"]+)"', page.content.decode())[1]
    assert "iam:DeleteUser" in text(Browser().sign_in_root(acme).get(why))
    assert acme.root.perform("GetUser", UserName="stays")


def test_ticked_users_join_a_group_and_lose_their_keys(acme, root) -> None:
    acme.root.perform("CreateUser", UserName="dora")
    key = acme.root.perform("CreateAccessKey", UserName="dora")["AccessKey"]["AccessKeyId"]
    address = f"/console/users/bulk/add-to-group?{chosen('dora')}"
    assert "1 done" in text(root.post(address, {"GroupName": "Developers"}))
    groups = acme.root.perform("ListGroupsForUser", UserName="dora")["Groups"]
    assert [group["GroupName"] for group in groups] == ["Developers"]
    address = f"/console/users/bulk/deactivate-keys?{chosen('dora')}"
    assert "1 done" in text(root.post(address, {}))
    keys = acme.root.perform("ListAccessKeys", UserName="dora")["AccessKeyMetadata"]
    assert [(one["AccessKeyId"], one["Status"]) for one in keys] == [(key, "Inactive")]


def test_groups_roles_and_policies_go_in_bulk_with_what_holds_them(acme, root) -> None:
    acme.root.perform("CreatePolicy", PolicyName="old", PolicyDocument=allow("s3:*"))
    arn = acme.arn("policy/old")
    acme.root.perform("AttachGroupPolicy", GroupName="Developers", PolicyArn=arn)
    acme.role("old-role", trust(acme.arn("root")), allow("s3:*"))
    for address in (
        f"policies/bulk/delete?{chosen(arn)}",
        f"groups/bulk/delete?{chosen('Developers')}",
        f"roles/bulk/delete?{chosen('old-role')}",
    ):
        assert "1 done." in text(root.post(f"/console/{address}", {"confirm": "1"})), address
    found = acme.root.perform("GetAccountAuthorizationDetails")
    assert [group["GroupName"] for group in found["GroupDetailList"]] == []
    assert "old-role" not in {role["RoleName"] for role in found["RoleDetailList"]}


def test_nothing_ticked_says_what_to_do(root) -> None:
    assert "Nothing is chosen" in text(root.get("/console/users/bulk/delete"))


@pytest.mark.parametrize(
    "path", ["resources/", "services/", "workloads/", "activity", "decisions/"]
)
def test_other_lists_are_taken_along_as_files_too(path: str, acme: Acme, root: Browser) -> None:
    page = root.get(f"/console/{path}").content.decode()
    for kind in ("csv", "json"):
        assert f'href="/console/{path}?export={kind}"' in page
        assert b"".join(root.get(f"/console/{path}?export={kind}")).strip()
    assert root.get(f"/console/{path}?export=exe").status_code == 404
