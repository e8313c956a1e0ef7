"""X.509 certificates and private keys as they are uploaded: PEM, read and checked.

Messages are AWS's where they are known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import Certificate, load_pem_x509_certificate

BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
FEWEST_RSA_BITS = 1024
LONGEST_CHAIN = 100

UNREADABLE = "Unable to parse certificate. Please ensure the certificate is in PEM format."
UNREADABLE_KEY = "Invalid Private Key."
BROKEN_CHAIN = (
    "Unable to validate certificate chain. The certificate chain must start with the immediate "
    "signing certificate, followed by any intermediaries in order. The index within the chain of "
    "the invalid certificate is: {}"
)
NOWHERE = -1


class Malformed(ValueError):
    """A text that is not the certificate, private key or chain that it should be."""


class OutOfDate(ValueError):
    """A certificate before or after the time that it is good for."""


class Mismatch(ValueError):
    """A private key that is not the certificate's."""


def read_certificate(text: str) -> Certificate:
    """The one certificate in `text`, of an RSA or elliptic-curve key; raises Malformed."""
    certificates = _read_all(text)
    if len(certificates) != 1:
        raise Malformed(UNREADABLE)
    try:
        key = certificates[0].public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Malformed(UNREADABLE) from error
    if isinstance(key, RSAPublicKey):
        if key.key_size < FEWEST_RSA_BITS:
            raise Malformed(f"The certificate's key has fewer than {FEWEST_RSA_BITS} bits.")
    elif not isinstance(key, EllipticCurvePublicKey):
        raise Malformed("The certificate's key is neither an RSA nor an elliptic-curve key.")
    return certificates[0]


def check_validity(certificate: Certificate, now: datetime) -> None:
    """Raises OutOfDate unless the certificate is good at `now`."""
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < first:
        raise OutOfDate(f"The certificate is not valid before {first:%Y-%m-%dT%H:%M:%SZ}.")
    if now > last:
        raise OutOfDate(f"The certificate expired at {last:%Y-%m-%dT%H:%M:%SZ}.")


def check_private_key(certificate: Certificate, text: str) -> None:
    """Raises Malformed unless `text` is an unencrypted private key in PEM, Mismatch for another's.

    Only its public half is compared. That the rest of an RSA key is sound is its owner's matter:
    proving it takes seconds for a long key.
    """
    try:
        key = load_pem_private_key(text.encode(), None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Malformed(UNREADABLE_KEY) from error
    if key.public_key() != certificate.public_key():
        raise Mismatch("The certificate's public key and the private key do not match.")


def check_chain(certificate: Certificate, text: str) -> None:
    """Raises Malformed unless each certificate in `text` has signed the one before it.

    The first has signed `certificate` itself; the message tells the index of the first that fails,
    or -1 when not all can be read.
    """
    if text.count("-----BEGIN") > LONGEST_CHAIN:
        raise Malformed(f"The certificate chain has more than {LONGEST_CHAIN} certificates.")
    try:
        chain = _read_all(text)
    except Malformed as error:
        raise Malformed(BROKEN_CHAIN.format(NOWHERE)) from error
    for index, (issued, issuer) in enumerate(pairwise([certificate, *chain])):
        if not _is_issued_by(issued, issuer):
            raise Malformed(BROKEN_CHAIN.format(index))


def _is_issued_by(issued: Certificate, issuer: Certificate) -> bool:
    try:
        issued.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _read_all(text: str) -> Sequence[Certificate]:
    """Every certificate in `text`, which holds nothing else."""
    blocks = BLOCK.findall(text)
    if not blocks or BLOCK.sub("", text).strip():
        raise Malformed(UNREADABLE)
    try:
        return [load_pem_x509_certificate(block.encode()) for block in blocks]
    except ValueError as error:
        raise Malformed(UNREADABLE) from error
