"""AWS Signature Version 4, for every face that accepts it.

Sources: api-behaviour.md §2; IAM User Guide, "Create a signed AWS API request".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from iamsite.operations.caller import AccessKeyCredential
from iamsite.operations.errors import invalid_client_token_id, signature_does_not_match
from iamsite.signing.claim import parse
from iamsite.signing.limits import check_scope, check_time
from iamsite.signing.proof import is_normal, is_valid
from iamsite.signing.request import read
from iamsite.urlencoded import Pairs

__all__ = ["Clock", "Signed", "signed_request", "utc_now"]

Clock = Callable[[], datetime]

# No key has another form; what has, such as one with a NUL, is not looked up.
_ACCESS_KEY_ID = re.compile(r"[A-Za-z0-9_]{1,128}")


@dataclass(frozen=True, slots=True)
class Signed:
    """Who a signed request claims to be from: a credential yet to be verified, and its scope."""

    credential: AccessKeyCredential
    service: str
    region: str


def utc_now() -> datetime:
    return datetime.now(UTC)


def signed_request(
    environ: Mapping[str, Any],
    body: bytes,
    services: Collection[str],
    query: Pairs | None = None,
    clock: Clock = utc_now,
) -> Signed | None:
    """The signature of a WSGI request for one of `services`, or None if it carries none.

    Parses the signature and checks its scope; the rest waits for the secret key, given to the
    credential's `verify` (order of checks: api-behaviour.md §2.3). `query` are the pairs of the
    query string, where the caller has them already. Raises OperationError.
    """
    request = read(environ, body, query)
    signature = parse(request)
    if signature is None:
        return None
    if not is_normal(request.path):
        raise signature_does_not_match()
    check_scope(signature, services)
    if not _ACCESS_KEY_ID.fullmatch(signature.access_key_id):
        raise invalid_client_token_id()

    def verify(secret: str) -> None:
        check_time(signature, clock())
        if not is_valid(signature, request, secret):
            raise signature_does_not_match()

    return Signed(
        AccessKeyCredential(signature.access_key_id, signature.session_token, verify),
        signature.service,
        signature.region,
    )
