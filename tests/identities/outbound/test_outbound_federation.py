"""Outbound federation: tokens that anybody can verify, and an issuer that tells nothing else."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client

from accounts import tenancy
from accounts.models import Event
from iamsite.operations import Anonymous, OperationError, perform
from identities.models import SigningKey
from identities.operations.sts import web_identity_token
from tests.cast import Acme, Actor, Evil, allow, deny, origin, trust
from tests.identities.federation.issuer import Issuer
from tests.identities.operations.refusal import refusal
from tests.portal import Portal

STS = "https://sts.amazonaws.com/"
AUDIENCE = "https://api.example.test"


def token_of(actor: Actor, **params: Any) -> dict[str, Any]:
    given = {"Audience": [AUDIENCE], "SigningAlgorithm": "ES384", **params}
    return actor.perform("GetWebIdentityToken", **given)


def published(acme: Acme) -> list[dict[str, Any]]:
    return list(read(f"{path_of(acme)}/.well-known/jwks.json")["keys"])


def path_of(acme: Acme) -> str:
    info = acme.root.perform("GetOutboundWebIdentityFederationInfo")
    return str(info["IssuerIdentifier"]).removeprefix(settings.IAMSITE_URL)


def read(path: str) -> dict[str, Any]:
    answer = Client().get(path)
    assert answer.status_code == 200, path
    return dict(answer.json())


def verified(acme: Acme, token: str, audience: str = AUDIENCE) -> dict[str, Any]:
    """The claims, as a verifier reads them that knows the issuer's address alone."""
    about = read(f"{path_of(acme)}/.well-known/openid-configuration")
    keys = read(about["jwks_uri"].removeprefix(settings.IAMSITE_URL))["keys"]
    header = jwt.get_unverified_header(token)
    (key,) = (one for one in keys if one["kid"] == header["kid"])
    return dict(
        jwt.decode(
            token,
            jwt.PyJWK(key),
            algorithms=about["id_token_signing_alg_values_supported"],
            audience=audience,
            issuer=about["issuer"],
        )
    )


@pytest.fixture
def acme(acme: Acme) -> Acme:
    acme.root.perform("EnableOutboundWebIdentityFederation")
    return acme


class TestFeature:
    def test_it_is_off_until_it_is_enabled(self, evil: Evil) -> None:
        code, status, _ = refusal(evil.root, "GetOutboundWebIdentityFederationInfo")
        assert (code, status) == ("FeatureDisabled", 404)
        assert refusal(evil.root, "DisableOutboundWebIdentityFederation")[0] == "FeatureDisabled"
        assert refusal(
            evil.root, "GetWebIdentityToken", Audience=["a"], SigningAlgorithm="RS256"
        ) == (
            "OutboundWebIdentityFederationDisabledException",
            403,
            web_identity_token.DISABLED,
        )

    def test_enabling_names_an_issuer_that_cannot_be_guessed(self, acme: Acme) -> None:
        info = acme.root.perform("GetOutboundWebIdentityFederationInfo")
        issuer = info["IssuerIdentifier"]
        assert info == {"IssuerIdentifier": issuer, "JwtVendingEnabled": True}
        address, _, identifier = issuer.rpartition("/")
        assert address == f"{settings.IAMSITE_URL}/federation"
        assert len(identifier) == 36
        assert acme.id not in issuer

    def test_enabling_twice_is_refused(self, acme: Acme) -> None:
        code, status, _ = refusal(acme.root, "EnableOutboundWebIdentityFederation")
        assert (code, status) == ("FeatureEnabled", 409)

    def test_disabling_ends_new_tokens_and_leaves_those_of_before(self, acme: Acme) -> None:
        token, path = token_of(acme.alice)["WebIdentityToken"], path_of(acme)
        acme.root.perform("DisableOutboundWebIdentityFederation")
        assert refusal(acme.root, "GetOutboundWebIdentityFederationInfo")[0] == "FeatureDisabled"
        with pytest.raises(OperationError):
            token_of(acme.alice)
        (key,) = (
            one for one in read(f"{path}/.well-known/jwks.json")["keys"] if one["kty"] == "EC"
        )
        assert jwt.decode(token, jwt.PyJWK(key), algorithms=["ES384"], audience=AUDIENCE)

    def test_enabling_again_brings_the_same_issuer_back(self, acme: Acme) -> None:
        before = path_of(acme)
        acme.root.perform("DisableOutboundWebIdentityFederation")
        acme.root.perform("EnableOutboundWebIdentityFederation")
        assert path_of(acme) == before

    @pytest.mark.parametrize(
        ("operation", "action"),
        [
            ("EnableOutboundWebIdentityFederation", "iam:EnableOutboundWebIdentityFederation"),
            ("DisableOutboundWebIdentityFederation", "iam:DisableOutboundWebIdentityFederation"),
            ("GetOutboundWebIdentityFederationInfo", "iam:GetOutboundWebIdentityFederationInfo"),
            ("RotateOutboundSigningKeys", "portal:RotateOutboundSigningKeys"),
        ],
    )
    def test_each_needs_its_own_action(self, operation: str, action: str, acme: Acme) -> None:
        code, _, message = refusal(acme.carol, operation)
        assert code == "AccessDenied"
        assert f"is not authorized to perform: {action} on resource: *" in message


