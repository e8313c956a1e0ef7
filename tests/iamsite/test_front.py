"""Clients that take their time, send too much or leave, at a real server with one thread."""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.iamsite.fronted import PATIENCE, PIECE
from tests.portal import SOURCE, free_port

HOST = b"Host: here\r\n"
LONG = 30.0  # seconds, far beyond any patience here
MANY = 2_000  # pieces, far more than a connection holds


class Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LONG)
        self.received = b""

    def send(self, sent: bytes) -> Connection:
        self.socket.sendall(sent)
        return self

    def ask(
        self, path: bytes, headers: bytes = b"", body: bytes = b"", method: bytes = b"POST"
    ) -> Connection:
        return self.send(method + b" " + path + b" HTTP/1.1\r\n" + HOST + headers + b"\r\n" + body)

    def post(self, body: bytes, path: bytes = b"/", headers: bytes = b"") -> Connection:
        return self.ask(path, b"Content-Length: %d\r\n" % len(body) + headers, body)

    def more(self) -> bool:
        """Whether more has come; not when the connection has ended."""
        try:
            piece = self.socket.recv(1 << 20)
        except ConnectionResetError:
            piece = b""
        self.received += piece
        return piece != b""

    def answer(self) -> tuple[int, bytes]:
        """Status and body of the next answer, which has a length."""
        while b"\r\n\r\n" not in self.received:
            assert self.more(), self.received
        head, _, rest = self.received.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        if status == 100:
            self.received = rest
            return status, b""
        (length,) = (
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        while len(rest) < length:
            assert self.more()
            rest = self.received.partition(b"\r\n\r\n")[2]
        self.received = rest[length:]
        return status, rest[:length]

    def seen(self) -> dict[str, Any]:
        """What the application saw."""
        status, body = self.answer()
        assert status == 200, (status, body)
        found: dict[str, Any] = json.loads(body)
        return found

    def ends(self) -> bool:
        """Whether the server ends the connection and says nothing more."""
        while self.more():
            pass
        return self.received == b""

    def close(self) -> None:
        self.socket.close()


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    with serving(port) as process:
        yield port, process


class serving:  # noqa: N801
    """The server on a port, as a context manager that stops it."""

    def __init__(self, port: int) -> None:
        options = (
            f"--interface asginl --http 1 --loop uvloop --no-ws --port {port} --log-level warning"
            f" --http1-header-read-timeout {int(PATIENCE * 1000)} tests.iamsite.fronted:front"
        )
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, "-m", "granian", *options.split()], cwd=SOURCE
        )

    def __enter__(self) -> subprocess.Popen[bytes]:
        while True:
            assert self.process.poll() is None
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self.process
            except ConnectionRefusedError:
                select.select([], [], [], 0.02)

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(LONG)


@pytest.fixture
def connect(server: tuple[int, Any]) -> Iterator[Any]:
    made: list[Connection] = []

    def connect() -> Connection:
        made.append(Connection(server[0]))
        return made[-1]

    yield connect
    for connection in made:
        connection.close()


def until_closed(connect: Any, before: dict[str, Any]) -> dict[str, Any]:
    """What the application says once one more stream has been closed."""
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        seen: dict[str, Any] = connect().post(b"").seen()
        if seen["closed"] > before["closed"]:
            return seen
    raise AssertionError("the stream is not closed")


def test_a_body_that_stops_coming_is_refused(connect: Any) -> None:
    silent = [connect().ask(b"/", b"Content-Length: 9\r\n", b"a" * begun) for begun in (0, 1, 8)]
    for connection in silent:
        assert connection.answer() == (408, b"")
        assert connection.ends()


def test_a_body_that_comes_byte_by_byte_is_refused(connect: Any) -> None:
    slow = connect().ask(b"/", b"Content-Length: 1000\r\n")
    for _ in range(50):
        if select.select([slow.socket], [], [], PATIENCE / 10)[0]:
            break
        slow.send(b"a")
    assert slow.answer() == (408, b"")
    assert slow.ends()


