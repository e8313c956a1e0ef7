"""What every form does: keep what was typed, say what the API says, act once, show itself as code."""

import pytest
from playwright.sync_api import Page, expect

from iamsite.operations import OperationError
from tests.browser.acting import act, heading, row, says, send
from tests.browser.editing import write, written
from tests.browser.visits import Visits
from tests.cast import Account, Acme, allow
from tests.iamsite.console.browser import USER_PASSWORD


def test_a_refused_form_says_what_the_api_says_and_loses_nothing(
    root: Page, initech: Account
) -> None:
    root.goto("users/create")
    form = root.locator("#action-form")
    form.get_by_label("User name").fill("x y")
    form.get_by_text("Path and tags").click()
    form.get_by_label("Path").fill("/staff/")
    form.get_by_role("button", name="Add tag").click()
    form.get_by_label("Tag key").last.fill("team")
    form.get_by_label("Tag value").last.fill("payments")
    send(form, "Create user")
    with pytest.raises(OperationError) as refused:
        initech.root.perform("CreateUser", UserName="x y")
    name = form.get_by_label("User name")
    help_text = "Letters, digits and + = , . @ _ -"
    expect(name).to_have_accessible_description(f"{help_text} {refused.value.message}")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_value("x y")
    expect(form.get_by_label("Path")).to_have_value("/staff/")
    expect(form.get_by_label("Tag key").first).to_have_value("team")
    expect(form.get_by_label("Tag value").first).to_have_value("payments")
    name.fill("dora")
    send(form, "Create user")
    heading(root, "dora")


def test_a_refused_form_in_a_dialog_stays_and_loses_nothing(alice: Page) -> None:
    alice.goto("groups/")
    form = act(alice, "Create group")
    form.get_by_label("Group name").fill("developers")
    form.get_by_label("Path").fill("/teams/")
    send(form, "Create group")
    expect(form.get_by_text("Group with name developers already exists.")).to_be_visible()
    expect(form.get_by_label("Group name")).to_have_value("developers")
    expect(form.get_by_label("Group name")).to_be_focused()
    expect(form.get_by_label("Path")).to_have_value("/teams/")
    form.get_by_label("Group name").fill("Designers")
    send(form, "Create group")
    heading(alice, "Designers")


def test_an_edit_of_a_policy_that_was_changed_meanwhile_says_so_and_keeps_the_text(
    alice: Page, acme: Acme
) -> None:
    arn = acme.root.perform(
        "CreatePolicy", PolicyName="Raced", PolicyDocument=allow("s3:GetObject")
    )["Policy"]["Arn"]
    alice.goto(f"policies/edit/{arn}")
    mine = allow("s3:DeleteObject")
    write(alice, mine)
    theirs = {"PolicyDocument": allow("s3:PutObject"), "SetAsDefault": True}
    acme.root.perform("CreatePolicyVersion", PolicyArn=arn, **theirs)
    form = alice.locator("#action-form")
    send(form, "Save as new version")
    changed = alice.get_by_text("Version v2 became the default while you were editing v1.")
    expect(changed).to_be_visible()
    assert written(alice) == mine
    send(form, "Save as new version")
    says(alice, "A new version of Raced is saved.")
    versions = acme.root.perform("ListPolicyVersions", PolicyArn=arn)["Versions"]
    assert [one["VersionId"] for one in versions] == ["v3", "v2", "v1"]


@pytest.mark.parametrize("way", ["page", "dialog"])
def test_a_double_click_creates_once(root: Page, initech: Account, way: str) -> None:
    kind, plural = ("User", "users") if way == "page" else ("Group", "groups")
    root.goto(f"{plural}/")
    form = act(root, f"Create {kind.lower()}")
    form.evaluate(
        """form => form.addEventListener("submit", () => setTimeout(() => {
            sessionStorage.busy = form.ariaBusy || form.querySelector("[type=submit]").disabled;
        }))"""
    )
    form.get_by_label(f"{kind} name").fill("twice")
    form.get_by_role("button", name=f"Create {kind.lower()}", exact=True).dblclick()
    heading(root, "twice")
    assert root.evaluate("sessionStorage.busy") == "true"
    events = initech.root.perform("ListEvents", EventName=f"Create{kind}")["Events"]
    assert [event["Outcome"] for event in events] == ["Success"]


