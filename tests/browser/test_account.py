"""The account and one's own credentials from an empty account to done."""

import time

import pyotp
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.acting import act, confirm, heading, row, says, send
from tests.browser.visits import Visits
from tests.cast import PASSWORD, Account, Acme, allow, trust
from tests.iamsite.console.browser import USER_PASSWORD

STEP = 30


def codes(seed: str) -> list[str]:
    """The last code and the present one, which the clock cannot leave behind."""
    app, now = pyotp.TOTP(seed), int(time.time())
    return [app.at(now - STEP), app.at(now)]


def next_code(seed: str) -> str:
    """One that nobody has used: the next is good already."""
    return pyotp.TOTP(seed).at(int(time.time()) + STEP)


def add_device(page: Page) -> str:
    """Registers an authenticator app for whoever is signed in and returns its seed."""
    page.goto("security-credentials")
    send(act(page, "Add authenticator app"), "Continue")
    picture = page.get_by_alt_text("QR code with the seed of the device")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 100
    seed = page.locator(".mfa-setup .copy .value").inner_text()
    for field, code in zip(page.locator(".codes input").all(), codes(seed), strict=True):
        field.fill(code)
    page.get_by_role("button", name="Confirm").click()
    says(page, "The MFA device is in use from the next sign-in.")
    return seed


def fill_in(form: Locator | Page, fields: dict[str, str]) -> None:
    for label, value in fields.items():
        form.get_by_label(label).fill(value)


def test_a_first_step_is_skipped_and_a_finding_put_off(root: Page) -> None:
    root.goto("getting-started")
    send(act(root, "Skip"), "Skip this step")
    says(root, "“Protect the root user” is skipped.")
    expect(root.get_by_text("0 of 6 done, 1 skipped")).to_be_visible()
    root.get_by_role("link", name="Dashboard").click()
    alone = "The root user signs in with a password alone"
    form = act(root, f"Put off: {alone}")
    form.get_by_label("Tomorrow").check()
    send(form, "Put off")
    says(root, f"“{alone}” is put off.")
    root.get_by_text("1 put off").click()
    expect(root.get_by_text("Told again in 1 day")).to_be_visible()
    created = root.get_by_role("table", name="Activity").get_by_role("row", name="DismissRecomm")
    expect(created.first).to_contain_text("Done")


def test_the_account_is_named_and_its_alias_signs_a_user_in(
    root: Page, initech: Account, visits: Visits
) -> None:
    initech.root.perform("CreateUser", UserName="dora")
    initech.root.perform("CreateLoginProfile", UserName="dora", Password=USER_PASSWORD)
    root.goto("account")
    form = act(root, "Rename")
    form.get_by_label("Account name").fill("Initech & Sons")
    send(form, "Save name")
    says(root, "The account is called Initech & Sons now.")
    expect(root.locator(".account-chip")).to_contain_text("Initech & Sons")
    alias = f"initech-{initech.id}"
    form = act(root, "Set alias")
    form.get_by_label("Alias").fill(alias)
    send(form, "Save alias")
    says(root, f"The account alias is {alias}.")
    dora = visits.open()
    dora.goto("sign-in")
    fill_in(dora, {"Account id or alias": alias, "User name": "dora", "Password": USER_PASSWORD})
    dora.get_by_role("button", name="Sign in").click()
    heading(dora, "Dashboard")
    confirm(act(root, "Remove"), alias, "Remove alias")
    expect(root.get_by_text("None: users sign in with the account id.")).to_be_visible()


@pytest.mark.parametrize("kind", ["root", "user"])
def test_ones_own_password_is_changed(visits: Visits, initech: Account, kind: str) -> None:
    initech.user("alice", allow("*"))
    page = visits.as_root(initech) if kind == "root" else visits.as_user(initech, "alice")
    old = PASSWORD if kind == "root" else USER_PASSWORD
    page.goto("security-credentials")
    form = act(page, "Change password")
    fill_in(form, {"Present password": "not this one", "New password": "Another staple battery 2"})
    send(form, "Change password")
    expect(form.locator(".error")).to_be_visible()
    # Once it has settled the wrong field is focused, and would get what is typed into the next one.
    expect(page.locator(".htmx-settling")).to_have_count(0)
    fill_in(form, {"Present password": old, "New password": "Another staple battery 2"})
    send(form, "Change password")
    says(page, "Your password is changed.")


