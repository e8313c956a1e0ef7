"""Who can, effective access, the simulator and its tests, from an empty account to done."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.acting import act, confirm, heading, row, says, send
from tests.cast import Account, allow


def test_access_is_asked_about_kept_as_tests_and_taken_away(root: Page, initech: Account) -> None:
    main = root.locator("main")
    root.goto("effective-access")
    expect(main.get_by_role("heading", name="Nobody yet")).to_be_visible()
    act(root, "Create user").get_by_label("User name").fill("dora")
    root.get_by_role("button", name="Create user").click()
    heading(root, "dora")
    document = allow("sqs:SendMessage", "sqs:ReceiveMessage")
    initech.root.perform(
        "PutUserPolicy", UserName="dora", PolicyName="queues", PolicyDocument=document
    )

    # From the grid to the statement.
    root.goto("effective-access")
    root.keyboard.press("/")
    root.keyboard.type("DOR")
    root.get_by_label("Services").fill("sqs")
    root.keyboard.press("Enter")
    root.get_by_role("link", name="dora in sqs: some").click()
    group = main.locator(".access-group").filter(has_text="sqs:SendMessage")
    expect(group).to_contain_text("Allowed")
    group.get_by_role("link", name="queues").click()
    expect(root.locator("textarea[data-editor]")).to_have_value(document)

    # Nobody can, but whoever can is kept as a test.
    root.goto("who-can")
    expect(main.get_by_role("heading", name="Ask about an action")).to_be_visible()
    root.keyboard.press("/")
    root.keyboard.type("sqs:SendMessage")
    root.keyboard.press("Enter")
    expect(row(root, "dora")).to_contain_text("queues")
    root.get_by_label("By which way").select_option("By a group")
    expect(main.get_by_role("heading", name="Nothing matches the filter")).to_be_visible()
    # What is taken along, and where chosen columns lead back to, is narrowed as well.
    narrowed = re.compile(r"way=group")
    expect(main.locator("a[download]").first).to_have_attribute("href", narrowed)
    expect(main.locator("#columns-form [name=next]")).to_have_value(narrowed)
    expect(main.get_by_role("link", name="Save as access tests")).to_have_attribute(
        "href", narrowed
    )
    main.get_by_role("link", name="Clear the filter").click()
    main.get_by_role("link", name="Principal", exact=True).click()
    expect(main.get_by_role("columnheader", name="Principal")).to_have_attribute(
        "aria-sort", "ascending"
    )
    form = act(root, "Save as access tests")
    expect(form.get_by_label("user/dora")).to_be_checked()
    send(form, "Save tests")
    expect(root.get_by_role("row", name="dora Done")).to_be_visible()

    # The simulator agrees, and what is expected of it is kept as well.
    root.goto("simulator")
    root.get_by_label("Principal").fill("dora")
    root.get_by_label("Actions").fill("sqs:DeleteQueue")
    root.get_by_role("button", name="Simulate").click()
    expect(main.locator(".rung.lit")).to_contain_text("Identity policies")
    expect(main.locator("#remedies")).to_contain_text("In a new inline policy of user dora")
    send(act(root, "Make this change"), "Make this change")
    expect(row(root, "sqs:DeleteQueue")).to_contain_text("Allowed")
    send(act(root, "Save as a test"), "Save test")
    says(root, "The test dora sqs DeleteQueue is saved.")
    expect(main.get_by_role("cell", name="Holds")).to_have_count(2)

    # Taken away, which the test notices.
    root.goto("who-can?action=sqs:SendMessage")
    row(root, "dora").get_by_role("link", name="Revoke").click()
    expect(main).to_contain_text("Nobody else loses it.")
    confirm(act(root, "Make this change"), "dora", "Make this change")
    says(root, "The change is made. This is who can now.")
    expect(row(root, "dora")).to_have_count(0)
    root.goto("simulator/tests")
    expect(main).to_contain_text("1 test does not hold")
