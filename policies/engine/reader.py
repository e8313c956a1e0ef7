"""JSON text to a tree whose every node knows its place in the text.

Stricter than the standard library's reader where a policy needs it: no name twice in an object,
no NaN, no lone surrogate, no NUL, bounded depth; numbers stay text, so none is too large or
loses a digit. It reads on after a superfluous or missing comma, so that one pass reports more
than the first fault. Time is linear in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from enum import Enum
from typing import NamedTuple

from .faults import Position

MAXIMUM_DEPTH = 32

_SPACE = re.compile(r"[ \t\r\n]*")
_PLAIN_STRING = re.compile(r'"([^"\\\x00-\x1f\ud800-\udfff]*)"')
_STRING_RUN = re.compile(r'[^"\\\x00-\x1f]*')
_HEX = re.compile(r"[0-9A-Fa-f]{4}")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[A-Za-z0-9_+.-]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPES = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}

Report = Callable[[int, str, str, str], None]  # offset, code, message, advice


class NodeKind(Enum):
    OBJECT = "an object"
    ARRAY = "a list"
    STRING = "a string"
    NUMBER = "a number"
    BOOLEAN = "a boolean"
    NULL = "null"


class Node:
    """One JSON value. `text` is the string's content, or the literal's own text.

    `introduced` is the offset just past the bracket or comma before a list's item.
    """

    __slots__ = ("end", "introduced", "items", "kind", "members", "start", "text")

    def __init__(self, kind: NodeKind, start: int) -> None:
        self.kind = kind
        self.start = start
        self.end = start
        self.introduced = start
        self.text = ""
        self.members: Sequence[Member] = ()
        self.items: Sequence[Node] = ()


class Member(NamedTuple):
    name: str
    start: int
    value: Node


class Unreadable(Exception):
    """The text is not JSON beyond the point reported; raised after the report."""


class Lines:
    """Offsets to positions."""

    __slots__ = ("_starts",)

    def __init__(self, text: str) -> None:
        self._starts = [0]
        self._starts.extend(match.end() for match in re.finditer(r"\n", text))

    def position(self, offset: int) -> Position:
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)


class Reader:
    """Reads one text. Faults go to `report`; `read` raises Unreadable when it cannot go on."""

    def __init__(self, text: str, report: Report) -> None:
        self._text = text
        self._report = report

    def read(self) -> Node:
        offset = self._skip(0)
        node = self._value(offset, 0)
        rest = self._skip(node.end)
        if rest < len(self._text):
            self._report(
                rest,
                "json-trailing-text",
                "There is more text after the document's end.",
                "A document is exactly one JSON object: remove what follows it.",
            )
        return node

    def _stop(self, offset: int, code: str, message: str, advice: str) -> Unreadable:
        self._report(offset, code, message, advice)
        return Unreadable()

    def _skip(self, offset: int) -> int:
        if self._text[offset : offset + 1] > " ":  # white space is never above
            return offset
        match = _SPACE.match(self._text, offset)
        return match.end() if match else offset

    def _value(self, offset: int, depth: int) -> Node:
        text = self._text
        head = text[offset : offset + 1]
        if head == '"':
            node = Node(NodeKind.STRING, offset)
            node.text, node.end = self._string(offset)
            return node
        if head == "{" or head == "[":
            if depth >= MAXIMUM_DEPTH:
                raise self._stop(
                    offset,
                    "json-too-deep",
                    f"The document is nested deeper than {MAXIMUM_DEPTH} levels.",
                    "No policy needs more than eight levels of brackets.",
                )
            return self._object(offset, depth) if head == "{" else self._array(offset, depth)
        number = _NUMBER.match(text, offset)
        word = _WORD.match(text, offset)
        if number and word and number.end() == word.end():
            node = Node(NodeKind.NUMBER, offset)
            node.text, node.end = number.group(), number.end()
            return node
        if word and word.group() in ("true", "false", "null"):
            node = Node(
                NodeKind.NULL if word.group() == "null" else NodeKind.BOOLEAN,
                offset,
            )
            node.text, node.end = word.group(), word.end()
            return node
        if head == "":
            raise self._stop(
                offset,
                "json-incomplete",
                "The text ends where a value is expected.",
                "Complete the document: a bracket, a brace or a value is missing.",
            )
        if word:
            raise self._stop(
                offset,
                "json-literal",
                f"{word.group()[:40]} is not a JSON value.",
                'Write text in double quotes; numbers as 5 or 1.5; booleans as "true" or "false".',
            )
        raise self._stop(
            offset,
            "json-syntax",
            f"A value is expected here, not {head!r}.",
            _stray(text, offset) or "Strings take double quotes; JSON has no comments.",
        )

    def _string(self, start: int) -> tuple[str, int]:
        plain = _PLAIN_STRING.match(self._text, start)
        if plain:
            return plain.group(1), plain.end()
        text, parts, offset = self._text, [], start + 1
        while True:
            run = _STRING_RUN.match(text, offset)
            assert run is not None
            parts.append(run.group())
            offset = run.end()
            char = text[offset : offset + 1]
            if char == '"':
                break
            if char == "\\":
                decoded, offset = self._escape(offset)
                parts.append(decoded)
                continue
            if char == "":
                raise self._stop(
                    start,
                    "json-open-string",
                    "This string is not closed.",
                    "Add the closing double quote.",
                )
            self._report(
                offset,
                "json-control-character",
                f"The control character U+{ord(char):04X} may not stand in a string.",
                "Remove it, or write a line break as \\n.",
            )
            offset += 1
        content = "".join(parts)
        if _SURROGATE.search(content):
            self._report(
                start,
                "json-surrogate",
                "This string holds half of a surrogate pair, which is no character.",
                "Write the character itself, or both \\u escapes of its pair.",
            )
        if "\0" in content:
            self._report(
                start,
                "json-nul",
                "This string holds the character U+0000.",
                "Remove the NUL character.",
            )
        return content, offset + 1

    def _escape(self, offset: int) -> tuple[str, int]:
        """The character written at a backslash, and the offset past it."""
        kind = self._text[offset + 1 : offset + 2]
        if kind in _ESCAPES:
            return _ESCAPES[kind], offset + 2
        digits = _HEX.match(self._text, offset + 2)
        if kind != "u" or not digits:
            raise self._stop(
                offset,
                "json-escape",
                "This backslash begins no JSON escape.",
                'Write a backslash as \\\\; escapes are \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX.',
            )
        code, offset = int(digits.group(), 16), digits.end()
        if 0xD800 <= code < 0xDC00 and self._text.startswith("\\u", offset):
            low = _HEX.match(self._text, offset + 2)
            if low and 0xDC00 <= int(low.group(), 16) < 0xE000:
                pair = 0x10000 + ((code - 0xD800) << 10) + int(low.group(), 16) - 0xDC00
                return chr(pair), low.end()
        return chr(code), offset

    def _object(self, start: int, depth: int) -> Node:
        text, node, names = self._text, Node(NodeKind.OBJECT, start), set[str]()
        node.members = members = list[Member]()
        offset = self._skip(start + 1)
        while text[offset : offset + 1] != "}":
            if text[offset : offset + 1] != '"':
                raise self._stop(
                    offset,
                    "json-name",
                    "A name in double quotes, or the closing brace, is expected here.",
                    _stray(text, offset) or 'Write members as "Name": value, separated by commas.',
                )
            name_start = offset
            name, offset = self._string(offset)
            offset = self._skip(offset)
            if text[offset : offset + 1] != ":":
                raise self._stop(
                    offset,
                    "json-colon",
                    f"A colon is expected after {name[:40]!r}.",
                    "Write members as name, colon, value.",
                )
            value = self._value(self._skip(offset + 1), depth + 1)
            if name in names:
                self._report(
                    name_start,
                    "duplicate-key",
                    f"{name[:80]!r} stands twice in the same object.",
                    "Keep one of them, or join their values in a list.",
                )
            names.add(name)
            members.append(Member(name, name_start, value))
            offset = self._separator(value.end, "}")
        node.end = offset + 1
        return node

    def _array(self, start: int, depth: int) -> Node:
        text, node, introduced = self._text, Node(NodeKind.ARRAY, start), start + 1
        node.items = items = list[Node]()
        offset = self._skip(start + 1)
        while text[offset : offset + 1] != "]":
            item = self._value(offset, depth + 1)
            item.introduced = introduced
            items.append(item)
            offset = self._separator(item.end, "]")
            introduced = self._skip(item.end) + 1
        node.end = offset + 1
        return node

    def _separator(self, offset: int, close: str) -> int:
        """The offset of the next member or item, or of the closing bracket."""
        text, offset = self._text, self._skip(offset)
        char = text[offset : offset + 1]
        if char == close:
            return offset
        if char == ",":
            after = self._skip(offset + 1)
            if text[after : after + 1] == close:
                self._report(
                    offset,
                    "json-trailing-comma",
                    "There is a comma after the last entry.",
                    "Remove this comma.",
                )
            return after
        if char and char in '"{[' and (close == "]" or char == '"'):
            self._report(offset, "json-comma", "A comma is missing here.", "Add a comma.")
            return offset
        raise self._stop(
            offset,
            "json-incomplete" if char == "" else "json-syntax",
            f"A comma or {close!r} is expected here.",
            _stray(text, offset)
            or "Check that each bracket and brace is closed, and entries are separated by commas.",
        )


def _stray(text: str, offset: int) -> str:
    """What to do about what often comes along when a document is pasted; "" for anything else."""
    head = text[offset : offset + 1]
    if text.startswith(("//", "/*", "#"), offset):
        return "JSON has no comments: remove this one."
    if head and head in "'\u2018\u2019\u201c\u201d\u201e":
        return 'Strings take straight double quotes: ".'
    if head and (head.isspace() or head in "\ufeff\u200b"):
        return f"This is the white space U+{ord(head):04X}, which JSON does not know: remove it."
    return ""
