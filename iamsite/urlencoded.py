"""Query strings and forms (application/x-www-form-urlencoded), decoded strictly.

What is signed and what is read must be the same, so nothing ambiguous is let through.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

from iamsite.operations.errors import OperationError

Pairs = Sequence[tuple[str, str]]

MOST_PAIRS = 50_000

_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def pairs(text: bytes) -> list[tuple[str, str]]:
    """The names and values of a form or a query string, in wire order.

    Raises OperationError MalformedQueryString for broken escapes, for text that is not UTF-8, and
    for more parameters than any call could want.
    """
    if not text:
        return []
    if text.count(b"&") >= MOST_PAIRS:
        raise _malformed_query_string(f"More than {MOST_PAIRS} parameters.")
    if _BROKEN_ESCAPE.search(text):
        raise _malformed_query_string("A percent sign must be followed by two hexadecimal digits.")
    found = []
    try:
        for pair in text.split(b"&"):
            if pair:
                name, _, value = pair.partition(b"=")
                found.append((_unquote(name), _unquote(value)))
    except UnicodeDecodeError as error:
        raise _malformed_query_string("Names and values must be UTF-8.") from error
    return found


def _unquote(text: bytes) -> str:
    if b"%" in text or b"+" in text:
        text = unquote_to_bytes(text.replace(b"+", b" "))
    return text.decode()


def _malformed_query_string(reason: str) -> OperationError:
    return OperationError(
        "MalformedQueryString", f"The query string contains a syntax error. {reason}"
    )
