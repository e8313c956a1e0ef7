"""AssumeRoleWithWebIdentity, with a real issuer over TLS."""

import base64
import hashlib
import hmac
import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import transaction

from accounts import tenancy
from accounts.models import Account, Event
from iamsite.operations import Anonymous, OperationError, perform
from tests.cast import Acme, Actor, Evil, Key, allow, origin, trust
from tests.identities.federation.issuer import Issuer, ec_key, published, rsa_key
from tests.portal import Portal

NO_TOKEN = (
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
)
NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  please reference "
    "AssumeRoleWithWebIdentity documentation for requirements"
)
NOT_VERIFIED = "The signature of the web identity token could not be verified."
DENIED = ("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity")


def invalid(message: str) -> tuple[str, int, str]:
    return "InvalidIdentityToken", 400, message


class Federation:
    """Acme, which trusts the issuer, and its role Web, which trusts it as well."""

    def __init__(self, acme: Acme, issuer: Issuer) -> None:
        self.acme, self.issuer = acme, issuer
        self.name = issuer.url.removeprefix("https://")
        self.provider = acme.root.perform(
            "CreateOpenIDConnectProvider",
            Url=issuer.url,
            ClientIDList=["web", "cli"],
            ThumbprintList=[issuer.thumbprint],
        )["OpenIDConnectProviderArn"]
        self.role = acme.role("Web", self.trust(), allow("iam:ListUsers"))

    def trust(self, *actions: str, **more: Any) -> str:
        every = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"]
        return trust({"Federated": self.provider}, list(actions) or every, **more)

    def trusting(self, *actions: str, **more: Any) -> str:
        """The role, from now on with this trust policy."""
        self.acme.root.perform(
            "UpdateAssumeRolePolicy", RoleName="Web", PolicyDocument=self.trust(*actions, **more)
        )
        return self.role

    def assume(self, token: str | None = None, **params: Any) -> dict[str, Any]:
        given = {
            "RoleArn": self.role,
            "RoleSessionName": "ci",
            "WebIdentityToken": self.issuer.token() if token is None else token,
        }
        return perform(Anonymous(), "AssumeRoleWithWebIdentity", {**given, **params}, origin("aws"))

    def refusal(self, token: str | None = None, **params: Any) -> tuple[str, int, str]:
        with pytest.raises(OperationError) as caught:
            self.assume(token, **params)
        return caught.value.code, caught.value.status, caught.value.message

    def session(self, token: str | None = None, **params: Any) -> Actor:
        output = self.assume(token, **params)
        key = Key.of(output["Credentials"])
        return Actor("ci", output["AssumedRoleUser"]["Arn"], key.credential, key)

    def events(self) -> list[Event]:
        with transaction.atomic():
            tenancy.enter(self.acme.id)
            rows = Event.objects.of(self.acme.id).filter(operation="AssumeRoleWithWebIdentity")
            return list(rows.order_by("sequence"))


@pytest.fixture
def federation(acme: Acme, issuer: Issuer) -> Federation:
    return Federation(acme, issuer)


