"""How large the body of a request to Django's faces may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LARGEST = 10_000_000
# A larger body is read to its end, since many clients look for the answer only then; but no more.
MOST_DISCARDED = 100_000_000
PIECE = 1_000_000


def is_too_large(environ: Mapping[str, Any]) -> bool:
    """Whether the body of a WSGI request is too large; if so, it is read and thrown away."""
    expected = int(environ.get("CONTENT_LENGTH") or 0)
    if expected <= LARGEST:
        return False
    if expected <= MOST_DISCARDED:
        while expected and (piece := environ["wsgi.input"].read(min(expected, PIECE))):
            expected -= len(piece)
    return True
