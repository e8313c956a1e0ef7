"""SSH public keys as they are uploaded: RSA, as an OpenSSH line or in PEM (UploadSSHPublicKey)."""

from __future__ import annotations

import base64
import hashlib
import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
    load_ssh_public_key,
)

OPENSSH = re.compile(r"ssh-rsa[ \t][^\r\n]+")
PEM = re.compile(r"-----BEGIN (RSA )?PUBLIC KEY-----")
FEWEST_BITS = 2048
MOST_BITS = 16_384  # OpenSSH's own limit


class UnknownEncoding(ValueError):
    """A text in neither of the two encodings."""


class InvalidKey(ValueError):
    """A key that cannot be read, or is not an RSA key of an allowed length."""


def is_pem(text: str) -> bool:
    """Whether `text`, which reads as a key, is in PEM."""
    return PEM.match(text.strip()) is not None


def read_key(text: str) -> RSAPublicKey:
    """The key in `text`; raises UnknownEncoding or InvalidKey."""
    text = text.strip()
    if PEM.match(text):
        load = load_pem_public_key
    elif OPENSSH.fullmatch(text):
        load = load_ssh_public_key
    else:
        raise UnknownEncoding("The public key is neither in ssh-rsa format nor in PEM format.")
    try:
        key = load(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidKey("The public key is malformed.") from error
    if not isinstance(key, RSAPublicKey):
        raise InvalidKey("The public key is not an RSA key.")
    if not FEWEST_BITS <= key.key_size <= MOST_BITS:
        raise InvalidKey(
            f"The public key has {key.key_size} bits; it must have {FEWEST_BITS} to {MOST_BITS}."
        )
    return key


def openssh(key: RSAPublicKey) -> str:
    """The key as one OpenSSH line without a comment."""
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def pem(key: RSAPublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def digest(key: RSAPublicKey) -> bytes:
    """SHA-256 of the key, whatever encoding it came in."""
    return hashlib.sha256(_wire_form(key)).digest()


def fingerprint(key: RSAPublicKey) -> str:
    """MD5 in pairs with colons, as `ssh-keygen -l -E md5` prints it (RFC 4716, section 4)."""
    return hashlib.md5(_wire_form(key), usedforsecurity=False).digest().hex(":")


def _wire_form(key: RSAPublicKey) -> bytes:
    return base64.b64decode(openssh(key).split()[1])