class TestClaims:
    def test_a_user_is_named_by_its_arn(self, acme: Acme) -> None:
        before = int(datetime.now(UTC).timestamp())
        output = token_of(acme.alice)
        claims = verified(acme, output["WebIdentityToken"])
        assert before <= claims["iat"] <= before + 5
        assert claims["exp"] == claims["iat"] + 300 == int(output["Expiration"].timestamp())
        assert len(claims.pop("jti")) == 36
        assert claims == {
            "iss": settings.IAMSITE_URL + path_of(acme),
            "sub": acme.alice.arn,
            "aud": AUDIENCE,
            "iat": claims["iat"],
            "exp": claims["exp"],
            STS: {
                "aws_account": acme.id,
                "source_region": "us-east-1",
                "principal_id": acme.alice.arn,
            },
        }

    def test_a_role_session_is_named_by_its_role_and_tells_its_end_tags_and_source(
        self, acme: Acme
    ) -> None:
        actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
        arn = acme.role(
            "Sender",
            trust(acme.arn("root"), actions),
            allow("sts:*"),
            Tags=[{"Key": "team", "Value": "data"}],
        )
        session = acme.assume(
            acme.alice, arn, "run", SourceIdentity="alice", Tags=[{"Key": "job", "Value": "7"}]
        )
        output = token_of(session, Audience=["a", "b"], Tags=[{"Key": "priority", "Value": "high"}])
        claims = verified(acme, output["WebIdentityToken"], "b")
        assert (claims["sub"], claims["aud"]) == (arn, ["a", "b"])
        of_sts = claims[STS]
        end = datetime.strptime(of_sts.pop("original_session_exp"), "%Y-%m-%dT%H:%M:%S%z")
        assert timedelta(minutes=59) < end - datetime.now(UTC) < timedelta(minutes=61)
        assert of_sts == {
            "aws_account": acme.id,
            "source_region": "us-east-1",
            "principal_id": arn,
            "principal_tags": {"team": "data", "job": "7"},
            "request_tags": {"priority": "high"},
            "source_identity": "alice",
        }

    @pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
    def test_it_is_signed_with_the_algorithm_asked_for(self, algorithm: str, acme: Acme) -> None:
        token = token_of(acme.alice, SigningAlgorithm=algorithm)["WebIdentityToken"]
        assert jwt.get_unverified_header(token)["alg"] == algorithm
        assert verified(acme, token)["sub"] == acme.alice.arn

    def test_another_algorithm_is_refused(self, acme: Acme) -> None:
        assert refusal(
            acme.alice, "GetWebIdentityToken", Audience=["a"], SigningAlgorithm="HS256"
        ) == (
            "ValidationError",
            400,
            web_identity_token.NO_ALGORITHM.format("HS256"),
        )

    def test_a_token_does_not_outlive_the_session_that_asks(self, acme: Acme) -> None:
        arn = acme.role("Short", trust(acme.arn("root")), allow("sts:*"))
        session = acme.assume(acme.alice, arn, DurationSeconds=900)
        assert token_of(session, DurationSeconds=600)
        with pytest.raises(OperationError) as caught:
            token_of(session, DurationSeconds=3600)
        assert caught.value.code == "SessionDurationEscalationException"
        assert caught.value.status == 403

    def test_a_token_too_long_for_anybody_to_take_is_refused(self, acme: Acme) -> None:
        tags = [{"Key": f"{number:0>128}", "Value": "ü" * 256} for number in range(50)]
        with pytest.raises(OperationError) as caught:
            token_of(acme.alice, Tags=tags)
        assert caught.value.code == "JWTPayloadSizeExceededException"

    def test_credentials_of_get_session_token_get_none(self, acme: Acme) -> None:
        from tests.cast import Key

        key = Key.of(acme.alice.perform("GetSessionToken")["Credentials"])
        with pytest.raises(OperationError) as caught:
            token_of(Actor("alice", acme.alice.arn, key.credential, key))
        assert caught.value.code == "AccessDenied"

    def test_the_trail_keeps_who_asked_for_what_but_not_the_token(self, acme: Acme) -> None:
        token = token_of(acme.alice)["WebIdentityToken"]
        with transaction.atomic():
            tenancy.enter(acme.id)
            event = Event.objects.get(account_id=acme.id, operation="GetWebIdentityToken")
        assert event.principal_arn == acme.alice.arn
        assert event.parameters["Audience"] == [AUDIENCE]
        assert event.detail["TokenId"] == verified(acme, token)["jti"]
        assert token.split(".")[2] not in json.dumps([event.parameters, event.detail])


