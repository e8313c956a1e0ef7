"""Policies in the console: versions against each other, lint in the list, previews, templates."""

import html
import json
import re

import pytest

from iamsite.operations import OperationError
from policies.difference import diff
from tests.cast import Acme, allow, policy, service, trust
from tests.iamsite.console.browser import text
from tests.policies.operations.test_resources import sharing


@pytest.fixture(scope="module")
def acme() -> Acme:
    account = Acme()
    made = account.root.perform(
        "CreatePolicy", PolicyName="shared", PolicyDocument=allow("sqs:SendMessage")
    )
    arn = made["Policy"]["Arn"]
    for document in (allow("sqs:*"), policy({"Sid": "Third", "Effect": "Allow",
                     "Action": "sqs:ReceiveMessage", "Resource": "*"})):  # fmt: skip
        account.root.perform("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=document)
    account.root.perform("AttachUserPolicy", UserName="carol", PolicyArn=arn)
    return account


@pytest.fixture(scope="module")
def arn(acme) -> str:
    return acme.arn("policy/shared")


def test_any_two_versions_are_compared_line_by_line(root, arn) -> None:
    page = text(root.get(f"/console/policies/{arn}?tab=versions&version=v3&against=v2"))
    assert "v3 against v2" in page
    unasked = root.get(f"/console/policies/{arn}?tab=versions").content.decode()
    assert re.search(r"id=.against.*<option selected>\s*v2\s*</option>", unasked, re.S)
    assert '- "sqs:*"' in page
    assert '+ "Action": "sqs:ReceiveMessage"' in page
    assert "3 of the 5 versions that a policy keeps" in page


def test_a_document_that_is_longer_than_its_block_says_so_and_unfolds(root, acme, arn) -> None:
    assert "Show all" not in text(root.get(f"/console/policies/{arn}"))
    statement = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    made = acme.root.perform(
        "CreatePolicy", PolicyName="long", PolicyDocument=policy(*[statement] * 5)
    )
    page = root.get(f"/console/policies/{made['Policy']['Arn']}").content.decode()
    assert "Show all 30 lines</label>" in page


def test_a_service_of_the_account_is_read_out_by_its_name(root, acme) -> None:
    service(acme, "ledger")
    made = acme.root.perform(
        "CreatePolicy", PolicyName="books", PolicyDocument=allow("ledger:*", "portal:Get*")
    )
    page = text(root.get(f"/console/policies/{made['Policy']['Arn']}"))
    assert "Allow all actions of Ledger (ledger:*) and " in page
    assert "all actions of iamsite Portal that begin with Get (portal:Get*)" in page


def test_making_a_version_the_default_tells_who_gains_without_scripts(root, arn) -> None:
    page = text(root.post(f"/console/policies/versions/v2/default/{arn}", {"_preview": "1"}))
    assert "It concerns 1 principal." in page
    assert "carol User Gains sqs:" in page
    assert "Make default" in page  # the form is still there


def test_an_editor_tells_who_loses_before_it_saves(root, arn) -> None:
    draft = {"PolicyDocument": allow("sns:Publish"), "SetAsDefault": "on", "Based": "v1"}
    told = text(root.htmx(f"/console/policies/edit/{arn}", {**draft, "_preview": "1"}, "preview"))
    assert "Loses sqs:SendMessage" in told
    assert "Gains sns:Publish" in told
    kept = {**draft, "_preview": "1"}
    del kept["SetAsDefault"]
    told = text(root.htmx(f"/console/policies/edit/{arn}", kept, "preview"))
    assert told == "Saved like this, it changes nobody's access yet."
    bad = {**draft, "PolicyDocument": "{}", "_preview": "1"}
    assert "Syntax errors in policy" in text(
        root.htmx(f"/console/policies/edit/{arn}", bad, "preview")
    )


@pytest.fixture(scope="module")
def team(acme) -> Acme:
    """A group with two inline policies and two members, and one without."""
    acme.root.perform("CreateGroup", GroupName="Senders")
    for name, action in (("a", "sqs:SendMessage"), ("b", "sns:Publish")):
        acme.root.perform("PutGroupPolicy", GroupName="Senders", PolicyName=name,
                          PolicyDocument=allow(action))  # fmt: skip
    acme.root.perform("CreateGroup", GroupName="Empty")
    for name in ("yan", "zoe", "zed"):
        acme.root.perform("CreateUser", UserName=name, Path="/staff/")
    for name in ("yan", "zoe"):
        acme.root.perform("AddUserToGroup", GroupName="Senders", UserName=name)
    for name in ("first", "second"):
        acme.root.perform("CreatePolicy", PolicyName=name,
                          PolicyDocument=allow(f"sqs:{name.title()}"))  # fmt: skip
    acme.role("Sender", trust(acme.arn("user/staff/zoe")), allow("sqs:PurgeQueue"))
    queue = f"arn:aws:sqs:us-east-1:{acme.id}:previewed"
    acme.root.perform("RegisterResource", ResourceArn=queue)
    acme.root.perform("PutResourcePolicy", ResourceArn=queue,
                      PolicyDocument=sharing(queue, {"AWS": acme.arn("user/staff/zed")},
                                             "sqs:GetQueueUrl"))  # fmt: skip
    return acme


PREVIEWED = [
    ("users/zed/policies/attach", {"Policies": ["policy/first", "policy/second"]},
     ["1 principal.", "zed User Gains sqs:First sqs:Second"]),
    ("policies/attach/{policy/first}", {"Kind": "Group", "Name": "Senders"},
     ["2 principals.", "yan User Gains sqs:First", "zoe User Gains sqs:First"]),
    ("users/zed/groups", {"Groups": ["Senders"]},
     ["1 principal.", "zed User Gains sqs:SendMessage", "Gains sns:Publish"]),
    ("users/zoe/groups", {"Groups": []}, ["1 principal.", "Loses sqs:SendMessage"]),
    ("users/zoe/groups", {"Groups": ["Senders"]}, ["it changes nobody's access yet."]),
    ("groups/Senders/members/add", {"Users": ["zed"]}, ["zed User Gains sqs:SendMessage"]),
    ("groups/Senders/members/yan/remove", {}, ["yan User Loses sqs:SendMessage"]),
    ("groups/Senders/members/yan/move", {"GroupName": "Empty"}, ["yan User Loses sqs:SendMessage"]),
    ("groups/Senders/delete", {}, ["2 principals.", "yan User Loses sqs:SendMessage", "Loses sns:"]),
    ("groups/bulk/delete?item=Senders&item=gone&item=Empty", {},
     ["gone The group with name gone cannot be found.", "2 principals.", "zoe User Loses"]),
    ("users/bulk/add-to-group?item=zed&item=gone", {"GroupName": "Senders"},
     ["gone The user", "1 principal.", "zed User Gains sqs:SendMessage"]),
    ("policies/delete/{policy/shared}", {}, ["1 principal.", "carol User Loses sqs:"]),
    ("policies/bulk/delete?item={policy/shared}", {}, ["carol User Loses sqs:"]),
    ("users/create", {"UserName": "new", "Path": "/staff/", "Groups": ["Senders"],
                      "Policies": ["policy/first", "policy/second"],
                      "PermissionsBoundary": "policy/first", "Console": "on"},
     ["1 principal.", "new User Gains sqs:First"]),
    ("users/create", {"UserName": "ZOE"}, ["User with name ZOE already exists."]),
    ("users/create", {"UserName": "new"}, ["1 principal.", "Nothing changes for anybody."]),
    ("users/zoe/delete", {}, ["1 principal.", "zoe User Stops Being trusted by the role Sender .",
                              "Loses sqs:SendMessage", "None of it is on record as used."]),
    ("users/bulk/delete?item=zed&item=gone&item=zoe", {},
     ["gone The user with name gone cannot be found.", "2 principals.", "Loses sqs:SendMessage"]),
    ("users/zed/delete", {}, ["zed User It can do nothing, and has no credentials.",
                              "No request that it concerns is on record."]),
    ("users/bulk/delete?item=gone", {}, ["cannot be found.", "There is nothing left that it would change."]),
    ("users/bob/delete", {}, ["bob User Stops Access key AKIA", "never used"]),
    ("roles/Sender/delete", {}, ["2 principals.", "Sender Role Ends Every session of the role.",
                                 "Nobody has ever been it.", "Loses sqs:PurgeQueue",
                                 "zoe User Loses sts:AssumeRole"]),
    ("roles/bulk/delete?item=Sender&item=gone&item=Deployer", {}, ["gone The role with name gone cannot be found.",
                                                              "Sender Role Ends", "Deployer Role Ends"]),
    ("roles/create", {"RoleName": "new", "Policies": ["policy/first", "policy/second"],
                      "PermissionsBoundary": "policy/first", "AssumeRolePolicyDocument": "{zoe}",
                      "MaxSessionDuration": "3600"},
     ["2 principals.", "new Role Gains sqs:First", "zoe User Gains sts:AssumeRole"]),
    ("resources/policy/edit/{queue}", {"PolicyDocument": "{everyone}"},
     ["Everyone Everyone Gains sqs:ReceiveMessage on {queue}", "zed User Loses sqs:GetQueueUrl"]),
    ("resources/policy/delete/{queue}", {}, ["1 principal.", "zed User Loses sqs:GetQueueUrl"]),
    ("resources/deregister/{queue}", {}, ["1 principal.", "zed User Loses sqs:GetQueueUrl"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "typed", "told"), PREVIEWED)
def test_every_form_that_changes_access_tells_who_gains_and_who_loses(
    team, root, path, typed, told
) -> None:
    arns = {name: team.arn(name) for name in ("policy/first", "policy/second", "policy/shared")}
    queue = f"arn:aws:sqs:us-east-1:{team.id}:previewed"
    arns |= {
        "queue": queue,
        "{everyone}": sharing(queue, "*", "sqs:ReceiveMessage"),
        "{zoe}": trust(team.arn("user/staff/zoe")),
    }
    for name, arn in arns.items():
        path = path.replace("{" + name + "}", arn)
    told = [one.replace("{queue}", queue) for one in told]
    values = {
        name: [arns.get(one, one) for one in value] if isinstance(value, list) else arns.get(value, value)
        for name, value in typed.items()
    }  # fmt: skip
    answer = text(root.htmx(f"/console/{path}", {**values, "_preview": "1"}, "preview"))
    assert [one for one in told if one not in answer] == []
    if path.endswith("/create") and "PermissionsBoundary" in typed:
        assert "sqs:Second" not in answer  # beyond the boundary
        assert "sns:Publish" not in answer
    with pytest.raises(OperationError):
        team.root.perform("GetUser", UserName="new")


def test_a_full_policy_offers_to_delete_its_oldest_version_and_deletes_none_in_vain(
    root, acme
) -> None:
    made = acme.root.perform("CreatePolicy", PolicyName="full", PolicyDocument=allow("sqs:*"))
    which = {"PolicyArn": made["Policy"]["Arn"]}
    path = f"/console/policies/edit/{which['PolicyArn']}"
    assert "Version to delete first" not in text(root.get(path))
    for _ in range(4):
        acme.root.perform("CreatePolicyVersion", **which, PolicyDocument=allow("sqs:*"))

    def versions() -> list[str]:
        found = acme.root.perform("ListPolicyVersions", **which)["Versions"]
        return [one["VersionId"] for one in found]

    page = text(root.get(path))
    assert "Version to delete first v2 (" in page  # v1 counts
    draft = {"PolicyDocument": allow("sns:Publish"), "SetAsDefault": "on", "Based": "v1"}
    unsaid = root.post(path, draft)
    assert unsaid.status_code == 422
    assert "Version to delete first" in text(unsaid)
    refused = {**draft, "PolicyDocument": "{}", "Drop": "v2"}
    assert root.post(path, refused).status_code == 422
    too_long = allow(*(f"sqs:Get{n:05}" for n in range(500)))
    assert "PolicySize" in text(
        root.post(path, {**draft, "PolicyDocument": too_long, "Drop": "v2"})
    )
    assert versions() == ["v5", "v4", "v3", "v2", "v1"]
    shown = text(root.post(path, {**draft, "Drop": "v2", "_show": "1"}))
    assert "delete-policy-version" in shown
    assert root.post(path, {**draft, "Drop": "v2"}).status_code == 302
    assert versions() == ["v6", "v5", "v4", "v3", "v1"]


def test_a_policy_says_whose_boundary_it_is_apart_from_what_it_is_attached_to(root, acme) -> None:
    made = acme.root.perform("CreatePolicy", PolicyName="limit", PolicyDocument=allow("sqs:*"))
    arn = made["Policy"]["Arn"]
    attached = f"/console/policies/{arn}?tab=attached"
    assert "Permissions boundary of" not in text(root.get(attached))
    bounds = {"PermissionsBoundary": arn}
    acme.root.perform("PutUserPermissionsBoundary", UserName="bob", **bounds)
    acme.root.perform("PutRolePermissionsBoundary", RoleName="Deployer", **bounds)
    page = text(root.get(attached))
    assert "Attached to nothing" in page
    assert "Permissions boundary of It allows these nothing by itself" in page
    assert "limit Customer managed 0 boundary of 2" in text(root.get("/console/policies/"))
    assert "Name Kind bob User Deployer Role" in page
    assert "Detach from" not in page


def test_what_a_policy_is_attached_to_is_paged(root, acme, monkeypatch) -> None:
    monkeypatch.setattr("policies.console.policy.HOLDERS", 1)
    made = acme.root.perform("CreatePolicy", PolicyName="wide", PolicyDocument=allow("sqs:*"))
    arn = made["Policy"]["Arn"]
    for name in ("bob", "carol"):
        acme.root.perform("AttachUserPolicy", UserName=name, PolicyArn=arn)
    first = root.get(f"/console/policies/{arn}?tab=attached").content.decode()
    assert "/users/bob/" in first
    following = re.findall(r'rel="next" href="([^"]+)"', first)[0]
    second = root.get(html.unescape(following)).content.decode()
    assert "/users/carol/" in second
    assert "/users/bob/" not in second
    assert "First page" in second


def test_the_page_of_a_deleted_policy_says_when_and_by_whom(root, acme) -> None:
    arn = acme.arn("policy/teams/former")
    acme.root.perform(
        "CreatePolicy", PolicyName="former", Path="/teams/", PolicyDocument=allow("sqs:*")
    )
    root.post(f"/console/policies/delete/{arn}", {"confirm": "former"})
    page = root.get(f"/console/policies/{arn}")
    assert page.status_code == 404
    assert "former was deleted" in text(page)
    assert acme.root.arn in text(page)
    assert 'href="/console/policies/">Back to the list' in page.content.decode()
    assert "Not found" in text(root.get(f"/console/policies/{arn}2"))


def test_what_a_deletion_takes_is_worked_out_without_being_asked_for(team, root) -> None:
    for page in (root.get("/console/users/zoe/delete"), root.htmx("/console/users/zoe/delete")):
        found = page.content.decode()
        assert 'hx-trigger="load"' in found
        assert found.index('id="preview"') < found.index('name="confirm"')
    assert 'hx-trigger="load"' not in root.get("/console/users/zoe/groups").content.decode()


def test_the_list_says_what_lint_finds(root, acme) -> None:
    acme.root.perform("CreatePolicy", PolicyName="wrong", PolicyDocument=allow("s3:GetObjekt"))
    page = text(root.get("/console/policies/"))
    assert "wrong 1 error Customer managed 0 v1 1 error" in page
    assert "shared Customer managed" in page
    listed = acme.root.perform("ListPolicySummaries", Scope="Local", IncludeFindings=True)
    counts = {one["PolicyName"]: one["FindingCounts"] for one in listed["PolicySummaries"]}
    assert counts["wrong"]["Errors"] == 1
    assert counts["shared"]["Errors"] == 0


def test_two_policies_are_compared(root, acme, arn) -> None:
    other = acme.root.perform(
        "CreatePolicy", PolicyName="other", PolicyDocument=allow("sqs:DeleteMessage")
    )["Policy"]["Arn"]
    page = text(root.get(f"/console/policies/compare?item={arn}&item={other}"))
    assert '- "sqs:SendMessage"' in page
    assert '+ "sqs:DeleteMessage"' in page


def test_of_more_than_two_policies_it_is_said_which_are_compared(root, arn) -> None:
    items = [arn, "arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/SecurityAudit"]
    path = "/console/policies/compare?" + "&".join(f"item={item}" for item in items)
    assert "Two are compared at a time" in text(root.get(path))
    assert "Two are compared" not in text(root.get(path.rpartition("&")[0]))


def test_a_group_begins_from_a_template(root, acme) -> None:
    root.post("/console/groups/create", {"GroupName": "Auditors", "Template": "auditors"})
    held = acme.root.perform("ListAttachedGroupPolicies", GroupName="Auditors")
    assert {one["PolicyName"] for one in held["AttachedPolicies"]} == {
        "SecurityAudit",
        "ViewOnlyAccess",
    }
    root.post("/console/groups/create", {"GroupName": "Plain", "Template": ""})
    assert not acme.root.perform("ListAttachedGroupPolicies", GroupName="Plain")["AttachedPolicies"]


def test_a_difference_tells_only_the_number_of_lines_far_from_every_change():
    before = json.dumps([*range(20)])
    after = json.dumps([*range(19), 99])
    assert diff(before, after) == [
        ("skipped", "  16 unchanged lines"),
        *(("", f"    {number},") for number in range(15, 19)),
        ("removed", "-   19"),
        ("added", "+   99"),
        ("", "  ]"),
    ]
    assert diff(before, before)[0] == ("", "  [")
