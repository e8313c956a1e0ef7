"""Makes of security keys, and what the FIDO Alliance would publish of them."""

from __future__ import annotations

import base64
import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from identities.attestation import OF_MAKE

DAY = dt.timedelta(days=1)


class Authority:
    """Signs certificates under a root of its own."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.root = self._signed(self.name, self.key, x509.BasicConstraints(True, None))

    @property
    def pem(self) -> bytes:
        return self.root.public_bytes(Encoding.PEM)

    def certificate(self, key: Any, *extensions: x509.ExtensionType) -> bytes:
        """The certificate of a key, in DER."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leaf")])
        signed = self._signed(subject, key, x509.BasicConstraints(False, None), *extensions)
        return signed.public_bytes(Encoding.DER)

    def _signed(self, name: x509.Name, key: Any, *extensions: x509.ExtensionType) -> Any:
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self.key, SHA256())


@dataclass
class Make:
    """`statuses` are what was said of it, each the words of a status report; `claims` is the AAGUID
    in its certificate, and one that is `alone` attests with each credential's own key."""

    statuses: Sequence[Any] = ()
    aaguid: uuid.UUID = field(default_factory=uuid.uuid4)
    authority: Authority = field(default_factory=lambda: Authority("maker"))
    claims: uuid.UUID | None = None
    alone: bool = False

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())

    def attest(self, signed: bytes, own: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
        """The statement of a packed attestation."""
        key = own if self.alone else self.key
        statement = {"alg": -7, "sig": key.sign(signed, ec.ECDSA(SHA256()))}
        if self.alone:
            return statement
        claimed = b"\x04\x10" + (self.claims or self.aaguid).bytes
        extension = x509.UnrecognizedExtension(OF_MAKE, claimed)
        return {**statement, "x5c": [self.authority.certificate(self.key, extension)]}

    @property
    def entry(self) -> dict[str, Any]:
        root = self.authority.root.public_bytes(Encoding.DER)
        reports = [
            {"effectiveDate": "2020-01-01", **(one if isinstance(one, dict) else {"status": one})}
            for one in self.statuses
        ]
        listed = {"attestationRootCertificates": [base64.b64encode(root).decode()]}
        return {
            "aaguid": str(self.aaguid),
            "metadataStatement": listed,
            "statusReports": reports,
        }


def blob(publisher: Authority, *makes: Make, names: Sequence[str] = ()) -> str:
    """A metadata BLOB, signed by somebody to whom `publisher` gave a certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
    certificate = publisher.certificate(key, *([named] if names else []))
    said = {"no": 7, "nextUpdate": "2030-01-01", "entries": [one.entry for one in makes]}
    headers = {"x5c": [base64.b64encode(certificate).decode()]}
    return jwt.encode(said, key, "ES256", headers=headers)