class TestPermission:
    KEYS = {
        "sts:IdentityTokenAudience": ("ForAllValues:StringEquals", "https://other.test"),
        "sts:SigningAlgorithm": ("StringEquals", "RS256"),
        "sts:DurationSeconds": ("NumericLessThan", "300"),
        "aws:RequestTag/team": ("StringEquals", "data"),
    }

    @pytest.mark.parametrize("key", KEYS)
    def test_a_policy_can_bind_it_to_its_condition_keys(self, key: str, acme: Acme) -> None:
        operator, value = self.KEYS[key]
        bound = allow("sts:GetWebIdentityToken", Condition={operator: {key: value}})
        dave = acme.user("dave", bound, allow("sts:TagGetWebIdentityToken"))
        fitting: dict[str, dict[str, Any]] = {
            "sts:IdentityTokenAudience": {"Audience": ["https://other.test"]},
            "sts:SigningAlgorithm": {"SigningAlgorithm": "RS256"},
            "sts:DurationSeconds": {"DurationSeconds": 60},
            "aws:RequestTag/team": {"Tags": [{"Key": "team", "Value": "data"}]},
        }
        assert token_of(dave, **fitting[key])
        with pytest.raises(OperationError) as caught:
            token_of(dave)
        assert caught.value.code == "AccessDenied"

    def test_tags_need_an_action_of_their_own(self, acme: Acme) -> None:
        dave = acme.user("dave", allow("sts:GetWebIdentityToken"))
        assert token_of(dave)
        with pytest.raises(OperationError) as caught:
            token_of(dave, Tags=[{"Key": "team", "Value": "data"}])
        assert "not authorized to perform: sts:TagGetWebIdentityToken" in caught.value.message

    def test_a_deny_holds(self, acme: Acme) -> None:
        dave = acme.user("dave", allow("*"), deny("sts:GetWebIdentityToken"))
        with pytest.raises(OperationError) as caught:
            token_of(dave)
        assert caught.value.code == "AccessDenied"


