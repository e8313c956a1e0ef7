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

from iamsite.operations.errors import validation_error

# The policy documents of IAM and STS, and those of Organizations.
DOCUMENTS = {"policyDocumentType", "PolicyContent"}
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")


def is_policy_document(shape: Shape) -> bool:
    return shape.name in DOCUMENTS


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
