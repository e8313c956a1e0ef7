"""Takes the pictures of the documentation: every page with the demo organisation's data.

`python -m tests.browser.screenshots [NAME …]` runs a portal of its own, fills it as `make demo`
does, and writes docs/screenshots/NAME-THEME-WIDTH.png: light and dark, 1440 and 390 pixels wide.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from iamsite.demo.organisation import PRODUCTION, PRODUCTION_ACCOUNT, STAGING
from iamsite.embedded import Server
from tests.browser.chromium import SETTLED, chromium
from tests.portal import SOURCE, Portal

FOLDER = SOURCE / "docs" / "screenshots"
THEMES = ("light", "dark")
WIDTHS = {1440: 900, 390: 844}
TALLEST = 1600  # pixels of a page that are shown
COLOURS = 256
PASSWORD = "northwind shows 9 Pictures"

Preparation = Callable[[Page], None]


@dataclass(frozen=True)
class Picture:
    """What to show: an address below /console/, and what to do there first."""

    name: str
    path: str
    prepare: Preparation | None = None
    who: str = "amara.okafor"  # "" for nobody, "root" for the root user


def press(name: str, opens: str) -> Preparation:
    """Presses the button or link `name` and waits for the dialog headed `opens`."""

    def prepare(page: Page) -> None:
        action = page.locator("main").get_by_role("link", name=name, exact=True)
        if not action.count():  # behind the phone's one button
            page.get_by_role("button", name="More actions").click()
        action.first.click()
        expect(page.get_by_role("heading", name=opens)).to_be_visible()

    return prepare


def searching(text: str) -> Preparation:
    def prepare(page: Page) -> None:
        page.keyboard.press("Control+k")
        page.get_by_role("combobox").fill(text)
        expect(page.get_by_role("option").first).to_contain_text(text)

    return prepare


def edited(page: Page) -> None:
    """The editor with what is wrong in the document."""
    page.get_by_label("Policy name").fill("read-shipments")
    page.get_by_role("button", name="Save policy").click()
    expect(page.locator(".notes")).to_be_visible()


def explained(page: Page) -> None:
    page.locator("td a", has_text="AccessDenied").first.click()
    expect(page.locator(".ladder").first).to_be_visible()


def unfolded(page: Page) -> None:
    page.locator("tr", has_text="AccessDenied").first.locator("summary").click()


def shown_as_code(page: Page) -> None:
    page.get_by_label("User name").fill("dora.lang")
    page.get_by_label("Engineers").check()
    page.get_by_text("Show as AWS CLI").click()
    expect(page.locator("#show-as-body")).to_contain_text("dora.lang")


def ticked(page: Page) -> None:
    for box in page.locator("tbody .tick input").all()[1:4]:
        box.check()
    expect(page.locator("#bulk")).to_be_visible()


def columns_open(page: Page) -> None:
    page.get_by_label("Columns and files").click()
    expect(page.get_by_text("Export as CSV")).to_be_visible()


def in_the_form(page: Page) -> None:
    """The document as a form, one service's actions unfolded."""
    page.get_by_text("Both" if _is_wide(page) else "Visual", exact=True).click()
    card = page.get_by_role("region", name="Statement 1")
    card.locator("summary", has_text="iam").click()
    card.locator("summary", has_text="Permissions").click()


def _is_wide(page: Page) -> bool:
    return bool(page.viewport_size and page.viewport_size["width"] > min(WIDTHS))


def created(page: Page) -> None:
    """A new user with its credentials, another one for each width."""
    page.get_by_label("User name").fill("dora.lang" if _is_wide(page) else "emil.brandt")
    page.get_by_label("Console access").check()
    page.get_by_label("Programmatic access").check()
    page.get_by_role("button", name="Create user").click()
    expect(page.locator(".secret")).to_be_visible()