class TestIssuer:
    def test_the_discovery_document_says_where_the_keys_are(self, acme: Acme) -> None:
        path = path_of(acme)
        answer = Client().get(f"{path}/.well-known/openid-configuration")
        assert answer["Content-Type"] == "application/json"
        assert answer["Cache-Control"] == "public, max-age=300"
        assert not answer.cookies
        issuer = settings.IAMSITE_URL + path
        assert answer.json() == {
            "issuer": issuer,
            "jwks_uri": f"{issuer}/.well-known/jwks.json",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES384"],
            "claims_supported": ["iss", "sub", "aud", "iat", "exp", "jti", STS],
        }

    def test_the_keys_are_public_halves_alone(self, acme: Acme) -> None:
        members = {
            "RSA": {"kty", "kid", "use", "alg", "n", "e"},
            "EC": {"kty", "kid", "use", "alg", "crv", "x", "y"},
        }
        keys = published(acme)
        assert sorted(key["kty"] for key in keys) == ["EC", "RSA"]
        for key in keys:
            assert key.keys() == members[key["kty"]]

    def test_each_account_has_keys_of_its_own(self, acme: Acme) -> None:
        other = Acme()
        other.root.perform("EnableOutboundWebIdentityFederation")
        assert not {key["kid"] for key in published(acme)} & {
            key["kid"] for key in published(other)
        }

    @pytest.mark.parametrize(
        "path",
        [
            "00000000-0000-4000-8000-000000000000/.well-known/openid-configuration",
            "00000000-0000-4000-8000-000000000000/.well-known/jwks.json",
            "{account}/.well-known/jwks.json",
            "{identifier}",
            "{identifier}/",
            "{identifier}/keys",
            "%2e%2e/.well-known/jwks.json",
        ],
    )
    def test_what_is_not_there_is_not_found(self, path: str, acme: Acme) -> None:
        identifier = path_of(acme).rpartition("/")[2]
        answer = Client().get("/federation/" + path.format(account=acme.id, identifier=identifier))
        assert answer.status_code == 404

    def test_it_can_only_be_read(self, acme: Acme) -> None:
        path = f"{path_of(acme)}/.well-known/jwks.json"
        for method in ("post", "put", "delete", "patch"):
            assert getattr(Client(), method)(path).status_code in (403, 405)

    def test_a_running_portal_serves_it(self, acme: Acme, portal: Portal) -> None:
        address = portal.url + path_of(acme)
        with urllib.request.urlopen(f"{address}/.well-known/jwks.json", timeout=10) as answer:
            assert answer.headers["Cache-Control"] == "public, max-age=300"
            assert answer.headers.get("Set-Cookie") is None
            assert json.load(answer) == {"keys": published(acme)}
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{address[:-1]}x/.well-known/jwks.json", timeout=10)
        assert caught.value.code == 404

    def test_a_real_client_gets_a_token_over_http(self, acme: Acme, portal: Portal) -> None:
        sts = acme.alice.client("sts", portal.url)
        output = sts.get_web_identity_token(Audience=[AUDIENCE], SigningAlgorithm="RS256")
        (key,) = (one for one in published(acme) if one["alg"] == "RS256")
        claims = jwt.decode(
            output["WebIdentityToken"], jwt.PyJWK(key), algorithms=["RS256"], audience=AUDIENCE
        )
        assert claims["sub"] == acme.alice.arn


class TestKeys:
    def test_private_keys_are_sealed(self, acme: Acme) -> None:
        with transaction.atomic():
            tenancy.enter(acme.id)
            secrets = [bytes(key.secret) for key in SigningKey.objects.of(acme.id)]
        assert len(secrets) == 2
        for secret in secrets:
            # A key in the clear begins with an ASN.1 sequence of a version and an algorithm.
            assert secret[:1] != b"\x30"
            assert b"\x2a\x86\x48" not in secret

    def test_new_keys_are_published_before_they_sign_and_old_ones_until_their_tokens_end(
        self, acme: Acme
    ) -> None:
        old = {key["kid"] for key in published(acme)}
        now = datetime.now(UTC)
        keys = acme.root.perform("RotateOutboundSigningKeys")["SigningKeys"]
        assert {key["KeyId"] for key in keys} == {key["kid"] for key in published(acme)}
        assert len(keys) == 4
        for key in keys:
            if key["KeyId"] in old:
                end = key["PublishedUntil"] - now
                assert timedelta(minutes=64) < end < timedelta(minutes=66)
            else:
                assert "PublishedUntil" not in key
                assert timedelta(minutes=4) < key["SigningSince"] - now < timedelta(minutes=6)
        token = token_of(acme.alice)["WebIdentityToken"]
        assert jwt.get_unverified_header(token)["kid"] in old
        later = perform(
            acme.alice.credential,
            "GetWebIdentityToken",
            {"Audience": [AUDIENCE], "SigningAlgorithm": "ES384"},
            origin(),
            now=now + timedelta(minutes=6),
        )
        assert jwt.get_unverified_header(later["WebIdentityToken"])["kid"] not in old

    def test_keys_that_nothing_needs_go_with_the_next_rotation(self, acme: Acme) -> None:
        old = {key["kid"] for key in published(acme)}
        acme.root.perform("RotateOutboundSigningKeys")
        after = datetime.now(UTC) + timedelta(hours=2)
        perform(acme.root.credential, "RotateOutboundSigningKeys", {}, origin(), now=after)
        with transaction.atomic():
            tenancy.enter(acme.id)
            kept = {str(key.id) for key in SigningKey.objects.of(acme.id)}
        assert len(kept) == 4
        assert not kept & old

    def test_the_command_revokes_keys_that_became_known(self, acme: Acme) -> None:
        old = {key["kid"] for key in published(acme)}
        output = io.StringIO()
        call_command("rotate_signing_keys", acme.id, "--revoke", stdout=output)
        now = {key["kid"] for key in published(acme)}
        assert len(now) == 2
        assert not now & old
        assert all(kid in output.getvalue() for kid in now)
        token = token_of(acme.alice)["WebIdentityToken"]
        assert jwt.get_unverified_header(token)["kid"] in now

    def test_the_command_says_where_the_feature_is_off(self, evil: Evil) -> None:
        with pytest.raises(CommandError, match="already disabled"):
            call_command("rotate_signing_keys", evil.id)


