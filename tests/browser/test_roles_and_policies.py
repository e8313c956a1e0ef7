"""Roles with their trust, and policies with their versions, from an empty account to done."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from iamsite.operations import OperationError
from tests.browser.acting import act, confirm, heading, row, says, send, tab
from tests.browser.editing import write, written
from tests.cast import Account, allow, trust


def test_a_role_is_created_trusted_anew_allowed_and_deleted(root: Page, initech: Account) -> None:
    initech.root.perform("CreateUser", UserName="dora")
    root.goto("roles/")
    expect(root.get_by_role("heading", name="No roles yet")).to_be_visible()
    form = act(root, "A service")  # a trust policy to begin with
    service = {"Service": "ec2.amazonaws.com"}
    assert json.loads(written(root))["Statement"][0]["Principal"] == service
    form.get_by_label("Role name").fill("Deployer")
    form.get_by_label("Description").fill("Deploys the shop")
    form.get_by_role("button", name="This account").click()
    assert json.loads(written(root))["Statement"][0]["Principal"] == {"AWS": initech.arn("root")}
    form.get_by_role("button", name="A service").click()
    assert json.loads(written(root))["Statement"][0]["Principal"] == service
    form.get_by_label("Longest session").select_option("2 hours")
    send(form, "Create role")
    heading(root, "Deployer")
    role = initech.root.perform("GetRole", RoleName="Deployer")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("Deploys the shop", 7200)

    tab(root, "Trust")
    expect(root.get_by_role("row", name="ec2.amazonaws.com Allowed")).to_be_visible()
    form = act(root, "Edit trust policy")
    document = trust(initech.arn("user/dora"))
    write(root, document)
    send(form, "Save trust policy")
    expect(row(root, "user/dora")).to_contain_text("Allowed")
    role = initech.root.perform("GetRole", RoleName="Deployer")["Role"]
    assert json.loads(role["AssumeRolePolicyDocument"]) == json.loads(document)

    tab(root, "Policies")
    form = act(root, "Add inline policy")
    form.get_by_label("Policy name").fill("deploy")
    write(root, allow("s3:PutObject"))
    send(form, "Save policy")
    expect(row(root, "deploy")).to_contain_text("Its own")
    tab(root, "Effective permissions")
    expect(row(root, "s3:PutObject")).to_contain_text("Allow")
    simulate = root.get_by_role("link", name="Simulate", exact=True)
    expect(simulate).to_have_attribute("href", re.compile("principal=arn.*role/Deployer$"))

    confirm(act(root, "Revoke sessions"), "Deployer", "Revoke sessions")
    says(root, "Every session of Deployer that had begun is refused everything.")
    form = act(root, "Delete")
    expect(form).to_contain_text("The inline policy deploy is deleted.")
    confirm(form, "Deployer", "Delete role")
    says(root, "Role Deployer was deleted.")
    with pytest.raises(OperationError, match="cannot be found"):
        initech.root.perform("GetRole", RoleName="Deployer")


def test_a_policy_is_created_versioned_compared_set_back_and_deleted(
    root: Page, initech: Account
) -> None:
    initech.root.perform("CreateUser", UserName="dora")
    root.goto("policies/")
    form = act(root, "Create policy")
    form.get_by_label("Policy name").fill("Objects")
    form.get_by_label("Description").fill("What the shop keeps")
    write(root, allow("s3:GetObject"))
    send(form, "Create policy")
    heading(root, "Objects")
    arn = initech.arn("policy/Objects")

    form = act(root, "Edit")
    difference = form.locator(".difference")
    expect(difference).to_contain_text("Nothing is changed yet")
    write(root, allow("s3:GetObject", "s3:PutObject"))
    difference.get_by_text("2 lines changed").click()
    expect(difference.locator(".diff .added").filter(has_text="s3:PutObject")).to_be_visible()
    send(form, "Save as new version")
    expect(row(root, "s3:PutObject")).to_contain_text("Allow")
    assert initech.root.perform("GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"

    tab(root, "Versions")
    row(root, "v1").get_by_role("link", name="Compare").click()
    expect(root.get_by_role("heading", name="v1 against the default, v2")).to_be_visible()
    expect(root.locator(".diff .removed").filter(has_text="s3:PutObject")).to_be_visible()
    send(act(root, "Make default"), "Make default")
    expect(row(root, "v1")).to_contain_text("Default")
    assert initech.root.perform("GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v1"
    confirm(act(root, "Delete v2"), "v2", "Delete version")
    expect(row(root, "v2")).to_have_count(0)

    form = act(root, "Attach")
    form.get_by_label("User").check()
    form.get_by_label("Its name").fill("dora")
    send(form, "Attach")
    send(act(root, "Detach from dora"), "Detach")
    expect(root.get_by_role("heading", name="Attached to nothing")).to_be_visible()
    initech.root.perform("AttachUserPolicy", UserName="dora", PolicyArn=arn)

    root.goto("policies/?q=Objects")
    row(root, "Objects").get_by_role("checkbox").check()
    root.get_by_role("button", name="Compare two").click()
    heading(root, "Compare policies")
    root.get_by_label("Policy to compare it with").select_option("AdministratorAccess")
    root.get_by_role("button", name="Compare", exact=True).click()
    expect(root.locator(".diff .added, .diff .removed").first).to_be_visible()
    root.goto(f"policies/{arn}")
    form = act(root, "Delete")
    expect(form).to_contain_text("User dora loses what it allows")
    confirm(form, "Objects", "Delete policy")
    says(root, "Policy Objects was deleted.")
    expect(root.get_by_role("link", name="Objects")).to_have_count(0)


def test_policies_of_a_user_are_attached_and_detached(root: Page, initech: Account) -> None:
    initech.root.perform("CreateUser", UserName="dora")
    root.goto("users/dora/")
    expect(root.get_by_role("heading", name="No policies")).to_be_visible()
    form = act(root, "Attach policies")
    form.get_by_label("Filter Policies").fill("ReadOnly")
    expect(form.get_by_label("AdministratorAccess", exact=False).first).to_be_hidden()
    form.get_by_label("IAMReadOnlyAccess").check()
    send(form, "Attach")
    expect(row(root, "IAMReadOnlyAccess")).to_contain_text("Attached directly")
    send(act(root, "Detach IAMReadOnlyAccess"), "Detach")
    expect(root.get_by_role("heading", name="No policies")).to_be_visible()
    attached = initech.root.perform("ListAttachedUserPolicies", UserName="dora")
    assert attached["AttachedPolicies"] == []


def test_an_inline_policy_is_edited_and_deleted(root: Page, initech: Account) -> None:
    initech.root.perform("CreateUser", UserName="dora")
    who = {"UserName": "dora", "PolicyName": "mine"}
    initech.root.perform("PutUserPolicy", **who, PolicyDocument=allow("s3:GetObject"))
    root.goto("users/dora/")
    root.locator("main").get_by_role("link", name="mine", exact=True).click()
    expect(root.locator(".cm-content")).to_be_visible()
    root.get_by_role("button", name="Format").click()
    formatted = json.dumps(json.loads(allow("s3:GetObject")), indent=2)
    expect(root.locator("textarea[data-editor]")).to_have_value(formatted)
    write(root, allow("s3:*"))
    send(root.locator("#action-form"), "Save policy")
    says(root, "The inline policy mine is saved.")
    assert initech.root.perform("GetUserPolicy", **who)["PolicyDocument"] == allow("s3:*")
    confirm(act(root, "Delete mine"), "mine", "Delete policy")
    says(root, "The inline policy mine was deleted.")
    assert initech.root.perform("ListUserPolicies", UserName="dora")["PolicyNames"] == []


def test_the_editor_shows_every_fault_where_it_is_and_keeps_the_text(root: Page) -> None:
    document = '{"Version": "2012-10-17",\n "Statement": [{"Effect": "Alow", "Action": "s3:*"}]}'
    root.goto("policies/create")
    root.get_by_label("Policy name").fill("Bad")
    write(root, document)
    root.get_by_role("button", name="Create policy").click()
    faults = root.locator(".notes li")
    expect(faults.first).to_contain_text("Line 2, column")
    expect(faults.filter(has_text="Effect is Allow or Deny")).to_have_count(1)
    expect(root.locator(".cm-lintRange-error").first).to_be_visible()
    assert written(root) == document
    expect(root.get_by_label("Policy name")).to_have_value("Bad")


def test_typing_over_all_of_the_editors_text_breaks_no_rule_of_the_page(root: Page) -> None:
    root.goto("policies/create")
    root.locator(".cm-content").click()
    root.keyboard.press("Control+a")
    root.keyboard.type("true")
    expect(root.locator("textarea[data-editor]")).to_have_value("true")
    root.keyboard.press("Control+a")
    root.keyboard.type("[")
    expect(root.locator("textarea[data-editor]")).to_have_value("[true]")
