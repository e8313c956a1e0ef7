"""Bodies of requests, received within limits of size, time and memory before anyone reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from io import BytesIO
from typing import Any

LARGEST = 10_000_000
# A larger body is read to its end, since many clients look for the answer only then; but no more.
MOST_DISCARDED = 100_000_000
SLOWEST = 10_000  # bytes a second that a body may come in
SMALL = 65_536  # a body for which there is always room
ROOM = 256_000_000  # bytes that all bodies of a worker may take together

Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class Refused(Exception):
    """The request is answered with this status alone, and its connection ends."""

    def __init__(self, status: int) -> None:
        self.status = status


class Gone(Exception):
    """Nobody waits for an answer any more."""


def is_too_large(environ: Mapping[str, Any]) -> bool:
    """Whether a request's body was too large to be kept: its length is all that is left of it."""
    return int(environ.get("CONTENT_LENGTH") or 0) > LARGEST


class Bodies:
    """The bodies that a worker holds, whose room is limited.

    `patience` is how many seconds a client has to send one, besides one for each `SLOWEST` bytes
    received.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._taken = 0

    async def receive(self, environ: dict[str, Any], receive: Receive) -> int:
        """Puts a request's body into its WSGI environment, with the length when none was announced.

        Of one that is too large only the length is put there. Returns the bytes of room that are
        taken, for `release`. Raises Refused when it comes too slowly (408), finds no room (503) or
        is announced in no number (400), Gone when it ends before it is whole.
        """
        environ["wsgi.input"] = BytesIO()
        announced = environ.get("CONTENT_LENGTH", "")
        if announced == "0" or (not announced and _has_none(environ)):
            return 0
        if announced and not (announced.isascii() and announced.isdigit() and len(announced) < 18):
            raise Refused(400)
        expected = int(announced) if announced else None
        if expected is not None and expected > MOST_DISCARDED:
            return 0
        pieces: list[bytes] = []
        try:
            length = await self._pieces(receive, expected, pieces)
        except BaseException:
            self.release(sum(map(len, pieces)))
            raise
        body = b"".join(pieces)
        environ["CONTENT_LENGTH"] = str(length)
        environ["wsgi.input"] = BytesIO(body)
        return len(body)

    def release(self, taken: int) -> None:
        self._taken -= taken

    async def _pieces(self, receive: Receive, expected: int | None, pieces: list[bytes]) -> int:
        """Receives a body into `pieces`, as far as it may be kept, and returns its length."""
        length = 0
        try:
            async with asyncio.timeout(self._patience) as limit:
                begin = limit.when() or 0.0
                while True:
                    event = await receive()
                    if event["type"] != "http.request":
                        raise Gone
                    piece = event.get("body", b"")
                    length += len(piece)
                    if length <= LARGEST:
                        pieces.append(piece)
                        self._taken += len(piece)
                        if length > SMALL and self._taken > ROOM:
                            raise Refused(503)
                    elif pieces:
                        self.release(sum(map(len, pieces)))
                        pieces.clear()
                    if length == expected or length > MOST_DISCARDED:
                        return length
                    if not event.get("more_body", False):
                        break
                    limit.reschedule(begin + length / SLOWEST)
        except TimeoutError:
            raise Refused(408) from None
        if expected is not None:
            raise Gone
        return length


def _has_none(environ: Mapping[str, Any]) -> bool:
    """Whether a request without a length has no body; from HTTP/2 on, only its end tells."""
    is_first = environ["SERVER_PROTOCOL"].startswith("HTTP/1")
    return is_first and "HTTP_TRANSFER_ENCODING" not in environ
