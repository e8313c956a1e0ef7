"""Whether an identity provider can be relied on, as an administrator is told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iamsite.operations import OperationError
from identities.federation.issuer_keys import issuer_keys
from identities.operations.provider_health import ELSEWHERE, EXPIRED, EXPIRING, PAST
from tests.cast import Acme, Evil, trust
from tests.identities.federation.conftest import loopback as loopback
from tests.identities.federation.issuer import Issuer
from tests.identities.federation.oidc_provider import OIDCProvider
from tests.identities.federation.saml_idp import certificate, metadata


@pytest.fixture
def issuer(tmp_path: Path, loopback: None) -> Iterator[OIDCProvider]:
    with OIDCProvider(tmp_path, "/realms/acme") as running:
        yield running


def oidc(acme: Acme, issuer: Issuer, *thumbprints: str) -> str:
    made = acme.root.perform(
        "CreateOpenIDConnectProvider",
        Url=issuer.url,
        ThumbprintList=list(thumbprints) or [issuer.thumbprint],
    )
    return str(made["OpenIDConnectProviderArn"])


def saml(acme: Acme, document: str) -> str:
    made = acme.root.perform("CreateSAMLProvider", Name="Idp", SAMLMetadataDocument=document)
    return str(made["SAMLProviderArn"])


def health(acme: Acme, arn: str) -> dict[str, Any]:
    return dict(acme.root.perform("CheckIdentityProvider", ProviderArn=arn)["Health"])


def test_an_issuer_tells_its_keys_and_where_people_sign_in(
    acme: Acme, issuer: OIDCProvider
) -> None:
    told = health(acme, oidc(acme, issuer))
    assert told["IsHealthy"] is True
    assert told["Messages"] == []
    assert told["SignInAddress"] == f"{issuer.url}/authorize?tenant=acme"
    assert [key["KeyId"] for key in told["Keys"]] == ["rsa", "ec"]
    assert told["Keys"][1] == {"KeyId": "ec", "KeyType": "EC", "Algorithm": "ES256"}


def test_it_is_asked_once_in_some_seconds_and_told_as_it_is_now(
    acme: Acme, issuer: OIDCProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = oidc(acme, issuer)
    health(acme, arn)
    asked = len(issuer.asked)
    assert health(acme, arn)["IsHealthy"] is True
    assert len(issuer.asked) == asked
    issuer.answers[f"{issuer.path}/keys"] = lambda: (500, {}, b"")
    later = time.time() + 11
    monkeypatch.setattr(issuer_keys, "_clock", lambda: later)
    assert health(acme, arn)["IsHealthy"] is False


def test_an_issuer_for_programs_alone_is_told_as_such(
    acme: Acme, tmp_path: Path, loopback: None
) -> None:
    with Issuer(tmp_path) as plain:
        told = health(acme, oidc(acme, plain))
    assert told["IsHealthy"] is True
    assert "programs only" in told["Messages"][0]


def test_what_is_wrong_with_an_issuer_is_told(
    acme: Acme, issuer: OIDCProvider, tmp_path: Path, settings: Any
) -> None:
    address = f"{issuer.path}/.well-known/openid-configuration"
    arn = oidc(acme, issuer)
    for answer, says in (
        ((500, {}, b""), "answers 500"),
        ((200, {}, b"x"), "no JSON"),
        ((200, {}, json.dumps({"issuer": "https://evil.example"}).encode()), "another issuer"),
    ):
        issuer.answers[address] = lambda answer=answer: answer
        told = health(acme, arn)
        assert told["IsHealthy"] is False
        assert says in told["Messages"][0]
        assert told["Keys"] == []
    settings.IAMSITE_IDP_ALLOW_NETWORKS = []
    assert "IAMSITE_IDP_ALLOW_NETWORKS" in health(acme, arn)["Messages"][0]


def test_a_saml_provider_tells_its_certificates_and_when_they_expire(acme: Acme) -> None:
    document = metadata().replace("bindings:HTTP-POST", "bindings:HTTP-Redirect")
    told = health(acme, saml(acme, document))
    assert told["IsHealthy"] is True
    assert told["EntityId"] == "https://idp.example.test/saml"
    assert told["SignInAddress"] == "https://idp.example.test/sso"
    (key,) = told["Keys"]
    assert key["NotAfter"] == certificate("idp").not_valid_after_utc
    assert told["Messages"] == [EXPIRING]  # tomorrow
    assert key["KeyType"] == "RSA"


def test_an_expired_certificate_and_old_metadata_need_attention(acme: Acme) -> None:
    document = metadata(
        "https://idp.example.test/saml",
        certificate("old", expired=True),
        attributes=' validUntil="2020-01-01T00:00:00Z"',
    )
    told = health(acme, saml(acme, document))
    assert told["IsHealthy"] is False
    assert told["Messages"] == [EXPIRED, PAST, ELSEWHERE]
    assert "SignInAddress" not in told


def test_both_kinds_are_listed_with_the_roles_that_trust_them(
    acme: Acme, issuer: OIDCProvider, evil: Evil
) -> None:
    of_oidc, of_saml = oidc(acme, issuer), saml(acme, metadata())
    acme.role("Web", trust({"Federated": of_oidc}, "sts:AssumeRoleWithWebIdentity"))
    acme.role("Pipeline", trust({"Federated": of_oidc}, "sts:AssumeRoleWithWebIdentity"))
    acme.root.perform("PutSignInClient", ProviderArn=of_saml, DisplayName="Acme SSO")
    first, second = acme.root.perform("ListProviderSummaries")["ProviderSummaries"]
    assert first["ProviderArn"] == of_oidc
    assert first["RoleNames"] == ["Pipeline", "Web"]
    assert second["ProviderArn"] == of_saml
    assert (second["RoleNames"], second["SignInName"]) == ([], "Acme SSO")
    assert evil.root.perform("ListProviderSummaries") == {"ProviderSummaries": []}


def test_only_who_may_learns_it(acme: Acme, evil: Evil) -> None:
    arn = saml(acme, metadata())
    for actor, code in ((acme.carol, "AccessDenied"), (evil.root, "NoSuchEntity")):
        with pytest.raises(OperationError) as caught:
            actor.perform("CheckIdentityProvider", ProviderArn=arn)
        assert caught.value.code == code
