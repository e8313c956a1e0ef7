"""The policy editor's form: kept in step with the JSON, which it changes and never spoils."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import SETTLED
from tests.browser.editing import write, written
from tests.browser.test_accessible import PHONE, too_wide, violations
from tests.cast import Account, allow

ODD = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Odd",   "Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"},
       "Action": "sts:AssumeRole"},
    {
      "Effect": "Allow",
      "Principal": {"AWS": "111122223333"},
      "Action": "sts:AssumeRole"
    }
  ]
}"""


UNUSUAL = """{
\t"Version" : "2012-10-17",
\t"Statement": [
\t\t{"Effect":"Allow",   "Action":["sqs:SendMessage", "sqs:Get*"], "Resource":"*"},
\t\t{
\t\t\t"Effect": "Allow",
\t\t\t"Action": [
\t\t\t\t"s3:GetObject"
\t\t\t],
\t\t\t"Resource": "arn:aws:s3:::\\u0062ucket/*"
\t\t}
\t]
}"""


@pytest.fixture
def editor(root: Page) -> Page:
    root.goto("policies/create")
    expect(root.get_by_role("region", name="Statement 1")).to_be_visible()
    return root


def statements(page: Page) -> list[dict[str, object]]:
    return list(json.loads(written(page))["Statement"])


def test_a_statement_is_written_in_the_form_by_keyboard(editor: Page) -> None:
    editor.get_by_role("button", name="Add statement").press("Enter")
    card = editor.get_by_role("region", name="Statement 2")
    expect(card.get_by_label("Add a service", exact=True)).to_be_focused()
    editor.keyboard.type("s3")
    editor.keyboard.press("Enter")
    expect(card.get_by_label("Filter the actions of s3")).to_be_focused()
    editor.keyboard.type("getobjecttag")
    card.get_by_label("GetObjectTagging", exact=True).press("Space")
    expect(card.get_by_label("GetObjectTagging", exact=True)).to_be_focused()
    assert statements(editor)[1]["Action"] == "s3:GetObjectTagging"
    card.get_by_label("Add a resource").select_option(label="s3 object")
    expect(card.get_by_label("BucketName")).to_be_focused()
    editor.keyboard.type("reports")
    editor.keyboard.press("Tab")
    editor.keyboard.type("2026/*")
    card.get_by_role("button", name="Add this resource").press("Enter")
    card.get_by_role("button", name="Add condition").press("Enter")
    editor.keyboard.type("aws:SourceIp")
    card.get_by_label("Operator 1").select_option("IpAddress")
    card.get_by_label("Value 1 of condition 1", exact=True).fill("203.0.113.0/24")
    card.get_by_label("Name of statement 2", exact=True).fill("ReadReports")
    assert statements(editor)[1] == {
        "Sid": "ReadReports",
        "Effect": "Allow",
        "Action": "s3:GetObjectTagging",
        "Resource": "arn:aws:s3:::reports/2026/*",
        "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    }
    reading = editor.locator(".reading li").nth(1)
    expect(reading).to_contain_text("s3:GetObjectTagging")
    expect(reading).to_contain_text("203.0.113.0/24")


def test_actions_are_chosen_by_access_level(editor: Page) -> None:
    write(editor, '{"Statement": {"Effect": "Allow", "Action": "sqs:Get*", "Resource": "*"}}')
    card = editor.get_by_role("region", name="Statement 1")
    card.locator("summary", has_text="sqs").press("Enter")
    card.locator("summary", has_text="Tagging").press("Enter")
    card.get_by_label("All 2 of Tagging").check()
    assert json.loads(written(editor))["Statement"] == {
        "Effect": "Allow",
        "Action": ["sqs:Get*", "sqs:TagQueue", "sqs:UntagQueue"],
        "Resource": "*",
    }
    card.locator("summary", has_text="Read").press("Enter")
    covered = card.get_by_label("GetQueueUrl")
    expect(covered).to_be_checked()
    expect(covered).to_be_disabled()


def test_what_is_typed_as_json_shows_in_the_form_and_the_view_stays(editor: Page) -> None:
    card = editor.get_by_role("region", name="Statement 1")
    write(editor, written(editor).replace("Allow", "Deny"))
    expect(card.get_by_label("Deny")).to_be_checked()
    write(editor, "{")
    expect(editor.get_by_text("The JSON cannot be read as it stands.")).to_be_visible()
    editor.get_by_text("Visual", exact=True).click()
    expect(editor.locator(".cm-content")).to_be_hidden()
    editor.reload()
    expect(card).to_be_visible()
    expect(editor.locator(".cm-content")).to_be_hidden()


def test_a_form_out_of_sight_is_not_drawn_and_a_long_one_stays_small(editor: Page) -> None:
    editor.locator(".segmented label", has_text="JSON").click()
    actions = ["sqs:SendMessage"]
    some = {"Effect": "Allow", "Action": actions, "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "x"}}}  # fmt: skip
    one_line = json.dumps({"Version": "2012-10-17", "Statement": [some] * 60})
    write(editor, one_line)
    expect(editor.locator(".reading li")).to_have_count(60)
    assert editor.locator(".visual-statement").count() == 1
    editor.get_by_text("Visual", exact=True).click()
    expect(editor.locator(".visual-statement")).to_have_count(60)
    assert editor.locator(".visual *").count() < 60 * 250
    editor.locator(".segmented label", has_text="JSON").click()
    twice = '{"Statement": [], "Statement": [{"Effect": "Allow"}]}'
    write(editor, twice)
    editor.get_by_role("button", name="Format").click()
    assert written(editor) == twice
    write(editor, '{"Statement": []}')
    editor.get_by_role("button", name="Format").click()
    assert written(editor) == '{\n  "Statement": []\n}'


def test_what_the_form_cannot_say_stays_letter_for_letter(root: Page) -> None:
    root.goto("roles/create")
    expect(root.get_by_role("region", name="Statement 1")).to_be_visible()
    write(root, ODD)
    odd = root.get_by_role("region", name="Statement 1", exact=True)
    expect(odd).to_contain_text("It speaks of everyone but some principals (NotPrincipal).")
    second = root.get_by_role("region", name="Statement 2", exact=True)
    second.get_by_label("Kind of principal 1").select_option("Service")
    second.get_by_label("Principal 1", exact=True).fill("ec2.amazonaws.com")
    assert written(root).startswith(ODD[: ODD.index("},\n    {")])
    assert json.loads(written(root))["Statement"][1]["Principal"] == {
        "Service": "ec2.amazonaws.com"
    }
    second.get_by_label("Kind of principal 1").select_option("Federated")
    assert json.loads(written(root))["Statement"][1]["Principal"] == {
        "Federated": "ec2.amazonaws.com"
    }
    second.get_by_role("button", name="Remove statement 2").click()
    assert written(root) == ODD[: ODD.index(',\n    {\n      "Effect"')] + "\n  ]\n}"


def test_only_what_the_form_changes_is_written_anew_and_is_undone_from_there(editor: Page) -> None:
    write(editor, UNUSUAL)
    first = editor.get_by_role("region", name="Statement 1", exact=True)
    second = editor.get_by_role("region", name="Statement 2", exact=True)
    first.get_by_text("Deny", exact=True).click()
    denied = UNUSUAL.replace('"Allow",  ', '"Deny",  ')
    assert written(editor) == denied
    second.get_by_label("Add a service", exact=True).fill("sqs")
    editor.keyboard.press("Enter")
    second.get_by_label("Every sqs action").check()
    added = denied.replace('"s3:GetObject"\n', '"s3:GetObject",\n\t\t\t\t"sqs:*"\n')
    assert written(editor) == added
    first.get_by_label("Name of statement 1").fill("One")
    assert written(editor) == added.replace('{"Effect":"D', '{"Sid":"One","Effect":"D')
    editor.keyboard.press("Control+z")
    expect(first.get_by_label("Name of statement 1")).to_have_value("")
    expect(first.get_by_label("Name of statement 1")).to_be_focused()
    editor.keyboard.press("Control+z")
    assert written(editor) == denied
    editor.get_by_role("button", name="Undo").click()
    expect(first.get_by_label("Allow", exact=True)).to_be_checked()
    assert written(editor) == UNUSUAL
    editor.get_by_role("button", name="Redo").click()
    assert written(editor) == denied


def test_edits_in_several_parts_do_not_undo_each_other(editor: Page) -> None:
    card = editor.get_by_role("region", name="Statement 1")
    card.get_by_label("Name of statement 1").fill("One")
    card.get_by_label("Resource 1", exact=True).fill("arn:aws:iam::*:user/a")
    card.get_by_role("button", name="Add condition").click()
    card.get_by_label("Condition key 1", exact=True).fill("aws:PrincipalTag/team")
    card.get_by_label("Value 1 of condition 1", exact=True).fill("x")
    card.get_by_role("button", name="Add value").click()
    card.get_by_label("Value 2 of condition 1", exact=True).fill("y")
    card.get_by_text("Deny", exact=True).click()
    assert statements(editor)[0] == {
        "Sid": "One",
        "Effect": "Deny",
        "Action": ["iam:Get*", "iam:List*"],
        "Resource": "arn:aws:iam::*:user/a",
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["x", "y"]}},
    }


