"""Certificates, chains and private keys made for a test, in PEM."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Made:
    certificate: x509.Certificate
    key: Any

    @property
    def body(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def private_key(self) -> str:
        return self._key(NoEncryption())

    @property
    def locked_private_key(self) -> str:
        return self._key(BestAvailableEncryption(b"password"))

    def _key(self, encryption: Any) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


def make(
    name: str = "portal.example.test",
    issuer: Made | None = None,
    *,
    key: Any = None,
    starts: dt.timedelta = -DAY,
    ends: dt.timedelta = 30 * DAY,
) -> Made:
    """A certificate of a new elliptic-curve key unless `key` is given; signs itself by default."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + starts)
        .not_valid_after(now + ends)
    )
    signer = issuer.key if issuer else key
    digest = None if isinstance(signer, Ed25519PrivateKey) else SHA256()
    return Made(builder.sign(signer, digest), key)


def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)