def test_a_long_body_has_the_time_it_needs(connect: Any) -> None:
    long = connect().ask(b"/", b"Content-Length: 30000\r\n")
    for _ in range(15):
        assert not select.select([long.socket], [], [], PATIENCE / 10)[0]
        long.send(b"a" * 2000)
    assert long.seen()["body"] == "a" * 30_000


def test_headers_that_do_not_end_are_dropped(connect: Any) -> None:
    kept = [connect().post(b"a") for _ in range(2)]
    assert [connection.seen()["body"] for connection in kept] == ["a", "a"]
    idle = [*kept, connect(), connect()]
    for connection in idle[::2]:
        connection.send(b"POST / HTTP/1.1\r\nHo")
    for connection in idle:
        while connection.more():
            pass


def test_whoever_waits_holds_no_thread(connect: Any) -> None:
    for _ in range(50):
        connect().ask(b"/", b"Content-Length: 9\r\n", b"a")
        connect().ask(b"/", b"Transfer-Encoding: chunked\r\n", b"1\r\na\r\n")
        connect().send(b"POST / HTTP/1.1\r\nHo")
        assert connect().post(b"whole").seen()["body"] == "whole"


def test_a_body_too_large_is_read_away_and_the_connection_kept(connect: Any) -> None:
    connection = connect().post(b"a" * 10_000_001)
    assert connection.answer() == (413, b"")
    assert connection.post(b"after").seen()["body"] == "after"
    piece = b"1000000\r\n" + b"a" * 0x1000000 + b"\r\n"
    connection.ask(b"/", b"Transfer-Encoding: chunked\r\n", piece + b"0\r\n\r\n")
    assert connection.answer() == (413, b"")
    assert connection.post(b"after").seen()["body"] == "after"


def test_an_endless_body_is_refused_unread(connect: Any) -> None:
    connection = connect().ask(b"/", b"Content-Length: 100000001\r\n", b"a")
    assert connection.answer() == (413, b"")
    assert connection.ends()


def test_a_client_that_asks_first_is_told_before_it_sends(connect: Any) -> None:
    expecting = b"Expect: 100-continue\r\n"
    asked = connect().ask(b"/", expecting + b"Content-Length: 4\r\n")
    assert asked.answer() == (100, b"")
    assert asked.send(b"body").seen()["body"] == "body"
    refused = connect().ask(b"/", expecting + b"Content-Length: 9000000000\r\n")
    assert refused.answer() == (413, b"")
    assert refused.ends()


