"""The document editor: what it says, completes and changes while one writes."""

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.editing import write, written
from tests.cast import Account

# For a moment after it has appeared, the list takes no key: whoever types has not seen it yet.
ATTENTION = """async () => {
    for (let frame = 0; frame < 8; frame++) await new Promise(requestAnimationFrame);
}"""
DOCUMENT = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "s3:GetObjekt",
      "Resource": "*"
    }
  ]
}"""


def test_what_is_wrong_is_told_as_one_types_and_leads_to_its_place(root: Page) -> None:
    root.goto("policies/create")
    panel = root.locator(".document-panel")
    expect(panel.locator(".verdict")).to_contain_text("Can be saved")
    write(root, DOCUMENT)
    note = panel.locator(".notes li")
    expect(note).to_have_count(1)
    expect(note).to_contain_text("The action s3:GetObjekt does not exist. Write s3:GetObject.")
    expect(note).to_contain_text("INVALID_ACTION")
    expect(root.locator("#announcer")).to_contain_text("Line 6, column 17: The action s3:GetObjekt")
    expect(root.locator(".cm-lint-marker-error")).to_have_count(1)
    expect(root.locator(".cm-lintRange-error")).to_have_text('"s3:GetObjekt"')
    note.get_by_role("link", name="Line 6, column 17").press("Enter")
    for _letter in "s3:GetObjekt":
        root.keyboard.press("ArrowRight")
    root.keyboard.press("ArrowRight")
    root.keyboard.press("Backspace")
    root.keyboard.press("Backspace")
    root.keyboard.type("ct")
    expect(note).to_have_count(0)
    expect(root.locator(".cm-lint-marker")).to_have_count(0)
    assert written(root) == DOCUMENT.replace("Objekt", "Object")
    write(root, DOCUMENT)
    note.get_by_role("button", name="Fix line 6, column 17").press("Enter")
    expect(note).to_have_count(0)
    assert written(root) == DOCUMENT.replace("Objekt", "Object")
    root.keyboard.press("Control+z")
    expect(note).to_have_count(1)
    assert written(root) == DOCUMENT
    # A character that takes two of the browser's own moves no mark.
    sid = '"Sid": "\U0001f600", "Condition": {"StringEquls": {"aws:username": "x"}}, "Action": '
    write(root, DOCUMENT.replace('"Action": ', sid))
    mark = root.locator(".cm-lintRange-error", has_text="StringEquls").last
    expect(mark).to_have_text(re.compile('^"StringEquls"'))


def test_actions_resources_and_keys_are_completed_by_keyboard(root: Page, initech: Account) -> None:
    initech.root.perform(
        "RegisterService",
        ServicePrefix="orders",
        ServiceName="Orders",
        ServicePrincipal="orders.example.com",
        Actions=[{"ActionName": "PlaceOrder", "ResourceTypes": ["order"]}],
        ResourceTypes=[
            {"ResourceTypeName": "order", "ArnFormat": "arn:aws:orders::${Account}:order/${Id}"}
        ],
        ConditionKeys=[{"ConditionKeyName": "orders:Amount", "ConditionKeyType": "Numeric"}],
    )
    arn = f"arn:aws:orders::{initech.id}:order/7"
    initech.root.perform("RegisterResource", ResourceArn=arn)
    root.goto("policies/create")
    write(root, '{"Version": "2012-10-17", "Statement": {"Effect": "Allow"}}')
    root.keyboard.press("Control+End")
    root.keyboard.press("ArrowLeft")
    root.keyboard.press("ArrowLeft")
    complete(root, ', "Act', "Action")
    complete(root, '": "ord', "orders:")
    complete(root, "Pla", "orders:PlaceOrder")
    complete(root, '", "Res', "Resource")
    complete(root, '": "order/7', arn)
    complete(root, '", "Cond', "Condition")
    complete(root, '": {"NumericLess', "NumericLessThan")
    complete(root, '": {"amount', "orders:Amount")
    root.keyboard.type('": "100')
    assert json.loads(written(root))["Statement"] == {
        "Effect": "Allow",
        "Action": "orders:PlaceOrder",
        "Resource": arn,
        "Condition": {"NumericLessThan": {"orders:Amount": "100"}},
    }


def test_principals_are_completed_and_the_elements_that_may_come(
    root: Page, initech: Account
) -> None:
    initech.root.perform("CreateUser", UserName="dora", Path="/team/")
    root.goto("roles/create")
    write(root, '{"Version": "2012-10-17", "Statement": {"Effect": "Allow"}}')
    root.keyboard.press("Control+End")
    root.keyboard.press("ArrowLeft")
    root.keyboard.press("ArrowLeft")
    root.keyboard.type(", ")
    root.keyboard.press("Control+Space")
    offered = root.locator(".cm-tooltip-autocomplete .cm-completionLabel")
    expect(offered).to_have_text(
        ["Action", "Condition", "NotAction", "NotPrincipal", "Principal", "Sid"]
    )
    complete(root, "Pri", "Principal")
    complete(root, '": {"A', "AWS")
    complete(root, '": "dor', f"arn:aws:iam::{initech.id}:user/team/dora")
    complete(root, '"}, "Acti', "Action")
    complete(root, '": "sts:AssumeRol', "sts:AssumeRole")
    complete(root, '", "Cond', "Condition")
    complete(root, '": {"Bool', "Bool")
    complete(root, '": {"MultiFactorAuthPres', "aws:MultiFactorAuthPresent")
    complete(root, '": "tr', "true")
    assert json.loads(written(root))["Statement"] == {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{initech.id}:user/team/dora"},
        "Action": "sts:AssumeRole",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    }


def complete(page: Page, typed: str, offered: str) -> None:
    """Types, and takes what is offered first, which must be `offered`."""
    page.keyboard.type(typed)
    chosen = page.locator(".cm-tooltip-autocomplete [aria-selected] .cm-completionLabel")
    expect(chosen).to_have_text(offered)
    page.evaluate(ATTENTION)
    page.keyboard.press("Enter")
    expect(page.locator(".cm-tooltip-autocomplete").filter(has_text=offered)).to_have_count(
        1 if offered.endswith(":") else 0
    )
