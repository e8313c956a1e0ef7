"""Bytes that two parties could read in two ways, and clients that take their time."""

from __future__ import annotations

import re
import socket

import pytest

from tests.portal import Portal

HOST = b"Host: 127.0.0.1\r\n"
SECOND = b"GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def answers(portal: Portal, sent: bytes, patience: float = 0.4) -> list[bytes]:
    """The status lines of all that comes back on one connection."""
    received = b""
    with socket.create_connection(("127.0.0.1", portal.port), timeout=10) as connection:
        connection.sendall(sent)
        try:
            while piece := connection.recv(65_536):
                received += piece
                connection.settimeout(patience)
        except (TimeoutError, ConnectionResetError):
            pass
    # One may follow right after a body that ends in no newline.
    return re.findall(rb"HTTP/1\.1 \d{3}[^\r\n]*", received)


def post(path: bytes, headers: bytes, body: bytes = b"") -> bytes:
    return b"POST " + path + b" HTTP/1.1\r\n" + HOST + headers + b"\r\n" + body


LENGTHS = {
    "chunked and a length": b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % (5 + len(SECOND)),
    "two lengths": b"Content-Length: 5\r\nContent-Length: %d\r\n" % (5 + len(SECOND)),
    "a list of lengths": b"Content-Length: 5, 5\r\n",
    "a signed length": b"Content-Length: +5\r\n",
    "a length in hexadecimal": b"Content-Length: 0x5\r\n",
    "another coding": b"Transfer-Encoding: xchunked\r\n",
    "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "a space before the colon": b"Transfer-Encoding : chunked\r\n",
    "a folded coding": b"Transfer-Encoding:\r\n chunked\r\n",
    "a tab for a space": b"Transfer-Encoding:\x0bchunked\r\n",
}  # fmt: skip


@pytest.mark.parametrize("path", [b"/", b"/api/v1/users", b"/console/sign-in"])
@pytest.mark.parametrize("how", LENGTHS)
def test_no_second_request_is_smuggled_in(portal: Portal, how: str, path: bytes) -> None:
    """Whatever is unclear about where a body ends, the connection ends with the one answer."""
    found = answers(portal, post(path, LENGTHS[how], b"0\r\n\r\n" + SECOND))
    assert len(found) == 1, found
    # A POST of nothing to the Query face leads to the console, as AWS's leads to its page.
    assert found[0].split()[1].startswith(b"4") or (path, found[0].split()[1]) == (b"/", b"302")


def test_a_body_that_nobody_read_is_not_the_next_request(portal: Portal) -> None:
    length = b"Content-Length: %d\r\n" % len(SECOND)
    for path in (b"/nowhere", b"/console/sign-in", b"/api/v1/users", b"/console/sign-out", b"/"):
        assert len(answers(portal, post(path, length, SECOND))) == 1, path
    get = b"GET /console/sign-in HTTP/1.1\r\n" + HOST + length + b"\r\n" + SECOND
    assert len(answers(portal, get)) == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /console/sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n", b"400"),
        (b"GET /console/sign-in HTTP/1.1\r\n\r\n", b"400"),
        (b"GET http://evil.example/console/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"400"),
        (b"GET /console/sign-in HTTP/1.1\r\n" + HOST + b"X-A: " + b"a" * 2_000_000 + b"\r\n\r\n", b"431"),
        (b"GET /console/sign-in HTTP/1.1\r\n" + HOST + b"X-A: b\r\n" * 5000 + b"\r\n", b"431"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", b"414"),
        (b"GET /console/sign-in HTTP/9.9\r\n" + HOST + b"\r\n", b"400"),
        (b"GET /\x00 HTTP/1.1\r\n" + HOST + b"\r\n", b"400"),
        (b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + b"\r\n", b"404"),
        (b"TRACE /console/sign-in HTTP/1.1\r\n" + HOST + b"\r\n", b"405"),
    ],
)  # fmt: skip
def test_what_is_out_of_form_is_refused(portal: Portal, sent: bytes, status: bytes) -> None:
    found = answers(portal, sent)
    assert [line.split()[1] for line in found] == [status]


def test_a_body_without_a_length_is_read_to_its_end_and_no_further(portal: Portal) -> None:
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    headers = b"Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n"
    found = answers(portal, post(b"/", headers, chunked + SECOND))
    assert found[0].split()[1] == b"403"  # unsigned: its Action was read
    assert [line.split()[1] for line in found[1:]] in ([], [b"404"])


@pytest.mark.parametrize("path", [b"/", b"/api/v1/users", b"/console/sign-in"])
def test_a_huge_body_is_refused_without_being_read(portal: Portal, path: bytes) -> None:
    headers = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9000000000\r\n"
    found = answers(portal, post(path, headers, b"a"))
    assert [line.split()[1] for line in found] == [b"413"]


def test_clients_that_never_finish_a_header_keep_nobody_waiting(portal: Portal) -> None:
    idle = [socket.create_connection(("127.0.0.1", portal.port)) for _ in range(200)]
    try:
        for connection in idle:
            connection.sendall(b"GET /console/sign-in HTTP/1.1\r\nHost: 127")
        found = answers(portal, b"GET /console/sign-in HTTP/1.1\r\n" + HOST + b"\r\n")
        assert found == [b"HTTP/1.1 200 OK"]
    finally:
        for connection in idle:
            connection.close()


@pytest.mark.parametrize("path", [b"/", b"/api/v1/users", b"/console/sign-in"])
def test_clients_that_never_finish_a_body_keep_nobody_waiting(portal: Portal, path: bytes) -> None:
    """What becomes of them is shown by tests/iamsite/test_front.py."""
    slow = [socket.create_connection(("127.0.0.1", portal.port)) for _ in range(600)]
    try:
        for connection in slow[::2]:
            connection.sendall(post(path, b"Content-Length: 1000\r\n", b"a"))
        for connection in slow[1::2]:
            connection.sendall(post(path, b"Transfer-Encoding: chunked\r\n", b"1\r\na\r\n"))
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", portal.port), timeout=10) as connection:
                connection.sendall(b"GET /console/sign-in HTTP/1.1\r\n" + HOST + b"\r\n")
                assert connection.recv(15) == b"HTTP/1.1 200 OK"
    finally:
        for connection in slow:
            connection.close()


@pytest.mark.parametrize("path", [b"/", b"/api/v1/users", b"/console/sign-in"])
def test_a_body_over_ten_million_bytes_is_refused_and_the_connection_kept(
    portal: Portal, path: bytes
) -> None:
    form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n"
    over = post(path, form % 10_000_001, b"a" * 10_000_001)
    after = b"GET /console/sign-in HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n"
    found = answers(portal, over + after, patience=10)
    assert [line.split()[1] for line in found] == [b"413", b"200"]


def test_a_body_of_ten_million_bytes_is_read(portal: Portal) -> None:
    form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10000000\r\n"
    found = answers(portal, post(b"/", form + b"Connection: close\r\n", b"a" * 10_000_000), 10)
    assert [line.split()[1] for line in found] == [b"302"]
