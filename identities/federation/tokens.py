"""JSON Web Tokens of OpenID Connect providers: read strictly, verified with the issuer's keys.

Only what was signed is believed, and only with a key that the issuer publishes: keys and addresses
of keys in a token's own header are not looked at (RFC 8725).
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from iamsite.operations.errors import OperationError, invalid_identity_token

COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+", re.ASCII)
# Key type, and for elliptic curves the one that the algorithm goes with (RFC 7518).
ALGORITHMS = {
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "RS512": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
}
SMALLEST_RSA = 2048
LEEWAY = 300  # seconds by which the issuer's clock may differ, as on AWS
LONGEST_SUBJECT = 255

NO_TOKEN = (
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
)
NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  please reference "
    "AssumeRoleWithWebIdentity documentation for requirements"
)
NOT_VERIFIED = "The signature of the web identity token could not be verified."
WRONG_AUDIENCE = "Incorrect token audience"

Key = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Token:
    """A token's parts, its signature not yet verified."""

    text: str
    algorithm: str
    key_id: str | None
    payload: bytes
    claims: dict[str, Any]

    @property
    def issuer(self) -> str:
        return str(self.claims["iss"])

    @property
    def subject(self) -> str:
        return str(self.claims["sub"])

    @property
    def audiences(self) -> tuple[str, ...]:
        aud = self.claims["aud"]
        return (aud,) if isinstance(aud, str) else tuple(aud)

    @property
    def key_type(self) -> str:
        return ALGORITHMS[self.algorithm][0]


def read(text: str) -> Token:
    """The token in `text`, with every claim that is required. Raises InvalidIdentityToken."""
    match = COMPACT.fullmatch(text)
    if match is None:
        raise invalid_identity_token(NO_TOKEN)
    header, payload = (_decoded(part) for part in match.groups())
    fields, claims = _object(header), _object(payload)
    algorithm, key_id = fields.get("alg"), fields.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS or "crit" in fields:
        raise invalid_identity_token(NO_TOKEN)
    if key_id is not None and not isinstance(key_id, str):
        raise invalid_identity_token(NO_TOKEN)
    for name in ("iss", "sub", "aud", "exp", "iat"):
        if name not in claims:
            raise invalid_identity_token(f"Missing a required claim: {name}")
    if not _has_forms(claims):
        raise invalid_identity_token(NO_TOKEN)
    return Token(text, algorithm, key_id, payload, claims)


def _decoded(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise invalid_identity_token(NO_TOKEN) from None


def _object(text: bytes) -> dict[str, Any]:
    """A JSON object without anything that two readers could take differently."""
    try:
        found = json.loads(text.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise invalid_identity_token(NO_TOKEN) from None
    if not isinstance(found, dict):
        raise invalid_identity_token(NO_TOKEN)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON number")


def _has_forms(claims: dict[str, Any]) -> bool:
    # Condition keys ignore case: claims that differ in case alone would be one key twice.
    if len({name.lower() for name in claims}) < len(claims):
        return False
    issuer, subject, aud = claims["iss"], claims["sub"], claims["aud"]
    audiences = aud if isinstance(aud, list) else [aud]
    return (
        isinstance(issuer, str)
        and isinstance(subject, str)
        and 0 < len(subject) <= LONGEST_SUBJECT
        and "\0" not in issuer + subject
        and bool(audiences)
        and all(isinstance(one, str) for one in audiences)
        and isinstance(claims.get("azp", ""), str)
        and all(_is_time(claims[name]) for name in ("exp", "iat", "nbf") if name in claims)
    )


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def fitting(token: Token, keys: Iterable[Key]) -> list[Key]:
    """The issuer's keys that may have signed `token`, by type, use, algorithm and key id.

    A token without a key id fits only where there is no choice.
    """
    kind, curve = ALGORITHMS[token.algorithm]
    able = [
        key
        for key in keys
        if key.get("kty") == kind
        and key.get("use", "sig") == "sig"
        and key.get("alg", token.algorithm) == token.algorithm
        and (curve is None or key.get("crv") == curve)
    ]
    if token.key_id is None:
        return able if len(able) == 1 else []
    return [key for key in able if key.get("kid") == token.key_id]


def verify(token: Token, keys: Iterable[Key]) -> None:
    """Raises InvalidIdentityToken unless one of `keys` signed the token."""
    for key in keys:
        if _signed(token, key):
            return
    raise invalid_identity_token(NOT_VERIFIED)


def _signed(token: Token, key: Key) -> bool:
    try:
        public = jwt.PyJWK({**key}, algorithm=token.algorithm)
        if isinstance(public.key, RSAPublicKey) and public.key.key_size < SMALLEST_RSA:
            return False
        found = jwt.PyJWS().decode_complete(token.text, public, algorithms=[token.algorithm])
    except (jwt.PyJWTError, ValueError, TypeError):
        return False
    return bool(found["payload"] == token.payload)


def client_of(token: Token) -> str:
    """The client that the token is for: `azp`, else the one `aud`. Raises InvalidIdentityToken."""
    client = token.claims.get("azp")
    if client is None and len(token.audiences) > 1:
        raise invalid_identity_token(WRONG_AUDIENCE)
    return str(client) if client is not None else token.audiences[0]


def check_time(token: Token, now: datetime) -> None:
    """Raises ExpiredTokenException, or InvalidIdentityToken for a token of the future."""
    seconds, expiry = int(now.timestamp()), token.claims["exp"]
    if seconds >= expiry + LEEWAY:
        raise OperationError(
            "ExpiredTokenException",
            f"Token expired: current date/time {seconds} must be before the expiration date/time "
            f"{int(expiry)}",
        )
    for name in ("nbf", "iat"):
        start = token.claims.get(name, 0)
        if seconds < start - LEEWAY:
            raise invalid_identity_token(
                f"Token not yet valid: current date/time {seconds} must be after the {name} "
                f"date/time {int(start)}"
            )
