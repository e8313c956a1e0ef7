"""A SAML 2.0 identity provider: its metadata and its responses, rightly signed unless told."""

import base64
import uuid
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from lxml import etree
from signxml import XMLSigner

from identities.federation.xml import DS
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


AWS = "https://aws.amazon.com/SAML/Attributes/"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
NAMESPACES = (
    'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
    'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
)


def time(seconds: float = 0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def attribute(name: str, *values: str) -> str:
    each = "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
    return f'<saml:Attribute Name="{name}">{each}</saml:Attribute>'


class SamlIdp:
    """Speaks for `subject` to the portal at `portal`, whose metadata names `entity_id`."""

    def __init__(self, portal: str, role: str = "", provider: str = "") -> None:
        self.entity_id = "https://idp.example.test/saml"
        self.portal, self.role, self.provider = portal, role, provider

    def assertion(
        self,
        subject: str = "dora",
        *,
        assertion_id: str | None = None,
        issuer: str | None = None,
        recipient: str | None = None,
        audience: str | None = None,
        start: float = -5,
        end: float = 300,
        confirmed: float = 300,
        session: str = "",
        more: str = "",
        attributes: dict[str, tuple[str, ...]] | None = None,
        method: str = BEARER,
        name_format: str = PERSISTENT,
    ) -> str:
        """An assertion, not signed. `attributes` add to those of every session, or change them."""
        named = {
            f"{AWS}Role": (f"{self.role},{self.provider}",),
            f"{AWS}RoleSessionName": ("dora",),
            **(attributes or {}),
        }
        shown = "".join(attribute(name, *values) for name, values in named.items() if values)
        to = self.portal if recipient is None else recipient
        return (
            f"<saml:Assertion {NAMESPACES} "
            f'ID="{assertion_id or "_" + uuid.uuid4().hex}" Version="2.0" IssueInstant="{time()}">'
            f"<saml:Issuer>{issuer or self.entity_id}</saml:Issuer>"
            f'<saml:Subject><saml:NameID Format="{name_format}">{subject}</saml:NameID>'
            f'<saml:SubjectConfirmation Method="{method}"><saml:SubjectConfirmationData '
            f'NotOnOrAfter="{time(confirmed)}" Recipient="{to}"/></saml:SubjectConfirmation>'
            f'</saml:Subject><saml:Conditions NotBefore="{time(start)}" '
            f'NotOnOrAfter="{time(end)}"><saml:AudienceRestriction><saml:Audience>'
            f"{self.portal if audience is None else audience}</saml:Audience>"
            "</saml:AudienceRestriction></saml:Conditions>"
            f'<saml:AuthnStatement AuthnInstant="{time()}"{session}><saml:AuthnContext/>'
            f"</saml:AuthnStatement><saml:AttributeStatement>{shown}</saml:AttributeStatement>"
            f"{more}</saml:Assertion>"
        )

    def response(self, content: str, *, issuer: str | None = None, status: str = "Success") -> str:
        """A response with this content, not signed."""
        return (
            f'<samlp:Response {NAMESPACES} ID="_{uuid.uuid4().hex}" Version="2.0" '
            f'IssueInstant="{time()}" Destination="{self.portal}">'
            f"<saml:Issuer>{issuer or self.entity_id}</saml:Issuer><samlp:Status>"
            f'<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{status}"/>'
            f"</samlp:Status>{content}</samlp:Response>"
        )

    def signed(self, text: str, key: str = "idp", **more: Any) -> str:
        """The element with a signature of its own, after its issuer as the schema has it."""
        root = etree.fromstring(text)
        placed = etree.SubElement(root, f"{{{DS}}}Signature", Id="placeholder", nsmap={"ds": DS})
        root.insert(1, placed)
        signer = XMLSigner(c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#", **more)
        done = signer.sign(
            root,
            key=rsa_key(key),
            cert=[certificate(key)],
            reference_uri=root.get("ID"),
            id_attribute="ID",
        )
        return etree.tostring(done).decode()

    def answer(self, subject: str = "dora", **more: Any) -> str:
        """A whole response with a signed assertion, in Base64."""
        return encoded(self.response(self.signed(self.assertion(subject, **more))))


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def encrypted(assertion: str, key: str = "decryption", transport: str = "RSA_OAEP") -> str:
    """An EncryptedAssertion for the key of that name."""
    data = xmlsec.template.encrypted_data_create(
        etree.fromstring("<x/>"),
        xmlsec.Transform.AES256,
        type=xmlsec.EncryptionType.ELEMENT,
        ns="xenc",
    )
    xmlsec.template.encrypted_data_ensure_cipher_value(data)
    info = xmlsec.template.encrypted_data_ensure_key_info(data, ns="ds")
    wrapped = xmlsec.template.add_encrypted_key(info, getattr(xmlsec.Transform, transport))
    xmlsec.template.encrypted_data_ensure_cipher_value(wrapped)
    manager = xmlsec.KeysManager()
    public = rsa_key(key).public_key()
    text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    manager.add_key(xmlsec.Key.from_memory(text, xmlsec.constants.KeyDataFormatPem))
    context = xmlsec.EncryptionContext(manager)
    context.key = xmlsec.Key.generate(
        xmlsec.constants.KeyDataAes, 256, xmlsec.constants.KeyDataTypeSession
    )
    holder = etree.fromstring(
        f"<saml:EncryptedAssertion {NAMESPACES}>{assertion}</saml:EncryptedAssertion>"
    )
    context.encrypt_xml(data, holder[0])
    return etree.tostring(holder).decode()
