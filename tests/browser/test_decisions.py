"""From a denial to its page, to the change that allows it; and the simulator."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from iamsite.operations import OperationError
from tests.browser.acting import act, heading, row, says, send
from tests.browser.test_accessible import looks_right
from tests.browser.visits import Visits
from tests.cast import Account, Acme


def test_a_denial_is_found_in_activity_understood_and_mended(root: Page, initech: Account) -> None:
    dora = initech.user("dora")
    with pytest.raises(OperationError):
        dora.perform("GetUser", UserName="dora")
    root.goto("activity")
    row(root, "GetUser").get_by_role("link", name="AccessDenied").click()
    heading(root, "iam:GetUser")
    looks_right(root, root.url)
    main = root.locator("main")
    expect(main.locator(".denial")).to_contain_text("no identity-based policy allows")
    expect(main.locator(".rung.lit")).to_contain_text("Identity policies")
    expect(main).to_contain_text("Nobody else gains by it.")
    expect(main.locator(".diff .added").first).to_be_visible()

    form = act(root, "Make this change")
    expect(form.locator(".diff")).to_contain_text("iam:GetUser")
    send(form, "Make this change")
    says(root, "The change is made.")
    expect(main).to_contain_text("Now it would be allowed")
    expect(main).to_contain_text("user_dora_Allow-iam-GetUser")
    assert dora.perform("GetUser", UserName="dora")["User"]["UserName"] == "dora"


def test_a_page_that_is_refused_leads_to_its_decision(visits: Visits, acme: Acme) -> None:
    carol = visits.as_user(acme, "carol")
    carol.goto("users/create")
    carol.get_by_label("User name").fill("dora")
    carol.get_by_role("button", name="Create user").click()
    carol.get_by_role("link", name="Why, and what would change it").click()
    heading(carol, "iam:CreateUser")
    expect(carol.locator("main")).to_contain_text("This is your own denial")
    expect(carol.locator("main .ladder")).to_have_count(0)


def test_the_simulator_says_what_would_be_decided_and_why(visits: Visits, acme: Acme) -> None:
    alice = visits.as_user(acme, "alice")
    alice.goto("simulator")
    alice.get_by_label("Principal").fill(acme.bob.arn)
    alice.get_by_label("Actions").fill("s3:GetObject\niam:CreateUser")
    alice.get_by_role("button", name="Simulate").click()
    expect(row(alice, "s3:GetObject")).to_contain_text("Allowed")
    expect(row(alice, "iam:CreateUser")).to_contain_text("Not allowed")
    alice.get_by_role("link", name="iam:CreateUser").click()
    expect(alice.locator(".rung.lit")).to_contain_text("Identity policies")
