import base64
import hashlib
import re
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)
from django.db import transaction

from accounts import tenancy
from accounts.models import Event
from tests.cast import allow, trust
from tests.identities.certificates import rsa_key
from tests.identities.operations.refusal import conflict, denied, limit, missing, refusal
from tests.identities.quotas import set_quota

KEYS = [rsa_key(2048).public_key() for _ in range(6)]


def openssh(key=KEYS[0]) -> str:
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def pem(key=KEYS[0], form=PublicFormat.SubjectPublicKeyInfo) -> str:
    return key.public_bytes(Encoding.PEM, form).decode()


def upload(acme, body: str | None = None, user: str = "carol") -> dict:
    body = openssh() if body is None else body
    return acme.root.perform("UploadSSHPublicKey", UserName=user, SSHPublicKeyBody=body)[
        "SSHPublicKey"
    ]


def get(acme, key_id: str, encoding: str = "SSH", user: str = "carol") -> dict:
    return acme.root.perform(
        "GetSSHPublicKey", UserName=user, SSHPublicKeyId=key_id, Encoding=encoding
    )["SSHPublicKey"]


def listed(acme, **params) -> list[dict]:
    return acme.root.perform("ListSSHPublicKeys", **{"UserName": "carol", **params})[
        "SSHPublicKeys"
    ]


def test_a_key_is_active_and_comes_back_as_it_was_sent(acme) -> None:
    body = f"{openssh()} carol@laptop"
    made = upload(acme, body)
    assert re.fullmatch(r"APKA[A-Z2-7]{17}", made["SSHPublicKeyId"])
    assert made["Status"] == "Active"
    assert made["UserName"] == "carol"
    assert made["SSHPublicKeyBody"] == body
    assert get(acme, made["SSHPublicKeyId"]) == made
    assert listed(acme) == [
        {name: made[name] for name in ("UserName", "SSHPublicKeyId", "Status", "UploadDate")}
    ]
    with transaction.atomic():
        tenancy.enter(acme.id)
        event = Event.objects.filter(operation="UploadSSHPublicKey").latest("sequence")
    assert event.detail == {"SSHPublicKeyId": made["SSHPublicKeyId"]}


def test_the_fingerprint_is_the_one_that_ssh_keygen_prints(acme, tmp_path) -> None:
    file = tmp_path / "key.pub"
    file.write_text(openssh())
    made = upload(acme)
    assert re.fullmatch(r"([0-9a-f]{2}:){15}[0-9a-f]{2}", made["Fingerprint"])
    try:
        printed = subprocess.run(
            ["ssh-keygen", "-l", "-E", "md5", "-f", file],
            capture_output=True,
            text=True,
            check=True,
        )
    except FileNotFoundError:
        # The same by hand, where OpenSSH is not installed.
        digest = hashlib.md5(base64.b64decode(openssh().split()[1]), usedforsecurity=False)
        assert made["Fingerprint"] == digest.digest().hex(":")
    else:
        assert f"MD5:{made['Fingerprint']}" in printed.stdout


@pytest.mark.parametrize("form", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1])
def test_each_encoding_turns_into_the_other(acme, form) -> None:
    one = upload(acme, pem(form=form))["SSHPublicKeyId"]
    assert get(acme, one, "SSH")["SSHPublicKeyBody"] == openssh()
    assert get(acme, one, "PEM")["SSHPublicKeyBody"] == pem(form=form)
    two = upload(acme, f"{openssh(KEYS[1])} comment\n")["SSHPublicKeyId"]
    text = get(acme, two, "PEM")["SSHPublicKeyBody"]
    assert text == pem(KEYS[1])
    assert load_pem_public_key(text.encode()) == KEYS[1]


def test_a_key_is_with_a_user_once_in_whatever_encoding(acme) -> None:
    upload(acme)
    for body in (openssh(), f"{openssh()} other comment", pem()):
        assert refusal(
            acme.root, "UploadSSHPublicKey", UserName="carol", SSHPublicKeyBody=body
        ) == (
            "DuplicateSSHPublicKey",
            400,
            "The SSH public key is already associated with the user carol.",
        )
    upload(acme, user="bob")


def test_only_ssh_rsa_and_pem_are_known_encodings(acme) -> None:
    other = ed25519.Ed25519PrivateKey.generate().public_key()
    two = f"{openssh()}\n{openssh(KEYS[1])}"
    for body in ("x", openssh(other), openssh().removeprefix("ssh-rsa "), "ssh-rsa", two):
        assert refusal(
            acme.root, "UploadSSHPublicKey", UserName="carol", SSHPublicKeyBody=body
        ) == (
            "UnrecognizedPublicKeyEncoding",
            400,
            "The public key is neither in ssh-rsa format nor in PEM format.",
        )


