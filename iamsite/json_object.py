"""JSON bodies, read strictly: what one reader takes for one thing, no other takes for another."""

from __future__ import annotations

import json
import re
from typing import Any

from iamsite.operations.errors import OperationError

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def json_object(body: bytes, what: str = "The body") -> dict[str, Any]:
    """The JSON object of a request's body, or of a text that messages call `what`.

    Raises OperationError MalformedInput: no UTF-8, no JSON, no object, a key twice, a number that
    JSON does not have, half a surrogate pair, nested too deep.
    """
    if not body:
        return {}
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed(f"{what} is not UTF-8: byte {error.start} is wrong.") from error
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _malformed(
            f"{what} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    except ValueError as error:
        raise _malformed(f"{what} is not JSON: {error}.") from error
    except RecursionError as error:
        raise _malformed(f"{what} is nested too deep.") from error
    if not isinstance(value, dict):
        raise _malformed(f"{what} must be a JSON object.")
    if _SURROGATE.search(text):
        _refuse_half_pairs(value, what)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f'the key "{key}" is given twice')
        found[key] = value
    return found


def _refuse_half_pairs(value: dict[str, Any], what: str) -> None:
    """JSON's escapes can write halves of surrogate pairs, which are no characters."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise _malformed(f"{what} holds half a surrogate pair, which is no character.") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _malformed(message: str) -> OperationError:
    return OperationError("MalformedInput", message)