def test_a_device_is_added_asked_for_at_the_next_sign_in_and_removed(
    visits: Visits, acme: Acme
) -> None:
    alice = visits.as_user(acme, "alice")
    seed = add_device(alice)
    expect(row(alice, acme.arn("mfa/alice"))).to_be_visible()
    there = visits.open()
    there.goto("sign-in")
    fields = {"Account id or alias": acme.id, "User name": "alice", "Password": USER_PASSWORD}
    fill_in(there, fields)
    there.get_by_role("button", name="Sign in").click()
    expect(there.get_by_role("heading", name="Multi-factor authentication (MFA)")).to_be_visible()
    there.get_by_label("Code of your MFA device").fill("000000")
    there.get_by_role("button", name="Continue").click()
    expect(there.get_by_text("The MFA code is incorrect.")).to_be_visible()
    there.get_by_label("Code of your MFA device").fill(next_code(seed))
    there.get_by_role("button", name="Continue").click()
    heading(there, "Dashboard")
    alice.goto("sessions")
    expect(row(alice, "MFA")).to_have_count(1)
    alice.goto("security-credentials")
    remove = alice.get_by_role("link", name=f"Remove {acme.arn('mfa/alice')}")
    remove.click()
    confirm(alice.locator("form#action-form:visible"), "alice", "Remove device")
    says(alice, "The MFA device was removed.")
    assert acme.root.perform("ListMFADevices", UserName="alice")["MFADevices"] == []


def test_root_with_a_device_is_locked_away_and_unlocked(root: Page, initech: Account) -> None:
    add_device(root)
    confirm(act(root, "Lock root away"), "root", "Lock root away")
    says(root, "The root user is locked away.")
    assert initech.root.perform("GetAccountStatus")["RootLocked"] is True


def test_a_session_is_ended_from_the_list(visits: Visits, acme: Acme, alice: Page) -> None:
    carol = visits.as_user(acme, "carol")
    alice.goto("sessions")
    expect(row(alice, "alice")).to_contain_text("This browser")
    row(alice, "carol").get_by_role("link", name="End").click()
    send(alice.locator("form#action-form:visible"), "End session")
    says(alice, "The session was ended.")
    expect(row(alice, "carol")).to_have_count(0)
    carol.goto("./")
    expect(carol.get_by_role("heading", name="Sign in")).to_be_visible()


def test_activity_is_filtered_taken_along_and_verified(root: Page, initech: Account) -> None:
    root.goto("groups/")
    form = act(root, "Create group")
    form.get_by_label("Group name").fill("Auditors")
    send(form, "Create group")
    heading(root, "Auditors")
    root.goto("activity")
    root.get_by_label("Operation").fill("CreateGroup")
    root.get_by_label("Who asked: name or ARN").fill(initech.root.arn)
    root.get_by_role("button", name="Filter").click()
    expect(row(root, "CreateGroup")).to_have_count(1)
    expect(row(root, "Auditors")).to_contain_text("Done")
    row(root, "CreateGroup").locator("summary").click()
    expect(root.locator("main")).to_contain_text('"GroupName": "Auditors"')
    root.get_by_text("Export", exact=True).click()
    with root.expect_download() as file:
        root.get_by_role("link", name="Export as CSV").click()
    lines = file.value.path().read_text().splitlines()
    assert [initech.arn("group/Auditors") in line for line in lines[1:]] == [True]
    root.goto(root.url.replace("CreateGroup", "DeleteGroup"))
    expect(root.get_by_role("heading", name="Nothing matches the filter")).to_be_visible()
    root.get_by_role("link", name="Clear").click()
    root.get_by_label("Outcome").select_option("Refused")
    root.get_by_role("button", name="Filter").click()
    expect(root.get_by_role("heading", name="Nothing matches the filter")).to_be_visible()
    root.get_by_role("link", name="Verify integrity").click()
    expect(root.get_by_role("dialog").get_by_text("The trail is whole")).to_be_visible()


def test_the_account_is_analyzed_and_its_credentials_are_reported(
    root: Page, initech: Account
) -> None:
    initech.role("Open", trust({"AWS": "*"}))
    root.goto("analyzer/")
    send(act(root, "Analyze the account"), "Analyze")
    says(root, "The account was analyzed.")
    row(root, "role/Open").get_by_role("link").first.click()
    expect(root.locator("main")).to_contain_text("sts:AssumeRole")
    send(act(root, "Archive"), "Archive")
    says(root, "The finding is archived.")
    expect(row(root, "role/Open")).to_have_count(0)
    root.goto("credential-report")
    send(act(root, "Generate report"), "Generate report")
    says(root, "The report is ready.")
    expect(row(root, "Root user")).to_contain_text("Off")
    with root.expect_download() as loading:
        root.get_by_role("link", name="Download CSV").click()
    assert "<root_account>" in loading.value.path().read_text()
