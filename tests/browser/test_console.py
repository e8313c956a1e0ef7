"""What a person does in the console, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visits import Visits
from tests.cast import PASSWORD, Acme, allow


@pytest.fixture
def root(visits: Visits, acme: Acme) -> Page:
    return visits.as_root(acme)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_from_an_empty_account_to_an_administrator_with_the_keyboard_alone(page: Page):
    page.goto("/console/sign-up")
    page.keyboard.type("Globex")
    press(page, "Tab")
    page.keyboard.type("root@globex.example")
    press(page, "Tab")
    page.keyboard.type(PASSWORD)
    press(page, "Enter")
    page.wait_for_url("**/console/getting-started")
    expect(page.locator("main")).to_contain_text("Make the first administrator")

    press(page, "g", "g")
    page.wait_for_url("**/console/groups/")
    press(page, "Control+k")
    page.keyboard.type("create group")
    expect(page.locator("#palette .palette-item[aria-selected=true]")).to_have_text("Create group")
    press(page, "Enter")
    page.wait_for_url("**/console/groups/create")
    page.keyboard.type("Administrators")
    press(page, "Enter")
    page.wait_for_url("**/console/groups/Administrators/")

    page.goto("/console/groups/Administrators/?tab=permissions")
    page.locator("text=Attach policies").focus()
    press(page, "Enter")
    page.wait_for_selector("#dialog[open]")
    page.locator("#dialog [type=search]").focus()
    page.keyboard.type("AdministratorAccess")
    press(page, "Tab", "Tab", "Space")
    press(page, "Enter")
    page.wait_for_load_state()
    expect(page.locator("main table")).to_contain_text("AdministratorAccess")

    press(page, "g", "u")
    page.wait_for_url("**/console/users/")
    page.locator("text=Create user >> nth=0").focus()
    press(page, "Enter")
    page.wait_for_url("**/console/users/create")
    page.keyboard.type("ada")
    press(page, "Tab", "Tab", "Space")
    press(page, "Enter")
    page.wait_for_url("**/console/users/ada/")
    expect(page.locator("main table")).to_contain_text("AdministratorAccess")
    expect(page.locator("main table")).to_contain_text("Administrators")
    expect(page.locator("#messages")).to_contain_text("User ada was created.")


def test_a_role_starts_from_a_template(root: Page):
    root.goto("/console/roles/create")
    root.click("text=A service")
    expect(root.locator(".cm-content")).to_contain_text("ec2.amazonaws.com")
    assert "ec2.amazonaws.com" in root.locator("[name=AssumeRolePolicyDocument]").input_value()


def test_deleting_wakes_once_the_name_is_typed(root: Page, acme: Acme):
    acme.root.perform("CreateUser", UserName="doomed")
    root.goto("/console/users/doomed/")
    root.click("text=Delete")
    button = root.locator("#dialog [type=submit]")
    expect(button).to_be_disabled()
    root.fill("#id_confirm", "doome")
    expect(button).to_be_disabled()
    root.fill("#id_confirm", "doomed")
    expect(button).to_be_enabled()
    button.click()
    root.wait_for_url("**/console/users/")
    expect(root.locator("#messages")).to_contain_text("User doomed was deleted.")


def test_closing_the_dialog_gives_the_focus_back(root: Page):
    root.goto("/console/users/bob/")
    link = root.get_by_role("link", name="Rename")
    link.focus()
    press(root, "Enter")
    root.wait_for_selector("#dialog[open]")
    expect(root.locator("#dialog [name=NewUserName]")).to_be_focused()
    press(root, "Escape")
    expect(root.locator("#dialog")).to_be_hidden()
    expect(root.locator("#dialog")).to_be_empty()
    expect(link).to_be_focused()


def test_a_form_is_shown_as_code_as_it_is_filled_in(root: Page):
    root.goto("/console/groups/create")
    root.fill("[name=GroupName]", "Coded")
    root.click("text=Show as AWS CLI")
    expect(root.locator(".panel.cli")).to_contain_text("aws iam create-group")
    expect(root.locator(".panel.cli")).to_contain_text("--group-name Coded")
    root.fill("[name=GroupName]", "Decoded")
    expect(root.locator(".panel.cli")).to_contain_text("--group-name Decoded")
    root.click("label:has-text('Terraform')")
    expect(root.locator(".panel.terraform")).to_be_visible()
    expect(root.locator(".panel.terraform")).to_contain_text('resource "aws_iam_group" "decoded"')


def test_a_double_click_creates_once(root: Page, acme: Acme):
    root.goto("/console/users/create")
    root.fill("[name=UserName]", "twice")
    root.dblclick("main >> text=Create user >> nth=-1")
    root.wait_for_url("**/console/users/twice/")
    events = acme.root.perform(
        "ListEvents", EventName="CreateUser", ResourceArn=acme.arn("user/twice")
    )
    assert [event["Outcome"] for event in events["Events"]] == ["Success"]


def test_a_theme_is_chosen_and_kept(root: Page):
    root.goto("/console/users/")
    root.click("details.menu > summary")
    root.click("details.menu [value=dark]")
    root.wait_for_load_state()
    assert root.url.endswith("/console/users/")
    assert root.locator("html").get_attribute("data-theme") == "dark"
    assert (
        root.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        == "rgb(15, 15, 17)"
    )


def test_a_button_that_may_not_be_used_tells_why_to_the_keyboard_too(visits: Visits, acme: Acme):
    acme.user("onlooker", allow("iam:Get*", "iam:List*"))
    page = visits.as_user(acme, "onlooker")
    page.goto("/console/users/bob/")
    press(page, "Tab")
    page.locator("[aria-disabled=true]:has-text('Delete')").focus()
    expect(page.locator(".tip")).to_have_text("You need iam:DeleteUser.")
    page.click("[aria-disabled=true]:has-text('Delete')", force=True)
    expect(page.locator("#dialog")).not_to_be_visible()


@pytest.fixture
def plain(visits: Visits, acme: Acme) -> Page:
    """A browser that runs no scripts."""
    return visits.as_root(acme, java_script_enabled=False)


def test_without_scripts_lists_details_and_forms_work(plain: Page, acme: Acme):
    plain.goto("/console/users/")
    plain.click("main >> text=Create user >> nth=0")
    plain.fill("[name=UserName]", "plain")
    plain.click("main >> text=Create user >> nth=-1")
    assert plain.url.endswith("/console/users/plain/")
    plain.click("text=Credentials")
    plain.click("text=Create access key")
    plain.click("text=Create key")
    assert "shown this once" in plain.inner_text("main")
    plain.goto("/console/policies/create")
    plain.fill("[name=PolicyName]", "ByHand")
    plain.fill("[name=PolicyDocument]", allow("s3:*"))
    plain.click("main >> text=Create policy >> nth=-1")
    assert plain.url.endswith(":policy/ByHand")
    plain.goto("/console/users/plain/delete")
    plain.fill("[name=confirm]", "plain")
    plain.click("text=Delete user")
    assert plain.url.endswith("/console/users/")


def test_without_scripts_one_signs_in_and_out(visits: Visits, acme: Acme):
    page = visits.open(java_script_enabled=False)
    page.goto("/console/sign-in?kind=root")
    page.fill("[name=email]", acme.email)
    page.fill("[name=password]", PASSWORD)
    page.click("button >> text=Sign in")
    assert page.url.endswith("/console/")
    page.click("details.menu > summary")
    page.click("text=Sign out")
    assert page.url.endswith("/console/sign-in")
