"""Policies in the console: versions against each other, lint in the list, previews, templates."""

import pytest

from tests.cast import Acme, allow, policy
from tests.iamsite.console.browser import Browser, text


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
def root(acme) -> Browser:
    return Browser().sign_in_root(acme)


@pytest.fixture(scope="module")
def arn(acme) -> str:
    return acme.arn("policy/shared")


def test_any_two_versions_are_compared_line_by_line(root, arn) -> None:
    page = text(root.get(f"/console/policies/{arn}?tab=versions&version=v3&against=v2"))
    assert "v3 against v2" in page
    assert '- "sqs:*"' in page
    assert '+ "Action": "sqs:ReceiveMessage"' in page
    assert "3 of the five versions that a policy keeps" in page


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
    assert told == "Saved like this, it does not count for anybody yet."
    bad = {**draft, "PolicyDocument": "{}", "_preview": "1"}
    assert "Syntax errors in policy" in text(
        root.htmx(f"/console/policies/edit/{arn}", bad, "preview")
    )


def test_the_list_says_what_lint_finds(root, acme) -> None:
    acme.root.perform("CreatePolicy", PolicyName="wrong", PolicyDocument=allow("s3:GetObjekt"))
    page = text(root.get("/console/policies/"))
    assert "wrong Customer managed 0 v1 Errors: 1" in page
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


def test_a_group_begins_from_a_template(root, acme) -> None:
    root.post("/console/groups/create", {"GroupName": "Auditors", "Template": "auditors"})
    held = acme.root.perform("ListAttachedGroupPolicies", GroupName="Auditors")
    assert {one["PolicyName"] for one in held["AttachedPolicies"]} == {
        "SecurityAudit",
        "ViewOnlyAccess",
    }
    root.post("/console/groups/create", {"GroupName": "Plain", "Template": ""})
    assert not acme.root.perform("ListAttachedGroupPolicies", GroupName="Plain")["AttachedPolicies"]