def generated(page: Page) -> None:
    """The report, made the first time it is asked for."""
    if page.get_by_role("heading", name="No report yet").count():
        page.locator("main").get_by_role("link", name="Generate report").click()
        page.get_by_role("dialog").get_by_role("button", name="Generate report").click()
    expect(page.get_by_role("heading", name="Age of active access keys")).to_be_visible()


def analyzed(page: Page) -> None:
    """The findings, made the first time they are asked for."""
    if page.get_by_role("heading", name="No scan yet").count():
        page.locator("main").get_by_role("link", name="Analyze the account").click()
        page.get_by_role("dialog").get_by_role("button", name="Analyze").click()
    expect(page.get_by_role("navigation", name="Findings by status")).to_be_visible()


def first_finding(page: Page) -> None:
    analyzed(page)
    page.locator("tbody th a").first.click()
    expect(page.get_by_text("First found")).to_be_visible()


def first_request(page: Page) -> None:
    page.locator("tbody th a").first.click()
    expect(page.get_by_role("heading", name="What it asks for")).to_be_visible()


def analyzed_at_home(page: Page) -> None:
    """The dashboard of an account that was analyzed."""
    analyzed(page)
    page.goto("")
    expect(page.get_by_role("heading", name="Dashboard", level=1)).to_be_visible()


def rotating(page: Page) -> None:
    """The rotation of the first key."""
    page.get_by_role("link", name="Rotate").first.click()
    expect(page.get_by_role("heading", name="Rotate access key")).to_be_visible()


def worked_out(page: Page) -> None:
    """Who would lose what by a policy that is not attached yet."""
    page.locator("main th a[href*='/nodes/r-']").first.click()
    page.locator("main").get_by_role("link", name="Attach policy").wait_for()
    page.goto(page.locator("a[href$='/attach']").first.get_attribute("href") or "")
    page.get_by_label("EuropeOnly").check()
    page.get_by_role("button", name="Work it out").click()
    expect(page.get_by_role("table", name="Who gains, who loses")).to_be_visible()


