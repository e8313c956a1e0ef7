"""AssumeRoleWithSAML: assertions that count, and every known way to make one that must not."""

import base64
import hashlib
import re
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from accounts import tenancy
from accounts.models import Event
from iamsite.operations import Anonymous, OperationError, perform
from identities.federation.assertions import ATTRIBUTES, MANY
from tests.cast import Acme, Actor, Evil, Key, allow, origin, trust
from tests.identities.federation.issuer import rsa_key
from tests.identities.federation.saml_idp import (
    AWS,
    NAMESPACES,
    SamlIdp,
    certificate,
    encoded,
    encrypted,
    metadata,
    pem,
    time,
)

PORTAL = f"{settings.IAMSITE_URL}/saml"
DENIED = ("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithSAML")
SIGNATURE = ("InvalidIdentityToken", 400, "Response signature invalid")
MALFORMED = (
    "InvalidIdentityToken",
    400,
    (
        "Invalid base64 SAMLResponse (Service: AWSOpenIdDiscoveryService; Status Code: 400; "
        "Error Code: AuthSamlInvalidSamlResponseException)"
    ),
)


def invalid(message: str) -> tuple[str, int, str]:
    return "InvalidIdentityToken", 400, message


class Federation:
    """Acme, which trusts the identity provider, and its role Web, which trusts it as well."""

    def __init__(self, acme: Acme) -> None:
        self.acme = acme
        made = acme.root.perform("CreateSAMLProvider", Name="Idp", SAMLMetadataDocument=metadata())
        self.provider = made["SAMLProviderArn"]
        self.role = acme.role("Web", self.trust(), allow("iam:ListUsers"))
        self.idp = SamlIdp(PORTAL, self.role, self.provider)

    def trust(self, *actions: str, **more: Any) -> str:
        every = ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"]
        return trust({"Federated": self.provider}, list(actions) or every, **more)

    def trusting(self, *actions: str, **more: Any) -> None:
        self.acme.root.perform(
            "UpdateAssumeRolePolicy", RoleName="Web", PolicyDocument=self.trust(*actions, **more)
        )

    def assume(self, answer: str | None = None, **params: Any) -> dict[str, Any]:
        given = {
            "RoleArn": self.role,
            "PrincipalArn": self.provider,
            "SAMLAssertion": self.idp.answer() if answer is None else answer,
        }
        return perform(Anonymous(), "AssumeRoleWithSAML", {**given, **params}, origin("aws"))

    def refusal(self, answer: str | None = None, **params: Any) -> tuple[str, int, str]:
        with pytest.raises(OperationError) as caught:
            self.assume(answer, **params)
        return caught.value.code, caught.value.status, caught.value.message

    def events(self) -> list[Event]:
        with transaction.atomic():
            tenancy.enter(self.acme.id)
            rows = Event.objects.of(self.acme.id).filter(operation="AssumeRoleWithSAML")
            return list(rows.order_by("sequence"))


@pytest.fixture
def federation(acme: Acme) -> Federation:
    return Federation(acme)


def lasting(output: dict[str, Any]) -> float:
    return (output["Credentials"]["Expiration"] - datetime.now(UTC)).total_seconds()


