"""Signing in to the console at a SAML provider, begun here or there."""

from __future__ import annotations

import base64
import re
import zlib
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree

from accounts.models import Attempts
from tests.cast import Acme, allow, trust
from tests.iamsite.console.browser import Browser, text
from tests.identities.federation.issuer import rsa_key
from tests.identities.federation.saml_idp import (
    AWS,
    SamlIdp,
    encoded,
    encrypted,
    metadata,
    pem,
)
from tests.identities.federation.test_assume_role_with_saml import PORTAL
from tests.identities.federation.test_sign_in_with_oidc import person, who
from tests.identities.test_signin import events

CONTINUE = "/console/sign-in/saml"


class Federation:
    def __init__(self, acme: Acme, **provider: Any) -> None:
        Attempts.objects.all().delete()
        self.acme = acme
        described = metadata().replace("bindings:HTTP-POST", "bindings:HTTP-Redirect")
        made = acme.root.perform(
            "CreateSAMLProvider", Name="Idp", SAMLMetadataDocument=described, **provider
        )
        self.provider = made["SAMLProviderArn"]
        self.roles = [self.role(name) for name in ("Web", "Ops")]
        self.idp = SamlIdp(PORTAL, self.roles[0], self.provider)
        put = acme.root.perform(
            "PutSignInClient", ProviderArn=self.provider, DisplayName="Acme IdP"
        )
        number = put["SignInClient"]["SignInClientId"]
        self.begin = f"/console/sign-in/with/{acme.id}/{number}"

    def role(self, name: str) -> str:
        trusted = trust({"Federated": self.provider}, "sts:AssumeRoleWithSAML")
        return self.acme.role(name, trusted, allow("iam:ListUsers"))

    def request(self, browser: Browser, more: str = "") -> etree._Element:
        """The request with which the browser is sent to the provider."""
        answer = browser.get(self.begin + more)
        assert answer.status_code == 302
        url = urlsplit(answer["Location"])
        assert f"{url.scheme}://{url.netloc}{url.path}" == "https://idp.example.test/sso"
        packed = base64.b64decode(parse_qs(url.query)["SAMLRequest"][0])
        return etree.fromstring(zlib.decompress(packed, -15))

    def answer(self, asked: str = "", *roles: str, secret: bool = False) -> str:
        shown = tuple(f"{role},{self.provider}" for role in roles)
        attributes = {f"{AWS}Role": shown} if roles else None
        said = self.idp.assertion(attributes=attributes)
        if asked:
            said = said.replace(" Recipient=", f' InResponseTo="{asked}" Recipient=')
        signed = self.idp.signed(said)
        return encoded(self.idp.response(encrypted(signed) if secret else signed))


@pytest.fixture
def federation(acme: Acme) -> Federation:
    return Federation(acme)


def sent(browser: Browser, answer: str) -> Any:
    """The form that the provider's page sends: from another site, so without cookies."""
    stranger = person()
    page = stranger.post("/saml", {"SAMLResponse": answer, "RelayState": "x"})
    assert who(stranger) is None
    return page


def go_on(browser: Browser, answer: str, role: str = "") -> Any:
    return browser.post(CONTINUE, {"SAMLResponse": answer, "role": role})


def refused(browser: Browser, answer: str, role: str = "") -> str:
    response = go_on(browser, answer, role)
    assert response.status_code == 403
    assert who(browser) is None
    return text(response)