@pytest.fixture
def outside(tmp_path: Path, settings: Any) -> Iterator[Issuer]:
    """A server with TLS before the portal, under whose address the portal knows itself."""
    settings.IAMSITE_IDP_ALLOW_NETWORKS = ["127.0.0.0/8"]
    with Issuer(tmp_path) as running:
        settings.IAMSITE_URL = running.url

        def answer(path: str) -> tuple[int, dict[str, str], bytes]:
            try:
                found = Client().get(path)
            finally:
                connection.close()  # this thread's own
            return found.status_code, {}, found.content

        running.answer = answer  # type: ignore[method-assign]
        yield running


class TestLoop:
    """An account of this portal trusts the principals of another one."""

    def assume(self, role: str, token: str) -> dict[str, Any]:
        given = {"RoleArn": role, "RoleSessionName": "in", "WebIdentityToken": token}
        return perform(Anonymous(), "AssumeRoleWithWebIdentity", given, origin("aws"))

    def trusting(self, evil: Evil, acme: Acme, outside: Issuer) -> tuple[str, str]:
        """Evil's role for alice alone, and the issuer's name."""
        issuer = acme.root.perform("GetOutboundWebIdentityFederationInfo")["IssuerIdentifier"]
        provider = evil.root.perform(
            "CreateOpenIDConnectProvider",
            Url=issuer,
            ClientIDList=["evil"],
            ThumbprintList=[outside.thumbprint],
        )["OpenIDConnectProviderArn"]
        name = issuer.removeprefix("https://")
        condition = {"StringEquals": {f"{name}:sub": acme.alice.arn}}
        document = trust(
            {"Federated": provider}, "sts:AssumeRoleWithWebIdentity", Condition=condition
        )
        return evil.role("ForAlice", document, allow("iam:GetRole")), name

    def test_a_principal_that_another_account_trusts_gets_its_role(
        self, outside: Issuer, acme: Acme, evil: Evil
    ) -> None:
        role, name = self.trusting(evil, acme, outside)
        for algorithm in ("RS256", "ES384"):
            token = token_of(acme.alice, Audience=["evil"], SigningAlgorithm=algorithm)
            output = self.assume(role, token["WebIdentityToken"])
            assert output["SubjectFromWebIdentityToken"] == acme.alice.arn
            assert output["Provider"] == evil.arn(f"oidc-provider/{name}")

    def test_others_of_that_account_do_not(self, outside: Issuer, acme: Acme, evil: Evil) -> None:
        role, _ = self.trusting(evil, acme, outside)
        dave = acme.user("dave", allow("sts:GetWebIdentityToken"))
        refused = [
            (token_of(dave, Audience=["evil"]), "AccessDenied"),
            (token_of(acme.alice, Audience=["other"]), "InvalidIdentityToken"),
        ]
        for token, code in refused:
            with pytest.raises(OperationError) as caught:
                self.assume(role, token["WebIdentityToken"])
            assert caught.value.code == code

    def test_nor_does_an_account_with_an_issuer_of_its_own(
        self, outside: Issuer, acme: Acme, evil: Evil
    ) -> None:
        role, _ = self.trusting(evil, acme, outside)
        third = Evil()
        third.root.perform("EnableOutboundWebIdentityFederation")
        with pytest.raises(OperationError) as caught:
            self.assume(role, token_of(third.mallory, Audience=["evil"])["WebIdentityToken"])
        assert caught.value.code == "InvalidIdentityToken"
        assert caught.value.message.startswith("No OpenIDConnect provider found in your account")