USER = "users/contractor.ruiz/"
SIMULATED = (
    f"simulator?principal=arn:aws:iam::{PRODUCTION}:user/apps/ci-shop"
    "&action=s3:PutObject%0As3:GetObject%0Aiam:CreateUser"
)
LOGIN = (
    "authorize?response_type=code&client_id=arn:aws:signin:::devtools/same-device&scope=openid"
    "&state=1&code_challenge_method=SHA-256&redirect_uri=http://127.0.0.1:43210/oauth/callback"
    "&code_challenge=jAVl0zA7c3EzTqzXpRrEVVYvH0YuHPcEJuYTZJfW5Eg"
)
POLICY = f"policies/arn:aws:iam::{PRODUCTION}:policy/ReleasePublisher"
PICTURES = (
    Picture("sign-in", "sign-in", who=""),
    Picture("sign-in-root", "sign-in?kind=root", who=""),
    Picture("sign-up", "sign-up", who=""),
    Picture("recover", "recover", who=""),
    Picture("dashboard", "analyzer/", analyzed_at_home),
    Picture("getting-started", "getting-started"),
    Picture("activity", "activity", unfolded),
    Picture("activity-refused", "activity?outcome=Failure"),
    Picture("palette", "", searching("shop")),
    Picture("search", "search?q=shop"),
    Picture("users", "users/"),
    Picture("users-filtered", "users/?q=ci-"),
    Picture("users-ticked", "users/", ticked),
    Picture("users-columns", "users/", columns_open),
    Picture("users-bulk", "users/bulk/delete?item=ci-shop&item=ci-warehouse&item=contractor.ruiz"),
    Picture("user-create", "users/create", shown_as_code),
    Picture("users-import", "users/import"),
    Picture("user", USER),
    Picture("user-effective", f"{USER}?tab=effective"),
    Picture("user-groups", f"{USER}?tab=groups"),
    Picture("user-credentials", "users/ci-shop/?tab=credentials"),
    Picture("user-access", "users/amara.okafor/?tab=access"),
    Picture("user-access-service", "users/amara.okafor/?tab=access&service=iam"),
    Picture("user-sessions", "users/amara.okafor/?tab=sessions"),
    Picture("user-activity", "users/amara.okafor/?tab=activity"),
    Picture("user-disable", "users/ci-shop/", press("Disable", "Disable ci-shop")),
    Picture("key-rotate", "users/ci-shop/?tab=credentials", rotating),
    Picture("user-tags", f"{USER}?tab=tags"),
    Picture("user-attach", USER, press("Attach policies", "Attach policies to")),
    Picture("user-delete", "users/ci-shop/", press("Delete", "Delete ci-shop")),
    Picture("groups", "groups/"),
    Picture("group", "groups/Engineers/"),
    Picture("group-permissions", "groups/Engineers/?tab=permissions"),
    Picture("group-access", "groups/Engineers/?tab=access"),
    Picture("roles", "roles/"),
    Picture("role-create", "roles/create"),
    Picture("role", "roles/ShopDeployer/"),
    Picture("role-effective", "roles/SecurityScanner/?tab=effective"),
    Picture("role-trust", "roles/PartnerIntegration/?tab=trust"),
    Picture("policies", "policies/"),
    Picture("policies-aws", "policies/?scope=aws"),
    Picture("policy", POLICY),
    Picture("policy-versions", f"{POLICY}?tab=versions&version=v1"),
    Picture("policy-attached", f"{POLICY}?tab=attached"),
    Picture("policy-access", f"{POLICY}?tab=access"),
    Picture("policy-create", "policies/create"),
    Picture("policy-form", "policies/create", in_the_form),
    Picture("policy-inline", "users/ci-shop/policies/inline/create"),
    Picture("who-can", "who-can?action=iam:CreateUser"),
    Picture(
        "revoke",
        "who-can/revoke?action=iam:CreateUser"
        f"&principal=arn:aws:iam::{PRODUCTION}:user/admin/amara.okafor",
    ),
    Picture("effective-access", "effective-access"),
    Picture("trust", "trust"),
    Picture("trust-of-user", f"trust?principal=arn:aws:iam::{PRODUCTION}:user/admin/amara.okafor"),
    Picture("services", "services/"),
    Picture("service", "services/fulfilment/"),
    Picture("service-keys", "services/fulfilment/?tab=keys"),
    Picture("service-workloads", "services/fulfilment/?tab=workloads"),
    Picture("service-register", "services/register"),
    Picture("workloads", "workloads/"),
    Picture("workload", "workloads/packer/"),
    Picture("workload-register", "services/fulfilment/workloads/register"),
    Picture("resources", "resources/"),
    Picture("resource", "resources/arn:aws:s3:::nw-catalogue"),
    Picture("resource-policy", "resources/policy/edit/arn:aws:s3:::nw-catalogue"),
    Picture("simulator", SIMULATED),
    Picture("decisions", "decisions/"),
    Picture("decision", "activity?outcome=AccessDenied", explained),
    Picture("access-tests", "simulator/tests"),
    Picture("analyzer", "analyzer/", analyzed),
    Picture("finding", "analyzer/", first_finding),
    Picture("organization", "organization"),
    Picture("organization-account", f"organization/nodes/{STAGING}/"),
    Picture("organization-preview", "organization", worked_out),
    Picture("organization-delegation", "organization?tab=delegation"),
    Picture("organization-access", f"organization/nodes/{STAGING}/access?show=used"),
    Picture("accounts-and-root", "accounts-and-root"),
    Picture("unlock-resource", f"accounts-and-root/{STAGING}/unlock"),
    Picture("credential-report", "credential-report", generated),
    Picture("password-policy", "account/password-policy"),
    Picture("sessions", "sessions"),
    Picture("account", "account"),
    Picture("account-sessions", "account/sessions"),
    Picture("account-close", "account/close", who="root"),
    Picture("security-credentials", "security-credentials"),
    Picture("identity-providers", "identity-providers/"),
    Picture("delegation-requests", "delegation-requests/"),
    Picture("delegation-request", "delegation-requests/", first_request),
    Picture("add-oidc-provider", "identity-providers/create-oidc"),
    Picture("switch-role", f"switch-role?account={PRODUCTION}&roleName=deployer&color=green"),
    Picture("authorize", LOGIN),
    Picture("authorize-refused", LOGIN, who="priya.nair"),
    Picture("add-security-key", "security-credentials/mfa/key"),
    Picture("security-credentials-root", "security-credentials", who="root"),
    Picture("limited", "users/", who="priya.nair"),
    Picture("limited-user", "users/mei.chen/", who="priya.nair"),
    Picture("not-found", "users/nobody/"),
    Picture("user-created", "users/create", created),
)


