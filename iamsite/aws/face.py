"""The AWS Query protocol as a WSGI application: bytes to parameters, a result to bytes.

It knows no operation by name. Source: api-behaviour.md §1.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import uuid4

from iamsite.aws import query, xml
from iamsite.operations.caller import AccessKeyCredential, Anonymous, Credential, Origin
from iamsite.operations.errors import (
    OperationError,
    internal_failure,
    missing_authentication_token,
)
from iamsite.operations.models import Operation, find, service
from iamsite.signing import Clock, signed_request, utc_now
from iamsite.urlencoded import Pairs, pairs

logger = logging.getLogger(__name__)

Perform = Callable[[Credential, str, dict[str, Any], Origin], Mapping[str, Any]]
Environ = dict[str, Any]

LARGEST_BODY = 10_000_000
# A larger body is read to its end, since many clients look for the answer only then; but no more.
MOST_DISCARDED = 100_000_000
PIECE = 1_000_000
FORM = "application/x-www-form-urlencoded"
UNKNOWN_OPERATION = b"<UnknownOperationException/>"
DEFAULT_REGION = "us-east-1"


def is_query_request(environ: Environ) -> bool:
    """Whether a request to the portal is one of the Query protocol, not of a browser."""
    if environ.get("PATH_INFO") not in {"", "/"}:
        return False
    if environ["REQUEST_METHOD"] not in {"GET", "HEAD", "OPTIONS"}:
        return True
    if environ["REQUEST_METHOD"] != "GET":
        return False
    text = environ.get("QUERY_STRING", "")
    return (
        text.startswith(("Action=", "X-Amz-"))
        or "&Action=" in text
        or "&X-Amz-" in text
        or environ.get("HTTP_AUTHORIZATION", "").startswith("AWS")
    )


class Answer(NamedTuple):
    status: int
    body: bytes = b""
    location: str = ""


class _Answered(Exception):
    """The answer is settled before any operation is known."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Face:
    """The application; `perform` is the pipeline behind it."""

    perform: Perform
    clock: Clock = utc_now

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        request_id = str(uuid4())
        try:
            answer = self._answer(environ, request_id)
        except _Answered as answered:
            answer = answered.answer
        except Exception:
            logger.exception("unexpected failure", extra={"request_id": request_id})
            answer = _refusal(internal_failure(), xml.FAULT_NAMESPACE, request_id)
        headers = [
            ("Content-Length", str(len(answer.body))),
            ("x-amzn-RequestId", request_id),
            # Clients correct their clocks by it.
            ("Date", formatdate(usegmt=True)),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        if answer.body:
            headers.append(("Content-Type", "text/xml"))
        if answer.location:
            headers.append(("Location", answer.location))
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [answer.body]

    def _answer(self, environ: Environ, request_id: str) -> Answer:
        namespace = xml.FAULT_NAMESPACE
        try:
            body = _body(environ)
            in_query = pairs(environ.get("QUERY_STRING", "").encode("latin-1"))
            given = [*in_query, *_form(environ, body)]
            operation = _operation(environ, given)
            namespace = service(operation.service).namespace
            credential, region = self._credential(environ, body, in_query, operation)
            try:
                params = query.parameters(operation, given)
            except OperationError as error:
                credential, params = _after_proof(credential, error), {}
            origin = _origin(environ, request_id, region)
            output = self.perform(credential, operation.name, params, origin)
            return Answer(200, xml.result(operation, output, request_id))
        except OperationError as error:
            return _refusal(error, namespace, request_id)

    def _credential(
        self, environ: Environ, body: bytes, in_query: Pairs, operation: Operation
    ) -> tuple[Credential, str]:
        if not operation.is_signed:
            return Anonymous(), DEFAULT_REGION
        signed = signed_request(environ, body, {operation.service}, in_query, self.clock)
        if signed is None:
            raise missing_authentication_token()
        return signed.credential, signed.region


def _refusal(error: OperationError, namespace: str, request_id: str) -> Answer:
    return Answer(error.status, xml.error(error, namespace, request_id))


def _after_proof(credential: Credential, error: OperationError) -> Credential:
    """Parameters are judged after the signature, so their error waits until it is verified."""
    if not isinstance(credential, AccessKeyCredential):
        raise error
    verify_signature = credential.verify

    def verify(secret: str) -> None:
        verify_signature(secret)
        raise error

    return replace(credential, verify=verify)


def _body(environ: Environ) -> bytes:
    length = environ.get("CONTENT_LENGTH") or ""
    if length:
        if not (length.isascii() and length.isdigit()):
            raise _Answered(Answer(400))
        expected = int(length) if len(length) < 18 else MOST_DISCARDED + 1
    elif environ.get("wsgi.input_terminated"):
        expected = MOST_DISCARDED
    else:
        return b""  # without a length, only a server that marks the end can be read from
    if expected > MOST_DISCARDED:
        raise _Answered(Answer(413))
    pieces: list[bytes] = []
    received = 0
    while received < expected and (
        piece := environ["wsgi.input"].read(min(expected - received, PIECE))
    ):
        received += len(piece)
        if received <= LARGEST_BODY:
            pieces.append(piece)
    if received > LARGEST_BODY:
        raise _Answered(Answer(413))
    return b"".join(pieces)


def _form(environ: Environ, body: bytes) -> Pairs:
    """The parameters in the body; none in a GET, whose body is not looked at."""
    if environ["REQUEST_METHOD"] not in {"GET", "POST"}:
        raise _Answered(Answer(404, UNKNOWN_OPERATION))
    if environ["REQUEST_METHOD"] == "GET" or not body:
        return ()
    content_type = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if content_type != FORM:
        raise OperationError("MissingAction", f"Parameters must be sent as {FORM}.")
    return pairs(body)


def _operation(environ: Environ, given: Pairs) -> Operation:
    """The operation that Action and Version ask for, whatever the path."""
    action = _first(given, "Action")
    if action is None:
        if environ.get("PATH_INFO") not in {"", "/"}:
            raise _Answered(Answer(404, UNKNOWN_OPERATION))
        if environ["REQUEST_METHOD"] == "GET":
            raise OperationError("MissingAction", "The request must have an Action.")
        # Where AWS sends people to its product page, a portal has its console.
        raise _Answered(Answer(302, location="/"))
    version = _first(given, "Version")
    found = find(action, version or "")
    if found is None:
        shown = "NO_VERSION_SPECIFIED" if version is None else version
        raise OperationError(
            "InvalidAction", f"Could not find operation {action} for version {shown}"
        )
    return found


def _first(given: Pairs, name: str) -> str | None:
    return next((value for key, value in given if key == name), None)


def _origin(environ: Environ, request_id: str, region: str) -> Origin:
    return Origin(
        source_ip=environ.get("REMOTE_ADDR", ""),
        user_agent=environ.get("HTTP_USER_AGENT", "")[:1024],
        secure=environ.get("wsgi.url_scheme") == "https",
        request_id=request_id,
        face="aws",
        referer=environ.get("HTTP_REFERER", "")[:2048],
        region=region,
    )