class TestSession:
    def test_whom_the_provider_vouches_for_gets_a_session_of_the_role(
        self, federation: Federation
    ) -> None:
        output = federation.assume()
        acme = federation.acme
        role_id = acme.root.perform("GetRole", RoleName="Web")["Role"]["RoleId"]
        credentials = output.pop("Credentials")
        assert timedelta(0) < credentials["Expiration"] - datetime.now(UTC) <= timedelta(hours=1)
        qualifier = hashlib.sha1(f"{federation.idp.entity_id}{acme.id}/Idp".encode()).digest()
        assert output == {
            "AssumedRoleUser": {
                "AssumedRoleId": f"{role_id}:dora",
                "Arn": f"arn:aws:sts::{acme.id}:assumed-role/Web/dora",
            },
            "Subject": "dora",
            "SubjectType": "persistent",
            "Issuer": federation.idp.entity_id,
            "Audience": PORTAL,
            "NameQualifier": base64.b64encode(qualifier).decode(),
            "SessionTokenSize": len(credentials["SessionToken"]),
            "SessionTokenUtilization": -(-100 * len(credentials["SessionToken"]) // 8192),
        }
        session = Actor("dora", "", Key.of(credentials).credential)
        assert session.perform("ListUsers")["Users"]
        with pytest.raises(OperationError):
            session.perform("ListRoles")

    def test_it_is_in_the_trail_without_the_assertion(self, federation: Federation) -> None:
        federation.assume()
        (event,) = federation.events()
        assert (event.outcome, event.principal_kind) == ("Success", "SAML")
        assert (event.principal_arn, event.principal_id) == (federation.provider, "dora")
        assert event.parameters["SAMLAssertion"] == "***"

    def test_a_stranger_cannot_fill_the_trail(self, federation: Federation) -> None:
        idp = federation.idp
        forged = encoded(idp.response(idp.signed(idp.assertion(), "mallory")))
        assert federation.refusal(forged) == SIGNATURE
        assert federation.refusal("none") == MALFORMED
        assert federation.events() == []

    def test_the_assertion_only_shortens_it(self, federation: Federation) -> None:
        attributes = {f"{AWS}SessionDuration": ("900",)}
        assert 800 < lasting(federation.assume(federation.idp.answer(attributes=attributes))) <= 900
        end = f' SessionNotOnOrAfter="{time(1200)}"'
        assert 1100 < lasting(federation.assume(federation.idp.answer(session=end))) <= 1200
        attributes = {f"{AWS}SessionDuration": ("43200",)}
        assert lasting(federation.assume(federation.idp.answer(attributes=attributes))) <= 3600
        assert federation.refusal(DurationSeconds=7200) == (
            "ValidationError",
            400,
            "Requested DurationSeconds exceeds MaxSessionDuration set for this role.",
        )

    def test_a_format_of_saml_2_is_told_without_its_prefix(self, federation: Federation) -> None:
        kerberos = "urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos"
        # The condition key has the whole format, unless it is persistent or transient.
        federation.trusting(Condition={"StringEquals": {"saml:sub_type": kerberos}})
        answer = federation.idp.answer(name_format=kerberos)
        assert federation.assume(answer)["SubjectType"] == "kerberos"

    def test_tags_and_source_identity_come_with_it(self, federation: Federation) -> None:
        attributes = {
            f"{AWS}PrincipalTag:team": ("ops",),
            f"{AWS}TransitiveTagKeys": ("team",),
            f"{AWS}SourceIdentity": ("dora",),
        }
        condition = {
            "StringEquals": {"aws:RequestTag/team": "ops", "sts:SourceIdentity": "dora"},
            "ForAnyValue:StringEquals": {"sts:TransitiveTagKeys": "team"},
        }
        federation.trusting(Condition=condition)
        output = federation.assume(federation.idp.answer(attributes=attributes))
        assert output["SourceIdentity"] == "dora"
        assert output["PackedPolicySize"] > 0
        assert federation.refusal() == DENIED
        federation.trusting("sts:AssumeRoleWithSAML")
        refused = federation.refusal(federation.idp.answer(attributes=attributes))
        assert refused == ("AccessDenied", 403, "Not authorized to perform sts:TagSession")


class TestTrust:
    def test_a_role_that_does_not_trust_the_provider_is_no_different_from_none(
        self, federation: Federation
    ) -> None:
        for arn in (federation.acme.deployer, federation.acme.arn("role/none")):
            pair = {f"{AWS}Role": (f"{arn},{federation.provider}",)}
            answer = federation.idp.answer(attributes=pair)
            assert federation.refusal(answer, RoleArn=arn) == DENIED

    def test_the_assertion_must_list_the_pair_of_role_and_provider(
        self, federation: Federation
    ) -> None:
        role, provider = federation.role, federation.provider
        for pairs in (
            (),
            (role,),
            (f"{role},{provider}x",),
            (f"{role}x,{provider}",),
            (f"{role},{provider},{role}",),
        ):
            answer = federation.idp.answer(attributes={f"{AWS}Role": pairs})
            assert federation.refusal(answer) == DENIED
        pairs = ("arn:aws:iam::1:role/x,arn:aws:iam::1:saml-provider/x", f"{provider}, {role}")
        assert federation.assume(federation.idp.answer(attributes={f"{AWS}Role": pairs}))

    def test_every_attribute_that_has_a_condition_key_fills_it(
        self, federation: Federation
    ) -> None:
        for name, key in ATTRIBUTES.items():
            for asked, accepted in (("right", True), ("wrong", False)):
                test = "ForAnyValue:StringEquals" if key in MANY else "StringEquals"
                federation.trusting(Condition={test: {f"saml:{key}": asked}})
                answer = federation.idp.answer(attributes={name: ("right",)})
                if accepted:
                    assert federation.assume(answer), name
                else:
                    assert federation.refusal(answer) == DENIED, name

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("saml:aud", PORTAL),
            ("saml:iss", "https://idp.example.test/saml"),
            ("saml:sub", "dora"),
            ("saml:sub_type", "persistent"),
            ("saml:edupersonprincipalname", "dora@example.test"),
            ("saml:mail", "dora@example.test"),
            ("sts:RoleSessionName", "dora"),
        ],
    )
    def test_what_the_assertion_says_are_condition_keys(
        self, federation: Federation, key: str, value: str
    ) -> None:
        attributes = {
            "urn:oid:1.3.6.1.4.1.5923.1.1.1.6": ("dora@example.test",),
            "urn:oid:0.9.2342.19200300.100.1.3": ("dora@example.test",),
        }
        federation.trusting(Condition={"StringEquals": {key: value}})
        assert federation.assume(federation.idp.answer(attributes=attributes))
        federation.trusting(Condition={"StringEquals": {key: f"{value}x"}})
        assert federation.refusal(federation.idp.answer(attributes=attributes)) == DENIED

    def test_lists_are_lists_and_the_document_is_the_provider(self, federation: Federation) -> None:
        condition = {
            "ForAnyValue:StringEquals": {"saml:edupersonaffiliation": "staff"},
            "StringEquals": {"saml:doc": f"{federation.acme.id}/Idp"},
        }
        federation.trusting(Condition=condition)
        attributes = {"urn:oid:1.3.6.1.4.1.5923.1.1.1.1": ("member", "staff")}
        assert federation.assume(federation.idp.answer(attributes=attributes))


