"""Identity providers in the console, from none to people signing in through one."""

from playwright.sync_api import Page, expect

from tests.browser.acting import act, row, says, send
from tests.browser.test_accessible import OF_COLOURS, PHONE, too_wide, violations
from tests.cast import Account, trust
from tests.identities.federation.saml_idp import metadata

THUMBPRINT = "0123456789abcdef0123456789abcdef01234567"


def looks_right(page: Page) -> None:
    for theme, rules in (("light", ()), ("dark", OF_COLOURS)):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        assert violations(page, *rules) == []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert too_wide(page) == []
    page.set_viewport_size({"width": 1280, "height": 800})


def test_an_openid_connect_provider_from_adding_to_deleting(root: Page, initech: Account) -> None:
    root.goto("identity-providers/")
    form = act(root, "Add OpenID Connect")
    form.get_by_label("Issuer").fill("http://login.example.test")
    form.get_by_label("Thumbprints").fill(THUMBPRINT)
    form.get_by_role("button", name="Add provider").click()
    expect(form.locator(".error")).to_contain_text("Invalid Open ID Connect Provider URL")
    form.get_by_label("Issuer").fill("https://login.example.test/acme")
    form.get_by_label("Client ids").fill("web\nci")
    send(form, "Add provider")
    expect(root.get_by_role("heading", level=1)).to_have_text("login.example.test/acme")
    expect(row(root, "ci")).to_be_visible()
    row(root, "ci").get_by_role("link", name="Remove").click()
    send(root.locator("form#action-form:visible"), "Remove client id")
    says(root, "ci was removed.")
    expect(row(root, "ci")).to_have_count(0)
    send_with(act(root, "Add client id"), "Client id", "portal", "Add client id")
    expect(row(root, "portal")).to_be_visible()
    arn = initech.arn("oidc-provider/login.example.test/acme")
    initech.role("Web", trust({"Federated": arn}, "sts:AssumeRoleWithWebIdentity"))
    form = act(root, "Offer it")
    form.get_by_label("Name on the sign-in page").fill("Initech SSO")
    form.get_by_label("Client id of the portal").select_option("portal")
    form.get_by_label("Client secret").fill("a secret that nobody sees again")
    form.get_by_label("Web").check()
    send(form, "Save")
    says(root, "People can sign in through the provider.")
    expect(root.locator("main")).to_contain_text("Continue with Initech SSO")
    expect(root.locator("main")).not_to_contain_text("a secret that nobody sees again")
    looks_right(root)
    root.get_by_role("link", name="Check now").click()
    expect(root.locator("#health")).to_contain_text("Needs attention")
    looks_right(root)
    form = act(root, "Delete")
    form.get_by_label("to confirm").fill("login.example.test/acme")
    send(form, "Delete provider")
    expect(root.get_by_role("heading", name="No identity providers yet")).to_be_visible()


def send_with(form: Page, label: str, value: str, button: str) -> None:
    form.get_by_label(label).fill(value)
    send(form, button)


def test_a_saml_provider_says_what_is_wrong_with_its_metadata(root: Page) -> None:
    root.goto("identity-providers/create-saml")
    root.get_by_label("Name").fill("Okta")
    root.get_by_label("Metadata").fill("<x>" + "y" * 1000)
    root.get_by_role("button", name="Add provider").click()
    expect(root.locator("main .error")).to_contain_text("Could not parse metadata")
    expect(root.get_by_label("Name")).to_have_value("Okta")
    file = {"name": "idp.xml", "mimeType": "text/xml", "buffer": metadata().encode()}
    root.get_by_label("From a file").set_input_files(file)
    expect(root.get_by_label("Metadata")).to_have_value(metadata())
    root.get_by_role("button", name="Add provider").click()
    expect(root.get_by_role("heading", level=1)).to_have_text("Okta")
    expect(root.locator("#health")).to_contain_text("Healthy")
    expect(root.locator("#health")).to_contain_text("https://idp.example.test/saml")
    looks_right(root)
    root.goto("identity-providers/")
    expect(row(root, "Okta")).to_contain_text("SAML")
