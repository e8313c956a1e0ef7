"""Results and errors as the Query protocol's XML, by writers compiled once from the model.

Source: api-behaviour.md §1.2 and §1.3.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from botocore.model import ListShape, MapShape, Shape, StructureShape

from iamsite.operations.errors import OperationError
from iamsite.operations.models import Operation, service

FAULT_NAMESPACE = "http://webservices.amazon.com/AWSFault/2005-15-09"

Emit = Callable[[str], None]
# Writes a value's element, or what is inside it.
Write = Callable[[Any, Emit], None]


def result(operation: Operation, output: Mapping[str, Any], request_id: str) -> bytes:
    """The body that answers a performed operation; `output` has the shape of the model."""
    head, write, tail = _response(operation)
    pieces = [head]
    if write is not None:
        write(output, pieces.append)
    pieces += (tail, request_id, "</RequestId></ResponseMetadata></", operation.name, "Response>")
    return "".join(pieces).encode()


def error(refusal: OperationError, namespace: str, request_id: str) -> bytes:
    """The body that answers a refusal. An empty message has no element."""
    message = f"<Message>{escape(refusal.message)}</Message>" if refusal.message else ""
    return (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>{refusal.type}</Type>'
        f"<Code>{escape(refusal.code)}</Code>{message}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()


# A carriage return would be read as a newline; the rest XML cannot hold at all.
_UNSAFE = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}


def escape(text: str) -> str:
    """Text as an element's content; characters that XML cannot hold become U+FFFD."""
    if _UNSAFE.search(text) is None:
        return text
    return _UNSAFE.sub(lambda found: _ESCAPES.get(found[0], "\ufffd"), text)


# The percent sign first, since every code holds one.
_ENCODED = [
    (character, f"%{ord(character):02X}")
    for character in ("%", *(chr(code) for code in range(128) if chr(code) != "%"))
    if quote(character, safe="~") != character
]


def encode_document(text: str) -> str:
    """A policy document percent-encoded after RFC 3986, as answers carry it."""
    if not text.isascii():
        return quote(text, safe="~")
    for character, code in _ENCODED:
        if character in text:
            text = text.replace(character, code)
    return text


@cache
def _response(operation: Operation) -> tuple[str, Write | None, str]:
    namespace = service(operation.service).namespace
    head = f'<{operation.name}Response xmlns="{namespace}">'
    tail = "<ResponseMetadata><RequestId>"
    if operation.output is None:
        return head, None, tail
    wrapper = operation.output.serialization.get("resultWrapper", f"{operation.name}Result")
    return f"{head}<{wrapper}>", _members(operation.output), f"</{wrapper}>{tail}"


def _element(tag: str, shape: Shape) -> Write:
    """Writes a value as an element of that tag."""
    kind = shape.type_name
    if kind in {"structure", "list", "map"}:
        write = {"structure": _members, "list": _items, "map": _entries}[kind](shape)
        start, end, empty = f"<{tag}>", f"</{tag}>", f"<{tag}/>"

        def write_nested(value: Any, emit: Emit) -> None:
            if value:
                emit(start)
                write(value, emit)
                emit(end)
            else:
                emit(empty)

        return write_nested

    to_text = encode_document if shape.name == "policyDocumentType" else _TEXTS[kind]

    def write_scalar(value: Any, emit: Emit) -> None:
        emit(f"<{tag}>{to_text(value)}</{tag}>")

    return write_scalar


def _members(shape: StructureShape) -> Write:
    members = [
        (name, _element(member.serialization.get("name", name), member))
        for name, member in shape.members.items()
    ]

    def write(value: Any, emit: Emit) -> None:
        for name, write_member in members:
            member = value.get(name)
            if member is not None:
                write_member(member, emit)

    return write


def _items(shape: ListShape) -> Write:
    write_item = _element(shape.member.serialization.get("name", "member"), shape.member)

    def write(value: Any, emit: Emit) -> None:
        for item in value:
            write_item(item, emit)

    return write


def _entries(shape: MapShape) -> Write:
    write_key = _element(shape.key.serialization.get("name", "key"), shape.key)
    write_value = _element(shape.value.serialization.get("name", "value"), shape.value)

    def write(value: Any, emit: Emit) -> None:
        for key, item in value.items():
            emit("<entry>")
            write_key(key, emit)
            write_value(item, emit)
            emit("</entry>")

    return write


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _timestamp(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()[:19] + "Z"


def _blob(value: bytes) -> str:
    return base64.b64encode(value).decode()


_TEXTS: Mapping[str, Callable[[Any], str]] = {
    "string": escape,
    "integer": str,
    "long": str,
    "float": repr,
    "double": repr,
    "boolean": _boolean,
    "blob": _blob,
    "timestamp": _timestamp,
}