class TestProvider:
    def test_only_a_provider_of_the_roles_account_counts(
        self, federation: Federation, evil: Evil
    ) -> None:
        none = invalid("Specified provider doesn't exist.")
        assert federation.refusal(RoleArn=evil.arn("role/r")) == none
        assert federation.refusal(PrincipalArn=evil.arn("saml-provider/Idp")) == none
        assert federation.refusal(RoleArn="no arn of any role at all") == none
        federation.acme.root.perform("DeleteSAMLProvider", SAMLProviderArn=federation.provider)
        assert federation.refusal() == none

    def test_the_issuer_must_be_the_one_of_the_metadata(self, federation: Federation) -> None:
        idp = federation.idp
        wrong = invalid("Issuer not present in specified provider")
        other = "https://other.example.test/saml"
        signed = idp.signed(idp.assertion(issuer=other))
        assert federation.refusal(encoded(idp.response(signed, issuer=other))) == wrong
        assert federation.refusal(encoded(idp.response(signed))) == wrong

    def test_two_providers_with_one_entity_id_are_told_apart_by_their_keys(
        self, federation: Federation
    ) -> None:
        document = metadata(federation.idp.entity_id, certificate("other"))
        acme = federation.acme
        made = acme.root.perform("CreateSAMLProvider", Name="Other", SAMLMetadataDocument=document)
        other = made["SAMLProviderArn"]
        pair = {f"{AWS}Role": (f"{federation.role},{other}",)}
        answer = federation.idp.answer(attributes=pair)
        assert federation.refusal(answer, PrincipalArn=other) == SIGNATURE

    def test_new_metadata_ends_the_old_keys_at_once(self, federation: Federation) -> None:
        assert federation.assume()
        federation.acme.root.perform(
            "UpdateSAMLProvider",
            SAMLProviderArn=federation.provider,
            SAMLMetadataDocument=metadata(federation.idp.entity_id, certificate("new")),
        )
        assert federation.refusal() == SIGNATURE

    def test_an_expired_certificate_signs_all_the_same(self, federation: Federation) -> None:
        federation.acme.root.perform(
            "UpdateSAMLProvider",
            SAMLProviderArn=federation.provider,
            SAMLMetadataDocument=metadata(
                federation.idp.entity_id, certificate("new"), certificate("idp", expired=True)
            ),
        )
        assert federation.assume()


