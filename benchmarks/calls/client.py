"""A client that costs little: it writes bytes made beforehand and reads the answers."""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from typing import Self

PATIENCE = 30  # seconds without a byte after which a server counts as stuck
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)


class Failed(Exception):
    """A server gave an answer that it should not have given."""


class Client:
    """So many connections to a port of this machine, kept alive; each has one call under way."""

    def __init__(self, port: int, connections: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._connections = [_Connection(port) for _ in range(connections)]
        for one in self._connections:
            self._selector.register(one.socket, selectors.EVENT_READ, one)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for one in self._connections:
            one.socket.close()

    def call(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of one call."""
        one = self._connections[0]
        one.send(request)
        while (answer := one.receive()) is None:
            pass
        return answer

    def replay(self, requests: Sequence[bytes]) -> float:
        """The seconds that these calls take together. Raises Failed unless all succeed."""
        waiting = iter(requests)
        started = time.perf_counter()
        under_way = sum(self._next(one, waiting) for one in self._connections)
        while under_way:
            ready = self._selector.select(PATIENCE)
            if not ready:
                raise Failed(f"no answer for {PATIENCE} seconds")
            for event, _ in ready:
                one: _Connection = event.data
                answer = one.receive()
                if answer is None:
                    continue
                status, body = answer
                if status != 200:
                    raise Failed(f"{status}: {body[:500].decode(errors='replace')}")
                under_way -= not self._next(one, waiting)
        return time.perf_counter() - started

    @staticmethod
    def _next(connection: _Connection, waiting: Iterator[bytes]) -> bool:
        request = next(waiting, None)
        if request is None:
            return False
        connection.send(request)
        return True


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def send(self, request: bytes) -> None:
        self.socket.sendall(request)

    def receive(self) -> tuple[int, bytes] | None:
        """What has come; None while the answer is not whole."""
        piece = self.socket.recv(262_144)
        if not piece:
            raise Failed("the server closed a connection that was to be kept")
        self._received += piece
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return None
        length = _LENGTH.search(head + b"\r\n")
        if length is None:
            raise Failed(f"an answer without a length: {head[:500].decode(errors='replace')}")
        if len(body) < int(length[1]):
            return None
        self._received = b""
        return int(head[9:12]), body