def sign_in(context: BrowserContext, who: str) -> None:
    page = context.new_page()
    if who == "root":
        page.goto("sign-in?kind=root")
        page.get_by_label("Email address").fill(PRODUCTION_ACCOUNT.email)
    else:
        page.goto("sign-in")
        page.get_by_label("Account id or alias").fill(PRODUCTION_ACCOUNT.alias)
        page.get_by_label("User name").fill(who)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/")
    page.close()


def take(context: BrowserContext, picture: Picture) -> None:
    for width, height in WIDTHS.items():
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.goto(picture.path)
        page.evaluate("document.fonts.ready")
        if picture.prepare:
            picture.prepare(page)
        page.wait_for_load_state("networkidle")  # what is worked out meanwhile is there
        if not page.locator("dialog[open]").count():
            # The window becomes as tall as the page, within reason, so that nothing is cut.
            tall = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": max(height, min(tall, TALLEST))})
        page.evaluate("scrollTo(0, 0)")
        page.mouse.move(0, 0)  # over nothing that would show it
        for theme in THEMES:
            page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
            page.evaluate(SETTLED)
            save(page.screenshot(), FOLDER / f"{picture.name}-{theme}-{width}.png")
        page.close()


def save(png: bytes, path: Path) -> None:
    """In few colours, each the one that most of its pixels have in truth; a third of the file."""
    true = Image.open(BytesIO(png)).convert("RGB")
    few = true.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    sizes = (true.width // 2, true.height // 2)
    sample = [image.resize(sizes, Image.Resampling.NEAREST) for image in (true, few)]
    pairs = Counter(zip(*(image.get_flattened_data() for image in sample), strict=True))
    palette = few.getpalette() or []
    for (colour, index), _count in reversed(pairs.most_common()):
        palette[3 * index : 3 * index + 3] = colour
    few.putpalette(palette)
    few.save(path, optimize=True)


def take_all(browser: Browser, url: str, names: list[str]) -> None:
    chosen = [picture for picture in PICTURES if not names or picture.name in names]
    for who in dict.fromkeys(picture.who for picture in chosen):
        context = browser.new_context(base_url=f"{url}/console/", reduced_motion="reduce")
        if who:
            sign_in(context, who)
        for picture in chosen:
            if picture.who == who:
                take(context, picture)
        context.close()


def main(names: list[str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="iamsite-screenshots-") as folder:
        data = Path(folder)
        try:
            with Portal(data, IAMSITE_DATABASE_DURABLE="off", IAMSITE_WORKERS="1") as portal:
                demo = [sys.executable, "manage.py", "demo", "--password", PASSWORD]
                subprocess.run(demo, cwd=SOURCE, env=portal.environment, check=True)
                with chromium() as browser:
                    take_all(browser, portal.url, names)
        finally:
            Server(data / "postgresql").remove()


if __name__ == "__main__":
    main(sys.argv[1:])
