"""A small WSGI application behind the portal's front, with little patience and little room."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from iamsite import asgi, bodies

PATIENCE = 0.8
PIECE = b"x" * asgi.PIECE

asgi.MOST_WAITING = 1
bodies.ROOM = 11_000_000
_calls: list[str] = []
_made: list[int] = []
_closed: list[bool] = []


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
    path = environ["PATH_INFO"]
    if bodies.is_too_large(environ):
        start_response("413 Content Too Large", [("Content-Length", "0")])
        return [b""]
    if path == "/stream":
        start_response("200 OK", [])
        return Pieces(int(environ["QUERY_STRING"]))
    if path == "/wait":  # until something is written to the named pipe
        Path(environ["QUERY_STRING"]).read_bytes()
    _calls.append(path)
    seen = {
        "body": environ["wsgi.input"].read().decode("latin-1"),
        "made": len(_made),
        "closed": len(_closed),
        "calls": len(_calls),
    } | {name: value for name, value in environ.items() if isinstance(value, str)}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(seen).encode()]


class Pieces:
    def __init__(self, number: int) -> None:
        self._number = number

    def __iter__(self) -> Iterator[bytes]:
        for number in range(self._number):
            _made.append(number)
            yield PIECE

    def close(self) -> None:
        _closed.append(True)


front = asgi.Front(application, threads=1, patience=PATIENCE)
