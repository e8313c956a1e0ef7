import datetime as dt
import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import transaction

from accounts import tenancy
from accounts.models import Event
from accounts.sealing import unseal
from identities.certificates import BROKEN_CHAIN
from identities.models import ServerCertificate
from tests.cast import allow
from tests.identities.certificates import DAY, Made, make, rsa_key
from tests.identities.operations.refusal import denied, exists, limit, missing, refusal
from tests.identities.quotas import set_quota

UNREADABLE = "Unable to parse certificate. Please ensure the certificate is in PEM format."


# Of an RSA key of 512 bits, which cryptography does not make.
WEAK = """\
-----BEGIN CERTIFICATE-----
MIIBdzCCASGgAwIBAgIUaAo9rDyWxYI1uhigsq+1lkSxvfwwDQYJKoZIhvcNAQEL
BQAwDzENMAsGA1UEAwwEd2VhazAgFw0yNjExMjQwMzI0MTJaGA8yMTI2MTAzMTAz
MjQxMlowDzENMAsGA1UEAwwEd2VhazBcMA0GCSqGSIb3DQEBAQUAA0sAMEgCQQCq
xMzex0blBe1zIBJB0EI5RsrzuQMn4BU+XAvuQGRAkFastQs2DDjAAVWNRlTEjrkO
8xgnRnebQQc7ZIMvwwiZAgMBAAGjUzBRMB0GA1UdDgQWBBTp7oypePwegt8ipT9S
KFdamG9NCDAfBgNVHSMEGDAWgBTp7oypePwegt8ipT9SKFdamG9NCDAPBgNVHRMB
Af8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA0EAR8H0++XY2XPy4l7UsZZgasjoAA51
GKjSagZYYeL7x84RqQE1jvY0oauB6hCDWtYp7Ts/gi9IgaiLUXENRlrsfg==
-----END CERTIFICATE-----
"""


def params(made: Made, name: str = "tls", **more) -> dict[str, object]:
    return {
        "ServerCertificateName": name,
        "CertificateBody": made.body,
        "PrivateKey": made.private_key,
        **more,
    }


def malformed(message: str) -> tuple[str, int, str]:
    return "MalformedCertificate", 400, message


def shown(acme, name: str = "tls") -> dict:
    return acme.root.perform("GetServerCertificate", ServerCertificateName=name)[
        "ServerCertificate"
    ]


def listed(acme, **more) -> list[str]:
    rows = acme.root.perform("ListServerCertificates", **more)["ServerCertificateMetadataList"]
    return [one["ServerCertificateName"] for one in rows]


@pytest.fixture
def tls(acme) -> Made:
    made = make()
    acme.root.perform("UploadServerCertificate", **params(made))
    return made


def test_an_upload_answers_with_what_the_certificate_says(acme) -> None:
    made = make(ends=90 * DAY)
    answer = acme.root.perform(
        "UploadServerCertificate",
        **params(made, Path="/eu/", Tags=[{"Key": "b", "Value": "1"}, {"Key": "B", "Value": "2"}]),
    )
    metadata = answer["ServerCertificateMetadata"]
    assert re.fullmatch(r"ASCA[A-Z2-7]{17}", metadata["ServerCertificateId"])
    assert metadata["Arn"] == acme.arn("server-certificate/eu/tls")
    assert metadata["Path"] == "/eu/"
    assert metadata["Expiration"] == made.certificate.not_valid_after_utc
    assert metadata["UploadDate"] <= dt.datetime.now(dt.UTC)
    assert answer["Tags"] == [{"Key": "B", "Value": "2"}, {"Key": "b", "Value": "1"}]
    assert shown(acme) == {
        "ServerCertificateMetadata": metadata,
        "CertificateBody": made.body.rstrip(),
        "Tags": answer["Tags"],
    }


def test_the_private_key_is_sealed_and_never_told(acme, tls) -> None:
    with transaction.atomic():
        tenancy.enter(acme.id)
        row = ServerCertificate.objects.get(name="tls")
        event = Event.objects.filter(operation="UploadServerCertificate").latest("sequence")
    sealed = bytes(row.private_key)
    assert tls.private_key.encode() not in sealed
    assert unseal(sealed, row.id).decode() == tls.private_key
    assert event.parameters["PrivateKey"] == "***"
    assert "PRIVATE KEY" not in repr(event.__dict__)
    for answer in (
        shown(acme),
        acme.root.perform("ListServerCertificates"),
        acme.root.perform("GetAccountAuthorizationDetails"),
    ):
        assert "PRIVATE KEY" not in repr(answer)


def test_an_rsa_key_in_its_older_form_fits_too(acme) -> None:
    made = make(key=rsa_key(2048))
    old = made.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    acme.root.perform("UploadServerCertificate", **params(made, PrivateKey=old.decode()))
    assert listed(acme) == ["tls"]
    assert shown(acme)["Tags"] == []


