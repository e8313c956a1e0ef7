"""The AWS Query protocol's parameters: from names and values to what an operation takes.

Source: api-behaviour.md §1.1. Parameters that the model does not know are ignored, and of a
parameter given twice the first counts.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from iamsite.operations.errors import OperationError
from iamsite.operations.models import Operation
from iamsite.urlencoded import Pairs

# What is below a name: (rest of the name, value), in wire order; "" is the name itself.
Below = list[tuple[str, str]]
Decode = Callable[[Below], Any]

# Far below this, and a list's index could not be reached anyway.
LONGEST_INDEX = 9

_INTEGER = re.compile(r"([+-]?)([0-9]+)")


def parameters(operation: Operation, given: Pairs) -> dict[str, Any]:
    """The operation's parameters out of all that was given.

    Raises OperationError MalformedInput for a value that is not of its type.
    """
    decode = _decoder(operation)
    return decode(list(given)) if decode is not None else {}


@cache
def _decoder(operation: Operation) -> Decode | None:
    return _structure(operation.input) if operation.input is not None else None


def _compile(shape: Shape) -> Decode:
    if shape.type_name == "structure":
        return _structure(shape)
    if shape.type_name == "list":
        return _list(shape)
    if shape.type_name == "map":
        return _map(shape)
    return _scalar(_SCALARS[shape.type_name])


def _structure(shape: StructureShape) -> Decode:
    members = {name: _compile(member) for name, member in shape.members.items()}

    def decode(below: Below) -> dict[str, Any]:
        found: dict[str, Below] = {}
        for name, value in below:
            head, _, rest = name.partition(".")
            if head in members:
                found.setdefault(head, []).append((rest, value))
        return {name: members[name](inner) for name, inner in found.items()}

    return decode


def _list(shape: ListShape) -> Decode:
    decode_member = _compile(shape.member)
    element = shape.member.serialization.get("name", "member")

    def decode(below: Below) -> list[Any]:
        return [decode_member(inner) for inner in _numbered(below, element)]

    return decode


def _map(shape: MapShape) -> Decode:
    decode_key, decode_value = _compile(shape.key), _compile(shape.value)
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")

    def decode(below: Below) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for entry in _numbered(below, "entry"):
            parts: dict[str, Below] = {}
            for name, text in entry:
                head, _, rest = name.partition(".")
                parts.setdefault(head, []).append((rest, text))
            if key_name not in parts:
                raise _malformed_input("A map's entry must have a key.")
            value = decode_value(parts[value_name]) if value_name in parts else None
            found.setdefault(decode_key(parts[key_name]), value)
        return found

    return decode


def _numbered(below: Below, element: str) -> list[Below]:
    """What is below `element.1`, `element.2` and so on, by number; gaps close up."""
    found: dict[int, Below] = {}
    for name, value in below:
        head, _, rest = name.partition(".")
        if name == "" and value == "":
            continue  # an empty list is sent as its bare name
        number, _, rest = rest.partition(".")
        if head != element or not number.isascii() or not number.isdigit():
            raise _malformed_input(f"A list's members must be numbered: .{element}.1")
        if len(number) > LONGEST_INDEX:
            raise _malformed_input(f"A list's numbers have at most {LONGEST_INDEX} digits.")
        found.setdefault(int(number), []).append((rest, value))
    return [found[number] for number in sorted(found)]


def _scalar(read: Callable[[str], Any]) -> Decode:
    def decode(below: Below) -> Any:
        name, value = below[0]
        if name:
            raise _malformed_input("Start of structure or map found where not expected.")
        return read(value)

    return decode


def _malformed_input(message: str = "") -> OperationError:
    return OperationError("MalformedInput", message)


def _integer(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text:
            raise _malformed_input("missing value for decimal type")
        digits = _INTEGER.fullmatch(text)
        # Text of any length comes in, and turning it into a number takes square time.
        significant = digits[2].lstrip("0") or "0" if digits else ""
        if digits is None or len(significant) > 19:
            raise _malformed_input()
        number = int(digits[1] + significant)
        if not low <= number <= high:
            raise _malformed_input()
        return number

    return read


def _float(text: str) -> float:
    if len(text) > 64 or not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
        raise _malformed_input()
    return float(text)


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise _malformed_input("A boolean must be true or false.")
    return text == "true"


def _blob(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed_input("Binary data must be Base64.") from error


def _timestamp(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _malformed_input(
            "A timestamp must be in ISO 8601, such as 2026-11-01T00:00:00Z."
        ) from error


_SCALARS: Mapping[str, Callable[[str], Any]] = {
    "string": str,
    "integer": _integer(-(2**31), 2**31 - 1),
    "long": _integer(-(2**63), 2**63 - 1),
    "float": _float,
    "double": _float,
    "boolean": _boolean,
    "blob": _blob,
    "timestamp": _timestamp,
}
