"""Many users are made from one list, each wholly or not at all, and their secrets shown once."""

import csv
import html
import io
import re

import pytest

from iamsite.operations import OperationError
from tests.cast import allow
from tests.iamsite.console.browser import Browser, text

IMPORT = "/console/users/import"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def posted(response, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]*)"', response.content.decode())


def test_a_list_of_names_makes_users_who_sign_in_and_call(acme, alice):
    form = {"Users": "dora\r\nemil\r\n\r\nBOB", "Groups": ["Developers"]}
    response = alice.post(IMPORT, {**form, "Console": "on", "Programmatic": "on"})
    assert "no-store" in response.headers["Cache-Control"]
    said = text(response)
    assert "2 created, 1 refused" in said
    assert "User with name BOB already exists." in said
    assert '<a class="break" href="/console/users/BOB/">' in response.content.decode()
    names, passwords = posted(response, "UserName"), posted(response, "Password")
    assert names == ["dora", "emil"]
    assert len(set(passwords)) == 2
    for name in names:
        groups = acme.root.perform("ListGroupsForUser", UserName=name)["Groups"]
        assert [group["GroupName"] for group in groups] == ["Developers"]
    who = {"kind": "user", "account": acme.id, "name": "dora", "password": passwords[0]}
    assert "Choose a new password" in text(Browser().post("/console/sign-in", who))
    file = alice.post(
        "/console/users/credentials.csv",
        {
            name: posted(response, name)
            for name in ("UserName", "Password", "AccessKeyId", "SecretAccessKey")
        },
    )
    rows = list(csv.DictReader(io.StringIO(file.content.decode())))
    assert [row["User Name"] for row in rows] == names
    assert [row["Secret access key"] for row in rows] == posted(response, "SecretAccessKey")
    assert "new_users_credentials.csv" in file.headers["Content-Disposition"]
    again = alice.post(IMPORT, {**form, "Console": "on", "Programmatic": "on"})
    assert "0 created, 3 refused" in text(again)
    assert posted(again, "Password") == []


def test_a_table_says_path_groups_policies_boundary_and_tags(acme, alice):
    table = (
        "User name,path,GROUPS,Policies,PermissionsBoundary,Tags\n"
        f'\'fay,/staff/,Developers,SecurityAudit; {READ_ONLY},{READ_ONLY},"team=a b; site="\n'
        "gil,,,,,\n"
    )
    assert "attach-user-policy" in text(alice.post(IMPORT, {"Users": table, "_show": "1"}))
    assert "fay" in text(alice.post(IMPORT, {"Users": table, "_preview": "1"}))
    assert "2 created." in text(alice.post(IMPORT, {"Users": table}))
    user = acme.root.perform("GetUser", UserName="fay")["User"]
    assert user["Path"] == "/staff/"
    assert user["PermissionsBoundary"]["PermissionsBoundaryArn"] == READ_ONLY
    tags = [{"Key": "site", "Value": ""}, {"Key": "team", "Value": "a b"}]
    assert sorted(user["Tags"], key=lambda tag: tag["Key"]) == tags
    attached = acme.root.perform("ListAttachedUserPolicies", UserName="fay")["AttachedPolicies"]
    assert sorted(one["PolicyName"] for one in attached) == ["ReadOnlyAccess", "SecurityAudit"]
    assert acme.root.perform("GetUser", UserName="gil")["User"]["Path"] == "/"


def test_a_user_whose_row_is_refused_in_part_is_not_made(acme, alice):
    table = "UserName\tGroups\nhal\tDevelopers; Nobodies\nida\tDevelopers\nx y\t\n"
    said = text(alice.post(IMPORT, {"Users": table}))
    assert "1 created, 2 refused" in said
    assert "The group with name Nobodies cannot be found." in said
    assert "The specified value for userName is invalid." in said
    with pytest.raises(OperationError, match="cannot be found"):
        acme.root.perform("GetUser", UserName="hal")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (" \n", "This field is required."),
        ("UserName,Path\n", "Name at least one user."),
        ("UserName,Boundery\na,b", "There is no column “Boundery”. There are: UserName, Path"),
        ("dora,/staff/", "Name the columns in the first line, UserName among them"),
        ("UserName;Path\n;/a/", "User 1 has no name."),
        ("UserName,Path\na,/b/,c", "User 1 has 3 cells, and there are 2 columns."),
        ("UserName,Tags\na,team", "User 1 has the tag “team”: write key=value."),
        ("\n".join(map(str, range(101))), "100 users are imported at a time, and these are 101."),
        ("x" * 200_000, "This is no table: field larger than field limit"),
    ],
)
def test_a_list_that_cannot_be_read_says_where_and_stays(acme, alice, typed, said):
    response = alice.post(IMPORT, {"Users": typed})
    assert response.status_code == 422
    assert said in text(response)
    if typed.strip():
        assert html.escape(typed) in response.content.decode().replace("\r\n", "\n")


def test_whoever_may_not_create_users_is_told_for_each(acme):
    acme.user("importer", allow("iam:ListUsers"))
    browser = Browser().sign_in(acme, "importer")
    assert (
        "Import users. You need iam:CreateUser." in browser.get("/console/users/").content.decode()
    )
    said = text(browser.post(IMPORT, {"Users": "jan\nkim"}))
    assert "0 created, 2 refused" in said
    assert "not authorized to perform: iam:CreateUser" in said
