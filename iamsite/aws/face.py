"""The AWS protocols as a WSGI application: bytes to parameters, a result to bytes.

It knows no operation by name. Source: api-behaviour.md §1.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from time import time
from typing import Any
from uuid import uuid4

from iamsite.aws.exchange import Answer, Answered, Environ, Exchange, exchange_of
from iamsite.bodies import LARGEST
from iamsite.operations.caller import AccessKeyCredential, Anonymous, Credential, Origin
from iamsite.operations.errors import (
    DECISION_HEADER,
    OperationError,
    internal_failure,
    missing_authentication_token,
)
from iamsite.operations.models import Operation
from iamsite.signing import Clock, signed_request, utc_now
from iamsite.urlencoded import Pairs, pairs

logger = logging.getLogger(__name__)

Perform = Callable[[Credential, str, dict[str, Any], Origin], Mapping[str, Any]]

MOST_DIGITS = 18  # of a length; converting text of any length takes square time
DEFAULT_REGION = "us-east-1"


def is_query_request(environ: Environ) -> bool:
    """Whether a request to the portal is one of an AWS protocol, not of a browser."""
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


@dataclass(frozen=True, slots=True)
class Face:
    """The application; `perform` is the pipeline behind it."""

    perform: Perform
    clock: Clock = utc_now

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        request_id = str(uuid4())
        exchange = exchange_of(environ)
        try:
            answer = self._answer(environ, exchange, request_id)
        except Answered as answered:
            answer = answered.answer
        except Exception:
            logger.exception("unexpected failure", extra={"request_id": request_id})
            answer = exchange_of(environ).refusal(internal_failure(), request_id)
        headers = [
            ("Content-Length", str(len(answer.body))),
            ("x-amzn-RequestId", request_id),
            # Clients correct their clocks by it.
            ("Date", _date(int(time()))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        if answer.body:
            headers.append(("Content-Type", exchange.content_type))
        if answer.decision_id:
            headers.append((DECISION_HEADER, answer.decision_id))
        if answer.location:
            headers.append(("Location", answer.location))
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [answer.body]

    def _answer(self, environ: Environ, exchange: Exchange, request_id: str) -> Answer:
        try:
            body = _body(environ)
            in_query = pairs(environ.get("QUERY_STRING", "").encode("latin-1"))
            operation = exchange.operation(body, in_query)
            credential, region = self._credential(environ, body, in_query, operation)
            try:
                params = exchange.parameters()
            except OperationError as error:
                credential, params = _after_proof(credential, error), {}
            origin = _origin(environ, request_id, region)
            output = self.perform(credential, operation.name, params, origin)
            return Answer(200, exchange.result(output, request_id))
        except OperationError as error:
            return exchange.refusal(error, request_id)._replace(decision_id=error.decision_id)

    def _credential(
        self, environ: Environ, body: bytes, in_query: Pairs, operation: Operation
    ) -> tuple[Credential, str]:
        if not operation.is_signed:
            return Anonymous(), DEFAULT_REGION
        signed = signed_request(environ, body, {operation.service}, in_query, self.clock)
        if signed is None:
            raise missing_authentication_token()
        return signed.credential, signed.region


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


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
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        raise Answered(Answer(400))
    if len(length) > MOST_DIGITS or int(length) > LARGEST:
        raise Answered(Answer(413))
    body: bytes = environ["wsgi.input"].read(int(length))
    return body


def _origin(environ: Environ, request_id: str, region: str) -> Origin:
    return Origin(
        source_ip=environ.get("REMOTE_ADDR", ""),
        user_agent=environ.get("HTTP_USER_AGENT", "")[:1024],
        secure=environ.get("wsgi.url_scheme") == "https",
        request_id=request_id,
        face="aws",
        referer=environ.get("HTTP_REFERER", "")[:2048],
        region=region,
        source_arn=environ.get("HTTP_X_AMZ_SOURCE_ARN", ""),
        source_account=environ.get("HTTP_X_AMZ_SOURCE_ACCOUNT", ""),
    )
