"""Users and groups from an empty account to done."""

import re

import pytest
from playwright.sync_api import Page, expect

from iamsite.operations import OperationError
from tests.browser.acting import act, confirm, heading, row, says, send, tab
from tests.browser.visits import Visits
from tests.cast import Account
from tests.iamsite.console.browser import USER_PASSWORD


def test_a_user_is_created_renamed_tagged_and_deleted(root: Page, initech: Account) -> None:
    root.goto("users/")
    expect(root.get_by_role("heading", name="No users yet")).to_be_visible()
    form = act(root, "Create user")
    form.get_by_label("User name").fill("dora")
    form.get_by_text("Path and tags").click()
    form.get_by_label("Path").fill("/staff/")
    form.get_by_role("button", name="Add tag").click()
    form.get_by_label("Tag key").last.fill("team")
    form.get_by_label("Tag value").last.fill("payments")
    send(form, "Create user")
    heading(root, "dora")
    says(root, "User dora was created.")
    user = initech.root.perform("GetUser", UserName="dora")["User"]
    assert (user["Path"], user["Tags"]) == ("/staff/", [{"Key": "team", "Value": "payments"}])

    form = act(root, "Rename")
    expect(form.get_by_label("New name")).to_have_value("dora")
    form.get_by_label("New name").fill("theodora")
    send(form, "Rename")
    heading(root, "theodora")
    tab(root, "Tags")
    form = act(root, "Edit tags")
    form.get_by_label("Tag value").first.fill("billing")
    send(form, "Save tags")
    expect(row(root, "team")).to_contain_text("billing")

    form = act(root, "Delete")
    confirm(form, "theodora", "Delete user")
    heading(root, "Users")
    says(root, "User theodora was deleted.")
    with pytest.raises(OperationError, match="cannot be found"):
        initech.root.perform("GetUser", UserName="theodora")


def test_a_group_is_created_filled_allowed_emptied_and_deleted(
    root: Page, initech: Account
) -> None:
    for name in ("dora", "emil"):
        initech.root.perform("CreateUser", UserName=name)
    root.goto("groups/")
    expect(root.get_by_role("heading", name="No groups yet")).to_be_visible()
    form = act(root, "Create group")
    form.get_by_label("Group name").fill("Auditors")
    send(form, "Create group")
    heading(root, "Auditors")

    form = act(root, "Add users")
    form.get_by_label("dora").check()
    form.get_by_label("emil").check()
    send(form, "Add users")
    expect(row(root, "dora")).to_be_visible()
    expect(row(root, "emil")).to_be_visible()

    tab(root, "Policies")
    form = act(root, "Attach policies")
    form.get_by_label("Filter Policies").fill("securityaudit")
    form.get_by_label("SecurityAudit").check()
    send(form, "Attach")
    expect(row(root, "SecurityAudit")).to_contain_text("AWS managed")
    attached = initech.root.perform("ListAttachedGroupPolicies", GroupName="Auditors")
    assert [one["PolicyName"] for one in attached["AttachedPolicies"]] == ["SecurityAudit"]

    tab(root, "Members")
    send(act(root, "Remove emil"), "Remove")
    expect(row(root, "emil")).to_have_count(0)
    form = act(root, "Delete")
    expect(form).to_contain_text("SecurityAudit is detached.")
    confirm(form, "Auditors", "Delete group")
    says(root, "Group Auditors was deleted.")


def test_a_user_changes_groups_and_its_policies_say_where_they_come_from(
    root: Page, initech: Account
) -> None:
    initech.root.perform("CreateUser", UserName="dora")
    for group, policy in (("Readers", "ReadOnlyAccess"), ("Auditors", "SecurityAudit")):
        initech.root.perform("CreateGroup", GroupName=group)
        arn = f"arn:aws:iam::aws:policy/{policy}"
        initech.root.perform("AttachGroupPolicy", GroupName=group, PolicyArn=arn)
    initech.root.perform("AddUserToGroup", GroupName="Readers", UserName="dora")
    root.goto("users/dora/?tab=groups")
    form = act(root, "Change groups")
    expect(form.get_by_label("Readers")).to_be_checked()
    form.get_by_label("Readers").uncheck()
    form.get_by_label("Auditors").check()
    send(form, "Save groups")
    expect(row(root, "Auditors")).to_be_visible()
    expect(row(root, "Readers")).to_have_count(0)
    tab(root, "Policies")
    expect(row(root, "SecurityAudit")).to_contain_text("Auditors")
    tab(root, "Effective permissions")
    expect(row(root, "SecurityAudit").first).to_contain_text("Allow")


