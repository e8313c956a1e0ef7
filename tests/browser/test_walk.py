"""The README's walk in a browser and with the AWS CLI; its commands, policy and answers are read from it."""

import re
import shlex
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.editing import write
from tests.cast import PASSWORD, Key
from tests.clients.aws_cli import AwsCli
from tests.portal import SOURCE, Portal

README = (SOURCE / "README.md").read_text().partition("## Five minutes")[2]
# What the README's author saw, and here is another each time.
ACCOUNT = "123456789012"
OWN = "The words of alice 2"


def told(account: str) -> list[tuple[list[str], str]]:
    """Each command of the README with the answer that it promises."""
    blocks = re.findall(r"^```console\n(.*?)^```", README, re.S | re.M)
    commands = [part for block in blocks for part in re.split(r"^\$ ", block, flags=re.M)[1:]]
    pairs = [command.split("\n", 1) for command in commands]
    return [
        (shlex.split(line)[1:], answer.strip().replace(ACCOUNT, account)) for line, answer in pairs
    ]


def shown_once(page: Page, name: str) -> str:
    """What the page says once beside `name`."""
    entry = page.locator(".secret dl > div").filter(has=page.get_by_text(name, exact=True))
    return entry.locator(".copy .value").inner_text()


def test_the_walk_of_the_readme(page: Page, portal: Portal, tmp_path: Path) -> None:
    # 1. Open an account.
    page.goto(portal.url)
    page.get_by_role("link", name="Open an account").click()
    page.get_by_label("Account name").fill("Initech")
    page.get_by_label("Email address").fill(f"walk-{portal.port}@initech.example")
    page.get_by_label("Password").fill(PASSWORD)
    eye = page.get_by_role("button", name="Show what is typed")
    for looks in ("text", "password"):
        eye.click()
        expect(page.get_by_label("Password")).to_have_attribute("type", looks)
    page.get_by_role("button", name="Open the account").click()
    expect(page.get_by_role("heading", name="Getting started")).to_be_visible()
    account = page.locator(".account-chip .copy .value").inner_text()
    assert re.fullmatch(r"\d{12}", account)

    # 2. Make an administrator, and lock root away.
    page.locator("main").get_by_role("link", name="Create user").click()
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Console access").check()
    page.get_by_label("Filter Policies to attach").fill("AdministratorAccess")
    page.get_by_role("checkbox", name="AdministratorAccess AWS managed", exact=True).check()
    page.get_by_role("button", name="Create user").click()
    password = shown_once(page, "Password")
    assert account == shown_once(page, "Account")
    page.get_by_role("link", name="Getting started").click()
    page.locator("main").get_by_role("link", name="Lock root").click()
    page.get_by_role("link", name="Lock root away").click()
    page.get_by_label("Type root to confirm").fill("root")
    page.get_by_role("button", name="Lock root away").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("link", name="IAM user").click()
    page.get_by_label("Account id or alias").fill(account)
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("New password").fill(OWN)
    page.get_by_role("button", name="Save and sign in").click()
    expect(page.get_by_label("Signed in as alice")).to_be_visible()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()

    # 3. Give an application a key.
    page.get_by_role("link", name="Users", exact=True).first.click()
    page.locator("main").get_by_role("link", name="Create user").click()
    page.get_by_label("User name").fill("ci")
    page.get_by_label("Programmatic access").check()
    page.get_by_role("button", name="Create user").click()
    key = Key(shown_once(page, "Access key id"), shown_once(page, "Secret access key"))
    page.get_by_role("link", name="Continue to the user").click()
    page.get_by_role("link", name="Credentials", exact=True).click()
    expect(page.get_by_role("row", name=key.id)).to_be_visible()
    assert key.secret not in page.content()

    # 4. Be denied.
    aws = AwsCli(portal.url, key, tmp_path)
    (who, arn), (denied, refusal), (allowed, listed) = told(account)
    assert aws(*who).out == arn
    assert aws(*denied).error == refusal

    # 5. Be allowed.
    page.locator("main").get_by_role("link", name="Policies", exact=True).click()
    page.get_by_role("link", name="Add inline policy").click()
    page.get_by_label("Policy name").fill("list")
    policy = re.search(r"^```json\n(.*?)^```", README, re.S | re.M)
    assert policy is not None
    write(page, policy[1])
    page.get_by_role("button", name="Save policy").click()
    expect(page.get_by_role("cell", name="Its own")).to_be_visible()
    assert aws(*allowed).out.split() == listed.split()

    # The page Activity shows the denied call and every change you made.
    page.get_by_role("link", name="Activity", exact=True).first.click()
    rows = page.get_by_role("row")
    refused = rows.filter(has_text="ListUsers")
    expect(refused).to_contain_text("AccessDenied")
    expect(refused).to_contain_text("ci")
    for change in ("PutUserPolicy", "CreateAccessKey", "AttachUserPolicy", "LockRoot"):
        expect(rows.filter(has_text=change)).to_contain_text("Done")
    expect(rows.filter(has_text="CreateUser")).to_have_count(2)
    refused.locator("summary").click()
    message = refusal.partition("operation: ")[2]
    expect(page.locator("main")).to_contain_text(message)
