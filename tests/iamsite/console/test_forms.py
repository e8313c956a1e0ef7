"""Forms perform operations, say what the API says, and lose nothing that was typed."""

import base64
import html
import json
import re
import time

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from iamsite.operations import OperationError
from iamsite.operations.errors import DECISION_HEADER
from identities import signin
from tests.cast import PASSWORD, Acme, allow, origin, trust
from tests.iamsite.console.browser import USER_PASSWORD, Browser, text
from tests.identities.authenticator import Authenticator
from tests.identities.devices import device_for


def events(acme: Acme, name: str) -> list[dict]:
    return acme.root.perform("ListEvents", EventName=name)["Events"]


def test_a_refused_form_keeps_what_was_typed_and_says_what_the_api_says(acme, alice):
    response = alice.post(
        "/console/users/create",
        {"UserName": "x y", "Path": "/a/", "Tags.Key": ["k"], "Tags.Value": ["v"]},
    )
    assert response.status_code == 422
    with pytest.raises(OperationError) as refused:
        acme.root.perform("CreateUser", UserName="x y")
    assert refused.value.message in text(response)
    body = response.content.decode()
    assert 'name="UserName" value="x y"' in body
    assert 'aria-invalid="true"' in body
    assert 'value="/a/"' in body
    assert 'name="Tags.Key" value="k"' in body


def test_a_taken_name_is_said_beside_the_name(acme, alice):
    response = alice.post("/console/users/create", {"UserName": "BOB"})
    assert response.status_code == 422
    assert "User with name BOB already exists." in text(response)
    renamed = alice.post("/console/users/carol/rename", {"NewUserName": "bob", "NewPath": "/"})
    for page in (response, renamed):
        assert re.search(r'href="/console/users/bob/">Open it', page.content.decode(), re.I)


def test_markup_in_what_people_write_is_shown_as_text(acme, alice):
    nasty = '<img src=x onerror="alert(1)">'
    acme.root.perform(
        "CreateRole",
        RoleName="Nasty",
        Description=nasty,
        AssumeRolePolicyDocument=trust(acme.arn("root")),
    )
    for path in ("/console/roles/", "/console/roles/Nasty/", "/console/roles/Nasty/edit"):
        body = alice.get(path).content.decode()
        assert html.escape(nasty) in body
        assert nasty not in body
    refused = alice.post("/console/users/bob/tags", {"Tags.Key": ["n"], "Tags.Value": [nasty]})
    assert refused.status_code == 422
    assert html.escape(nasty) in refused.content.decode()
    assert nasty not in refused.content.decode()


def test_tags_are_saved_as_they_stand_in_the_form(acme, alice):
    acme.root.perform(
        "CreateUser",
        UserName="tagged",
        Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
    )
    response = alice.post(
        "/console/users/tagged/tags",
        {"Tags.Key": ["b", "c", ""], "Tags.Value": ["3", "4", ""]},
    )
    assert response.headers["Location"] == "/console/users/tagged/?tab=tags"
    tags = acme.root.perform("ListUserTags", UserName="tagged")["Tags"]
    assert tags == [{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}]


def test_a_user_is_deleted_with_all_it_holds_once_its_name_is_typed(acme, alice):
    acme.user("gone", allow("s3:*"))
    acme.root.perform("AddUserToGroup", GroupName="Developers", UserName="gone")
    page = text(alice.get("/console/users/gone/delete"))
    assert "The user leaves the group Developers." in page
    assert "The inline policy p0 is deleted." in page
    wrong = alice.post("/console/users/gone/delete", {"confirm": "Gone"})
    assert wrong.status_code == 422
    assert "Nothing was done." in text(wrong)
    assert acme.root.perform("GetUser", UserName="gone")["User"]["UserName"] == "gone"
    response = alice.post("/console/users/gone/delete", {"confirm": "gone"})
    assert response.headers["Location"] == "/console/users/"
    with pytest.raises(OperationError, match="cannot be found"):
        acme.root.perform("GetUser", UserName="gone")


