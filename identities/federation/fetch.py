"""Reading from an identity provider over HTTPS, warily: whoever may create a provider chooses the
address.

The name is resolved once, the address is checked, and the connection goes to that very address, so
that a name cannot mean one host to the check and another to the connection. Addresses that are not
public are reached only where `IAMSITE_IDP_ALLOW_NETWORKS` lists them. No redirect is followed, no
proxy used; an answer has a size and a time that it must keep to.
"""

from __future__ import annotations

import hashlib
import json
import logging
import socket
import ssl
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import BoundedSemaphore, Timer
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings

logger = logging.getLogger(__name__)

SECONDS = 5.0
LARGEST = 1_000_000
# A process has few threads: slow providers must not take them all.
AT_ONCE = BoundedSemaphore(2)
PATIENCE = 1.0
NAT64 = ip_network("64:ff9b::/96")

Address = IPv4Address | IPv6Address


class FetchError(Exception):
    """Nothing could be read; the message is for the log, not for whoever called."""


class Unreachable(FetchError):
    """The provider did not answer in time, or not rightly: trying again may help."""


class Untrusted(FetchError):
    """The certificate is neither of a public authority nor one that a thumbprint names."""


def json_object(answer: bytes) -> dict[str, Any]:
    """Raises FetchError for an answer that is none."""
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise FetchError("no JSON") from error
    if not isinstance(found, dict):
        raise FetchError("no JSON object")
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to a provider."""

    method: str
    url: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def fetch(url: str, thumbprints: Collection[str] = ()) -> bytes:
    """The body of the https address `url`.

    A certificate that no public authority vouches for is trusted when it, or an authority over it,
    has one of `thumbprints` (SHA-1, lower-case hex). Raises FetchError.
    """
    return _exchange(Asked("GET", url), thumbprints)


def post(
    url: str,
    form: Mapping[str, str],
    headers: Mapping[str, str],
    thumbprints: Collection[str] = (),
) -> bytes:
    """The body of the answer to a form that is sent to `url`, as warily as `fetch` reads."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    asked = Asked("POST", url, urlencode(form).encode(), {**headers, **kind})
    return _exchange(asked, thumbprints)


def _exchange(asked: Asked, thumbprints: Collection[str]) -> bytes:
    host, port, _ = _parts(asked.url)
    with _slot():
        addresses = _addresses(host, port)
        try:
            return _read(asked, addresses, ssl.create_default_context())
        except Untrusted:
            anchors = [
                one
                for one in _chain(host, port, addresses)
                if hashlib.sha1(one, usedforsecurity=False).hexdigest() in thumbprints
            ]
            if not anchors:
                raise
        return _read(asked, addresses, _trusting(anchors))


def top_thumbprint(url: str) -> str:
    """The SHA-1 of the last certificate that the server at `url` shows. Raises FetchError."""
    host, port, _ = _parts(url)
    with _slot():
        top = _chain(host, port, _addresses(host, port))[-1]
    return hashlib.sha1(top, usedforsecurity=False).hexdigest()


@contextmanager
def _slot() -> Iterator[None]:
    if not AT_ONCE.acquire(timeout=PATIENCE):
        raise Unreachable("too many identity providers are slow to answer")
    try:
        yield
    finally:
        AT_ONCE.release()


def _parts(url: str) -> tuple[str, int, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 443
    except ValueError as error:
        raise FetchError(f"{url} is no address") from error
    if parts.scheme != "https" or not host or parts.username is not None:
        raise FetchError(f"{url} is no https address")
    path = parts.path or "/"
    target = f"{path}?{parts.query}" if parts.query else path
    if not target.isascii() or not target.isprintable() or " " in target:
        raise FetchError(f"{url} is no https address")
    return host, port, target


def _addresses(host: str, port: int) -> list[str]:
    """The addresses of `host` that may be reached."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{host} cannot be resolved") from error
    allowed = [
        str(entry[4][0]) for entry in found if is_permitted(str(entry[4][0]).partition("%")[0])
    ]
    if not allowed:
        raise FetchError(f"{host} is in a network that IAMSITE_IDP_ALLOW_NETWORKS does not list")
    return allowed


def is_permitted(text: str) -> bool:
    """Whether an address may be reached: a public one, or one that the operator allows."""
    address = _meant(ip_address(text))
    networks = [ip_network(one, strict=False) for one in settings.IAMSITE_IDP_ALLOW_NETWORKS]
    if any(address in network for network in networks):
        return True
    return address.is_global and not address.is_multicast and not address.is_reserved


def _meant(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that stands for it."""
    if isinstance(address, IPv6Address):
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


def _trusting(anchors: list[bytes]) -> ssl.SSLContext:
    """Trust in these certificates alone. The host's name and the dates must be right all the same.

    A certificate of a chain is only shown by the server, not proved; as an anchor it must have
    signed the server's, or be it.
    """
    context = ssl.create_default_context(
        cadata="".join(ssl.DER_cert_to_PEM_cert(one) for one in anchors)
    )
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


class _Connection(HTTPSConnection):
    """Goes to a given address, whatever the name says by now, and is cut off when time is up."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=SECONDS, context=context)
        self._address, self._tls = address, context
        self._end: Timer | None = None

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), SECONDS)
        # Made before the handshake, which could take for ever, a byte at a time.
        secured = self._tls.wrap_socket(
            plain, server_hostname=self.host, do_handshake_on_connect=False
        )
        self.sock = secured
        self._end = Timer(SECONDS, _cut, [secured])
        self._end.daemon = True
        self._end.start()
        secured.do_handshake()

    def close(self) -> None:
        if self._end is not None:
            self._end.cancel()
        super().close()


def _cut(sock: socket.socket) -> None:
    try:
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        logger.debug("the connection had ended")


def _read(asked: Asked, addresses: list[str], context: ssl.SSLContext) -> bytes:
    host, port, path = _parts(asked.url)
    connection = _connected(host, port, addresses, context)
    headers = {"Accept": "application/json", "User-Agent": "iamsite", **asked.headers}
    try:
        connection.request(asked.method, path, asked.body, headers)
        answer = connection.getresponse()
        if answer.status != 200:
            raise Unreachable(f"{host} answers {answer.status} for {path}")
        body = answer.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise Unreachable(f"{host} answers with more than {LARGEST} bytes for {path}")
        if answer.length:
            raise Unreachable(f"{host} ends its answer for {path} too soon")
        return body
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(f"{host}: {error}") from error
    finally:
        connection.close()


def _connected(host: str, port: int, addresses: list[str], context: ssl.SSLContext) -> _Connection:
    """A connection to the first address that answers; the second time is the last."""
    failure: OSError | None = None
    for address in addresses[:2]:
        connection = _Connection(host, port, address, context)
        try:
            connection.connect()
        except ssl.SSLCertVerificationError as error:
            connection.close()
            raise Untrusted(f"{host}: {error.verify_message}") from error
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise Unreachable(f"{host}: {failure}") from failure


def _chain(host: str, port: int, addresses: list[str]) -> list[bytes]:
    """The certificates that the server shows, its own first: nothing about them is proved."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # nor is the system's trust asked, nor read
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = _connected(host, port, addresses, context)
    try:
        return _shown(connection.sock)
    finally:
        connection.close()


def _shown(sock: Any) -> list[bytes]:
    if hasattr(sock, "get_unverified_chain"):  # Python 3.13
        return list(sock.get_unverified_chain())
    chain = sock._sslobj.get_unverified_chain() or []
    return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in chain]
