"""The console holds no power of its own: who may not, sees why."""

import pytest
from playwright.sync_api import Page, expect

from iamsite.operations import OperationError
from tests.browser.visits import Visits
from tests.cast import Acme

BUTTONS = {
    "users/": {"Create user": "iam:CreateUser"},
    "users/alice/": {
        "Rename": "iam:UpdateUser",
        "Delete": "iam:DeleteUser",
        "Attach policies": "iam:AttachUserPolicy",
        "Add inline policy": "iam:PutUserPolicy",
    },
    "users/alice/?tab=groups": {"Change groups": "iam:AddUserToGroup"},
    "users/alice/?tab=credentials": {
        "Set password": "iam:CreateLoginProfile",
        "Create access key": "iam:CreateAccessKey",
        "Rotate": "iam:UpdateAccessKey",
        "Deactivate": "iam:UpdateAccessKey",
    },
    "users/alice/?tab=tags": {"Edit tags": "iam:TagUser"},
    "groups/": {"Create group": "iam:CreateGroup"},
    "groups/Developers/": {"Add users": "iam:AddUserToGroup", "Rename": "iam:UpdateGroup"},
    "roles/": {"Create role": "iam:CreateRole"},
    "roles/Deployer/?tab=trust": {"Edit trust policy": "iam:UpdateAssumeRolePolicy"},
    "policies/": {"Create policy": "iam:CreatePolicy"},
    "account": {"Set alias": "iam:CreateAccountAlias"},
}


def test_every_button_that_bob_may_not_use_says_which_action_is_missing(
    visits: Visits, acme: Acme
) -> None:
    bob = visits.as_user(acme, "bob")
    for path, buttons in BUTTONS.items():
        bob.goto(path)
        for label, action in buttons.items():
            button = bob.locator("main [aria-disabled=true]").filter(has_text=label)
            expect(button.first).to_have_accessible_name(f"{label}. You need {action}.")


def denied(page: Page, acme: Acme, operation: str, **params: str) -> None:
    """Waits until the page says what the API says to Carol."""
    with pytest.raises(OperationError) as refused:
        acme.carol.perform(operation, **params)
    expect(page.locator("main")).to_contain_text(refused.value.message)


def test_a_page_that_carol_may_not_see_says_what_the_api_says(visits: Visits, acme: Acme) -> None:
    carol = visits.as_user(acme, "carol")
    for path, operation in (
        ("users/", "ListUsers"),
        ("groups/", "ListGroups"),
        ("roles/", "ListRoles"),
        ("policies/", "ListPolicies"),
    ):
        carol.goto(path)
        expect(carol.get_by_role("heading", name="You may not see this")).to_be_visible()
        denied(carol, acme, operation)
    answer = carol.goto("users/bob/")
    assert answer is not None
    assert answer.status == 403
    denied(carol, acme, "GetUser", UserName="bob")
    expect(carol.get_by_role("button", name="Copy request id")).to_be_visible()


def test_a_right_taken_away_meanwhile_is_said_by_the_form(visits: Visits, acme: Acme) -> None:
    alice = visits.as_user(acme, "alice")
    alice.goto("groups/")
    alice.locator("main").get_by_role("link", name="Create group").first.click()
    alice.get_by_label("Group name").fill("Late")
    acme.root.perform("DeleteUserPolicy", UserName="alice", PolicyName="p0")
    alice.get_by_role("button", name="Create group").click()
    form = alice.get_by_role("dialog")
    expect(form).to_contain_text("not authorized to perform: iam:CreateGroup")
    expect(form.get_by_label("Group name")).to_have_value("Late")


def test_another_accounts_user_is_not_found(visits: Visits, acme: Acme, evil) -> None:
    mallory = visits.as_user(evil, "mallory")
    answer = mallory.goto("users/bob/")
    assert answer is not None
    assert answer.status == 404
    mallory.goto(f"search?q={acme.bob.arn}")
    expect(mallory.locator("main")).not_to_contain_text("AIDA")
