"""Which certifications a security key has, by the FIDO Alliance's metadata.

The operator supplies the metadata as one file (`IAMSITE_FIDO_METADATA`); without it no key is asked
what it is. A key counts as one of a make only if the certificate that it is attested with leads to
one that the metadata lists for that make.

Sources: FIDO Metadata Service, "Metadata BLOB Processing Rules" and "StatusReport dictionary"; Web
Authentication Level 3, "Registering a New Credential"; IAM User Guide, "Supported configurations
for using passkeys and security keys".
"""

from __future__ import annotations

import base64
import logging
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from django.conf import settings
from webauthn.helpers import parse_attestation_object, validate_certificate_chain
from webauthn.helpers.exceptions import InvalidCertificateChain
from webauthn.registration.verify_registration_response import VerifiedRegistration

logger = logging.getLogger(__name__)

# The root that the FIDO Alliance signs under, for whoever is named so.
ROOT = Path(__file__).with_name("fido_metadata_root.pem")
SIGNER = "mds.fidoalliance.org"
ALGORITHMS = ("RS256", "ES256")

OF_MAKE = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")  # id-fido-gen-ce-aaguid

# By the names of GetMFADevice: the condition keys.
KEYS = {
    "FIDO": "iam:FIDO-certification",
    "FIPS-140-2": "iam:FIDO-FIPS-140-2-certification",
    "FIPS-140-3": "iam:FIDO-FIPS-140-3-certification",
}
LEVELS = ("L1", "L1plus", "L2", "L2plus", "L3", "L3plus", "L4")
# Of a make that one of these was said of, no certification counts.
BROKEN = {
    "REVOKED",
    "USER_VERIFICATION_BYPASS",
    "ATTESTATION_KEY_COMPROMISE",
    "USER_KEY_REMOTE_COMPROMISE",
    "USER_KEY_PHYSICAL_COMPROMISE",
}


@dataclass(frozen=True, slots=True)
class Make:
    """What the metadata says of one make: certificates in DER, and status reports."""

    certificates: tuple[bytes, ...]
    reports: tuple[Mapping[str, Any], ...]


class Unusable(Exception):
    """The file with the metadata cannot be relied upon; the message says why."""


def is_asked_for() -> bool:
    """Whether keys are asked to attest what they are."""
    return bool(settings.IAMSITE_FIDO_METADATA)


def certifications(key: VerifiedRegistration, now: datetime) -> dict[str, str]:
    """The levels of a key whose registration is verified, by the names of GetMFADevice."""
    make = _makes().get(key.aaguid) if is_asked_for() else None
    if make is None or not _is_of(make, key):
        return {}
    reports = [one for one in make.reports if one.get("effectiveDate", "") <= f"{now:%Y-%m-%d}"]
    if any(one["status"] in BROKEN for one in reports):
        return {}
    found: dict[str, str] = {}
    for name, level in _levels(reports):
        found[name] = max(found.get(name, level), level, key=LEVELS.index)
    return found


def _levels(reports: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for report in reports:
        scheme, _, level = str(report["status"]).partition("_CERTIFIED")
        level = level.removeprefix("_") or "L1"
        if scheme == "FIDO" and level in LEVELS:
            yield "FIDO", level
        elif scheme == "FIPS140" and level in LEVELS:
            yield f"FIPS-140-{report.get('fipsRevision', 2)}", level


def _is_of(make: Make, key: VerifiedRegistration) -> bool:
    """Whether the certificate that signed the attestation is the make's."""
    chain = parse_attestation_object(key.attestation_object).att_stmt.x5c
    if not chain or not make.certificates:
        return False
    try:
        if _make_in(chain[0]) not in ("", key.aaguid.replace("-", "")):
            return False
        roots = [ssl.DER_cert_to_PEM_cert(one).encode() for one in make.certificates]
        return chain[0] in make.certificates or validate_certificate_chain(
            x5c=chain, pem_root_certs_bytes=roots
        )
    except (ValueError, x509.DuplicateExtension, InvalidCertificateChain):
        return False


def _make_in(certificate: bytes) -> str:
    """The AAGUID that a certificate names, in hexadecimal; "" for none."""
    extensions = x509.load_der_x509_certificate(certificate).extensions
    try:
        named = extensions.get_extension_for_oid(OF_MAKE).value
    except x509.ExtensionNotFound:
        return ""
    return named.public_bytes()[2:].hex()  # an octet string in an octet string


def _makes() -> Mapping[str, Make]:
    """By AAGUID; none, which is logged, when the file cannot be relied upon."""
    file, root = settings.IAMSITE_FIDO_METADATA, settings.IAMSITE_FIDO_METADATA_ROOT
    try:
        changed = Path(file).stat().st_mtime_ns
    except OSError as error:
        logger.error("IAMSITE_FIDO_METADATA cannot be read: %s", error)
        return {}
    return _read(file, root, changed)


@lru_cache(maxsize=1)
def _read(file: str, root: str, changed: int) -> Mapping[str, Make]:
    try:
        return _makes_in(Path(file).read_text(), root)
    except (OSError, Unusable) as error:
        logger.error("IAMSITE_FIDO_METADATA is not used: %s", error)
        return {}


def _makes_in(blob: str, root: str) -> dict[str, Make]:
    """The makes in a metadata BLOB whose signature leads to `root`, a file, or to FIDO's own."""
    blob = blob.strip()
    try:
        header = jwt.get_unverified_header(blob)
        chain = [base64.b64decode(one) for one in header["x5c"]]
        signer = x509.load_der_x509_certificate(chain[0])
        _check_signer(chain, signer, root)
        public_key: Any = signer.public_key()
        said = jwt.decode(blob, key=public_key, algorithms=list(ALGORITHMS))
        return dict(_make(entry) for entry in said["entries"] if "aaguid" in entry)
    except (jwt.PyJWTError, InvalidCertificateChain) as error:
        raise Unusable(f"its signature does not hold ({error})") from error
    except (LookupError, ValueError, TypeError, AttributeError, x509.ExtensionNotFound) as error:
        raise Unusable(f"it is no metadata BLOB ({error})") from error


def _check_signer(chain: list[bytes], signer: x509.Certificate, root: str) -> None:
    trusted = Path(root or ROOT).read_bytes()
    validate_certificate_chain(x5c=chain, pem_root_certs_bytes=[trusted])
    if root:
        return
    # Many others have certificates under that root.
    names = signer.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if SIGNER not in names.get_values_for_type(x509.DNSName):
        raise Unusable(f"it is not signed by {SIGNER}")


def _make(entry: Mapping[str, Any]) -> tuple[str, Make]:
    statement = entry.get("metadataStatement", {})
    listed = statement.get("attestationRootCertificates", ())
    certificates = tuple(base64.b64decode(one) for one in listed)
    return entry["aaguid"], Make(certificates, tuple(entry["statusReports"]))
