"""A user is made with all that was asked for, or not at all, and its secrets are shown once."""

import csv
import io
import json
import re

import pytest

from iamsite.console.export import cell
from iamsite.operations import OperationError
from tests.cast import Acme, allow, policy, trust
from tests.iamsite.console.browser import Browser, text

CREATE = "/console/users/create"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def events(acme: Acme, name: str) -> list[dict]:
    return acme.root.perform("ListEvents", EventName=name)["Events"]


def posted(response, name: str) -> str:
    """The value of a hidden field on the page that shows the credentials."""
    found = re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())
    return found[1] if found else ""


def test_a_user_is_created_with_all_that_the_form_asks_for(acme, alice):
    response = alice.post(
        CREATE,
        {
            "UserName": "erin",
            "Path": "/staff/",
            "Groups": ["Developers"],
            "Policies": [ADMINISTRATOR],
            "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "Console": "on",
            "PasswordFrom": "typed",
            "Password": "A first password 1",
            "PasswordResetRequired": "on",
            "Tags.Key": ["team", ""],
            "Tags.Value": ["payments", ""],
        },
    )
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
    user = acme.root.perform("GetUser", UserName="erin")["User"]
    assert user["Path"] == "/staff/"
    assert user["Tags"] == [{"Key": "team", "Value": "payments"}]
    boundary = user["PermissionsBoundary"]["PermissionsBoundaryArn"]
    assert boundary == "arn:aws:iam::aws:policy/ReadOnlyAccess"
    groups = acme.root.perform("ListGroupsForUser", UserName="erin")["Groups"]
    assert [group["GroupName"] for group in groups] == ["Developers"]
    attached = acme.root.perform("ListAttachedUserPolicies", UserName="erin")["AttachedPolicies"]
    assert [one["PolicyArn"] for one in attached] == [ADMINISTRATOR]
    profile = acme.root.perform("GetLoginProfile", UserName="erin")["LoginProfile"]
    assert profile["PasswordResetRequired"] is True
    assert acme.root.perform("ListAccessKeys", UserName="erin")["AccessKeyMetadata"] == []
    assert events(acme, "CreateUser")[0]["PrincipalArn"] == acme.arn("user/alice")


def test_a_user_without_credentials_leads_straight_to_its_page(acme, alice):
    response = alice.post(CREATE, {"UserName": "plain"})
    assert response.headers["Location"] == "/console/users/plain/"
    assert "User plain was created." in text(alice.get("/console/users/plain/"))


def test_a_generated_password_signs_its_user_in(acme, alice):
    response = alice.post(CREATE, {"UserName": "grace", "Console": "on"})
    password = posted(response, "Password")
    assert re.fullmatch(r"[A-Za-z].{19}", password)
    assert f"/console/sign-in?account={acme.id}" in text(response)
    signed_in = Browser().post(
        "/console/sign-in",
        {"kind": "user", "account": acme.id, "name": "grace", "password": password},
    )
    assert signed_in.headers["Location"] == "/console/"


def test_a_generated_password_is_as_long_as_the_account_asks(acme, alice):
    other = Acme()
    browser = Browser().sign_in(other, "alice")
    other.root.perform("UpdateAccountPasswordPolicy", MinimumPasswordLength=40)
    response = browser.post(CREATE, {"UserName": "long", "Console": "on"})
    assert len(posted(response, "Password")) == 40


