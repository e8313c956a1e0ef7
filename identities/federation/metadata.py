"""SAML metadata: who an identity provider is, and the keys it signs with (SAML 2.0 Metadata)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from lxml import etree

from identities.federation.xml import NAMESPACES, NotXML, parse

REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
SMALLEST_RSA = 1024
MOST_ENTITIES = 10
MOST_KEYS = 10
LONGEST_ID = 1024
KEPT = 200


class MetadataError(ValueError):
    """The metadata is none that a provider can be made of."""


@dataclass(frozen=True, slots=True)
class Entity:
    """An identity provider: its entity id, its signing certificates in DER, and the address where
    people sign in by a redirect, "" if it names none."""

    id: str
    certificates: tuple[bytes, ...]
    sso: str = ""


@dataclass(frozen=True, slots=True)
class Metadata:
    entities: tuple[Entity, ...]
    valid_until: datetime | None

    def entity(self, entity_id: str) -> Entity | None:
        return next((one for one in self.entities if one.id == entity_id), None)


@lru_cache(maxsize=KEPT)
def read(text: str) -> Metadata:
    """The identity providers that `text` describes. Raises MetadataError."""
    try:
        root = parse(text.encode())
    except (NotXML, UnicodeEncodeError) as error:
        raise MetadataError(str(error)) from error
    found = root.xpath(
        "descendant-or-self::md:EntityDescriptor[md:IDPSSODescriptor]", namespaces=NAMESPACES
    )
    entities = tuple(_entity(one) for one in found)
    if not 1 <= len(entities) <= MOST_ENTITIES:
        raise MetadataError("not one to ten identity providers")
    if len({one.id for one in entities}) < len(entities):
        raise MetadataError("an entity id twice")
    return Metadata(entities, _time(root.get("validUntil")))


def _entity(element: etree._Element) -> Entity:
    entity_id = element.get("entityID", "")
    if not 0 < len(entity_id) <= LONGEST_ID:
        raise MetadataError("no entity id")
    texts = element.xpath(
        "md:IDPSSODescriptor/md:KeyDescriptor[not(@use) or @use='signing']"
        "/ds:KeyInfo/ds:X509Data/ds:X509Certificate/text()",
        namespaces=NAMESPACES,
    )
    certificates = tuple(dict.fromkeys(_certificate(text) for text in texts))
    if not 1 <= len(certificates) <= MOST_KEYS:
        raise MetadataError("not one to ten signing certificates")
    found = element.xpath(
        "md:IDPSSODescriptor/md:SingleSignOnService[@Binding=$binding]/@Location",
        namespaces=NAMESPACES,
        binding=REDIRECT,
    )
    return Entity(entity_id, certificates, str(found[0]) if found else "")


def _certificate(text: str) -> bytes:
    """The DER form. That it has expired does not matter (IAM User Guide, troubleshooting SAML)."""
    try:
        der = base64.b64decode("".join(text.split()), validate=True)
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
        _ = certificate.extensions
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise MetadataError("a certificate that cannot be read") from error
    if isinstance(key, RSAPublicKey) and key.key_size >= SMALLEST_RSA:
        return der
    if isinstance(key, EllipticCurvePublicKey):
        return der
    raise MetadataError("a key that is too small or of no use")


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise MetadataError("validUntil is no time") from error
    return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)