def test_deleting_begins_nothing_that_it_may_not_finish(acme):
    acme.user("kept", allow("s3:*"))
    acme.user(
        "halfway", allow("iam:Get*", "iam:List*", "iam:DeleteAccessKey", "iam:DeleteUserPolicy")
    )
    browser = Browser().sign_in(acme, "halfway")
    response = browser.post("/console/users/kept/delete", {"confirm": "kept"})
    assert response.status_code == 403
    assert "not authorized to perform: iam:DeleteUser" in text(response)
    denied = [one for one in events(acme, "DeleteUser") if one["Outcome"] == "AccessDenied"]
    assert [one["DecisionId"] for one in denied] == [response.headers[DECISION_HEADER]]
    assert len(acme.root.perform("ListAccessKeys", UserName="kept")["AccessKeyMetadata"]) == 1
    assert acme.root.perform("ListUserPolicies", UserName="kept")["PolicyNames"] == ["p0"]


def test_the_secret_of_a_key_is_shown_once_and_kept_nowhere(acme, alice):
    acme.root.perform("CreateUser", UserName="keyed")
    response = alice.post("/console/users/keyed/keys/create")
    assert response.status_code == 200
    secret = re.search(r"data-copy=\"([\w/+]{40})\"", response.content.decode())[1]
    key = acme.root.perform("ListAccessKeys", UserName="keyed")["AccessKeyMetadata"][0]
    page = alice.get("/console/users/keyed/?tab=credentials")
    assert key["AccessKeyId"] in text(page)
    assert secret not in page.content.decode()
    assert secret not in json.dumps(events(acme, "CreateAccessKey"), default=str)


def test_a_key_is_turned_off_on_and_deleted(acme, alice):
    acme.root.perform("CreateUser", UserName="switched")
    key = acme.root.perform("CreateAccessKey", UserName="switched")["AccessKey"]["AccessKeyId"]

    def status() -> str:
        keys = acme.root.perform("ListAccessKeys", UserName="switched")["AccessKeyMetadata"]
        return keys[0]["Status"] if keys else "gone"

    for verb, expected in (("deactivate", "Inactive"), ("activate", "Active")):
        response = alice.post(f"/console/users/switched/keys/{key}/{verb}")
        assert response.headers["Location"] == "/console/users/switched/?tab=credentials"
        assert status() == expected
    alice.post(f"/console/users/switched/keys/{key}/delete", {"confirm": key})
    assert status() == "gone"


def test_a_malformed_policy_is_shown_with_the_place_of_every_fault(acme, alice):
    document = '{"Version": "2012-10-17",\n "Statement": [{"Effect": "Alow", "Action": "s3:*", "Resourse": "*"}]}'
    response = alice.post(
        "/console/policies/create", {"PolicyName": "Bad", "PolicyDocument": document}
    )
    assert response.status_code == 422
    said = text(response)
    assert "Syntax errors in policy." in said
    assert re.search(r"Line 2, column \d+ Effect is Allow or Deny", said)
    assert re.search(r"Line 2, column \d+ 'Resourse' is no element of a policy\.", said)
    assert html.escape(document) in response.content.decode()


