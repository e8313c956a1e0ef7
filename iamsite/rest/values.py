"""JSON to an operation's parameters and back, by the shapes of the service model.

Policy documents may be sent as text or as JSON objects, and are given as objects. Times are ISO
8601, blobs Base64. A member that the model does not know is refused by name.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from typing import Any

from botocore.model import Shape

from iamsite.operations.errors import OperationError, validation_error

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def is_policy_document(shape: Shape) -> bool:
    return bool(shape.name == "policyDocumentType")


def parse_body(body: bytes) -> dict[str, Any]:
    """The JSON object of a request's body.

    Raises OperationError MalformedInput: no UTF-8, no JSON, no object, a key twice, a number that
    JSON does not have, half a surrogate pair, nested too deep.
    """
    if not body:
        return {}
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed(f"The body is not UTF-8: byte {error.start} is wrong.") from error
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _malformed(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    except ValueError as error:
        raise _malformed(f"The body is not JSON: {error}.") from error
    except RecursionError as error:
        raise _malformed("The body is nested too deep.") from error
    if not isinstance(value, dict):
        raise _malformed("The body must be a JSON object.")
    if _SURROGATE.search(text):
        _refuse_half_pairs(value)
    return value


def parameters(shape: Shape | None, sent: dict[str, Any]) -> dict[str, Any]:
    """Typed parameters from JSON values; raises ValidationError for members not of the model."""
    return _typed(shape, sent, "") if shape is not None else _refuse_members(set(sent), [])


def from_text(shape: Shape, values: list[str], name: str) -> Any:
    """A parameter from the query string: scalars once, lists repeated."""
    if shape.type_name == "list":
        return [from_text(shape.member, [value], name) for value in values]
    if len(values) > 1:
        raise validation_error(f"The parameter {name} is given more than once.")
    (value,) = values
    if shape.type_name == "integer":
        if not _INTEGER.fullmatch(value):
            raise validation_error(f"The parameter {name} must be an integer.")
        return int(value)
    if shape.type_name == "boolean":
        if value not in ("true", "false"):
            raise validation_error(f"The parameter {name} must be true or false.")
        return value == "true"
    return value


def as_json(shape: Shape | None, value: Any) -> Any:
    """An output value as JSON."""
    if shape is None or value is None:
        return value
    if shape.type_name == "structure":
        return {
            name: as_json(member, value[name])
            for name, member in shape.members.items()
            if name in value
        }
    if shape.type_name == "list":
        return [as_json(shape.member, one) for one in value]
    if shape.type_name == "map":
        return {key: as_json(shape.value, one) for key, one in value.items()}
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if is_policy_document(shape):
        return json.loads(value)
    return value


def _typed(shape: Shape, value: Any, path: str) -> Any:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        _refuse_members(set(value) - set(shape.members), sorted(shape.members), path)
        return {
            name: _typed(shape.members[name], one, f"{path}{name}.")
            for name, one in value.items()
            if one is not None
        }
    if kind == "list" and isinstance(value, list):
        return [_typed(shape.member, one, f"{path}{at}.") for at, one in enumerate(value, 1)]
    if kind == "map" and isinstance(value, dict):
        return {key: _typed(shape.value, one, f"{path}{key}.") for key, one in value.items()}
    if kind == "string" and is_policy_document(shape) and isinstance(value, dict):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if kind == "timestamp" and isinstance(value, str):
        return _time(value, path)
    if kind == "blob" and isinstance(value, str):
        return _blob(value, path)
    return value


def _time(value: str, path: str) -> datetime:
    try:
        time = datetime.fromisoformat(value)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise validation_error(f"{path.rstrip('.')} must be an ISO 8601 time.") from error


def _blob(value: str, path: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as error:  # binascii.Error, or characters beyond ASCII
        raise validation_error(f"{path.rstrip('.')} must be Base64.") from error


def _refuse_members(unknown: set[str], known: list[str], path: str = "") -> dict[str, Any]:
    if unknown:
        named = ", ".join(f"{path}{name}" for name in sorted(unknown))
        more = f" Known here: {', '.join(known)}." if known else ""
        raise validation_error(f"Unknown parameter: {named}.{more}")
    return {}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f'the key "{key}" is given twice')
        found[key] = value
    return found


def _refuse_half_pairs(value: dict[str, Any]) -> None:
    """JSON's escapes can write halves of surrogate pairs, which are no characters."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise _malformed("The body holds half a surrogate pair, which is no character.") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _malformed(message: str) -> OperationError:
    return OperationError("MalformedInput", message)