def test_a_form_from_before_a_new_sign_in_is_refused_and_says_so(
    visits: Visits, acme: Acme, alice: Page
) -> None:
    alice.goto("users/create")
    alice.context.clear_cookies(name="csrftoken")
    alice.get_by_label("User name").fill("stale")
    alice.get_by_role("button", name="Create user").click()
    expect(alice.get_by_role("heading", name="This form is too old")).to_be_visible()
    with pytest.raises(OperationError, match="cannot be found"):
        acme.root.perform("GetUser", UserName="stale")


def test_a_form_whose_session_has_ended_leads_to_the_sign_in_and_back(
    alice: Page, acme: Acme
) -> None:
    alice.goto("users/carol/")
    session = acme.root.perform("ListConsoleSessions", UserName="alice")["ConsoleSessions"][0]
    acme.root.perform("EndConsoleSession", SessionId=session["SessionId"])
    alice.locator("main").get_by_role("link", name="Rename").click()
    expect(alice.get_by_role("heading", name="Sign in")).to_be_visible()
    alice.get_by_label("Account id or alias").fill(acme.id)
    alice.get_by_label("User name").fill("alice")
    alice.get_by_label("Password").fill(USER_PASSWORD)
    alice.get_by_role("button", name="Sign in").click()
    expect(alice.locator(".breadcrumbs")).to_contain_text("carol")


def test_a_form_shows_itself_as_code_while_it_is_filled_in(root: Page, initech: Account) -> None:
    root.goto("groups/")
    act(root, "Create group")  # a dialog: its code is asked for while its button stays awake
    root.get_by_label("Group name").fill("Coded")
    root.get_by_text("Show as AWS CLI, Terraform or REST").click()
    command = root.locator(".panel.cli")
    expect(command).to_contain_text("aws iam create-group")
    expect(command).to_contain_text("--group-name Coded")
    root.get_by_label("Group name").fill("Decoded")
    expect(command).to_contain_text("--group-name Decoded")
    root.get_by_role("radiogroup", name="Form").get_by_text("Terraform").click()
    expect(root.locator(".panel.terraform")).to_contain_text('resource "aws_iam_group" "decoded"')
    expect(command).to_be_hidden()
    assert initech.root.perform("ListGroups")["Groups"] == []


def test_going_back_to_a_form_shows_what_belongs_to_what_was_ticked(root: Page) -> None:
    root.goto("users/create")
    root.get_by_label("Console access").check()
    expect(root.get_by_role("group", name="First password")).to_be_visible()
    root.get_by_role("link", name="Cancel").click()
    heading(root, "Users")
    root.go_back()
    expect(root.get_by_label("Console access")).to_be_checked()
    expect(root.get_by_role("group", name="First password")).to_be_visible()


def test_what_is_copied_is_what_is_shown(visits: Visits, acme: Acme) -> None:
    alice = visits.as_user(acme, "alice", permissions=["clipboard-read", "clipboard-write"])
    alice.goto("users/bob/")
    alice.get_by_role("button", name="Copy ARN").click()
    expect(alice.locator("#announcer")).to_have_text("Copied")
    assert alice.evaluate("navigator.clipboard.readText()") == acme.bob.arn


def test_a_theme_is_chosen_and_kept(alice: Page) -> None:
    alice.goto("users/")
    alice.get_by_label("Signed in as alice").click()
    alice.get_by_role("button", name="Dark theme").click()
    heading(alice, "Users")
    alice.goto("groups/")
    expect(alice.locator("html")).to_have_attribute("data-theme", "dark")
    expect(row(alice, "Developers")).to_be_visible()
    scheme = alice.evaluate("getComputedStyle(document.documentElement).colorScheme")
    assert scheme == "dark"