def test_the_secrets_of_a_new_user_are_shown_once_and_kept_nowhere(acme, alice):
    form = {"UserName": "ci2", "Console": "on", "Programmatic": "on"}
    response = alice.post(CREATE, form)
    secret, password = posted(response, "SecretAccessKey"), posted(response, "Password")
    assert len(secret) == 40
    keys = acme.root.perform("ListAccessKeys", UserName="ci2")["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in keys] == [posted(response, "AccessKeyId")]
    again = alice.post(CREATE, form)
    assert again.status_code == 422
    later = [again, alice.get("/console/users/ci2/?tab=credentials"), alice.get(CREATE)]
    for page in later:
        assert secret not in page.content.decode()
        assert password not in page.content.decode()
    assert secret not in str(alice.cookies)
    assert "Location" not in response.headers
    recorded = acme.root.perform("ListEvents")["Events"]
    assert secret not in json.dumps(recorded, default=str)
    assert password not in json.dumps(recorded, default=str)


def test_the_credentials_are_handed_over_as_a_file(acme, alice):
    response = alice.post(CREATE, {"UserName": "file=1", "Console": "on", "Programmatic": "on"})
    given = {
        name: posted(response, name)
        for name in ("UserName", "Password", "AccessKeyId", "SecretAccessKey")
    }
    download = alice.post("/console/users/credentials.csv", given)
    assert download.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert download.headers["Cache-Control"] == "no-store"
    assert download.headers["Content-Disposition"] == (
        'attachment; filename="file_1_credentials.csv"'
    )
    header, row = csv.reader(io.StringIO(download.content.decode(), newline=""))
    assert dict(zip(header, row, strict=True)) == {
        "User Name": "file=1",
        "Password": given["Password"],
        "Access key ID": given["AccessKeyId"],
        "Secret access key": given["SecretAccessKey"],
        "Console sign-in URL": f"http://localhost/console/sign-in?account={acme.id}",
    }


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_of_the_file_is_taken_for_a_formula(begin):
    assert cell(f"{begin}HYPERLINK()") == f"'{begin}HYPERLINK()"


def test_a_secret_that_begins_like_a_formula_stays_as_it_is(alice):
    secret = "+" + "a" * 39
    given = {"UserName": "erin", "AccessKeyId": "AKIA" + "A" * 16, "SecretAccessKey": secret}
    written = alice.post("/console/users/credentials.csv", given).content.decode()
    assert next(csv.DictReader(io.StringIO(written)))["Secret access key"] == secret


def test_the_file_takes_nothing_but_credentials(alice):
    address = "/console/users/credentials.csv"
    assert alice.get(address).status_code == 405
    assert alice.post(address, {"UserName": "a\r\nSet-Cookie: x"}).status_code == 400
    assert alice.post(address, {"UserName": "a", "SecretAccessKey": "=1+1"}).status_code == 400
    assert Browser().post(address, {"UserName": "a"}).status_code == 302


def test_a_user_whose_password_is_refused_is_taken_back(acme, alice):
    response = alice.post(
        CREATE,
        {
            "UserName": "frank",
            "Groups": ["Developers"],
            "Policies": [ADMINISTRATOR],
            "Console": "on",
            "PasswordFrom": "typed",
            "Password": "x",
        },
    )
    assert response.status_code == 422
    assert "Password should have a minimum length" in text(response)
    assert 'value="frank"' in response.content.decode()
    with pytest.raises(OperationError, match="cannot be found"):
        acme.root.perform("GetUser", UserName="frank")


def test_a_typed_password_must_be_typed(acme, alice):
    response = alice.post(CREATE, {"UserName": "nopw", "Console": "on", "PasswordFrom": "typed"})
    assert response.status_code == 422
    assert "Type a password, or have one generated." in text(response)


def test_what_cannot_be_taken_back_is_told_precisely(acme):
    acme.user("maker", allow("iam:CreateUser", "iam:AddUserToGroup", "iam:List*", "iam:Get*"))
    browser = Browser().sign_in(acme, "maker")
    response = browser.post(
        CREATE, {"UserName": "stuck", "Groups": ["Developers"], "Programmatic": "on"}
    )
    assert response.status_code == 403
    said = text(response)
    assert "not authorized to perform: iam:CreateAccessKey" in said
    assert (
        "What was done before stays, as it could not be taken back: "
        "CreateUser stuck, AddUserToGroup Developers." in said
    )
    groups = acme.root.perform("ListGroupsForUser", UserName="stuck")["Groups"]
    assert [group["GroupName"] for group in groups] == ["Developers"]


def test_whoever_may_not_list_policies_still_creates_users(acme):
    acme.user("narrow", policy({"Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*"}))
    browser = Browser().sign_in(acme, "narrow")
    assert "There is no policy that you may see." in text(browser.get(CREATE))
    response = browser.post(CREATE, {"UserName": "simple"})
    assert response.headers["Location"] == "/console/users/simple/"


@pytest.mark.parametrize(
    ("kind", "plural", "name"), [("User", "users", "carol"), ("Role", "roles", "Deployer")]
)
def test_a_boundary_is_set_changed_and_removed(acme, alice, kind, plural, name):
    address = f"/console/{plural}/{name}/boundary"

    def boundary() -> str:
        found = acme.root.perform(f"Get{kind}", **{f"{kind}Name": name})[kind]
        return found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")

    assert address in alice.get(f"/console/{plural}/{name}/").content.decode()
    for arn in (ADMINISTRATOR, "arn:aws:iam::aws:policy/ReadOnlyAccess", ""):
        response = alice.post(address, {"PermissionsBoundary": arn})
        assert response.headers["Location"] == f"/console/{plural}/{name}/"
        assert boundary() == arn


@pytest.mark.parametrize(
    ("path", "field", "name", "url"),
    [
        ("users", "UserName", "Alice", "/console/users/Alice/"),
        ("groups", "GroupName", "Developers", "/console/groups/Developers/"),
        ("roles", "RoleName", "Deployer", "/console/roles/Deployer/"),
        ("policies", "PolicyName", "KEPT-policies", "/console/policies/{arn}"),
    ],
)
def test_a_name_that_is_taken_leads_to_what_has_it(acme, alice, path, field, name, url):
    document = allow("s3:GetObject")
    kept = acme.root.perform(
        "CreatePolicy", PolicyName=f"kept-{path}", Path="/a/", PolicyDocument=document
    )
    url = url.format(arn=kept["Policy"]["Arn"])
    trusting = {"AssumeRolePolicyDocument": trust(acme.root.arn), "MaxSessionDuration": "3600"}
    response = alice.post(
        f"/console/{path}/create",
        {field: name, **trusting, "PolicyDocument": document, "PasswordFrom": "generated"},
    )
    assert response.status_code == 422
    assert f'<a href="{url}">Open it</a>' in response.content.decode()
    assert alice.get(url).status_code == 200
