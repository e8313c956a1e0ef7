"""A SAML 2.0 identity provider: its metadata and its responses, rightly signed unless told."""

import base64
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.identities.federation.issuer import rsa_key


@cache
def certificate(name: str, size: int = 2048, *, expired: bool = False) -> x509.Certificate:
    """A certificate of the key of that name, by itself."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    key = rsa_key(name, size)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=-1 if expired else 1))
        .sign(key, hashes.SHA256())
    )


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def key_descriptor(one: x509.Certificate, use: str = "signing") -> str:
    text = base64.b64encode(one.public_bytes(Encoding.DER)).decode()
    return (
        f'<md:KeyDescriptor use="{use}"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{text}'
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    )


def metadata(
    entity_id: str = "https://idp.example.test/saml",
    *certificates: x509.Certificate,
    attributes: str = "",
    keys: str | None = None,
) -> str:
    """The metadata of an identity provider that signs with these certificates."""
    shown = certificates or (certificate("idp"),)
    described = keys if keys is not None else "".join(key_descriptor(one) for one in shown)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" '
        f'xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{entity_id}"{attributes}>'
        '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        f"{described}"
        '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" '
        'Location="https://idp.example.test/sso"/>'
        "</md:IDPSSODescriptor></md:EntityDescriptor>"
    )
