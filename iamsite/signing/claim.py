"""What a signature claims: parsing either form. Sources: api-behaviour.md §2.1, §2.4."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from iamsite.operations.errors import (
    OperationError,
    incomplete_signature,
    signature_does_not_match,
)
from iamsite.signing.request import SignedRequest
from iamsite.urlencoded import Pairs

ALGORITHM = "AWS4-HMAC-SHA256"
LONGEST_PRESIGNED = 604_800

# Added by a content delivery network on the way, so no client can sign it.
UNSIGNABLE = {"x-amz-cf-id"}

# In the order in which a missing one is named.
HEADER_PARTS = ("Credential", "Signature", "SignedHeaders")
QUERY_PARTS = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    "X-Amz-Date",
)

_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^`|~-]+")


@dataclass(frozen=True, slots=True)
class Signature:
    """A parsed signature, not yet verified.

    `time` is the text that was signed and `at` its meaning; `expires` is in seconds, None where
    the request does not say.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    time: str
    at: datetime
    signed_headers: tuple[str, ...]
    value: str
    session_token: str | None
    expires: int | None

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"


def parse(request: SignedRequest) -> Signature | None:
    """The signature of a request, or None if it has none.

    Raises OperationError when it is malformed, when there are two, and when it leaves out what
    must be signed.
    """
    in_header = "authorization" in request.headers
    in_query = any(name in QUERY_PARTS for name, _ in request.query)
    if in_header and in_query:
        raise incomplete_signature()
    if in_header:
        signature = _parse_header(request)
    elif in_query:
        signature = _parse_query(request)
    else:
        return None
    _check_signed_headers(signature, request)
    _check_repeated(request.query)
    return signature


def _parse_header(request: SignedRequest) -> Signature:
    header = request.headers["authorization"]
    scheme, _, rest = header.strip().partition(" ")
    if scheme != ALGORITHM:
        raise incomplete_signature()
    parts: dict[str, str] = {}
    for part in rest.split(","):
        name, equals, value = part.strip().partition("=")
        if not equals or name in parts or name not in HEADER_PARTS:
            raise incomplete_signature()
        parts[name] = value
    time = request.headers.get("x-amz-date") or request.headers.get("date")
    missing = [
        f"Authorization header requires '{name}' parameter."
        for name in HEADER_PARTS
        if not parts.get(name)
    ]
    if not time:
        missing.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    if missing or not time:
        digest = base64.b64encode(
            hashlib.sha256(header.encode("latin-1", "replace")).digest()
        ).decode()
        hashed = f"(Hashed with SHA-256 and encoded with Base64) Authorization={digest}"
        raise incomplete_signature(" ".join([*missing, hashed]))
    return _signature(
        parts["Credential"],
        time,
        parts["SignedHeaders"],
        parts["Signature"],
        request.headers.get("x-amz-security-token") or None,
    )


def _parse_query(request: SignedRequest) -> Signature:
    parts: dict[str, str] = {}
    for name, value in request.query:
        if name.startswith("X-Amz-") and parts.setdefault(name, value) != value:
            raise incomplete_signature()
    for name in QUERY_PARTS:
        if not parts.get(name):
            raise incomplete_signature(
                f"AWS query-string parameters must include '{name}'. "
                "Re-examine the query-string parameters."
            )
    if parts["X-Amz-Algorithm"] != ALGORITHM:
        raise OperationError("MissingAuthenticationToken", "Missing Authentication Token")
    return _signature(
        parts["X-Amz-Credential"],
        parts["X-Amz-Date"],
        parts["X-Amz-SignedHeaders"],
        parts["X-Amz-Signature"],
        parts.get("X-Amz-Security-Token") or None,
        _expires(parts.get("X-Amz-Expires")),
    )


def _expires(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,7}", text) or not 0 < int(text) <= LONGEST_PRESIGNED:
        raise incomplete_signature(
            f"X-Amz-Expires must be a number of seconds between 1 and {LONGEST_PRESIGNED}."
        )
    return int(text)


def _signature(
    credential: str,
    time: str,
    signed_headers: str,
    value: str,
    session_token: str | None,
    expires: int | None = None,
) -> Signature:
    scope = credential.split("/")
    if len(scope) != 5 or not scope[0]:
        raise incomplete_signature(
            "Credential must have exactly 5 slash-delimited elements, "
            f"e.g. keyid/date/region/service/term, got '{credential}'"
        )
    at = _parse_time(time)
    if at is None:
        raise incomplete_signature(
            f"Date must be in ISO-8601 'basic format'. Got '{time}'. "
            "See http://en.wikipedia.org/wiki/ISO_8601"
        )
    names = tuple(sorted(set(signed_headers.lower().split(";"))))
    # WSGI folds underscores and hyphens together, so a name with one would be ambiguous.
    if not all(_HEADER_NAME.fullmatch(name) for name in names):
        raise incomplete_signature()
    access_key_id, date, region, service, terminator = scope
    return Signature(
        access_key_id,
        date,
        region,
        service,
        terminator,
        time,
        at,
        names,
        value,
        session_token,
        expires,
    )


def _parse_time(text: str) -> datetime | None:
    if not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _check_signed_headers(signature: Signature, request: SignedRequest) -> None:
    """`host` must be signed, and every x-amz- header that the request has."""
    if "host" not in signature.signed_headers:
        raise signature_does_not_match(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        )
    unsigned = [
        name
        for name in sorted(request.headers)
        if name.startswith("x-amz-")
        and name not in signature.signed_headers
        and name not in UNSIGNABLE
    ]
    if unsigned:
        raise incomplete_signature(f"Header(s) not signed: {', '.join(unsigned)}")


def _check_repeated(query: Pairs) -> None:
    """Of a repeated parameter the first counts, but the canonical query is sorted: were the order
    on the wire free, anyone could choose the value without breaking the signature."""
    first: dict[str, str] = {}
    for name, value in query:
        if quote(first.setdefault(name, value), safe="~") > quote(value, safe="~"):
            raise signature_does_not_match()
