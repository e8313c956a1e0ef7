"""An OpenID Connect issuer on the loopback interface, over TLS with an authority of its own."""

import hashlib
import ipaddress
import json
import ssl
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

Answer = tuple[int, dict[str, str], bytes]


def rsa_key(name: str, size: int = 2048) -> rsa.RSAPrivateKey:
    """The same key for the same name: making one takes a while."""
    return _rsa_key(name, size)


@cache
def _rsa_key(name: str, size: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, size)


@cache
def ec_key(name: str, curve: type[ec.EllipticCurve] = ec.SECP256R1) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve())


def published(key: Any, kid: str, **more: str) -> dict[str, Any]:
    """The public part of a key as a JSON Web Key."""
    if isinstance(key, rsa.RSAPrivateKey):
        found = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        found = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    found.pop("key_ops", None)
    return {**found, "kid": kid, **more}


class Certificates:
    """An authority, and a certificate that it gave for `names`; as files for a server."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.authority, issuer = self._made("authority", None, None, ())
        self.own, key = self._made("server", self.authority, issuer, names)
        self.file = folder / f"{uuid.uuid4().hex}.pem"
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        shown = [one.public_bytes(Encoding.PEM) for one in (self.own, self.authority)]
        self.file.write_bytes(b"".join([secret, *shown]))

    def _made(
        self, name: str, by: Any, by_key: Any, names: tuple[str, ...]
    ) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [x509.NameAttribute(x509.NameOID.COMMON_NAME, f"{name} {uuid.uuid4()}")]
        )
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(by.subject if by else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([general(one) for one in names]), critical=False
            )
        return builder.sign(by_key or key, hashes.SHA256()), key


def general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def thumbprint(certificate: x509.Certificate) -> str:
    return hashlib.sha1(certificate.public_bytes(Encoding.DER)).hexdigest()


class Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """Says nothing: many connections are meant to fail."""


class Issuer:
    """Publishes `keys`; `answers` replaces what a path answers; `asked` counts what was read."""

    def __init__(
        self, folder: Path, path: str = "", names: tuple[str, ...] = ("127.0.0.1",)
    ) -> None:
        self.certificates = Certificates(folder, *names)
        self.keys = [
            published(rsa_key("issuer"), "rsa"),
            published(ec_key("issuer"), "ec", use="sig", alg="ES256"),
        ]
        self.answers: dict[str, Callable[[], Answer]] = {}
        self.asked: list[str] = []
        self.server = Server(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificates.file)
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = self.server.server_port
        self.path = path
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"https://{self.host}{path}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _handler(issuer) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            timeout = 30

            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                status, headers, body = issuer.answer(self.path)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        return Handler

    def answer(self, path: str) -> Answer:
        if path in self.answers:
            return self.answers[path]()
        if path == f"{self.path}/.well-known/openid-configuration":
            about = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
            return 200, {"Content-Type": "application/json"}, json.dumps(about).encode()
        if path == f"{self.path}/keys":
            return 200, {}, json.dumps({"keys": self.keys}).encode()
        return 404, {}, b""

    @property
    def thumbprint(self) -> str:
        return thumbprint(self.certificates.authority)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """A token's claims; None leaves one out."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "repo:acme/app",
            "aud": "web",
            "iat": now,
            "exp": now + 300,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(
        self,
        key: Any = None,
        algorithm: str = "RS256",
        headers: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        """A token, rightly signed unless told otherwise."""
        key = rsa_key("issuer") if key is None else key
        headers = {"kid": "rsa", **(headers or {})}
        return jwt.encode(
            self.claims(**changes),
            key,
            algorithm,
            {name: value for name, value in headers.items() if value is not None},
        )