def test_the_form_is_accessible_and_fits_a_phone(root: Page) -> None:
    root.goto("roles/create")
    card = root.get_by_role("region", name="Statement 1")
    card.locator("summary", has_text="sts").click()
    card.locator("summary", has_text="Write").click()
    card.get_by_role("button", name="Add condition").click()
    for theme in ("light", "dark"):
        root.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        root.evaluate(SETTLED)
        assert violations(root) == []
    root.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert too_wide(root) == []


def test_before_saving_one_sees_who_gains_and_who_loses(root: Page, initech: Account) -> None:
    made = initech.root.perform(
        "CreatePolicy", PolicyName="shared", PolicyDocument=allow("sqs:SendMessage")
    )
    arn = made["Policy"]["Arn"]
    initech.root.perform("CreateUser", UserName="dora")
    initech.root.perform("AttachUserPolicy", UserName="dora", PolicyArn=arn)
    root.goto(f"policies/edit/{arn}")
    write(root, allow("sns:Publish"))
    root.get_by_role("button", name="Work it out").press("Enter")
    row = root.locator("#preview tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("dora")
    expect(row.locator("li")).to_have_text(
        ["Loses sqs:SendMessage on every resource", "Gains sns:Publish on every resource"]
    )
    root.locator(".difference summary").press("Enter")
    expect(root.locator(".difference .diff .added")).to_have_count(1)
    for theme in ("light", "dark"):
        root.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        root.evaluate(SETTLED)
        assert violations(root) == []