def test_another_certificates_key_is_a_mismatch(acme) -> None:
    for other in (make(), make(key=rsa_key(2048))):
        given = params(make(), PrivateKey=other.private_key)
        assert refusal(acme.root, "UploadServerCertificate", **given) == (
            "KeyPairMismatch",
            400,
            "The certificate's public key and the private key do not match.",
        )


def test_only_one_readable_certificate_is_a_body(acme) -> None:
    made = make()
    broken = made.body.replace(made.body[100:104], "AAAA")
    for body in ("x", broken, made.body * 2, f"subject=/CN=x\n{made.body}", made.private_key):
        given = params(made, CertificateBody=body)
        assert refusal(acme.root, "UploadServerCertificate", **given) == malformed(UNREADABLE), body
    assert listed(acme) == []


def test_a_locked_or_unreadable_private_key_is_refused(acme) -> None:
    made = make()
    for text in ("x", made.locked_private_key, made.body):
        given = params(made, PrivateKey=text)
        assert refusal(acme.root, "UploadServerCertificate", **given) == malformed(
            "Invalid Private Key."
        )


def test_weak_and_unusual_keys_are_refused(acme) -> None:
    given = params(make(), CertificateBody=WEAK)
    assert refusal(acme.root, "UploadServerCertificate", **given) == malformed(
        "The certificate's key has fewer than 1024 bits."
    )
    unusual = make(key=ed25519.Ed25519PrivateKey.generate())
    assert refusal(acme.root, "UploadServerCertificate", **params(unusual)) == malformed(
        "The certificate's key is neither an RSA nor an elliptic-curve key."
    )


def test_a_certificate_is_good_today(acme) -> None:
    past, future = make(starts=-2 * DAY, ends=-DAY), make(starts=DAY)
    ended = past.certificate.not_valid_after_utc
    assert refusal(acme.root, "UploadServerCertificate", **params(past)) == malformed(
        f"The certificate expired at {ended:%Y-%m-%dT%H:%M:%SZ}."
    )
    begins = future.certificate.not_valid_before_utc
    assert refusal(acme.root, "UploadServerCertificate", **params(future)) == malformed(
        f"The certificate is not valid before {begins:%Y-%m-%dT%H:%M:%SZ}."
    )


def test_a_chain_leads_from_the_certificate_upwards(acme) -> None:
    root = make("root")
    middle = make("middle", root)
    made = make(issuer=middle)
    chain = middle.body + root.body
    acme.root.perform("UploadServerCertificate", **params(made, CertificateChain=chain))
    assert shown(acme)["CertificateChain"] == chain.rstrip()


def test_a_chain_with_a_wrong_link_names_its_index(acme) -> None:
    root, stranger = make("root"), make("root")
    middle = make("middle", root)
    made = make(issuer=middle)
    for chain, index in (
        (root.body, 0),
        (root.body + middle.body, 0),
        (middle.body + stranger.body, 1),
        (middle.body + middle.body, 1),
        ("x", -1),
        (f"text\n{middle.body}", -1),
    ):
        given = params(made, CertificateChain=chain)
        assert refusal(acme.root, "UploadServerCertificate", **given) == malformed(
            BROKEN_CHAIN.format(index)
        )


def test_a_chain_without_end_is_not_read(acme) -> None:
    made = make()
    given = params(made, CertificateChain=made.body * 101)
    assert refusal(acme.root, "UploadServerCertificate", **given) == malformed(
        "The certificate chain has more than 100 certificates."
    )


def test_names_are_unique_ignoring_case(acme, tls) -> None:
    assert refusal(acme.root, "UploadServerCertificate", **params(make(), "TLS")) == exists(
        "The Server Certificate with name TLS already exists."
    )


def test_the_quota_is_the_accounts(acme, tls) -> None:
    set_quota(acme, "ServerCertificatesPerAccount", 1)
    assert refusal(acme.root, "UploadServerCertificate", **params(make(), "two")) == limit(
        "ServerCertificatesPerAccount", 1
    )
    assert acme.root.perform("GetAccountSummary")["SummaryMap"]["ServerCertificates"] == 1


def test_lists_go_by_name_and_path(acme, tls) -> None:
    acme.root.perform("UploadServerCertificate", **params(make(), "A", Path="/cloudfront/x/"))
    assert listed(acme) == ["A", "tls"]
    assert listed(acme, PathPrefix="/cloudfront/") == ["A"]
    first = acme.root.perform("ListServerCertificates", MaxItems=1)
    assert listed(acme, Marker=first["Marker"]) == ["tls"]
    (one,) = first["ServerCertificateMetadataList"]
    assert set(one) == {
        "Path",
        "ServerCertificateName",
        "ServerCertificateId",
        "Arn",
        "UploadDate",
        "Expiration",
    }


