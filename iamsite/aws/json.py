"""The AWS JSON 1.1 protocol: what an operation takes out of a body, and its answers. And answers
of the Query protocol in JSON, which has the same elements as in XML.

Times are seconds since 1970, blobs Base64. Members that the model does not know are ignored, as in
the Query protocol. Source: Smithy, "AWS JSON 1.1 protocol".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.model import Shape

from iamsite.json_object import json_object
from iamsite.operations.errors import OperationError
from iamsite.operations.models import Operation

PLAIN = "application/json"

# What every service of this protocol calls the refusals that IAM and STS call otherwise.
CODES = {
    "AccessDenied": "AccessDeniedException",
    "ConcurrentModification": "ConcurrentModificationException",
    "ExpiredToken": "ExpiredTokenException",
    "IncompleteSignature": "IncompleteSignatureException",
    "InvalidAction": "UnknownOperationException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "MalformedInput": "SerializationException",
    "MissingAction": "UnknownOperationException",
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "ServiceUnavailable": "ServiceUnavailableException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "UnsupportedOperation": "UnsupportedOperationException",
    "ValidationError": "ValidationException",
}
# A service that has an error of its own for bad parameters answers with that.
INVALID = "InvalidInputException"


def parameters(operation: Operation, body: bytes) -> dict[str, Any]:
    """The operation's parameters out of a body.

    Raises OperationError MalformedInput for what is no JSON object.
    """
    sent = json_object(body)
    found: dict[str, Any] = _typed(operation.input, sent) if operation.input is not None else {}
    return found


def result(operation: Operation, output: Mapping[str, Any]) -> bytes:
    """The body that answers a performed operation; `output` has the shape of the model."""
    if operation.output is None:
        return b"{}"
    return json.dumps(_plain(operation.output, output), separators=(",", ":")).encode()


def query_result(operation: Operation, output: Mapping[str, Any], request_id: str) -> bytes:
    """The body that answers an operation of the Query protocol."""
    answer: dict[str, Any] = {"ResponseMetadata": {"RequestId": request_id}}
    if operation.output is not None:
        answer = {f"{operation.name}Result": _plain(operation.output, output), **answer}
    return json.dumps({f"{operation.name}Response": answer}, separators=(",", ":")).encode()


def query_error(refusal: OperationError, request_id: str) -> bytes:
    """The body that answers a refusal in the Query protocol."""
    message = {"Message": refusal.message} if refusal.message else {}
    told = {"Code": refusal.code, **message, "Type": refusal.type}
    return json.dumps({"Error": told, "RequestId": request_id}, separators=(",", ":")).encode()


def error(refusal: OperationError, operation: Operation | None) -> bytes:
    """The body that answers a refusal."""
    code = CODES.get(refusal.code, refusal.code)
    if code == CODES["ValidationError"] and operation is not None and INVALID in operation.errors:
        code = INVALID
    body = {"__type": code, "Message": refusal.message, **refusal.members}
    return json.dumps(body, separators=(",", ":")).encode()


def _typed(shape: Shape, value: Any) -> Any:
    """A value as operations take it; what is of a wrong type stays, for validation to tell."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return {
            name: _typed(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if kind == "list" and isinstance(value, list):
        return [_typed(shape.member, one) for one in value]
    if kind == "map" and isinstance(value, dict):
        return {key: _typed(shape.value, one) for key, one in value.items()}
    if kind == "timestamp" and isinstance(value, int | float) and not isinstance(value, bool):
        return _time(value)
    if kind == "blob" and isinstance(value, str):
        return _blob(value)
    return value


def _time(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise OperationError("MalformedInput", "A time is out of range.") from error


def _blob(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:  # binascii.Error, or characters beyond ASCII
        raise OperationError("MalformedInput", "Binary data must be Base64.") from error


def _plain(shape: Shape, value: Any) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return {
            name: _plain(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if kind == "list":
        return [_plain(shape.member, one) for one in value]
    if kind == "map":
        return {key: _plain(shape.value, one) for key, one in value.items()}
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value