def test_a_key_is_made_shown_once_turned_off_and_deleted(root: Page, initech: Account) -> None:
    initech.root.perform("CreateUser", UserName="ci")
    root.goto("users/ci/?tab=credentials")
    send(act(root, "Create access key"), "Create key")
    shown = root.locator(".secret .copy .value")
    expect(shown).to_have_count(2)
    key, secret = shown.all_inner_texts()
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", key)
    assert len(secret) == 40
    root.get_by_role("button", name="I have copied it").click()
    expect(row(root, key)).to_contain_text("Active")
    assert secret not in root.content()
    send(act(root, "Deactivate"), "Deactivate")
    expect(row(root, key)).to_contain_text("Inactive")
    send(act(root, "Activate"), "Activate")
    expect(row(root, key)).to_contain_text("Active")
    confirm(act(root, f"Delete {key}"), key, "Delete key")
    expect(root.get_by_role("heading", name="No access keys")).to_be_visible()
    assert initech.root.perform("ListAccessKeys", UserName="ci")["AccessKeyMetadata"] == []


def test_a_console_password_is_set_reset_and_removed(
    root: Page, initech: Account, visits: Visits
) -> None:
    initech.root.perform("CreateUser", UserName="dora")
    root.goto("users/dora/?tab=credentials")
    form = act(root, "Set password")
    form.get_by_label("New password").fill(USER_PASSWORD)
    form.get_by_label("The user must choose another").uncheck()
    send(form, "Set password")
    says(root, "dora can sign in to the console.")
    dora = visits.as_user(initech, "dora")
    dora.goto("./")
    heading(dora, "Dashboard")
    form = act(root, "Reset password")
    form.get_by_label("New password").fill("Another first password 2")
    send(form, "Reset password")
    says(root, "The password of dora was reset.")
    dora.goto("users/")
    expect(dora.get_by_role("heading", name="Sign in")).to_be_visible()
    confirm(act(root, "Remove"), "dora", "Remove password")
    says(root, "The console password of dora was removed.")
    with pytest.raises(OperationError, match="cannot be found"):
        initech.root.perform("GetLoginProfile", UserName="dora")


def test_a_filtered_list_is_a_link(root: Page, initech: Account) -> None:
    for name in ("ci-shop", "ci-warehouse", "dora"):
        initech.root.perform("CreateUser", UserName=name)
    root.goto("users/")
    expect(root.locator("#summary")).to_have_text("3 shown")
    root.keyboard.press("/")
    root.keyboard.type("ci-")
    expect(root.locator("#summary")).to_have_text("2 shown")
    expect(root).to_have_url(re.compile(r"/users/\?q=ci-$"))
    address = root.url
    root.goto("groups/")
    root.goto(address)
    expect(row(root, "ci-warehouse")).to_be_visible()
    expect(row(root, "dora")).to_have_count(0)
    root.get_by_role("searchbox", name="Filter").fill("nobody")
    expect(root.get_by_role("heading", name="Nothing matches the filter")).to_be_visible()


def test_a_boundary_is_set_and_removed(root: Page, initech: Account) -> None:
    initech.root.perform("CreateUser", UserName="dora")
    root.goto("users/dora/")
    fact = root.locator("dl.strip > div").filter(has_text="Permissions boundary")
    for chosen, shown in (("ReadOnlyAccess", "ReadOnlyAccess"), ("None", "None")):
        fact.get_by_role("link").last.click()
        form = root.locator("form#action-form:visible")
        form.get_by_label("Permissions boundary").select_option(chosen)
        send(form, "Save boundary")
        says(root, "The permissions boundary of dora is saved.")
        expect(fact).to_contain_text(shown)
    user = initech.root.perform("GetUser", UserName="dora")["User"]
    assert "PermissionsBoundary" not in user


def test_users_are_imported_and_one_beyond_the_first_page_is_added_to_a_group(
    root: Page, initech: Account
) -> None:
    root.goto("users/")
    form = act(root, "Import users")
    names = "\n".join(f"n{number:02}" for number in range(60))
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": names.encode()}
    form.get_by_label("From a file").set_input_files(file)  # type: ignore[arg-type]
    expect(form.get_by_role("textbox", name="Users")).to_have_value(names)
    send(form, "Import users")
    expect(root.get_by_role("status").filter(has_text="60 created.")).to_be_visible()
    initech.root.perform("CreateGroup", GroupName="Staff")
    root.goto("groups/Staff/")
    form = act(root, "Add users")
    form.get_by_label("n03").check()
    form.get_by_placeholder("Find by name").fill("n59")
    expect(form.get_by_role("checkbox")).to_have_count(2)
    form.get_by_label("n59").check()
    send(form, "Add users")
    says(root, "The users were added to Staff.")
    members = initech.root.perform("GetGroup", GroupName="Staff")["Users"]
    assert [user["UserName"] for user in members] == ["n03", "n59"]