def test_a_rename_keeps_id_and_content(acme, tls) -> None:
    before = shown(acme)
    acme.root.perform(
        "UpdateServerCertificate",
        ServerCertificateName="tls",
        NewServerCertificateName="new",
        NewPath="/eu/",
    )
    after = shown(acme, "new")
    metadata = before["ServerCertificateMetadata"]
    assert after["CertificateBody"] == before["CertificateBody"]
    assert after["ServerCertificateMetadata"] == {
        **metadata,
        "ServerCertificateName": "new",
        "Path": "/eu/",
        "Arn": acme.arn("server-certificate/eu/new"),
    }
    acme.root.perform("UploadServerCertificate", **params(make(), "old"))
    assert refusal(
        acme.root,
        "UpdateServerCertificate",
        ServerCertificateName="old",
        NewServerCertificateName="NEW",
    ) == exists("The Server Certificate with name NEW already exists.")
    acme.root.perform(
        "UpdateServerCertificate", ServerCertificateName="new", NewServerCertificateName="New"
    )
    assert listed(acme) == ["New", "old"]


def test_a_rename_needs_permission_on_both_arns(acme, tls) -> None:
    old = acme.arn("server-certificate/tls")
    renamer = acme.user("renamer", allow("iam:UpdateServerCertificate", resource=old))
    renaming = {"ServerCertificateName": "tls", "NewServerCertificateName": "new"}
    assert refusal(renamer, "UpdateServerCertificate", **renaming) == denied(
        renamer, "iam:UpdateServerCertificate", acme.arn("server-certificate/new")
    )
    renamer.perform("UpdateServerCertificate", ServerCertificateName="tls", NewPath="/")
    assert listed(acme) == ["tls"]


def test_a_deleted_certificate_is_gone(acme, tls) -> None:
    acme.root.perform("DeleteServerCertificate", ServerCertificateName="TLS")
    gone = missing("The Server Certificate with name tls cannot be found.")
    for operation in (
        "GetServerCertificate",
        "DeleteServerCertificate",
        "UpdateServerCertificate",
        "ListServerCertificateTags",
    ):
        assert refusal(acme.root, operation, ServerCertificateName="tls") == gone


def test_each_operation_asks_for_its_own_arn(acme, tls) -> None:
    named = {"ServerCertificateName": "tls"}
    for operation, given, resource in (
        ("UploadServerCertificate", params(tls, "n", Path="/x/"), "x/n"),
        ("GetServerCertificate", named, "tls"),
        ("UpdateServerCertificate", named, "tls"),
        ("DeleteServerCertificate", named, "tls"),
        ("TagServerCertificate", {**named, "Tags": [{"Key": "k", "Value": "v"}]}, "tls"),
        ("UntagServerCertificate", {**named, "TagKeys": ["k"]}, "tls"),
        ("ListServerCertificateTags", named, "tls"),
        ("ListServerCertificates", {}, ""),
    ):
        assert refusal(acme.carol, operation, **given) == denied(
            acme.carol, f"iam:{operation}", acme.arn(f"server-certificate/{resource}")
        )


def test_tags_on_upload_need_the_permission_to_tag(acme) -> None:
    uploader = acme.user("uploader", allow("iam:UploadServerCertificate"))
    tagged = params(make(), Tags=[{"Key": "k", "Value": "v"}])
    assert refusal(uploader, "UploadServerCertificate", **tagged) == denied(
        uploader, "iam:TagServerCertificate", acme.arn("server-certificate/tls")
    )
    assert listed(acme) == []


def test_tags_come_and_go(acme, tls) -> None:
    named = {"ServerCertificateName": "tls"}
    acme.root.perform(
        "TagServerCertificate",
        **named,
        Tags=[{"Key": "k", "Value": "1"}, {"Key": "K", "Value": ""}],
    )
    assert shown(acme)["Tags"] == [{"Key": "K", "Value": ""}, {"Key": "k", "Value": "1"}]
    acme.root.perform("UntagServerCertificate", **named, TagKeys=["K"])
    tags = acme.root.perform("ListServerCertificateTags", **named)
    assert tags == {"Tags": [{"Key": "k", "Value": "1"}], "IsTruncated": False}


@pytest.mark.parametrize(
    "key",
    [
        rsa_key(1024),
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP521R1()),
    ],
    ids=["rsa-1024", "p-384", "p-521"],
)
def test_keys_that_are_less_common_are_taken(acme, key) -> None:
    acme.root.perform("UploadServerCertificate", **params(make(key=key)))
    assert listed(acme) == ["tls"]