def part(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


class TestSession:
    def test_whom_the_issuer_vouches_for_gets_a_session_of_the_role(
        self, federation: Federation
    ) -> None:
        before = datetime.now(UTC).replace(microsecond=0)
        output = federation.assume()
        role_id = federation.acme.root.perform("GetRole", RoleName="Web")["Role"]["RoleId"]
        credentials = output.pop("Credentials")
        assert output == {
            "AssumedRoleUser": {
                "AssumedRoleId": f"{role_id}:ci",
                "Arn": f"arn:aws:sts::{federation.acme.id}:assumed-role/Web/ci",
            },
            "SubjectFromWebIdentityToken": "repo:acme/app",
            "Provider": federation.provider,
            "Audience": "web",
            "SessionTokenSize": len(credentials["SessionToken"]),
            "SessionTokenUtilization": -(-100 * len(credentials["SessionToken"]) // 8192),
        }
        end = credentials["Expiration"]
        assert before <= end - timedelta(seconds=3600) <= datetime.now(UTC)
        session = Actor("ci", "", Key.of(credentials).credential)
        assert session.perform("GetCallerIdentity") == {
            "UserId": f"{role_id}:ci",
            "Account": federation.acme.id,
            "Arn": f"arn:aws:sts::{federation.acme.id}:assumed-role/Web/ci",
        }
        assert session.perform("ListUsers")["Users"]

    def test_it_may_not_do_what_the_role_may_not(self, federation: Federation) -> None:
        with pytest.raises(OperationError) as caught:
            federation.session().perform("ListRoles")
        assert caught.value.code == "AccessDenied"

    def test_session_policies_limit_it_and_are_packed(self, federation: Federation) -> None:
        output = federation.assume(Policy=allow("iam:ListRoles"))
        assert output["PackedPolicySize"] > 0
        session = Actor("ci", "", Key.of(output["Credentials"]).credential)
        with pytest.raises(OperationError) as caught:
            session.perform("ListUsers")
        assert caught.value.code == "AccessDenied"

    def test_a_session_that_no_header_has_room_for_is_refused(self, federation: Federation) -> None:
        methods = [os.urandom(60).hex() for _ in range(110)]
        code, status, message = federation.refusal(federation.issuer.token(amr=methods))
        assert (code, status) == ("PackedPolicyTooLarge", 400)
        assert "more than 8192" in message

    def test_a_duration_above_the_roles_is_refused(self, federation: Federation) -> None:
        assert federation.refusal(DurationSeconds=3601) == (
            "ValidationError",
            400,
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )

    def test_it_is_in_the_trail_of_the_roles_account_without_the_token(
        self, federation: Federation
    ) -> None:
        output = federation.assume()
        (event,) = federation.events()
        assert (event.outcome, event.principal_kind) == ("Success", "WebIdentity")
        assert (event.principal_arn, event.principal_id) == (federation.provider, "repo:acme/app")
        assert event.resources == [federation.role]
        assert event.parameters["WebIdentityToken"] == "***"
        assert event.detail["IssuedAccessKeyId"] == output["Credentials"]["AccessKeyId"]

    def test_it_is_chained(self, federation: Federation) -> None:
        acme = federation.acme
        acme.root.perform(
            "PutRolePolicy",
            RoleName="Web",
            PolicyName="chain",
            PolicyDocument=allow("sts:AssumeRole"),
        )
        acme.root.perform("UpdateRole", RoleName="Deployer", MaxSessionDuration=7200)
        session = federation.session()
        acme.assume(session, acme.deployer)
        with pytest.raises(OperationError) as caught:
            acme.assume(session, acme.deployer, DurationSeconds=3601)
        assert "1 hour session limit" in caught.value.message

    def test_a_real_client_needs_no_credentials(self, federation: Federation) -> None:
        data = Path(os.environ["IAMSITE_DATA"])
        with Portal(
            data, IAMSITE_DATABASE_DURABLE="off", IAMSITE_IDP_ALLOW_NETWORKS="127.0.0.0/8"
        ) as portal:
            sts = boto3.client(
                "sts",
                endpoint_url=portal.url,
                region_name="us-east-1",
                config=Config(signature_version=UNSIGNED, retries={"max_attempts": 0}),
            )
            params = {"RoleArn": federation.role, "RoleSessionName": "ci"}
            token = federation.issuer.token()
            output = sts.assume_role_with_web_identity(WebIdentityToken=token, **params)
            session = Key.of(output["Credentials"]).client("iam", portal.url)
            assert [user["UserName"] for user in session.list_users()["Users"]]
            with pytest.raises(ClientError) as caught:
                sts.assume_role_with_web_identity(WebIdentityToken="a.b.c", **params)
            assert caught.value.response["Error"]["Code"] == "InvalidIdentityToken"
            assert token not in "\n".join(portal.lines)


class TestTrust:
    def test_a_role_that_does_not_trust_the_provider_is_no_different_from_none(
        self, federation: Federation
    ) -> None:
        assert federation.refusal(RoleArn=federation.acme.deployer) == DENIED
        assert federation.refusal(RoleArn=federation.acme.arn("role/none")) == DENIED
        assert federation.refusal(RoleArn=federation.acme.arn("role/x/Web")) == DENIED

    def test_trust_in_everyone_is_none_in_a_provider(self, federation: Federation) -> None:
        open_role = federation.acme.role("Open", trust("*", "sts:*"))
        assert federation.refusal(RoleArn=open_role) == DENIED

    def test_a_condition_on_the_subject_narrows_it(self, federation: Federation) -> None:
        key = f"{federation.name}:sub"
        federation.trusting(Condition={"StringEquals": {key: "repo:acme/app"}})
        assert federation.assume()
        other = federation.issuer.token(sub="repo:acme/other")
        assert federation.refusal(other) == DENIED

    @pytest.mark.parametrize(
        ("operator", "claim", "value", "claims"),
        [
            ("StringEquals", "aud", "web", {}),
            ("StringEquals", "aud", "cli", {"azp": "cli", "aud": ["web", "cli"]}),
            ("StringEquals", "oaud", "other", {"azp": "cli", "aud": "other"}),
            ("ForAnyValue:StringEquals", "amr", "mfa", {"amr": ["pwd", "mfa"]}),
            ("StringLike", "ref", "refs/heads/*", {"ref": "refs/heads/main"}),
            ("Bool", "email_verified", "true", {"email_verified": True}),
            ("NumericEquals", "level", "3", {"level": 3}),
            ("ForAnyValue:StringEquals", "groups", "ops", {"groups": ["dev", "ops"]}),
        ],
    )
    def test_claims_are_condition_keys(
        self, federation: Federation, operator: str, claim: str, value: str, claims: dict[str, Any]
    ) -> None:
        federation.trusting(Condition={operator: {f"{federation.name}:{claim}": value}})
        assert federation.assume(federation.issuer.token(**claims))
        other = {"aud": "cli", "azp": None, **{name: None for name in claims if name != "aud"}}
        if claim != "aud" or value != "cli":
            assert federation.refusal(federation.issuer.token(**other)) == DENIED

    def test_the_session_name_is_a_condition_key(self, federation: Federation) -> None:
        federation.trusting(Condition={"StringEquals": {"sts:RoleSessionName": "release"}})
        assert federation.refusal() == DENIED
        assert federation.assume(RoleSessionName="release")

    def test_an_explicit_deny_wins(self, federation: Federation) -> None:
        document = json.loads(federation.trust())
        action = "sts:AssumeRoleWithWebIdentity"
        deny = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": action}
        document["Statement"].append(deny)
        federation.acme.root.perform(
            "UpdateAssumeRolePolicy", RoleName="Web", PolicyDocument=json.dumps(document)
        )
        assert federation.refusal() == DENIED

    def test_the_session_keeps_the_keys_of_its_subject(self, federation: Federation) -> None:
        condition = {
            "StringEquals": {
                f"{federation.name}:sub": "repo:acme/app",
                f"{federation.name}:aud": "web",
                "aws:FederatedProvider": federation.provider,
            },
            "ForAnyValue:StringEquals": {f"{federation.name}:amr": "mfa"},
            "Null": {f"{federation.name}:ref": "true", "aws:MultiFactorAuthPresent": "true"},
        }
        federation.acme.root.perform(
            "PutRolePolicy",
            RoleName="Web",
            PolicyName="p0",
            PolicyDocument=allow("iam:ListUsers", Condition=condition),
        )
        claims = {"amr": ["mfa"], "ref": "main"}
        assert federation.session(federation.issuer.token(**claims)).perform("ListUsers")

    def test_a_refusal_of_a_proved_token_is_in_the_trail(self, federation: Federation) -> None:
        federation.refusal(RoleArn=federation.acme.deployer)
        (event,) = federation.events()
        assert (event.outcome, event.principal_id) == ("AccessDenied", "repo:acme/app")

    def test_a_stranger_without_a_token_cannot_fill_the_trail(self, federation: Federation) -> None:
        federation.refusal(federation.issuer.token(rsa_key("mallory")))
        federation.refusal("a.b.c")
        assert federation.events() == []


class TestProvider:
    def test_only_a_provider_of_the_roles_account_counts(
        self, federation: Federation, evil: Evil
    ) -> None:
        expected = invalid(
            f"No OpenIDConnect provider found in your account for {federation.issuer.url}"
        )
        assert federation.refusal(RoleArn=evil.arn("role/r")) == expected
        assert federation.refusal(RoleArn="arn:aws:iam::000000000001:role/r") == expected
        assert federation.refusal(RoleArn="not an arn of a role") == expected

    @pytest.mark.parametrize("change", ["{}/", "{}x", "http{}", "{}/../acme", "{}?x"])
    def test_the_issuer_is_compared_exactly(self, federation: Federation, change: str) -> None:
        issuer = change.format(federation.issuer.url).replace("httphttps", "http")
        token = federation.issuer.token(iss=issuer)
        assert federation.refusal(token) == invalid(
            f"No OpenIDConnect provider found in your account for {issuer}"
        )

    def test_a_deleted_provider_counts_no_more(self, federation: Federation) -> None:
        assert federation.assume()
        federation.acme.root.perform(
            "DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=federation.provider
        )
        assert federation.refusal()[2].startswith("No OpenIDConnect provider found")

    def test_a_removed_client_id_counts_no_more(self, federation: Federation) -> None:
        assert federation.assume()
        federation.acme.root.perform(
            "RemoveClientIDFromOpenIDConnectProvider",
            OpenIDConnectProviderArn=federation.provider,
            ClientID="web",
        )
        assert federation.refusal() == invalid("Incorrect token audience")

    def test_a_suspended_account_trusts_nobody(self, federation: Federation) -> None:
        with transaction.atomic():
            tenancy.enter(federation.acme.id)
            Account.objects.filter(id=federation.acme.id).update(status="suspended")
        assert federation.refusal()[0] == "InvalidIdentityToken"


class TestToken:
    @pytest.mark.parametrize(
        ("key", "algorithm", "kid"),
        [
            (rsa_key("issuer"), "RS256", "rsa"),
            (rsa_key("issuer"), "RS384", "rsa"),
            (rsa_key("issuer"), "RS512", "rsa"),
            (rsa_key("issuer"), "RS256", None),
            (ec_key("issuer"), "ES256", "ec"),
        ],
    )
    def test_a_token_of_the_issuers_key_counts(
        self, federation: Federation, key: Any, algorithm: str, kid: str | None
    ) -> None:
        assert federation.assume(federation.issuer.token(key, algorithm, {"kid": kid}))

    @pytest.mark.parametrize(
        ("curve", "algorithm"), [(ec.SECP384R1, "ES384"), (ec.SECP521R1, "ES512")]
    )
    def test_larger_curves_count(
        self, federation: Federation, curve: type[ec.EllipticCurve], algorithm: str
    ) -> None:
        federation.issuer.keys = [published(ec_key("large", curve), "large")]
        token = federation.issuer.token(ec_key("large", curve), algorithm, {"kid": "large"})
        assert federation.assume(token)

    def test_a_strangers_signature_is_refused(self, federation: Federation) -> None:
        token = federation.issuer.token(rsa_key("mallory"))
        assert federation.refusal(token) == invalid(NOT_VERIFIED)

    @pytest.mark.parametrize("header", ["jwk", "jku", "x5u", "x5c"])
    def test_a_key_that_the_token_brings_is_not_looked_at(
        self, federation: Federation, header: str
    ) -> None:
        stranger = rsa_key("mallory")
        brought: Any = {
            "jwk": published(stranger, "rsa"),
            "x5c": [base64.b64encode(b"certificate").decode()],
        }.get(header, "https://127.0.0.1:1/keys")
        token = federation.issuer.token(stranger, headers={header: brought})
        assert federation.refusal(token) == invalid(NOT_VERIFIED)
        assert [path for path in federation.issuer.asked if "well-known" not in path] == [
            "/realms/acme/keys"
        ]

    def test_none_is_no_algorithm(self, federation: Federation) -> None:
        for name in ("none", "None", "NONE"):
            header = part({"alg": name, "kid": "rsa"})
            claims = part(federation.issuer.claims())
            for token in (f"{header}.{claims}.", f"{header}.{claims}.AAAA"):
                assert federation.refusal(token) == invalid(NO_TOKEN)

    def test_the_public_key_is_no_secret_of_an_hmac(self, federation: Federation) -> None:
        public = rsa_key("issuer").public_key()
        secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        signed = f"{part({'alg': 'HS256', 'kid': 'rsa'})}.{part(federation.issuer.claims())}"
        digest = hmac.digest(secret, signed.encode(), hashlib.sha256)
        assert federation.refusal(f"{signed}.{part(digest)}") == invalid(NO_TOKEN)

    def test_an_unknown_key_id_is_refused(self, federation: Federation) -> None:
        token = federation.issuer.token(headers={"kid": "other"})
        assert federation.refusal(token) == invalid(NO_KEY)

    def test_a_key_for_encryption_or_another_algorithm_does_not_sign(
        self, federation: Federation
    ) -> None:
        federation.issuer.keys = [
            published(rsa_key("issuer"), "rsa", use="enc"),
            published(rsa_key("issuer"), "rsa", alg="RS512"),
        ]
        assert federation.refusal() == invalid(NO_KEY)

    def test_a_small_key_does_not_sign(self, federation: Federation) -> None:
        federation.issuer.keys = [published(rsa_key("small", 1024), "small")]
        token = federation.issuer.token(rsa_key("small", 1024), headers={"kid": "small"})
        assert federation.refusal(token) == invalid(NOT_VERIFIED)

    def test_more_than_a_hundred_keys_are_refused(self, federation: Federation) -> None:
        federation.issuer.keys *= 101
        assert federation.refusal()[0] == "InvalidIdentityToken"

    @pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp", "iat"])
    def test_a_missing_claim_is_named(self, federation: Federation, claim: str) -> None:
        token = federation.issuer.token(**{claim: None})
        assert federation.refusal(token) == invalid(f"Missing a required claim: {claim}")

    @pytest.mark.parametrize(
        ("claim", "value"),
        [
            ("sub", 7),
            ("sub", ""),
            ("sub", "x" * 256),
            ("aud", []),
            ("aud", [7]),
            ("azp", ["web"]),
            ("Sub", "twice"),
        ],
    )
    def test_a_claim_of_a_wrong_form_is_refused(
        self, federation: Federation, claim: str, value: Any
    ) -> None:
        header = part({"alg": "RS256", "kid": "rsa"})
        token = f"{header}.{part({**federation.issuer.claims(), claim: value})}.AAAA"
        assert federation.refusal(token) == invalid(NO_TOKEN)

    @pytest.mark.parametrize("value", ["true", '"soon"', "NaN", "Infinity", "1e999", "9" * 5000])
    def test_a_time_that_is_no_number_is_refused(self, federation: Federation, value: str) -> None:
        claims = json.dumps(federation.issuer.claims(exp="EXP")).replace('"EXP"', value)
        token = f"{part({'alg': 'RS256', 'kid': 'rsa'})}.{part(claims.encode())}.AAAA"
        assert federation.refusal(token) == invalid(NO_TOKEN)

    def test_a_claim_twice_is_refused(self, federation: Federation) -> None:
        claims = json.dumps(federation.issuer.claims())[:-1] + ', "sub": "root"}'
        token = f"{part({'alg': 'RS256', 'kid': 'rsa'})}.{part(claims.encode())}.AAAA"
        assert federation.refusal(token) == invalid(NO_TOKEN)

    @pytest.mark.parametrize(
        "token", ["four", "aa.bb", "a.b.c.d", "e30.e30.", "e30.e30.e30", "....", "W10.W10.W10"]
    )
    def test_what_is_no_token_is_refused(self, federation: Federation, token: str) -> None:
        assert federation.refusal(token) == invalid(NO_TOKEN)

    def test_depth_is_refused(self, federation: Federation) -> None:
        deep = part(b"[" * 7000)
        assert federation.refusal(f"{part({'alg': 'RS256'})}.{deep}.AAAA") == invalid(NO_TOKEN)

    def test_a_huge_token_is_not_looked_at(self, federation: Federation) -> None:
        assert federation.refusal("a" * 20_001)[0] == "ValidationError"
        assert federation.issuer.asked == []

    def test_an_extension_that_must_be_understood_is_refused(self, federation: Federation) -> None:
        token = federation.issuer.token(headers={"crit": ["exp"]})
        assert federation.refusal(token) == invalid(NO_TOKEN)

    def test_access_tokens_are_not_taken(self, federation: Federation) -> None:
        code, _, message = federation.refusal(ProviderId="www.amazon.com")
        assert code == "InvalidIdentityToken"
        assert "ProviderId" in message


class TestAudience:
    @pytest.mark.parametrize(
        ("claims", "client"),
        [
            ({"aud": "cli"}, "cli"),
            ({"aud": ["cli"]}, "cli"),
            ({"aud": ["other", "more"], "azp": "web"}, "web"),
        ],
    )
    def test_a_client_of_the_provider_is_right(
        self, federation: Federation, claims: dict[str, Any], client: str
    ) -> None:
        assert federation.assume(federation.issuer.token(**claims))["Audience"] == client

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": "other"},
            {"aud": "WEB"},
            {"aud": ["web", "cli"]},
            {"aud": "web", "azp": "other"},
            {"aud": "web", "azp": ""},
        ],
    )
    def test_any_other_is_refused(self, federation: Federation, claims: dict[str, Any]) -> None:
        token = federation.issuer.token(**claims)
        assert federation.refusal(token) == invalid("Incorrect token audience")


