import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.cast import Acme, service, trust
from tests.iamsite.console.browser import Browser, text

SOURCE = Path(settings.BASE_DIR)


@pytest.fixture(scope="module")
def acme() -> Acme:
    account = Acme()
    of_applications(account)
    return account


def of_applications(account: Acme) -> None:
    """A service with a key and a workload, a machine, a queue that others may write to."""
    service(account, "ledger")
    role = account.role("Poster", trust({"Service": "ledger.example.com"}))
    perform = account.root.perform
    perform("RegisterWorkload", WorkloadName="poster", ServicePrefix="ledger", RoleArn=role)
    perform("CreateWorkloadToken", WorkloadName="poster")
    perform("CreateInstanceProfile", InstanceProfileName="web")
    perform("RegisterWorkload", WorkloadName="web-1", InstanceProfileName="web")
    for name in ("pages", "bare"):
        perform("RegisterResource", ResourceArn=f"arn:aws:sqs:us-east-1:{account.id}:{name}")
    arn = f"arn:aws:sqs:us-east-1:{account.id}:pages"
    document = trust({"AWS": ["*", account.root.arn]}, "sqs:SendMessage", Resource=arn)
    perform("PutResourcePolicy", ResourceArn=arn, PolicyDocument=document)


PAGES = [
    "/console/",
    "/console/getting-started",
    "/console/search?q=ali",
    "/console/activity",
    "/console/activity/verify",
    "/console/decisions/",
    "/console/simulator",
    "/console/simulator/tests",
    "/console/simulator/tests/save",
    "/console/sessions",
    "/console/account",
    "/console/switch-role",
    "/console/delegation-requests/",
    "/console/delegation-requests/sent",
    "/console/identity-providers/",
    "/console/identity-providers/create-oidc",
    "/console/identity-providers/create-saml",
    "/console/account/name",
    "/console/account/alias",
    "/console/account/password-policy",
    "/console/account/password-policy/remove",
    "/console/account/session-tokens",
    "/console/account/decisions",
    "/console/account/sessions",
    "/console/account/close",
    "/console/recommendations/FirstKey/skip",
    "/console/recommendations/RootMFA/snooze",
    "/console/recommendations/FirstKey/restore",
    "/console/account/issuer/enable",
    "/console/account/issuer/disable",
    "/console/account/issuer/rotate",
    "/console/organization",
    "/console/organization/create",
    "/console/accounts-and-root",
    "/console/credential-report",
    "/console/credential-report/generate",
    "/console/security-credentials",
    "/console/security-credentials/password",
    "/console/security-credentials/keys/create",
    "/console/security-credentials/mfa/add",
    "/console/security-credentials/mfa/key",
    "/console/security-credentials/root/lock",
    "/console/security-credentials/root/unlock",
    "/console/policies/compare",
    "/console/policies/compare?item=arn:aws:iam::aws:policy/AdministratorAccess&item=arn:aws:iam::aws:policy/PowerUserAccess",
    "/console/who-can",
    "/console/who-can?action=iam:CreateUser",
    "/console/who-can/revoke?action=iam:CreateUser&principal=arn:aws:iam::{account}:user/alice",
    "/console/who-can/tests?action=iam:CreateUser",
    "/console/effective-access",
    "/console/effective-access?services=sqs",
    "/console/trust",
    "/console/users/",
    "/console/users/?q=ali",
    "/console/users/?path=/",
    "/console/users/create",
    "/console/users/import",
    "/console/users/alice/",
    "/console/users/alice/?tab=effective",
    "/console/users/alice/?tab=groups",
    "/console/users/alice/?tab=credentials",
    "/console/users/alice/?tab=access",
    "/console/users/alice/?tab=access&service=iam",
    "/console/users/alice/?tab=sessions",
    "/console/users/alice/?tab=activity",
    "/console/users/alice/?tab=tags",
    "/console/users/bob/disable",
    "/console/users/bob/enable",
    "/console/users/bob/revoke",
    "/console/users/alice/rename",
    "/console/users/alice/delete",
    "/console/users/alice/groups",
    "/console/users/alice/tags",
    "/console/users/alice/keys/create",
    "/console/users/alice/mfa/key",
    "/console/users/alice/password/create",
    "/console/users/alice/policies/attach",
    "/console/users/alice/policies/inline/create",
    "/console/users/alice/policies/inline/p0/edit",
    "/console/users/alice/policies/inline/p0/delete",
    "/console/groups/",
    "/console/groups/create",
    "/console/groups/Developers/",
    "/console/groups/Developers/?tab=permissions",
    "/console/groups/Developers/?tab=access",
    "/console/groups/Developers/?tab=access&service=s3",
    "/console/groups/Developers/rename",
    "/console/groups/Developers/delete",
    "/console/groups/Developers/clone",
    "/console/groups/Developers/members/add",
    "/console/groups/Developers/members/bob/move",
    "/console/groups/Developers/members/bob/remove",
    "/console/groups/Developers/policies/attach",
    "/console/roles/",
    "/console/roles/create",
    "/console/roles/Deployer/",
    "/console/roles/Deployer/?tab=effective",
    "/console/roles/Deployer/?tab=trust",
    "/console/roles/Deployer/?tab=access",
    "/console/roles/Deployer/?tab=tags",
    "/console/roles/Deployer/edit",
    "/console/roles/Deployer/trust",
    "/console/roles/Deployer/tags",
    "/console/roles/Deployer/delete",
    "/console/roles/Deployer/revoke",
    "/console/services/",
    "/console/services/register",
    "/console/services/ledger/",
    "/console/services/ledger/?tab=keys",
    "/console/services/ledger/?tab=workloads",
    "/console/services/ledger/edit",
    "/console/services/ledger/deregister",
    "/console/services/ledger/keys/create",
    "/console/services/ledger/workloads/register",
    "/console/workloads/",
    "/console/workloads/register",
    "/console/workloads/poster/",
    "/console/workloads/web-1/",
    "/console/workloads/poster/edit",
    "/console/workloads/web-1/edit",
    "/console/workloads/poster/deregister",
    "/console/workloads/poster/tokens/create",
    "/console/resources/",
    "/console/resources/?q=pages",
    "/console/resources/register",
    "/console/resources/arn:aws:sqs:us-east-1:{account}:pages",
    "/console/resources/arn:aws:sqs:us-east-1:{account}:bare",
    "/console/resources/policy/edit/arn:aws:sqs:us-east-1:{account}:pages",
    "/console/resources/policy/edit/arn:aws:sqs:us-east-1:{account}:bare",
    "/console/resources/policy/delete/arn:aws:sqs:us-east-1:{account}:pages",
    "/console/resources/deregister/arn:aws:sqs:us-east-1:{account}:pages",
    "/console/analyzer/",
    "/console/analyzer/analyze",
    "/console/policies/",
    "/console/policies/?scope=aws",
    "/console/policies/?scope=all&q=administrator",
    "/console/policies/create",
    "/console/policies/arn:aws:iam::aws:policy/AdministratorAccess",
    "/console/policies/arn:aws:iam::aws:policy/AdministratorAccess?tab=attached",
    "/console/policies/arn:aws:iam::aws:policy/AdministratorAccess?tab=access",
    "/console/policies/attach/arn:aws:iam::aws:policy/AdministratorAccess",
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_and_holds_to_the_policy_of_its_content(acme, root, path):
    response = root.get(path.format(account=acme.id))
    assert response.status_code == 200
    body = response.content.decode()
    assert "<script>" not in body
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", body)
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', body)
    assert set(response.headers["Content-Security-Policy"].split("; ")) == {
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    }
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_account_its_id_and_the_viewer_are_on_every_page(acme, root):
    said = text(root.get("/console/users/"))
    assert "Acme" in said
    assert acme.id in said
    assert f"arn:aws:iam::{acme.id}:root" in said


def test_an_address_that_leads_nowhere_says_so(root):
    response = root.get("/console/no/such/page")
    assert response.status_code == 404
    assert "Not found" in text(response)
    assert response.headers["X-Request-Id"] in text(response)


@pytest.mark.parametrize("name", ["light", "dark", "contrast"])
def test_a_chosen_theme_is_kept(name):
    browser = Browser()
    response = browser.post("/console/theme", {"theme": name, "next": "/console/sign-up"})
    assert response.headers["Location"] == "/console/sign-up"
    assert f'data-theme="{name}"' in browser.get("/console/sign-up").content.decode()


def test_a_theme_that_is_none_changes_nothing():
    browser = Browser()
    browser.post("/console/theme", {"theme": '"><script>', "next": "//evil.example/"})
    assert 'data-theme="system"' in browser.get("/console/sign-in").content.decode()


def test_the_theme_form_leads_to_no_other_site():
    response = Browser().post("/console/theme", {"theme": "dark", "next": "//evil.example/"})
    assert response.headers["Location"] == "/console/"


def test_the_sprite_holds_the_icons_in_use_and_no_others():
    drawn = set()
    for file in [*SOURCE.glob("templates/**/*.html"), *SOURCE.glob("*/console/**/*.py")]:
        source = file.read_text()
        drawn |= set(re.findall(r'{% icon "([\w-]+)"', source))
        drawn |= set(re.findall(r'icon=[_(]*"([\w-]+)"', source))
    sprite = set(
        re.findall(r'<symbol id="([\w-]+)"', (SOURCE / "static/dist/icons.svg").read_text())
    )
    assert drawn <= sprite
    literals = "\n".join(file.read_text() for file in SOURCE.glob("*/console/**/*.py"))
    assert {name for name in sprite - drawn if f'"{name}"' not in literals} == set()
