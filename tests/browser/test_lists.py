"""Lists: sorted, narrowed, with columns of one's choice, and acted on for many rows at once."""

import re

from playwright.sync_api import Page, expect

from tests.browser.acting import heading, send
from tests.cast import Account


def people(initech: Account, *names: str) -> None:
    for name in names:
        initech.root.perform("CreateUser", UserName=name)


def shown(page: Page) -> list[str]:
    return page.locator("tbody th a .break").all_inner_texts()


def test_users_are_sorted_and_filtered_and_the_address_tells_it(root, initech) -> None:
    people(initech, "ann", "zed", "ben")
    root.goto("users/")
    assert shown(root) == ["ann", "ben", "zed"]
    root.get_by_role("link", name="Created").click()
    expect(root.get_by_role("columnheader", name="Created")).to_have_attribute(
        "aria-sort", "ascending"
    )
    assert shown(root) == ["ann", "zed", "ben"]
    root.get_by_label("Filter").fill("e")
    expect(root).to_have_url(re.compile(r"users/\?sort=CreateDate&q=e$"))
    expect(root.locator("tbody tr")).to_have_count(2)
    assert shown(root) == ["zed", "ben"]


def test_ticked_users_join_a_group_by_keyboard_alone(root, initech) -> None:
    people(initech, "ann", "ben", "cleo")
    initech.root.perform("CreateGroup", GroupName="Staff")
    root.goto("users/")
    bar = root.locator("#bulk")
    expect(bar).to_be_hidden()
    root.get_by_label("Choose ann").focus()
    root.keyboard.press("Space")
    expect(bar).to_contain_text("1 of 3 selected")
    root.get_by_label("All of this page").focus()
    root.keyboard.press("Space")
    expect(bar).to_contain_text("3 of 3 selected")
    root.get_by_role("button", name="Add to group").focus()
    root.keyboard.press("Enter")
    heading(root, "Add users to a group")
    send(root.locator("#action-form"), "Add to group")
    expect(root.get_by_role("status").first).to_have_text("3 done.")
    members = initech.root.perform("GetGroup", GroupName="Staff")["Users"]
    assert [user["UserName"] for user in members] == ["ann", "ben", "cleo"]


def test_a_column_is_hidden_and_stays_hidden(root, initech) -> None:
    people(initech, "ann")
    root.goto("users/")
    root.get_by_label("Columns and files").click()
    root.get_by_label("MFA", exact=True).uncheck()
    expect(root.get_by_role("columnheader", name="MFA")).to_have_count(0)
    root.goto("groups/")
    root.goto("users/")
    expect(root.get_by_role("columnheader", name="MFA")).to_have_count(0)


def test_a_list_is_taken_along_as_a_file(root, initech) -> None:
    people(initech, "ann")
    root.goto("users/")
    root.get_by_label("Columns and files").click()
    with root.expect_download() as file:
        root.get_by_role("link", name="Export as CSV").click()
    assert file.value.suggested_filename == "users.csv"
    assert file.value.path().read_text().splitlines()[1].startswith("ann,")