class TestSignature:
    def test_a_signed_response_covers_its_assertion(self, federation: Federation) -> None:
        idp = federation.idp
        assert federation.assume(encoded(idp.signed(idp.response(idp.assertion()))))
        both = idp.signed(idp.response(idp.signed(idp.assertion())))
        assert federation.assume(encoded(both))

    def test_no_signature_is_refused(self, federation: Federation) -> None:
        idp = federation.idp
        assert federation.refusal(encoded(idp.response(idp.assertion()))) == SIGNATURE

    def test_a_strangers_signature_is_refused_beside_a_right_one(
        self, federation: Federation
    ) -> None:
        idp = federation.idp
        outer = idp.signed(idp.response(idp.signed(idp.assertion())), "mallory")
        inner = idp.signed(idp.response(idp.signed(idp.assertion(), "mallory")))
        for text in (outer, inner):
            assert federation.refusal(encoded(text)) == SIGNATURE

    @pytest.mark.parametrize("change", [("dora", "root"), ("RoleSessionName", "roleSessionName")])
    def test_a_change_after_signing_is_refused(
        self, federation: Federation, change: tuple[str, str]
    ) -> None:
        idp = federation.idp
        text = idp.signed(idp.assertion()).replace(*change)
        assert federation.refusal(encoded(idp.response(text))) == SIGNATURE

    @pytest.mark.parametrize(
        "weak",
        [
            {"signature_algorithm": "rsa-sha1", "digest_algorithm": "sha256"},
            {"signature_algorithm": "rsa-sha256", "digest_algorithm": "sha1"},
        ],
    )
    def test_a_weak_digest_is_refused(
        self, federation: Federation, weak: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from signxml import XMLSigner

        monkeypatch.setattr(XMLSigner, "check_deprecated_methods", lambda self: None)
        idp = federation.idp
        text = idp.signed(idp.assertion(), **weak)
        assert federation.refusal(encoded(idp.response(text))) == SIGNATURE

    def test_a_comment_does_not_cut_a_name(self, federation: Federation) -> None:
        """Signed as one name, it is read as that one, whatever is put inside."""
        idp = federation.idp
        text = idp.signed(idp.assertion("root@example.test.evil.test"))
        cut = text.replace("example.test.evil", "example.test<!-- -->.evil")
        assert federation.assume(encoded(idp.response(cut)))["Subject"] == (
            "root@example.test.evil.test"
        )

    def wrapped(self, federation: Federation) -> tuple[str, str]:
        """A rightly signed assertion about dora, and a forged one about root."""
        idp = federation.idp
        return idp.signed(idp.assertion("dora")), idp.assertion("root")

    @pytest.mark.parametrize("form", range(8))
    def test_wrapped_signatures_are_refused(self, federation: Federation, form: int) -> None:
        """The eight forms of "On Breaking SAML: Be Whoever You Want to Be" (USENIX Security
        2012)."""
        idp = federation.idp
        good, forged = self.wrapped(federation)
        found = re.search(r"<ds:Signature.*</ds:Signature>", good, re.DOTALL)
        assert found is not None
        signature = found[0]
        bare = good.replace(signature, "")
        opened = forged.replace("</saml:Issuer>", "</saml:Issuer>{}", 1)
        in_object = signature.replace("</ds:Signature>", "<ds:Object>{}</ds:Object></ds:Signature>")
        whole = idp.signed(idp.response(idp.assertion("dora")))
        in_extensions = "<samlp:Extensions>{}</samlp:Extensions>"
        texts = [
            # The signed response inside a forged one, or inside the forged one's signature.
            idp.response(forged).replace("</samlp:Response>", whole + "</samlp:Response>"),
            idp.response(forged).replace(
                "</saml:Issuer>", f"</saml:Issuer>{in_object.format(whole)}", 1
            ),
            # The forged assertion before, around, or after the signed one.
            idp.response(forged + good),
            idp.response(opened.format(good)),
            idp.response(good + forged),
            # The signature moved into the forged one, what it covers beside, in an object or in
            # the extensions.
            idp.response(opened.format(signature) + bare),
            idp.response(opened.format(in_object.format(bare))),
            idp.response(in_extensions.format(bare) + opened.format(signature)),
        ]
        code, _, message = federation.refusal(encoded(texts[form]))
        assert (code, message) in ((SIGNATURE[0], SIGNATURE[2]), (MALFORMED[0], MALFORMED[2]))
        assert federation.events() == []

    def test_one_id_for_two_elements_is_refused(self, federation: Federation) -> None:
        idp = federation.idp
        number = f"_{uuid.uuid4().hex}"
        good = idp.signed(idp.assertion("dora", assertion_id=number))
        extra = f'<samlp:Extensions><x ID="{number}"/></samlp:Extensions>'
        assert federation.refusal(encoded(idp.response(extra + good))) == MALFORMED


class TestForm:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "<x/>",
            "<x>",
            f"<samlp:Response {NAMESPACES}/>",
            '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
            "<x>" * 10_000,
        ],
    )
    def test_what_is_no_response_is_refused(self, federation: Federation, text: str) -> None:
        answer = encoded(text) if text else "!!!!"
        assert federation.refusal(answer) == MALFORMED

    def test_entities_and_other_encodings_are_refused(self, federation: Federation) -> None:
        whole = base64.b64decode(federation.idp.answer()).decode()
        typed = f'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>{whole}'
        assert federation.refusal(encoded(typed)) == MALFORMED
        wide = base64.b64encode(whole.encode("utf-16")).decode()
        assert federation.refusal(wide) == MALFORMED

    def test_a_failure_is_no_success(self, federation: Federation) -> None:
        idp = federation.idp
        text = idp.response(idp.signed(idp.assertion()), status="Responder")
        assert federation.refusal(encoded(text)) == MALFORMED

    def test_base64_may_have_lines(self, federation: Federation) -> None:
        text = base64.encodebytes(base64.b64decode(federation.idp.answer())).decode()
        assert federation.assume(text)

    @pytest.mark.parametrize(
        ("attributes", "message"),
        [
            ({f"{AWS}RoleSessionName": ()}, "RoleSessionName is required in AuthnResponse"),
            (
                {f"{AWS}RoleSessionName": ("do ra",)},
                "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}",
            ),
            (
                {f"{AWS}SourceIdentity": ("aws:x",)},
                'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,256} and not begin with "aws:"',
            ),
        ],
    )
    def test_names_of_a_wrong_form_are_refused(
        self, federation: Federation, attributes: dict[str, Any], message: str
    ) -> None:
        answer = federation.idp.answer(attributes=attributes)
        assert federation.refusal(answer) == invalid(message)


