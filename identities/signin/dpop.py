"""Proofs of possession: that a client holds the key which its tokens are bound to (RFC 9449)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import jwt

LEEWAY = timedelta(minutes=5)  # by which the client's clock may differ
LONGEST = 4096
LONGEST_ID = 256


class BadProof(Exception):
    """The header `DPoP` proves nothing."""


@dataclass(frozen=True, slots=True)
class Proof:
    """`key` is the thumbprint of the client's key (RFC 7638), `id` what tells this proof."""

    key: str
    id: str


def read(header: str, addresses: Collection[str], now: datetime) -> Proof:
    """What the proof of a POST to one of `addresses` says; that it counts once is not looked at.

    Raises BadProof.
    """
    if not header or len(header) > LONGEST:
        raise BadProof("A DPoP header with a proof of possession is required.")
    try:
        fields = jwt.get_unverified_header(header)
        key = _public_key(fields)
        claims = jwt.decode(
            header,
            jwt.PyJWK(key, algorithm="ES256"),
            algorithms=["ES256"],
            options={"verify_aud": False, "verify_exp": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise BadProof(
            "The DPoP proof is not a token signed with the key that it names."
        ) from error
    issued, proof_id = claims.get("iat"), claims.get("jti")
    if not isinstance(proof_id, str) or not 0 < len(proof_id) <= LONGEST_ID:
        raise BadProof("The DPoP proof has no jti.")
    if claims.get("htm") != "POST" or _bare(claims.get("htu")) not in addresses:
        raise BadProof("The DPoP proof is for another request.")
    if not isinstance(issued, int | float) or not _is_near(issued, now):
        raise BadProof("The DPoP proof was not made now: check the clock.")
    return Proof(_thumbprint(key), proof_id)


def _public_key(fields: dict[str, Any]) -> dict[str, str]:
    if fields.get("typ") != "dpop+jwt" or fields.get("alg") != "ES256" or "crit" in fields:
        raise ValueError("no DPoP proof")
    key = fields.get("jwk")
    if not isinstance(key, dict) or key.get("kty") != "EC" or key.get("crv") != "P-256":
        raise ValueError("no public key of the curve P-256")
    return {name: str(key[name]) if name in key else "" for name in ("crv", "kty", "x", "y")}


def _thumbprint(key: dict[str, str]) -> str:
    text = json.dumps(key, sort_keys=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def _bare(address: Any) -> str:
    """An address without query and fragment; the proof is of the rest."""
    try:
        parts = urlsplit(address if isinstance(address, str) else "")
    except ValueError:
        return ""
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path, "", ""))


def _is_near(issued: float, now: datetime) -> bool:
    try:
        return abs(datetime.fromtimestamp(issued, UTC) - now) <= LEEWAY
    except (ValueError, OverflowError, OSError):
        return False