class TestSigningIn:
    def test_begun_here_it_asks_answers_and_enters_the_role(self, federation: Federation) -> None:
        browser = person()
        asked = federation.request(browser, "?next=/console/users/")
        assert asked.get("AssertionConsumerServiceURL") == PORTAL
        assert asked.findtext("{*}Issuer") == PORTAL
        answer = federation.answer(asked.get("ID", ""))
        page = sent(browser, answer)
        assert "Web" in text(page)
        assert federation.acme.id in text(page)
        value = unescape(
            re.search(r'name="SAMLResponse" value="([^"]+)"', page.content.decode())[1]
        )
        done = go_on(browser, value, f"{federation.roles[0]},{federation.provider}")
        assert (done.status_code, done["Location"]) == (302, "/console/users/")
        assert who(browser) == f"arn:aws:sts::{federation.acme.id}:assumed-role/Web/dora"
        (event,) = events(federation.acme.id, "AssumeRoleWithSAML")
        assert event.face == "console"

    def test_begun_at_the_provider_one_chooses_among_its_roles(
        self, federation: Federation
    ) -> None:
        answer = federation.answer("", *federation.roles)
        page = sent(person(), answer)
        assert "Choose a role" in text(page)
        browser = person()
        done = go_on(browser, answer, f"{federation.roles[1]},{federation.provider}")
        assert done.status_code == 302
        assert who(browser) == f"arn:aws:sts::{federation.acme.id}:assumed-role/Ops/dora"

    def test_an_encrypted_answer_is_read_where_it_was_asked_for(self, acme: Acme) -> None:
        federation = Federation(
            acme, AssertionEncryptionMode="Required", AddPrivateKey=pem(rsa_key("decryption"))
        )
        browser = person()
        number = federation.request(browser).get("ID", "")
        answer = federation.answer(number, *federation.roles, secret=True)
        assert 'name="role"' not in sent(browser, answer).content.decode()
        page = go_on(browser, answer)
        assert "Choose a role" in text(page)
        role = f"{federation.roles[1]},{federation.provider}"
        assert go_on(browser, answer, role).status_code == 302
        assert ":assumed-role/Ops/" in str(who(browser))

    def test_trying_it_shows_the_attributes_and_signs_nobody_in(
        self, federation: Federation
    ) -> None:
        browser = person()
        number = federation.request(browser, "?test=1").get("ID", "")
        page = go_on(browser, federation.answer(number))
        assert "The provider works" in text(page)
        assert f"{AWS}RoleSessionName" in text(page)
        assert who(browser) is None

    def test_the_portal_describes_itself(self) -> None:
        described = etree.fromstring(person().get("/saml/metadata.xml").content)
        assert described.get("entityID") == PORTAL
        service = described.find("{*}SPSSODescriptor/{*}AssertionConsumerService")
        assert service is not None
        assert service.get("Location") == PORTAL


class TestAttacks:
    def test_an_answer_to_a_request_counts_only_in_the_browser_that_asked(
        self, federation: Federation
    ) -> None:
        """Login CSRF, and a stolen answer."""
        number = federation.request(person()).get("ID", "")
        answer = federation.answer(number)
        assert "another sign-in" in refused(person(), answer)
        other = person()
        federation.request(other)
        assert "another sign-in" in refused(other, answer)

    def test_the_providers_form_alone_signs_nobody_in(self, federation: Federation) -> None:
        browser = Browser(enforce_csrf_checks=True)
        assert browser.post("/saml", {"SAMLResponse": federation.answer()}).status_code == 200
        assert browser.post(CONTINUE, {"SAMLResponse": federation.answer()}).status_code == 403

    def test_an_answer_is_good_once(self, federation: Federation) -> None:
        answer = federation.answer()
        assert go_on(person(), answer).status_code == 302
        assert "used already" in refused(person(), answer)

    def test_what_was_not_signed_or_is_not_for_the_portal_is_refused(
        self, federation: Federation
    ) -> None:
        idp = federation.idp
        stranger = idp.signed(idp.assertion(), key="stranger")
        elsewhere = idp.signed(idp.assertion(recipient="https://evil.example/saml"))
        for content in (idp.assertion(), stranger, elsewhere):
            refused(person(), encoded(idp.response(content)))

    def test_a_role_that_the_answer_does_not_name_is_not_entered(
        self, federation: Federation
    ) -> None:
        role = f"{federation.roles[1]},{federation.provider}"
        assert "Not authorized" in refused(person(), federation.answer(), role)

    @pytest.mark.parametrize("odd", ["", "x", "PHg+", "é", "A" * 200_000])
    def test_a_malformed_answer_is_told(self, federation: Federation, odd: str) -> None:
        assert person().post("/saml", {"SAMLResponse": odd}).status_code == 403
        refused(person(), odd)
        refused(person(), odd, f"{federation.roles[0]},{federation.provider}")
        refused(person(), odd, "x,y")

    def test_without_an_address_for_redirects_it_says_what_to_do(self, acme: Acme) -> None:
        federation = Federation(acme)
        acme.root.perform(
            "UpdateSAMLProvider",
            SAMLProviderArn=federation.provider,
            SAMLMetadataDocument=metadata(),
        )
        answer = person().get(federation.begin)
        assert answer.status_code == 403
        assert "own pages" in text(answer)