def test_a_policy_is_created_edited_compared_and_deleted(acme, alice):
    first, second = allow("s3:GetObject"), allow("s3:GetObject", "s3:PutObject")
    arn = acme.arn("policy/Objects")
    created = alice.post(
        "/console/policies/create", {"PolicyName": "Objects", "PolicyDocument": first}
    )
    assert created.headers["Location"] == f"/console/policies/{arn}"
    edited = alice.post(
        f"/console/policies/edit/{arn}",
        {"PolicyDocument": second, "SetAsDefault": "on", "Based": "v1"},
    )
    assert edited.status_code == 302
    assert acme.root.perform("GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    compared = text(alice.get(f"/console/policies/{arn}?tab=versions&version=v1"))
    assert "v1 against the default, v2" in compared
    assert '- "s3:GetObject",' in compared
    alice.post(f"/console/policies/versions/v1/default/{arn}")
    assert acme.root.perform("GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v1"
    alice.post(f"/console/policies/versions/v2/delete/{arn}", {"confirm": "v2"})
    assert len(acme.root.perform("ListPolicyVersions", PolicyArn=arn)["Versions"]) == 1
    alice.post("/console/users/bob/policies/attach", {"Policies": [arn]})
    assert "User bob loses what it allows" in text(alice.get(f"/console/policies/delete/{arn}"))
    alice.post(f"/console/policies/delete/{arn}", {"confirm": "Objects"})
    with pytest.raises(OperationError, match="was not found"):
        acme.root.perform("GetPolicy", PolicyArn=arn)


def test_an_edit_that_began_from_another_version_says_so_and_keeps_the_text(acme, alice):
    policy = acme.root.perform(
        "CreatePolicy", PolicyName="Raced", PolicyDocument=allow("s3:GetObject")
    )["Policy"]
    acme.root.perform(
        "CreatePolicyVersion",
        PolicyArn=policy["Arn"],
        PolicyDocument=allow("s3:PutObject"),
        SetAsDefault=True,
    )
    mine = allow("s3:DeleteObject")
    address = f"/console/policies/edit/{policy['Arn']}"
    response = alice.post(address, {"PolicyDocument": mine, "SetAsDefault": "on", "Based": "v1"})
    assert response.status_code == 409
    assert "Version v2 became the default while you were editing v1." in text(response)
    assert html.escape(mine) in response.content.decode()
    assert 'name="Based" value="v2"' in response.content.decode()
    versions = acme.root.perform("ListPolicyVersions", PolicyArn=policy["Arn"])["Versions"]
    assert len(versions) == 2


def test_attaching_from_the_policys_page_suggests_names(acme, alice):
    address = "/console/policies/attach/arn:aws:iam::aws:policy/ReadOnlyAccess"
    body = alice.get(address).content.decode()
    assert '<option value="carol" label="Users"></option>' in body
    assert '<option value="Developers" label="Groups"></option>' in body
    assert '<option value="Deployer" label="Roles"></option>' in body
    alice.post(address, {"Kind": "Group", "Name": "Developers"})
    group = {"GroupName": "Developers"}
    attached = acme.root.perform("ListAttachedGroupPolicies", **group)["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["ReadOnlyAccess"]
    acme.root.perform("DetachGroupPolicy", **group, PolicyArn=attached[0]["PolicyArn"])


@pytest.mark.parametrize(
    ("kind", "plural", "name"),
    [("User", "users", "carol"), ("Group", "groups", "Developers"), ("Role", "roles", "Deployer")],
)
def test_policies_are_attached_and_detached(acme, alice, kind, plural, name):
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    alice.post(f"/console/{plural}/{name}/policies/attach", {"Policies": [arn]})
    who = {f"{kind}Name": name}

    def attached() -> list[str]:
        result = acme.root.perform(f"ListAttached{kind}Policies", **who)
        return [policy["PolicyArn"] for policy in result["AttachedPolicies"]]

    assert attached() == [arn]
    assert "ReadOnlyAccess" in text(alice.get(f"/console/{plural}/{name}/?tab=permissions"))
    alice.post(f"/console/{plural}/{name}/policies/detach/{arn}")
    assert attached() == []


@pytest.mark.parametrize(
    ("kind", "plural", "name"),
    [("User", "users", "carol"), ("Group", "groups", "Developers"), ("Role", "roles", "Deployer")],
)
def test_inline_policies_are_written_edited_and_deleted(acme, alice, kind, plural, name):
    base = f"/console/{plural}/{name}/policies/inline"
    who = {f"{kind}Name": name, "PolicyName": "mine"}
    document = '{\n "Version": "2012-10-17",\n "Statement": []\n}'.replace(
        "[]", '[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]'
    )
    alice.post(
        f"{base}/create", {"PolicyName": "mine", "PolicyDocument": document.replace("\n", "\r\n")}
    )
    assert acme.root.perform(f"Get{kind}Policy", **who)["PolicyDocument"] == document
    alice.post(f"{base}/mine/edit", {"PolicyDocument": allow("s3:GetObject")})
    assert acme.root.perform(f"Get{kind}Policy", **who)["PolicyDocument"] == allow("s3:GetObject")
    alice.post(f"{base}/mine/delete", {"confirm": "mine"})
    assert (
        "mine"
        not in acme.root.perform(f"List{kind}Policies", **{f"{kind}Name": name})["PolicyNames"]
    )


def test_a_role_is_created_trusted_anew_and_deleted(acme, alice):
    response = alice.post(
        "/console/roles/create",
        {
            "RoleName": "Reader",
            "Description": "Reads",
            "AssumeRolePolicyDocument": trust(acme.arn("user/bob")),
            "MaxSessionDuration": "7200",
        },
    )
    assert response.headers["Location"] == "/console/roles/Reader/"
    role = acme.root.perform("GetRole", RoleName="Reader")["Role"]
    assert (role["MaxSessionDuration"], role["Description"]) == (7200, "Reads")
    assert "user/bob" in text(alice.get("/console/roles/Reader/?tab=trust"))
    alice.post("/console/roles/Reader/trust", {"PolicyDocument": trust(acme.arn("root"))})
    assert "This account" in text(alice.get("/console/roles/Reader/?tab=trust"))
    alice.post("/console/roles/Reader/trust", {"PolicyDocument": trust("*")})
    assert "Anyone Allowed *" in text(alice.get("/console/roles/Reader/?tab=trust"))
    alice.post("/console/roles/Reader/edit", {"Description": "", "MaxSessionDuration": "3600"})
    role = acme.root.perform("GetRole", RoleName="Reader")["Role"]
    assert role["MaxSessionDuration"] == 3600
    assert not role.get("Description")
    alice.post("/console/roles/Reader/delete", {"confirm": "Reader"})
    with pytest.raises(OperationError, match="cannot be found"):
        acme.root.perform("GetRole", RoleName="Reader")


def test_a_role_is_created_with_its_policies_and_boundary_or_not_at_all(acme, alice):
    auditing = "arn:aws:iam::aws:policy/SecurityAudit"
    form = {
        "RoleName": "Bounded",
        "AssumeRolePolicyDocument": trust(acme.arn("user/bob")),
        "MaxSessionDuration": "3600",
        "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "Policies": [auditing],
    }
    shown = text(alice.post("/console/roles/create", {**form, "_show": "1"}))
    assert "attach-role-policy" in shown
    maker = acme.user("role-maker", allow("iam:CreateRole", "iam:DeleteRole", "iam:ListPolicies"))
    refused = Browser().sign_in(acme, maker.name).post("/console/roles/create", form)
    assert "not authorized to perform: iam:AttachRolePolicy" in text(refused)
    with pytest.raises(OperationError, match="cannot be found"):
        acme.root.perform("GetRole", RoleName="Bounded")
    alice.post("/console/roles/create", form)
    role = acme.root.perform("GetRole", RoleName="Bounded")["Role"]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == form["PermissionsBoundary"]
    attached = acme.root.perform("ListAttachedRolePolicies", RoleName="Bounded")["AttachedPolicies"]
    assert [one["PolicyArn"] for one in attached] == [auditing]


def test_a_users_groups_are_saved_as_ticked(acme, alice):
    acme.root.perform("CreateGroup", GroupName="Auditors")
    acme.root.perform("CreateUser", UserName="mover")
    acme.root.perform("AddUserToGroup", GroupName="Developers", UserName="mover")
    alice.post("/console/users/mover/groups", {"Groups": ["Auditors"]})
    groups = acme.root.perform("ListGroupsForUser", UserName="mover")["Groups"]
    assert [group["GroupName"] for group in groups] == ["Auditors"]


def test_a_group_is_created_filled_emptied_and_deleted(acme, alice):
    created = alice.post("/console/groups/create", {"GroupName": "Team"})
    assert created.headers["Location"] == "/console/groups/Team/"
    alice.post("/console/groups/Team/members/add", {"Users": ["bob", "carol"]})
    members = acme.root.perform("GetGroup", GroupName="Team")["Users"]
    assert [user["UserName"] for user in members] == ["bob", "carol"]
    alice.post("/console/groups/Team/members/bob/remove")
    assert "1 users lose" in text(alice.get("/console/groups/Team/delete"))
    alice.post("/console/groups/Team/delete", {"confirm": "Team"})
    with pytest.raises(OperationError, match="cannot be found"):
        acme.root.perform("GetGroup", GroupName="Team")


def test_a_group_is_cloned_with_its_policies_and_without_its_members(acme, alice):
    acme.root.perform("CreateGroup", GroupName="Original", Path="/made/")
    acme.root.perform("AddUserToGroup", GroupName="Original", UserName="carol")
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    acme.root.perform("AttachGroupPolicy", GroupName="Original", PolicyArn=arn)
    document = allow("s3:GetObject")
    acme.root.perform(
        "PutGroupPolicy", GroupName="Original", PolicyName="own", PolicyDocument=document
    )
    made = alice.post("/console/groups/Original/clone", {"GroupName": "Copy"})
    assert made.headers["Location"] == "/console/groups/Copy/"
    copy = acme.root.perform("GetGroup", GroupName="Copy")
    assert (copy["Group"]["Path"], copy["Users"]) == ("/made/", [])
    attached = acme.root.perform("ListAttachedGroupPolicies", GroupName="Copy")["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [arn]
    inline = acme.root.perform("GetGroupPolicy", GroupName="Copy", PolicyName="own")
    assert inline["PolicyDocument"] == document
    taken = alice.post("/console/groups/Original/clone", {"GroupName": "copy"})
    assert "Group with name copy already exists." in text(taken)
    renamed = alice.post(
        "/console/groups/Original/rename", {"NewGroupName": "copy", "NewPath": "/made/"}
    )
    for page in (taken, renamed):
        assert 'href="/console/groups/copy/">Open it' in page.content.decode()


def test_a_member_moves_to_another_group(acme, alice):
    for name in ("From", "To"):
        acme.root.perform("CreateGroup", GroupName=name)
    acme.root.perform("AddUserToGroup", GroupName="From", UserName="carol")
    alice.post("/console/groups/From/members/carol/move", {"GroupName": "To"})
    groups = acme.root.perform("ListGroupsForUser", UserName="carol")["Groups"]
    names = {group["GroupName"] for group in groups}
    assert "To" in names
    assert "From" not in names


def test_whom_to_add_to_a_group_is_looked_for_among_all_users(acme, alice):
    acme.root.perform("CreateGroup", GroupName="Found")
    for name in ("zoe.1", "zoe.2", "yan"):
        acme.root.perform("CreateUser", UserName=name)
    acme.root.perform("AddUserToGroup", GroupName="Found", UserName="zoe.2")
    found = alice.htmx(
        "/console/groups/Found/members/add", {"find": "ZOE", "Users": ["yan"], "_look": "1"}
    )
    offered = re.findall(r'name="Users" value="([^"]+)"([^>]*)', found.content.decode())
    assert [name for name, _more in offered] == ["yan", "zoe.1"]
    assert "checked" in offered[0][1]
    assert "checked" not in offered[1][1]
    alice.post("/console/groups/Found/members/add", {"find": "ZOE", "Users": ["yan", "zoe.1"]})
    members = acme.root.perform("GetGroup", GroupName="Found")["Users"]
    assert [user["UserName"] for user in members] == ["yan", "zoe.1", "zoe.2"]


def test_the_account_is_named_and_given_an_alias(acme, alice):
    alice.post("/console/account/name", {"AccountName": "Acme & Sons"})
    assert acme.root.perform("GetAccountStatus")["AccountName"] == "Acme & Sons"
    alias = f"sons-{acme.id}"
    alice.post("/console/account/alias", {"AccountAlias": alias})
    assert acme.root.perform("ListAccountAliases")["AccountAliases"] == [alias]
    alice.post(f"/console/account/alias/{alias}/remove", {"confirm": alias})
    assert acme.root.perform("ListAccountAliases")["AccountAliases"] == []


def test_ones_own_password_is_changed_and_other_browsers_signed_out(acme):
    acme.user("own", allow("iam:ChangePassword"))
    here, there = Browser().sign_in(acme, "own"), Browser().sign_in(acme, "own")
    wrong = here.post(
        "/console/security-credentials/password",
        {"OldPassword": "not this", "NewPassword": "Another battery staple 2"},
    )
    assert wrong.status_code == 422
    assert "not this" not in wrong.content.decode()
    right = here.post(
        "/console/security-credentials/password",
        {"OldPassword": USER_PASSWORD, "NewPassword": "Another battery staple 2"},
    )
    assert right.headers["Location"] == "/console/security-credentials"
    assert here.get("/console/").status_code == 200
    assert there.get("/console/").headers["Location"].startswith("/console/sign-in")


def test_a_session_is_ended_from_the_list(acme, alice):
    acme.user("guest", allow("iam:GetUser"))
    guest = Browser().sign_in(acme, "guest")
    sessions = acme.root.perform("ListConsoleSessions", UserName="guest")["ConsoleSessions"]
    assert "guest" in text(alice.get("/console/sessions"))
    alice.post(f"/console/sessions/{sessions[0]['SessionId']}/end")
    assert guest.get("/console/").headers["Location"].startswith("/console/sign-in")


def test_the_form_in_the_dialog_answers_only_itself(acme, alice):
    form = alice.htmx("/console/users/bob/delete")
    assert form.status_code == 200
    assert "<html" not in form.content.decode()
    assert 'hx-post="/console/users/bob/delete"' in form.content.decode()
    wrong = alice.htmx("/console/users/bob/delete", {"confirm": "no"})
    assert wrong.status_code == 422
    assert "<html" not in wrong.content.decode()
    done = alice.htmx("/console/groups/create", {"GroupName": "ByDialog"})
    assert done.headers["HX-Redirect"] == "/console/groups/ByDialog/"


def test_showing_a_change_as_code_performs_nothing(acme, alice):
    response = alice.htmx(
        "/console/users/create",
        {
            "UserName": "shown",
            "Groups": ["Developers"],
            "Console": "on",
            "Password": "secret words",
            "_show": "1",
        },
        target="show-as-body",
    )
    said = text(response)
    assert "aws iam create-user \\ --user-name shown" in said
    assert "aws iam add-user-to-group \\ --group-name Developers \\ --user-name shown" in said
    assert 'resource "aws_iam_user" "shown"' in said
    assert "/api/v1/users" in said
    assert "secret words" not in said
    with pytest.raises(OperationError, match="cannot be found"):
        acme.root.perform("GetUser", UserName="shown")


def test_an_mfa_device_is_added_and_removed(acme):
    browser = Browser().sign_in(acme, "alice")
    page = browser.post("/console/security-credentials/mfa/add", {"VirtualMFADeviceName": "alice"})
    body = page.content.decode()
    seed = re.search(r'data-copy="([A-Z2-7]{32,})"', body)[1]
    assert 'src="data:image/png;base64,iVBOR' in body
    serial = acme.arn("mfa/alice")
    wrong = browser.post(
        "/console/security-credentials/mfa/confirm",
        {"SerialNumber": serial, "AuthenticationCode1": "000000", "AuthenticationCode2": "000001"},
    )
    assert wrong.status_code in (403, 422)
    step = int(time.time()) // 30
    app = HOTP(base64.b32decode(seed + "=" * (-len(seed) % 8)), 6, SHA1())
    first, second = (app.generate(step + number).decode() for number in (-1, 0))
    right = browser.post(
        "/console/security-credentials/mfa/confirm",
        {"SerialNumber": serial, "AuthenticationCode1": first, "AuthenticationCode2": second},
    )
    assert right.headers["Location"] == "/console/security-credentials"
    devices = acme.root.perform("ListMFADevices", UserName="alice")["MFADevices"]
    assert [device["SerialNumber"] for device in devices] == [serial]
    browser.post(
        "/console/security-credentials/mfa/remove", {"SerialNumber": serial, "confirm": "alice"}
    )
    assert acme.root.perform("ListMFADevices", UserName="alice")["MFADevices"] == []


def test_a_key_is_named_and_asked_for_at_the_portals_own_address_only(acme, alice, settings):
    settings.IAMSITE_URL = "http://localhost"
    address = "/console/security-credentials/mfa/key"
    here = alice.get(address).content.decode()
    assert 'name="DeviceName" value="passkey"' in here
    assert 'type="submit">Continue</button>' in here
    key = Authenticator().register(acme.alice, "passkey")
    taken = alice.get(address).content.decode()
    acme.alice.perform("DeactivateMFADevice", SerialNumber=key.serial)
    assert 'name="DeviceName" value="passkey-2"' in taken
    assert 'pattern="(?!(?:passkey)$)[A-Za-z0-9_+=,.@\\-]+"' in taken
    settings.IAMSITE_URL = "http://portal.example"
    there = alice.get(address).content.decode()
    assert "http://portal.example/console/security-credentials/mfa/key" in there
    assert "Continue</button>" not in there


def test_root_locked_away_is_told_what_its_last_device_is(database):
    account = Acme()
    device, browser = device_for(account), Browser()
    page = "/console/security-credentials/mfa/remove?serial=" + device.serial
    only, alone = "only an operator of this portal can let it in again", "the password alone"
    here = origin("console", source_ip="10.9.9.9")
    token = signin.sign_in_root(account.email, PASSWORD, here, device.code()).token
    browser.cookies["iamsite_session"] = token
    assert alone in text(browser.get(page))
    account.root.perform("LockRoot")
    said = text(browser.get(page))
    assert only in said
    assert alone not in said


STALE = [
    (
        "/console/users/bob/groups",
        {"Groups": ["Developers", "Stale"]},
        ("RemoveUserFromGroup", {"UserName": "bob", "GroupName": "Developers"}),
        lambda acme: [
            group["GroupName"]
            for group in acme.root.perform("ListGroupsForUser", UserName="bob")["Groups"]
        ],
        ([], ["Developers", "Stale"]),
    ),
    (
        "/console/users/bob/tags",
        {"Tags.Key": ["team"], "Tags.Value": ["mine"]},
        ("TagUser", {"UserName": "bob", "Tags": [{"Key": "team", "Value": "theirs"}]}),
        lambda acme: acme.root.perform("ListUserTags", UserName="bob")["Tags"],
        ([{"Key": "team", "Value": "theirs"}], [{"Key": "team", "Value": "mine"}]),
    ),
    (
        "/console/roles/Deployer/edit",
        {"Description": "mine", "MaxSessionDuration": "3600"},
        ("UpdateRoleDescription", {"RoleName": "Deployer", "Description": "theirs"}),
        lambda acme: acme.root.perform("GetRole", RoleName="Deployer")["Role"]["Description"],
        ("theirs", "mine"),
    ),
    (
        "/console/account/password-policy",
        {"MinimumPasswordLength": "20"},
        ("UpdateAccountPasswordPolicy", {"MinimumPasswordLength": 30}),
        lambda acme: acme.root.perform("GetAccountPasswordPolicy")["PasswordPolicy"][
            "MinimumPasswordLength"
        ],
        (30, 20),
    ),
]


@pytest.mark.parametrize(("path", "mine", "theirs", "there", "expected"), STALE)
def test_an_edit_of_what_changed_meanwhile_is_told_once_and_then_decided(
    acme, alice, path, mine, theirs, there, expected
):
    if not acme.root.perform("ListGroups", PathPrefix="/stale/")["Groups"]:
        acme.root.perform("CreateGroup", GroupName="Stale", Path="/stale/")
    began = re.search(r'name="_began" value="(\w+)"', alice.get(path).content.decode())[1]
    acme.root.perform(theirs[0], **theirs[1])
    refused = alice.post(path, {**mine, "_began": began})
    assert refused.status_code == 409
    assert "Somebody changed this since you opened the form." in text(refused)
    # A document is compared on the page itself.
    assert ("See what is there now" in text(refused)) == ("PolicyDocument" not in mine)
    assert there(acme) == expected[0]
    began = re.search(r'name="_began" value="(\w+)"', refused.content.decode())[1]
    assert alice.post(path, {**mine, "_began": began}).status_code == 302
    assert there(acme) == expected[1]
