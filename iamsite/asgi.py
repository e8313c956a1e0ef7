"""The ASGI application that the server loads: it awaits bodies, so that threads only answer.

A thread is asked for once a request's body is whole, and what it makes is sent at the client's
pace without it. What answers stays WSGI. Source: the ASGI specification, "HTTP & WebSocket ASGI
Message Format"; PEP 3333.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from iamsite.bodies import Bodies, Gone, Receive, Refused
from iamsite.threads import Threads

logger = logging.getLogger(__name__)

Send = Callable[[Mapping[str, Any]], Awaitable[None]]
WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]

MOST_WAITING = 1_000  # requests that wait for a thread
PIECE = 262_144  # bytes of an answer that are sent at a time


class Front:
    """A WSGI application as an ASGI one, whose requests are answered by so many threads.

    `patience` is how many seconds a client has to send a body (`Bodies`), and to take each piece of
    a long answer.
    """

    def __init__(self, application: WSGI, threads: int, patience: float) -> None:
        self._application = application
        self._threads = Threads(threads)
        self._patience = patience
        self._bodies = Bodies(patience)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        environ = environ_of(scope)
        taken = 0
        try:
            taken = await self._bodies.receive(environ, receive)
            if self._threads.waiting > MOST_WAITING:
                raise Refused(503)
            answer = await self._threads.run(_begin, self._application, environ)
            await send(_start(answer.status, answer.headers))
            if answer.rest is None:
                await send({"type": "http.response.body", "body": answer.piece})
            else:
                await self._stream(answer.piece, answer.rest, receive, send)
        except Refused as refused:
            await send(_start(refused.status, _REFUSAL))
            await send({"type": "http.response.body"})
        except Gone:
            pass
        finally:
            self._bodies.release(taken)

    async def _stream(self, piece: bytes, rest: Rest, receive: Receive, send: Send) -> None:
        """Sends piece after piece as the client takes them.

        To return before the last one breaks the connection: the client sees that something is
        missing.
        """
        gone = asyncio.ensure_future(_departure(receive))
        is_last = False
        try:
            while True:
                async with asyncio.timeout(self._patience):
                    await send(
                        {"type": "http.response.body", "body": piece, "more_body": not is_last}
                    )
                if is_last or gone.done():
                    return
                piece, is_last = await self._threads.run(_next_piece, rest.pieces)
        except TimeoutError:
            logger.info("A client took nothing of its answer for too long.")
        finally:
            gone.cancel()
            await self._threads.run(rest.close)


async def _departure(receive: Receive) -> None:
    """Waits until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


class Rest(NamedTuple):
    """What of an answer is still to be made, and what to call when no more of it is wanted."""

    pieces: Iterator[bytes]
    close: Callable[[], None]


class Answer(NamedTuple):
    status: int
    headers: list[tuple[bytes, bytes]]
    piece: bytes
    rest: Rest | None = None


_REFUSAL = [(b"connection", b"close"), (b"content-length", b"0")]


def _start(status: int, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": headers}


def _begin(application: WSGI, environ: dict[str, Any]) -> Answer:
    """The answer, whole if it is no longer than a piece."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        started[:] = [(status, headers)]

    made = application(environ, start_response)
    if isinstance(made, list):
        piece, rest = b"".join(made), None
    else:
        rest = Rest(iter(made), getattr(made, "close", _nothing))
        try:
            piece, is_last = _next_piece(rest.pieces)
        except BaseException:
            rest.close()
            raise
        if is_last or ("Content-Length", str(len(piece))) in started[0][1]:
            rest.close()
            rest = None
    ((status, named),) = started
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in named]
    return Answer(int(status[:3]), headers, piece, rest)


def _next_piece(pieces: Iterator[bytes]) -> tuple[bytes, bool]:
    """What comes next, and whether it is the last."""
    gathered: list[bytes] = []
    length = 0
    for piece in pieces:
        gathered.append(piece)
        length += len(piece)
        if length >= PIECE:
            return b"".join(gathered), False
    return b"".join(gathered), True


def _nothing() -> None:
    pass


def environ_of(scope: Mapping[str, Any]) -> dict[str, Any]:
    """The WSGI environment of a request, but for its body.

    A header given twice is joined by a comma, cookies by a semicolon. One with an underscore in its
    name is left out, since it would pass for another one.
    """
    path: bytes = scope["raw_path"]
    server, client = scope["server"] or ("", ""), scope["client"] or ("", "")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        variable = _variable(name)
        if variable in environ:
            between = "; " if variable == "HTTP_COOKIE" else ","
            environ[variable] += between + value.decode("latin-1")
        elif variable:
            environ[variable] = value.decode("latin-1")
    return environ


@lru_cache(1024)
def _variable(name: bytes) -> str:
    """The variable of a header; "" for one that has none."""
    if b"_" in name:
        return ""
    variable = name.decode("latin-1").upper().replace("-", "_")
    return variable if variable in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{variable}"