class TestTime:
    def test_an_expired_token_is_refused(self, federation: Federation) -> None:
        end = int(time.time()) - 301
        code, status, message = federation.refusal(federation.issuer.token(exp=end))
        assert (code, status) == ("ExpiredTokenException", 400)
        assert message.startswith("Token expired: current date/time ")
        assert message.endswith(f" must be before the expiration date/time {end}")

    @pytest.mark.parametrize("claim", ["nbf", "iat"])
    def test_a_token_of_the_future_is_refused(self, federation: Federation, claim: str) -> None:
        token = federation.issuer.token(**{claim: int(time.time()) + 360})
        code, _, message = federation.refusal(token)
        assert code == "InvalidIdentityToken"
        assert claim in message

    def test_clocks_may_differ_by_five_minutes(self, federation: Federation) -> None:
        now = int(time.time())
        assert federation.assume(federation.issuer.token(iat=now + 290, nbf=now + 290))
        assert federation.assume(federation.issuer.token(exp=now - 290))


class TestTags:
    TAGS = {"principal_tags": {"team": ["ops"]}, "transitive_tag_keys": ["team"]}

    def token(self, federation: Federation, **tags: Any) -> str:
        return federation.issuer.token(**{"https://aws.amazon.com/tags": {**self.TAGS, **tags}})

    def test_claims_become_session_tags(self, federation: Federation) -> None:
        condition = {"StringEquals": {"aws:PrincipalTag/team": "ops"}}
        federation.acme.root.perform(
            "PutRolePolicy",
            RoleName="Web",
            PolicyName="p0",
            PolicyDocument=allow("iam:ListUsers", Condition=condition),
        )
        output = federation.assume(self.token(federation))
        assert output["PackedPolicySize"] > 0
        assert Actor("", "", Key.of(output["Credentials"]).credential).perform("ListUsers")
        flat = {"https://aws.amazon.com/tags/principal_tags/team": "ops"}
        assert federation.session(federation.issuer.token(**flat)).perform("ListUsers")
        with pytest.raises(OperationError):
            federation.session().perform("ListUsers")

    def test_the_trust_policy_must_allow_tags_and_sees_them(self, federation: Federation) -> None:
        federation.trusting("sts:AssumeRoleWithWebIdentity")
        assert federation.assume()
        assert federation.refusal(self.token(federation)) == (
            "AccessDenied",
            403,
            "Not authorized to perform sts:TagSession",
        )
        federation.trusting(
            Condition={
                "StringEquals": {"aws:RequestTag/team": "ops"},
                "ForAllValues:StringEquals": {"sts:TransitiveTagKeys": "team"},
            }
        )
        assert federation.assume(self.token(federation))
        assert federation.refusal() == DENIED

    @pytest.mark.parametrize(
        "tags",
        [
            {"principal_tags": []},
            {"principal_tags": {"team": ["a", "b"]}},
            {"principal_tags": {"team": 7}},
            {"principal_tags": {"team": ["x" * 257]}},
            {"principal_tags": {"t" * 129: ["x"]}},
            {"principal_tags": {"aws:team": ["x"]}},
            {"principal_tags": {"te*m": ["x"]}},
            {"principal_tags": {f"t{number}": ["x"] for number in range(51)}},
            {"transitive_tag_keys": ["other"]},
            {"transitive_tag_keys": "team"},
        ],
    )
    def test_malformed_tags_are_refused(self, federation: Federation, tags: Any) -> None:
        assert federation.refusal(self.token(federation, **tags))[0] == "InvalidIdentityToken"


class TestSourceIdentity:
    CLAIM = "https://aws.amazon.com/source_identity"

    def test_the_claim_sets_it(self, federation: Federation) -> None:
        token = federation.issuer.token(**{self.CLAIM: "dora"})
        assert federation.assume(token)["SourceIdentity"] == "dora"
        federation.trusting(Condition={"StringEquals": {"sts:SourceIdentity": "dora"}})
        assert federation.assume(token)
        assert federation.refusal() == DENIED

    def test_the_trust_policy_must_allow_it(self, federation: Federation) -> None:
        federation.trusting("sts:AssumeRoleWithWebIdentity")
        token = federation.issuer.token(**{self.CLAIM: "dora"})
        assert federation.refusal(token) == (
            "AccessDenied",
            403,
            "Not authorized to perform sts:SetSourceIdentity",
        )

    @pytest.mark.parametrize("value", ["x", "aws:dora", "do ra", 7, "x" * 65])
    def test_a_malformed_one_is_refused(self, federation: Federation, value: Any) -> None:
        token = federation.issuer.token(**{self.CLAIM: value})
        assert federation.refusal(token)[0] == "InvalidIdentityToken"
