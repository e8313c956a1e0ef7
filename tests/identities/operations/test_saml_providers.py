"""SAML providers, and trust policies that name them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from django.db import transaction

from accounts import tenancy
from accounts.models import Event
from accounts.sealing import unseal
from identities.models import SAMLPrivateKey
from tests.cast import Acme, Evil, allow, trust
from tests.identities.federation.issuer import rsa_key
from tests.identities.federation.saml_idp import certificate, key_descriptor, metadata, pem
from tests.identities.operations.refusal import denied, exists, missing, refusal


def provider(acme: Acme, name: str = "Idp", **params: Any) -> str:
    params = {"SAMLMetadataDocument": metadata(), **params}
    return str(acme.root.perform("CreateSAMLProvider", Name=name, **params)["SAMLProviderArn"])


def shown(acme: Acme, arn: str) -> dict[str, Any]:
    return acme.root.perform("GetSAMLProvider", SAMLProviderArn=arn)


def invalid(message: str) -> tuple[str, int, str]:
    return "InvalidInput", 400, message


def test_a_new_provider_is_shown_with_its_metadata_as_sent(acme: Acme) -> None:
    document = metadata(attributes=' validUntil="2030-01-02T03:04:05Z"')
    before = datetime.now(UTC)
    tags = [{"Key": "team", "Value": "ops"}]
    made = acme.alice.perform(
        "CreateSAMLProvider", Name="Idp", SAMLMetadataDocument=document, Tags=tags
    )
    arn = acme.arn("saml-provider/Idp")
    assert made == {"SAMLProviderArn": arn, "Tags": tags}
    found = shown(acme, arn)
    assert before <= found.pop("CreateDate") <= datetime.now(UTC)
    assert len(found.pop("SAMLProviderUUID")) >= 22
    assert found == {
        "SAMLMetadataDocument": document,
        "ValidUntil": datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
        "Tags": tags,
        "AssertionEncryptionMode": "Allowed",
        "PrivateKeyList": [],
    }
    (listed,) = acme.root.perform("ListSAMLProviders")["SAMLProviderList"]
    assert listed.keys() == {"Arn", "ValidUntil", "CreateDate"}
    assert listed["Arn"] == arn


def test_providers_are_listed_by_name_and_end_in_a_century_if_never(acme: Acme) -> None:
    provider(acme, "Zeta")
    provider(acme, "Alpha")
    listed = acme.root.perform("ListSAMLProviders")["SAMLProviderList"]
    assert [one["Arn"] for one in listed] == [
        acme.arn("saml-provider/Alpha"),
        acme.arn("saml-provider/Zeta"),
    ]
    assert listed[0]["ValidUntil"].year == listed[0]["CreateDate"].year + 100


def test_a_name_is_taken_once_in_an_account(acme: Acme, evil: Evil) -> None:
    provider(acme)
    params = {"Name": "Idp", "SAMLMetadataDocument": metadata()}
    assert refusal(acme.root, "CreateSAMLProvider", **params) == exists(
        "SAMLProvider with name Idp already exists."
    )
    evil.root.perform("CreateSAMLProvider", **params)


class TestMetadata:
    @pytest.mark.parametrize(
        "document",
        [
            "x" * 1000,
            metadata().replace("</md:EntityDescriptor>", ""),
            metadata().replace("IDPSSODescriptor", "SPSSODescriptor"),
            metadata().replace('entityID="https://idp.example.test/saml"', 'entityID=""'),
            metadata(keys="<!-- none -->" + " " * 1000),
            metadata(keys=key_descriptor(certificate("idp"), "encryption")),
            metadata("x", certificate("small", 1024)).replace("MII", "MIJ", 1),
            metadata(attributes=' validUntil="soon"'),
            '<!DOCTYPE a [<!ENTITY b "c">]>' + metadata().partition("\n")[2],
            metadata().replace("<md:IDP", "<!DOCTYPE a><md:IDP", 1),
        ],
        ids=range(10),
    )
    def test_what_describes_no_identity_provider_is_refused(
        self, acme: Acme, document: str
    ) -> None:
        params = {"Name": "Idp", "SAMLMetadataDocument": document}
        code, status, message = refusal(acme.root, "CreateSAMLProvider", **params)
        assert (code, status) == ("InvalidInput", 400), message
        assert message.startswith("Could not parse metadata")
        assert acme.root.perform("ListSAMLProviders") == {"SAMLProviderList": []}

    def test_an_expired_certificate_and_a_key_of_1024_bits_do(self, acme: Acme) -> None:
        provider(acme, "A", SAMLMetadataDocument=metadata("a", certificate("old", expired=True)))
        provider(acme, "B", SAMLMetadataDocument=metadata("b", certificate("small", 1024)))

    def test_an_entity_reads_no_file(self, acme: Acme) -> None:
        document = metadata("&file;").replace(
            "?>\n", '?>\n<!DOCTYPE a [<!ENTITY file SYSTEM "file:///etc/passwd">]>'
        )
        params = {"Name": "Idp", "SAMLMetadataDocument": document}
        assert refusal(acme.root, "CreateSAMLProvider", **params)[0] == "InvalidInput"

    def test_new_metadata_replaces_the_old(self, acme: Acme) -> None:
        arn = provider(acme)
        new = metadata("https://new.example.test")
        made = acme.root.perform(
            "UpdateSAMLProvider", SAMLProviderArn=arn, SAMLMetadataDocument=new
        )
        assert made == {"SAMLProviderArn": arn}
        assert shown(acme, arn)["SAMLMetadataDocument"] == new
        bad = {"SAMLProviderArn": arn, "SAMLMetadataDocument": "x" * 1000}
        assert refusal(acme.root, "UpdateSAMLProvider", **bad)[0] == "InvalidInput"
        assert shown(acme, arn)["SAMLMetadataDocument"] == new


class TestEncryption:
    def test_keys_are_kept_sealed_and_only_their_ids_are_shown(self, acme: Acme) -> None:
        text = pem(rsa_key("decryption"))
        arn = provider(acme, AssertionEncryptionMode="Required", AddPrivateKey=text)
        found = shown(acme, arn)
        assert found["AssertionEncryptionMode"] == "Required"
        (key,) = found["PrivateKeyList"]
        assert key.keys() == {"KeyId", "Timestamp"}
        with transaction.atomic():
            tenancy.enter(acme.id)
            row = SAMLPrivateKey.objects.of(acme.id).get()
            assert b"PRIVATE" not in bytes(row.secret)
            assert unseal(bytes(row.secret), key["KeyId"]).decode() == text
            event = Event.objects.of(acme.id).get(operation="CreateSAMLProvider")
            assert event.parameters["AddPrivateKey"] == "***"

    def test_a_provider_has_two_keys_at_most(self, acme: Acme) -> None:
        arn = provider(acme)
        params = {"SAMLProviderArn": arn, "AddPrivateKey": pem(rsa_key("decryption"))}
        for _ in range(2):
            acme.root.perform("UpdateSAMLProvider", **params)
        assert refusal(acme.root, "UpdateSAMLProvider", **params) == invalid(
            "Private key limit of 2 is reached."
        )
        first, second = (one["KeyId"] for one in shown(acme, arn)["PrivateKeyList"])
        acme.root.perform("UpdateSAMLProvider", SAMLProviderArn=arn, RemovePrivateKey=first)
        (left,) = shown(acme, arn)["PrivateKeyList"]
        assert left["KeyId"] == second

    def test_to_require_encryption_takes_a_key(self, acme: Acme) -> None:
        needs_key = invalid(
            "Unable to set assertion encryption mode to Required because no private key is "
            "provided."
        )
        required: dict[str, Any] = {"AssertionEncryptionMode": "Required"}
        params = {"Name": "B", "SAMLMetadataDocument": metadata(), **required}
        assert refusal(acme.root, "CreateSAMLProvider", **params) == needs_key
        arn = provider(acme)
        assert refusal(acme.root, "UpdateSAMLProvider", SAMLProviderArn=arn, **required) == (
            needs_key
        )
        acme.root.perform(
            "UpdateSAMLProvider",
            SAMLProviderArn=arn,
            AddPrivateKey=pem(rsa_key("decryption")),
            **required,
        )
        (key,) = shown(acme, arn)["PrivateKeyList"]
        params = {"SAMLProviderArn": arn, "RemovePrivateKey": key["KeyId"]}
        assert refusal(acme.root, "UpdateSAMLProvider", **params) == needs_key
        assert shown(acme, arn)["PrivateKeyList"] == [key]

    def test_adding_and_removing_at_once_and_changing_nothing_are_refused(self, acme: Acme) -> None:
        arn = provider(acme)
        both = {"AddPrivateKey": pem(rsa_key("decryption")), "RemovePrivateKey": "A" * 26}
        assert refusal(acme.root, "UpdateSAMLProvider", SAMLProviderArn=arn, **both) == invalid(
            "Unable to add and remove private keys in the same request. Set a value for only one "
            "of the two parameters."
        )
        assert refusal(acme.root, "UpdateSAMLProvider", SAMLProviderArn=arn) == invalid(
            "Unable to update identity provider. No updates are defined for metadata or encryption "
            "assertion."
        )
        params = {"SAMLProviderArn": arn, "RemovePrivateKey": "A" * 26}
        assert refusal(acme.root, "UpdateSAMLProvider", **params)[0] == "NoSuchEntity"

    def test_only_a_plain_rsa_key_is_taken(self, acme: Acme) -> None:
        arn = provider(acme)
        locked = rsa_key("decryption").private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
        )
        for text in ("x", pem(rsa_key("small", 1024)), locked.decode()):
            params = {"SAMLProviderArn": arn, "AddPrivateKey": text}
            code, _, message = refusal(acme.root, "UpdateSAMLProvider", **params)
            assert (code, text in message) == ("InvalidInput", False)


def test_a_deleted_provider_is_gone_with_its_keys(acme: Acme) -> None:
    arn = provider(acme, AddPrivateKey=pem(rsa_key("decryption")))
    acme.role("r", trust({"Federated": arn}, "sts:AssumeRoleWithSAML"))
    acme.root.perform("DeleteSAMLProvider", SAMLProviderArn=arn)
    gone = missing(f"Manifest not found for arn {arn}")
    for operation in ("DeleteSAMLProvider", "GetSAMLProvider"):
        assert refusal(acme.root, operation, SAMLProviderArn=arn) == gone
    assert arn in acme.root.perform("GetRole", RoleName="r")["Role"]["AssumeRolePolicyDocument"]
    with transaction.atomic():
        tenancy.enter(acme.id)
        assert not SAMLPrivateKey.objects.of(acme.id).exists()


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("GetSAMLProvider", {}),
        ("UpdateSAMLProvider", {"SAMLMetadataDocument": metadata("evil")}),
        ("DeleteSAMLProvider", {}),
        ("TagSAMLProvider", {"Tags": [{"Key": "a", "Value": "b"}]}),
        ("UntagSAMLProvider", {"TagKeys": ["a"]}),
        ("ListSAMLProviderTags", {}),
    ],
)
def test_a_provider_of_another_account_is_not_there(
    acme: Acme, evil: Evil, operation: str, more: dict[str, Any]
) -> None:
    arn = provider(acme)
    assert refusal(evil.mallory, operation, SAMLProviderArn=arn, **more) == missing(
        f"Manifest not found for arn {arn}"
    )
    assert shown(acme, arn)["SAMLMetadataDocument"] == metadata()


def test_the_provider_and_its_tags_are_what_permissions_are_about(acme: Acme) -> None:
    arn = provider(acme, Tags=[{"Key": "team", "Value": "ops"}])
    other = provider(acme, "Other")
    condition = {"StringEquals": {"aws:ResourceTag/team": "ops"}}
    dora = acme.user("dora", allow("iam:GetSAMLProvider", Condition=condition))
    assert dora.perform("GetSAMLProvider", SAMLProviderArn=arn)["Tags"]
    assert refusal(dora, "GetSAMLProvider", SAMLProviderArn=other) == denied(
        dora, "iam:GetSAMLProvider", other
    )


def test_a_role_trusts_a_provider_of_its_account_that_is_there(acme: Acme, evil: Evil) -> None:
    arn = provider(acme)
    text = trust({"Federated": arn}, "sts:AssumeRoleWithSAML")
    acme.role("r", text)
    for account, name in ((evil, arn), (acme, f"{arn}x")):
        params = {
            "RoleName": "other",
            "AssumeRolePolicyDocument": trust({"Federated": name}, "sts:AssumeRoleWithSAML"),
        }
        assert refusal(account.root, "CreateRole", **params) == (
            "MalformedPolicyDocument",
            400,
            f'Invalid principal in policy: "FEDERATED":"{name}"',
        )
