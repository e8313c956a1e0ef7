"""The protocols of the AWS face: which operation a request asks for, with what, and the answer.

Source: api-behaviour.md §1 for Query; Smithy, "AWS JSON 1.1 protocol".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from iamsite.aws import json, query, xml
from iamsite.operations.errors import OperationError
from iamsite.operations.models import Operation, find, find_target, service
from iamsite.urlencoded import Pairs, pairs

Environ = Mapping[str, Any]

FORM = "application/x-www-form-urlencoded"
UNKNOWN_OPERATION = b"<UnknownOperationException/>"


class Answer(NamedTuple):
    status: int
    body: bytes = b""
    location: str = ""
    decision_id: str = ""


class Answered(Exception):
    """The answer is settled before any operation is known."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


class Exchange(Protocol):
    """One request and its answer. `operation` is called first, and tells what is asked for."""

    content_type: str

    def operation(self, body: bytes, in_query: Pairs) -> Operation: ...

    def parameters(self) -> dict[str, Any]: ...

    def result(self, output: Mapping[str, Any], request_id: str) -> bytes: ...

    def refusal(self, error: OperationError, request_id: str) -> Answer: ...


def exchange_of(environ: Environ) -> Exchange:
    """The protocol that a request speaks."""
    is_json = _content_type(environ) == JsonExchange.content_type
    return JsonExchange(environ) if is_json else QueryExchange(environ)


def _content_type(environ: Environ) -> str:
    sent: str = environ.get("CONTENT_TYPE", "")
    return sent.partition(";")[0].strip().lower()


@dataclass
class QueryExchange:
    """A form in, XML out; JSON for whoever asks STS for it, as verifiers of login proofs do."""

    environ: Environ
    content_type = "text/xml"
    asked: Operation | None = None
    given: Pairs = field(default_factory=list)

    def operation(self, body: bytes, in_query: Pairs) -> Operation:
        self.given = [*in_query, *_form(self.environ, body)]
        self.asked = _by_action(self.environ, self.given)
        if self.asked.service == "sts" and _accepts_json(self.environ):
            self.content_type = json.PLAIN
        return self.asked

    def parameters(self) -> dict[str, Any]:
        assert self.asked is not None
        return query.parameters(self.asked, self.given)

    def result(self, output: Mapping[str, Any], request_id: str) -> bytes:
        assert self.asked is not None
        write = json.query_result if self.content_type == json.PLAIN else xml.result
        return write(self.asked, output, request_id)

    def refusal(self, error: OperationError, request_id: str) -> Answer:
        asked = self.asked
        if self.content_type == json.PLAIN:
            return Answer(error.status, json.query_error(error, request_id))
        namespace = service(asked.service).namespace if asked else xml.FAULT_NAMESPACE
        return Answer(error.status, xml.error(error, namespace, request_id))


@dataclass
class JsonExchange:
    """JSON in and out; a header names the operation."""

    environ: Environ
    content_type = "application/x-amz-json-1.1"
    asked: Operation | None = None
    body: bytes = b""

    def operation(self, body: bytes, in_query: Pairs) -> Operation:
        if self.environ["REQUEST_METHOD"] != "POST":
            raise Answered(Answer(404))
        target = self.environ.get("HTTP_X_AMZ_TARGET", "")
        self.asked, self.body = find_target(target), body
        if self.asked is None:
            raise OperationError("InvalidAction", f"Could not find operation {target[:256]}")
        return self.asked

    def parameters(self) -> dict[str, Any]:
        assert self.asked is not None
        return json.parameters(self.asked, self.body)

    def result(self, output: Mapping[str, Any], request_id: str) -> bytes:
        assert self.asked is not None
        return json.result(self.asked, output)

    def refusal(self, error: OperationError, request_id: str) -> Answer:
        # Whatever the client's fault is, the status of this protocol is 400.
        status = 400 if error.type == "Sender" else error.status
        return Answer(status, json.error(error, self.asked))


def _accepts_json(environ: Environ) -> bool:
    accepted: str = environ.get("HTTP_ACCEPT", "")
    return any(one.partition(";")[0].strip().lower() == json.PLAIN for one in accepted.split(","))


def _form(environ: Environ, body: bytes) -> Pairs:
    """The parameters in the body; none in a GET, whose body is not looked at."""
    if environ["REQUEST_METHOD"] not in {"GET", "POST"}:
        raise Answered(Answer(404, UNKNOWN_OPERATION))
    if environ["REQUEST_METHOD"] == "GET" or not body:
        return ()
    if _content_type(environ) != FORM:
        raise OperationError("MissingAction", f"Parameters must be sent as {FORM}.")
    return pairs(body)


def _by_action(environ: Environ, given: Pairs) -> Operation:
    """The operation that Action and Version ask for, whatever the path."""
    action = _first(given, "Action")
    if action is None:
        if environ.get("PATH_INFO") not in {"", "/"}:
            raise Answered(Answer(404, UNKNOWN_OPERATION))
        if environ["REQUEST_METHOD"] == "GET":
            raise OperationError("MissingAction", "The request must have an Action.")
        # Where AWS sends people to its product page, a portal has its console.
        raise Answered(Answer(302, location="/"))
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