class TestMeantForThePortal:
    @pytest.mark.parametrize(
        "recipient", ["", "https://signin.aws.amazon.com/saml", f"{PORTAL}/", f"{PORTAL}x"]
    )
    def test_another_recipient_is_refused(self, federation: Federation, recipient: str) -> None:
        code, _, message = federation.refusal(federation.idp.answer(recipient=recipient))
        assert (code, "confirmation" in message) == ("InvalidIdentityToken", True)

    def test_another_method_of_confirmation_is_refused(self, federation: Federation) -> None:
        method = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
        code, _, message = federation.refusal(federation.idp.answer(method=method))
        assert (code, "confirmation" in message) == ("InvalidIdentityToken", True)

    @pytest.mark.parametrize("audience", ["", "urn:amazon:webservices", f"{PORTAL}/"])
    def test_another_audience_is_refused(self, federation: Federation, audience: str) -> None:
        assert federation.refusal(federation.idp.answer(audience=audience)) == invalid(
            "Response does not contain the required audience."
        )

    @pytest.mark.parametrize("late", [{"end": -61}, {"confirmed": -61}])
    def test_an_expired_one_is_refused(
        self, federation: Federation, late: dict[str, float]
    ) -> None:
        assert federation.refusal(federation.idp.answer(**late))[0] == "ExpiredTokenException"

    def test_one_of_the_future_is_refused_and_clocks_may_differ_a_little(
        self, federation: Federation
    ) -> None:
        assert federation.refusal(federation.idp.answer(start=90)) == invalid(
            "Response is not valid yet."
        )
        assert federation.assume(federation.idp.answer(start=30))
        assert federation.assume(federation.idp.answer(end=-30))

    def test_an_ended_session_is_refused(self, federation: Federation) -> None:
        answer = federation.idp.answer(session=f' SessionNotOnOrAfter="{time(-1)}"')
        assert federation.refusal(answer)[0] == "ExpiredTokenException"


