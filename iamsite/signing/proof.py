"""Whether a secret key made a signature. Source: api-behaviour.md §2.2."""

from __future__ import annotations

import hashlib
import hmac
import os
from urllib.parse import quote, unquote_to_bytes

from iamsite.signing.claim import ALGORITHM, Signature
from iamsite.signing.request import SignedRequest
from iamsite.urlencoded import Pairs

TERMINATOR = "aws4_request"
UNENCODED = ":@!$&'()*+,;="


def is_valid(signature: Signature, request: SignedRequest, secret: str) -> bool:
    """Whether a signature was made of this request with this secret key, in constant time."""
    key = signing_key(secret, signature.date, signature.region, signature.service)
    given = signature.value.encode("utf-8", "replace")
    valid = False
    for path in wire_forms(request.path):
        text = string_to_sign(signature, request, path)
        expected = hmac.digest(key, text.encode(), "sha256").hex()
        valid |= hmac.compare_digest(expected.encode(), given)
    return valid


def wire_forms(path: str) -> set[str]:
    """The ways in which a client may have sent a path that WSGI hands over decoded.

    Characters such as the colons of an ARN may be percent-encoded or not (RFC 3986 §3.3), and the
    signature covers the one that was sent. All forms name the same path.
    """
    if path == "/":
        return {path}
    return {path, quote(unquote_to_bytes(path), safe="/~" + UNENCODED)}


def string_to_sign(signature: Signature, request: SignedRequest, path: str) -> str:
    digest = hashlib.sha256(canonical_request(signature, request, path)).hexdigest()
    return f"{ALGORITHM}\n{signature.time}\n{signature.scope}\n{digest}"


def canonical_request(signature: Signature, request: SignedRequest, path: str) -> bytes:
    """The request in the form that is hashed, as if sent to `path`.

    The payload's hash is always that of the body, so a client that signs another one, or
    UNSIGNED-PAYLOAD, has signed another request.
    """
    headers = "".join(
        f"{name}:{' '.join(request.headers.get(name, '').split())}\n"
        for name in signature.signed_headers
    )
    text = "\n".join(
        (
            request.method,
            canonical_path(path),
            canonical_query(request.query),
            headers,
            ";".join(signature.signed_headers),
            hashlib.sha256(request.body).hexdigest(),
        )
    )
    # Header values are Latin-1 (PEP 3333); the rest is ASCII.
    return text.encode("latin-1")


def canonical_path(path: str) -> str:
    """A path as on the wire, without dot and empty segments, percent-encoded once more."""
    if path in {"", "/"}:
        return "/"
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    end = "/" if segments and path.endswith("/") else ""
    return "/" + quote("/".join(segments), safe="/~") + end


def is_normal(path: str) -> bool:
    """Whether a path has no dot and no empty segments.

    What is signed leaves them out, so a signature of one path would be valid for others.
    """
    *folders, last = path.removeprefix("/").split("/")
    return "" not in folders and not {".", ".."} & {*folders, last}


def canonical_query(query: Pairs) -> str:
    encoded = sorted(
        (quote(name, safe="~"), quote(value, safe="~"))
        for name, value in query
        if name != "X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in encoded)


# Signing keys are kept under a keyed hash of the secret, never the secret itself.
_KEPT = 10_000
_keys: dict[tuple[bytes, str, str, str], bytes] = {}
_hash_key = os.urandom(32)


def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key of a secret for one day, region and service."""
    secret_hash = hashlib.blake2b(secret.encode(), key=_hash_key, digest_size=16).digest()
    name = (secret_hash, date, region, service)
    key = _keys.get(name)
    if key is None:
        key = b"AWS4" + secret.encode()
        for part in (date, region, service, TERMINATOR):
            key = hmac.digest(key, part.encode(), "sha256")
        if len(_keys) >= _KEPT:
            _keys.clear()
        _keys[name] = key
    return key