def test_short_foreign_and_broken_keys_are_invalid(acme) -> None:
    short = rsa_key(1024).public_key()
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    for body, message in (
        ("ssh-rsa AAAA", "The public key is malformed."),
        (pem().replace("M", "!", 1), "The public key is malformed."),
        (pem(curve), "The public key is not an RSA key."),
        (openssh(short), "The public key has 1024 bits; it must have 2048 to 16384."),
        (pem(short), "The public key has 1024 bits; it must have 2048 to 16384."),
    ):
        assert refusal(
            acme.root, "UploadSSHPublicKey", UserName="carol", SSHPublicKeyBody=body
        ) == ("InvalidPublicKey", 400, message)


def test_a_sixth_key_is_refused(acme) -> None:
    for key in KEYS[:5]:
        upload(acme, openssh(key))
    sixth = {"UserName": "carol", "SSHPublicKeyBody": openssh(KEYS[5])}
    assert refusal(acme.root, "UploadSSHPublicKey", **sixth) == limit("SSHPublicKeysPerUser", 5)
    set_quota(acme, "SSHPublicKeysPerUser", 6)
    acme.root.perform("UploadSSHPublicKey", **sixth)
    page = acme.root.perform("ListSSHPublicKeys", UserName="carol", MaxItems=4)
    assert page["IsTruncated"] is True
    assert len(listed(acme, Marker=page["Marker"])) == 2


def test_a_key_is_switched_off_and_on(acme) -> None:
    named = {"UserName": "carol", "SSHPublicKeyId": upload(acme)["SSHPublicKeyId"]}
    for status in ("Inactive", "Inactive", "Active"):
        acme.root.perform("UpdateSSHPublicKey", **named, Status=status)
        assert listed(acme)[0]["Status"] == status
    assert refusal(acme.root, "UpdateSSHPublicKey", **named, Status="Expired") == (
        "InvalidInput",
        400,
        "The status of an SSH public key cannot be set to Expired.",
    )


def test_a_key_is_reached_by_its_own_user_only(acme) -> None:
    key_id = upload(acme)["SSHPublicKeyId"]
    gone = missing(f"The Public Key with id {key_id} cannot be found.")
    named = {"UserName": "bob", "SSHPublicKeyId": key_id}
    assert refusal(acme.root, "GetSSHPublicKey", **named, Encoding="SSH") == gone
    assert refusal(acme.root, "UpdateSSHPublicKey", **named, Status="Inactive") == gone
    assert refusal(acme.root, "DeleteSSHPublicKey", **named) == gone
    acme.root.perform("DeleteSSHPublicKey", UserName="carol", SSHPublicKeyId=key_id)
    assert listed(acme) == []


def test_without_a_name_the_keys_are_the_calling_users(acme) -> None:
    upload(acme, user="alice")
    assert len(acme.alice.perform("ListSSHPublicKeys")["SSHPublicKeys"]) == 1
    session = acme.assume(acme.alice, acme.role("Any", trust(acme.arn("root")), allow("*")))
    for actor in (acme.root, session):
        assert refusal(actor, "ListSSHPublicKeys") == (
            "ValidationError",
            400,
            "Must specify userName when calling with non-User credentials",
        )


def test_a_user_with_a_key_is_not_deleted(acme) -> None:
    acme.root.perform("CreateUser", UserName="leaver")
    key_id = upload(acme, user="leaver")["SSHPublicKeyId"]
    assert refusal(acme.root, "DeleteUser", UserName="leaver") == conflict(
        "Cannot delete entity, must remove referenced objects first."
    )
    acme.root.perform("DeleteSSHPublicKey", UserName="leaver", SSHPublicKeyId=key_id)
    acme.root.perform("DeleteUser", UserName="leaver")


def test_each_operation_asks_for_the_users_arn(acme) -> None:
    any_id = {"UserName": "bob", "SSHPublicKeyId": "APKA" + "A" * 17}
    for operation, given in (
        ("UploadSSHPublicKey", {"UserName": "bob", "SSHPublicKeyBody": openssh()}),
        ("GetSSHPublicKey", {**any_id, "Encoding": "SSH"}),
        ("ListSSHPublicKeys", {"UserName": "bob"}),
        ("UpdateSSHPublicKey", {**any_id, "Status": "Inactive"}),
        ("DeleteSSHPublicKey", any_id),
    ):
        assert refusal(acme.carol, operation, **given) == denied(
            acme.carol, f"iam:{operation}", acme.bob.arn
        )
