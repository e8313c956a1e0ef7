"""Signing in to the console at an OpenID Connect provider, and every way in which it must not go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from accounts.models import Account, Attempts
from iamsite.operations import OperationError
from tests.cast import Acme, Evil, allow, trust
from tests.iamsite.console.browser import Browser, text
from tests.identities.federation.issuer import rsa_key
from tests.identities.federation.oidc_provider import OIDCProvider, query
from tests.identities.test_signin import change, events

BACK = "/console/sign-in/oidc"


@pytest.fixture
def provider(tmp_path: Path, loopback: None) -> Iterator[OIDCProvider]:
    Attempts.objects.all().delete()
    with OIDCProvider(tmp_path, "/realms/acme") as running:
        yield running


class Federation:
    """Acme with the provider, the roles Web and Ops that trust it, and the client `web`."""

    def __init__(self, acme: Acme, provider: OIDCProvider, *roles: str, **client: Any) -> None:
        self.acme, self.provider = acme, provider
        made = acme.root.perform(
            "CreateOpenIDConnectProvider",
            Url=provider.url,
            ClientIDList=["web", "other"],
            ThumbprintList=[provider.thumbprint],
        )
        self.arn = made["OpenIDConnectProviderArn"]
        self.roles = [self.role(name) for name in roles or ("Web",)]
        params = {"ClientId": "web", "ClientSecret": provider.secret, "RoleArns": self.roles}
        put = acme.root.perform(
            "PutSignInClient",
            ProviderArn=self.arn,
            DisplayName="Acme SSO",
            **{name: value for name, value in {**params, **client}.items() if value},
        )
        self.client = put["SignInClient"]
        self.begin = f"/console/sign-in/with/{acme.id}/{self.client['SignInClientId']}"

    def role(self, name: str) -> str:
        trusted = trust(
            {"Federated": self.arn},
            "sts:AssumeRoleWithWebIdentity",
            Condition={"StringEquals": {f"{self.arn.partition('/')[2]}:aud": "web"}},
        )
        return self.acme.role(name, trusted, allow("iam:ListUsers"))

    def away(self, browser: Browser, more: str = "") -> dict[str, str]:
        """Goes to the provider and signs in there: what it sends back."""
        answer = browser.get(self.begin + more)
        assert answer.status_code == 302, text(answer)
        return self.provider.authorize(answer["Location"])


def person() -> Browser:
    browser = Browser()
    browser.defaults["HTTP_HOST"] = urlsplit(settings.IAMSITE_URL).netloc
    return browser


def who(browser: Browser) -> str | None:
    answer = browser.get("/api/v1/caller-identity")
    return answer.json()["Arn"] if answer.status_code == 200 else None


def refused(browser: Browser, answer: dict[str, str], **changes: str) -> str:
    response = browser.get(f"{BACK}?{query(answer, **changes)}")
    assert response.status_code == 403
    assert who(browser) is None
    return text(response)


class TestSigningIn:
    def test_whom_the_provider_signs_in_acts_as_the_role(
        self, acme: Acme, provider: OIDCProvider
    ) -> None:
        federation, browser = Federation(acme, provider), person()
        page = browser.get(f"/console/signin/{acme.id}")
        assert "Continue with Acme SSO" in text(page)
        assert federation.begin in page.content.decode()
        answer = federation.away(browser, "?next=/console/users/")
        back = browser.get(f"{BACK}?{query(answer)}")
        assert (back.status_code, back["Location"]) == (302, "/console/users/")
        assert who(browser) == f"arn:aws:sts::{acme.id}:assumed-role/Web/dora-example.test".replace(
            "dora-", "dora@"
        )
        assert browser.get("/console/users/").status_code == 200
        assert browser.get("/api/v1/groups").status_code == 403
        (event,) = events(acme.id, "AssumeRoleWithWebIdentity")
        assert event.face == "console"
        assert events(acme.id, "ConsoleLogin")[-1].principal_arn == who(browser)

    def test_of_several_roles_one_chooses(self, acme: Acme, provider: OIDCProvider) -> None:
        federation, browser = Federation(acme, provider, "Web", "Ops"), person()
        page = browser.get(f"{BACK}?{query(federation.away(browser))}")
        assert who(browser) is None
        choice = unescape(re.search(r'name="choice" value="([^"]+)"', page.content.decode())[1])
        form = {"choice": choice, "role": federation.roles[1]}
        assert browser.post(f"{BACK}/role", form).status_code == 302
        assert ":assumed-role/Ops/" in str(who(browser))
        other = person()
        assert other.post(f"{BACK}/role", form).status_code == 403
        assert who(other) is None

    @pytest.mark.parametrize("methods", [("client_secret_post",), ("client_secret_basic", "none")])
    def test_the_client_proves_itself_as_the_provider_wants(
        self, acme: Acme, provider: OIDCProvider, methods: tuple[str, ...]
    ) -> None:
        provider.methods = methods
        federation, browser = Federation(acme, provider), person()
        assert browser.get(f"{BACK}?{query(federation.away(browser))}").status_code == 302
        assert provider.refused == []

    def test_a_client_without_a_secret_has_pkce(self, acme: Acme, provider: OIDCProvider) -> None:
        provider.secret = ""
        federation, browser = Federation(acme, provider, ClientSecret=""), person()
        assert browser.get(f"{BACK}?{query(federation.away(browser))}").status_code == 302

    def test_trying_it_shows_the_claims_and_signs_nobody_in(
        self, acme: Acme, provider: OIDCProvider
    ) -> None:
        federation, browser = Federation(acme, provider), person()
        page = browser.get(f"{BACK}?{query(federation.away(browser, '?test=1'))}")
        assert "The provider works" in text(page)
        assert "dora@example.test" in text(page)
        assert who(browser) is None

    def test_an_account_that_is_not_there_offers_nothing(self) -> None:
        for account in ("000000000001", "no-such-alias", "a%00b"):
            page = person().get(f"/console/signin/{account}")
            assert page.status_code == 200
            assert "Continue with" not in text(page)


class TestSetup:
    def test_the_secret_is_kept_and_never_shown(self, acme: Acme, provider: OIDCProvider) -> None:
        federation = Federation(acme, provider)
        told = acme.root.perform("GetSignInClient", ProviderArn=federation.arn)["SignInClient"]
        assert told["HasClientSecret"] is True
        events_of = acme.root.perform("ListEvents")["Events"]
        assert provider.secret not in str([told, events_of])
        acme.root.perform(
            "PutSignInClient",
            ProviderArn=federation.arn,
            DisplayName="SSO",
            ClientId="web",
            RoleArns=federation.roles,
        )
        browser = person()  # the secret stayed
        assert browser.get(f"{BACK}?{query(federation.away(browser))}").status_code == 302

    def test_only_clients_and_roles_of_the_account_are_taken(
        self, acme: Acme, evil: Evil, provider: OIDCProvider
    ) -> None:
        federation = Federation(acme, provider)
        foreign = evil.role("Web", trust(evil.arn("root")))
        for changes, code in (
            ({"ClientId": "unknown"}, "InvalidInput"),
            ({"RoleArns": [foreign]}, "NoSuchEntity"),
            ({"RoleArns": [acme.arn("role/nobody")]}, "NoSuchEntity"),
            ({"RoleArns": None}, "InvalidInput"),
        ):
            params = {"ClientId": "web", "RoleArns": federation.roles, **changes}
            with pytest.raises(OperationError) as caught:
                acme.root.perform(
                    "PutSignInClient",
                    ProviderArn=federation.arn,
                    DisplayName="x",
                    **{name: value for name, value in params.items() if value},
                )
            assert caught.value.code == code
        with pytest.raises(OperationError) as caught:
            evil.root.perform("GetSignInClient", ProviderArn=federation.arn)
        assert caught.value.code == "NoSuchEntity"
        with pytest.raises(OperationError) as caught:
            acme.carol.perform("DeleteSignInClient", ProviderArn=federation.arn)
        assert caught.value.code == "AccessDenied"

    def test_what_is_taken_away_is_offered_no_more(
        self, acme: Acme, provider: OIDCProvider
    ) -> None:
        federation, browser = Federation(acme, provider), person()
        answer = federation.away(browser)
        acme.root.perform("DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=federation.arn)
        assert "Continue with" not in text(person().get(f"/console/signin/{acme.id}"))
        assert person().get(federation.begin).status_code == 403
        refused(browser, answer)


class TestAttacks:
    @pytest.fixture
    def federation(self, acme: Acme, provider: OIDCProvider) -> Federation:
        return Federation(acme, provider)

    def test_an_answer_counts_only_in_the_browser_that_asked(self, federation: Federation) -> None:
        """Login CSRF: a victim's browser is sent the attacker's own answer."""
        answer = federation.away(person())
        victim = person()
        assert "not begun in this browser" in refused(victim, answer)
        federation.away(victim)
        refused(victim, answer)
        assert federation.provider.asked.count("POST /realms/acme/token") == 0

    def test_and_once(self, federation: Federation) -> None:
        browser = person()
        answer = federation.away(browser)
        kept = browser.cookies["iamsite_note"].value
        assert browser.get(f"{BACK}?{query(answer)}").status_code == 302
        again = person()
        again.cookies["iamsite_note"] = kept
        refused(again, answer)

    def test_another_issuers_answer_is_told_apart(self, federation: Federation) -> None:
        """Mix-up: the code of an honest provider must not go to another one."""
        browser = person()
        answer = federation.away(browser)
        refused(browser, answer, iss="https://evil.example")
        assert federation.provider.asked.count("POST /realms/acme/token") == 0

    def test_a_code_of_another_sign_in_is_refused(self, federation: Federation) -> None:
        """Injected: the provider holds it to the verifier of whoever began."""
        stolen, browser = federation.away(person()), person()
        answer = federation.away(browser)
        refused(browser, answer, code=stolen["code"])
        assert federation.provider.refused == ["wrong verifier"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"nonce": "another"},
            {"nonce": None},
            {"aud": "other"},
            {"aud": ["web", "other"]},
            {"aud": ["web", "other"], "azp": "other"},
            {"iss": "https://evil.example"},
            {"exp": 1},
            {"iat": 4_000_000_000},
            {"sub": None},
        ],
    )
    def test_a_token_that_is_not_for_this_sign_in_is_refused(
        self, federation: Federation, changes: dict[str, Any]
    ) -> None:
        federation.provider.token_changes = changes
        browser = person()
        refused(browser, federation.away(browser))

    @pytest.mark.parametrize(
        "options",
        [
            {"key": rsa_key("stranger")},
            {"key": "x" * 64, "algorithm": "HS256"},
            {"headers": {"kid": "unknown"}},
        ],
    )
    def test_a_token_that_the_issuer_did_not_sign_is_refused(
        self, federation: Federation, options: dict[str, Any]
    ) -> None:
        federation.provider.token_options = options
        browser = person()
        refused(browser, federation.away(browser))

    def test_a_role_that_does_not_trust_is_not_entered(self, federation: Federation) -> None:
        federation.acme.root.perform(
            "UpdateAssumeRolePolicy",
            RoleName="Web",
            PolicyDocument=trust(federation.acme.arn("root")),
        )
        browser = person()
        assert "Not authorized to perform sts:AssumeRoleWithWebIdentity" in refused(
            browser, federation.away(browser)
        )

    def test_a_role_that_was_not_offered_is_not_entered(
        self, acme: Acme, provider: OIDCProvider
    ) -> None:
        federation, browser = Federation(acme, provider, "Web", "Ops"), person()
        hidden = federation.role("Hidden")
        page = browser.get(f"{BACK}?{query(federation.away(browser))}").content.decode()
        choice = unescape(re.search(r'name="choice" value="([^"]+)"', page)[1])
        for role in (hidden, "", "x"):
            answer = browser.post(f"{BACK}/role", {"choice": choice, "role": role})
            assert answer.status_code == 403
        assert browser.post(f"{BACK}/role", {"choice": "x", "role": hidden}).status_code == 403
        assert who(browser) is None

    def test_the_providers_refusal_is_told_as_text(self, federation: Federation) -> None:
        browser = person()
        state = federation.away(browser)["state"]
        answer = {"state": state, "error": "access_denied", "error_description": "<b>No</b>"}
        assert "did not sign you in: <b>No</b>" in refused(browser, answer)

    @pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/api/v1/users"])
    def test_it_leads_to_no_other_site(self, federation: Federation, wanted: str) -> None:
        browser = person()
        answer = federation.away(browser, f"?next={wanted}")
        assert browser.get(f"{BACK}?{query(answer)}")["Location"] == "/console/"

    def test_a_suspended_account_lets_nobody_in(self, federation: Federation) -> None:
        browser = person()
        answer = federation.away(browser)
        change(federation.acme.id, Account, status=Account.Status.SUSPENDED)
        refused(browser, answer)
        assert person().get(federation.begin).status_code == 403

    def test_a_provider_in_the_internal_network_is_not_asked(
        self, federation: Federation, settings: Any
    ) -> None:
        settings.IAMSITE_IDP_ALLOW_NETWORKS = []
        before = len(federation.provider.asked)
        answer = person().get(federation.begin)
        assert answer.status_code == 403
        assert "cannot be reached" in text(answer)
        assert len(federation.provider.asked) == before

    def test_nothing_is_begun_by_ids_that_are_none(
        self, acme: Acme, evil: Evil, federation: Federation
    ) -> None:
        number = federation.client["SignInClientId"]
        for path in (f"{acme.id}/x", f"{evil.id}/{number}", f"000000000001/{number}"):
            assert person().get(f"/console/sign-in/with/{path}").status_code == 403