def test_a_body_without_a_length_gets_one(connect: Any) -> None:
    chunked = b"Transfer-Encoding: chunked\r\n"
    connection = connect().ask(b"/", chunked, b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    seen = connection.seen()
    assert (seen["body"], seen["CONTENT_LENGTH"]) == ("abcde", "5")
    trailed = connection.ask(b"/", chunked, b"3\r\nabc\r\n0\r\nX-Trailer: x\r\n\r\n").seen()
    assert (trailed["body"], trailed["CONTENT_LENGTH"]) == ("abc", "3")
    assert "HTTP_X_TRAILER" not in trailed


def test_a_body_that_breaks_off_reaches_nobody(connect: Any) -> None:
    before = connect().post(b"").seen()["calls"]
    connect().ask(b"/", b"Content-Length: 9\r\n", b"abc").close()
    for broken in (b"3\r\nabc\r\n", b"3\r\nabc\r\nzz\r\n", b"3\r\nabc\r\n9\r\nd"):
        connect().ask(b"/", b"Transfer-Encoding: chunked\r\n", broken).close()
    assert connect().post(b"").seen()["calls"] == before + 1


def test_large_bodies_share_what_room_there_is(connect: Any) -> None:
    sizes = (6_000_000, 5_000_100)  # of which the last 50 bytes that are sent find none
    large = [connect().ask(b"/", b"Content-Length: %d\r\n" % size) for size in sizes]
    large[0].send(b"a" * 5_999_990)
    large[1].send(b"a" * 5_000_060)
    first, _, _ = select.select([one.socket for one in large], [], [], LONG)
    refused, kept = sorted(large, key=lambda one: one.socket is not first[0])
    assert refused.answer() == (503, b"")
    assert connect().post(b"c" * 60_000).seen()["body"] == "c" * 60_000
    assert set(kept.send(b"a" * (10 if kept is large[0] else 40)).seen()["body"]) == {"a"}
    statuses = (connect().post(b"b" * 6_000_000).answer()[0] for _ in range(100))
    assert 200 in statuses  # as soon as the room is free again


def test_a_client_that_reads_slowly_holds_no_thread_and_little_memory(connect: Any) -> None:
    before = connect().post(b"").seen()
    slow = connect()
    slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    slow.ask(b"/stream?%d" % MANY, method=b"GET")
    seen = until_closed(connect, before)  # the one thread is free to say so
    assert 0 < seen["made"] - before["made"] < MANY / 2
    while slow.more():
        pass
    assert not slow.received.endswith(b"0\r\n\r\n")


def test_a_client_that_reads_gets_all(connect: Any) -> None:
    reader = connect().ask(b"/stream?40", b"Connection: close\r\n", method=b"GET")
    received, end = 0, b""
    while piece := reader.socket.recv(1 << 20):
        received += piece.count(PIECE[:1])
        end = (end + piece)[-5:]
    assert received == 40 * len(PIECE)
    assert end == b"0\r\n\r\n"


def test_nothing_is_made_for_a_client_that_left(connect: Any) -> None:
    before = connect().post(b"").seen()
    connect().ask(b"/stream?%d" % MANY, method=b"GET").close()
    seen = until_closed(connect, before)
    assert seen["made"] - before["made"] < MANY / 2


def test_headers_are_told_as_wsgi_has_them(connect: Any) -> None:
    headers = b"X-A: 1\r\nX-A: 2\r\nCookie: a=1\r\nCookie: b=2\r\nX_B: 3\r\nX-C: \xc3\xa9\r\n"
    seen = connect().ask(b"/%2Fa%ff%C3%A9?b=%ff", headers, method=b"GET").seen()
    assert seen["HTTP_X_A"] == "1,2"
    assert seen["HTTP_COOKIE"] == "a=1; b=2"
    assert "HTTP_X_B" not in seen  # an underscore would pass for a hyphen
    assert seen["HTTP_X_C"] == "\xc3\xa9"
    assert seen["HTTP_HOST"] == "here"
    assert (seen["PATH_INFO"], seen["QUERY_STRING"]) == ("//a\xff\xc3\xa9", "b=%ff")
    assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]) == ("127.0.0.1", "http")
    assert "PATH" not in seen


def test_a_crowd_is_told_to_come_back_and_a_stop_waits_for_what_runs(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    port = free_port()
    with serving(port) as process:
        waiting = Connection(port).ask(b"/wait?%b" % bytes(pipe), method=b"GET")
        held = reached(pipe, process)
        crowd = [Connection(port).ask(b"/", method=b"GET") for _ in range(8)]
        first, _, _ = select.select([one.socket for one in crowd], [], [], LONG)
        (refused,) = (one for one in crowd if one.socket is first[0])
        assert refused.answer() == (503, b"")
        process.send_signal(signal.SIGTERM)
        os.close(held)
        assert waiting.seen()["PATH_INFO"] == "/wait"


def reached(pipe: Path, process: subprocess.Popen[bytes]) -> int:
    """The pipe, once the application reads it; closing it lets the application go on."""
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:  # nobody reads it yet
            assert error.errno == errno.ENXIO
            assert process.poll() is None
            select.select([], [], [], 0.02)