class TestReplay:
    USED = invalid("The assertion has been used already.")

    def test_an_assertion_counts_once(self, federation: Federation) -> None:
        idp = federation.idp
        assertion = idp.signed(idp.assertion())
        assert federation.assume(encoded(idp.response(assertion)))
        assert federation.refusal(encoded(idp.response(assertion))) == self.USED

    def test_a_refused_one_is_not_used_up(self, federation: Federation) -> None:
        answer = federation.idp.answer()
        assert federation.refusal(answer, DurationSeconds=7200)[0] == "ValidationError"
        assert federation.assume(answer)

    def test_of_two_calls_at_once_one_gets_a_session(self, federation: Federation) -> None:
        answer = federation.idp.answer()
        outcomes: list[str] = []

        def assume() -> None:
            try:
                federation.assume(answer)
                outcomes.append("session")
            except OperationError as error:
                outcomes.append(error.message)
            finally:
                connection.close()

        threads = [threading.Thread(target=assume) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == sorted(["session", *[self.USED[2]] * 3])


class TestEncryption:
    @pytest.fixture
    def federation(self, acme: Acme) -> Federation:
        federation = Federation(acme)
        acme.root.perform(
            "UpdateSAMLProvider",
            SAMLProviderArn=federation.provider,
            AssertionEncryptionMode="Required",
            AddPrivateKey=pem(rsa_key("decryption")),
        )
        return federation

    def test_an_encrypted_assertion_is_read_with_the_providers_key(
        self, federation: Federation
    ) -> None:
        idp = federation.idp
        inner = idp.response(encrypted(idp.signed(idp.assertion())))
        assert federation.assume(encoded(inner))["Subject"] == "dora"
        outer = idp.signed(idp.response(encrypted(idp.assertion())))
        assert federation.assume(encoded(outer))["Subject"] == "dora"

    def test_encryption_is_no_signature(self, federation: Federation) -> None:
        idp = federation.idp
        assert federation.refusal(encoded(idp.response(encrypted(idp.assertion())))) == SIGNATURE

    def test_a_plain_one_is_refused_where_encryption_is_required(
        self, federation: Federation
    ) -> None:
        refused = invalid("The assertion of the response could not be decrypted.")
        assert federation.refusal() == refused
        federation.acme.root.perform(
            "UpdateSAMLProvider",
            SAMLProviderArn=federation.provider,
            AssertionEncryptionMode="Allowed",
        )
        assert federation.assume()

    def test_another_key_or_an_old_padding_is_refused(self, federation: Federation) -> None:
        idp = federation.idp
        refused = invalid("The assertion of the response could not be decrypted.")
        good = idp.signed(idp.assertion())
        for text in (encrypted(good, "mallory"), encrypted(good, transport="RSA_PKCS1")):
            assert federation.refusal(encoded(idp.response(text))) == refused
