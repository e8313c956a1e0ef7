"""Requests as botocore makes and signs them, caught before they are sent: bytes to replay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config


@dataclass(frozen=True, slots=True)
class Key:
    id: str
    secret: str


class _Caught(Exception):
    def __init__(self, request: AWSPreparedRequest) -> None:
        self.request = request


class Signer:
    """Makes the requests of one caller to one server."""

    def __init__(self, key: Key, port: int) -> None:
        session = botocore.session.Session()
        self._clients = {
            service: session.create_client(
                service,
                region_name="us-east-1",
                endpoint_url=f"http://127.0.0.1:{port}",
                aws_access_key_id=key.id,
                aws_secret_access_key=key.secret,
                config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
            )
            for service in ("iam", "sts")
        }
        for client in self._clients.values():
            client.meta.events.register("before-send", _catch)

    def signed(self, service: str, operation: str, params: dict[str, Any]) -> bytes:
        """The bytes on the wire of a call made now."""
        client = self._clients[service]
        try:
            client._make_api_call(operation, params)
        except _Caught as caught:
            return on_the_wire(caught.request)
        raise AssertionError("botocore sent a request that was to be caught")


def _catch(request: AWSPreparedRequest, **_: Any) -> None:
    raise _Caught(request)


def on_the_wire(request: AWSPreparedRequest) -> bytes:
    url = urlsplit(request.url)
    body = request.body or b""
    lines = [f"{request.method} {url.path or '/'} HTTP/1.1"]
    lines += [f"Host: {url.netloc}", f"Content-Length: {len(body)}"]
    for name, value in request.headers.items():
        if name.lower() in {"host", "content-length"}:  # one of botocore's signers adds them
            continue
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        lines.append(f"{name}: {text}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (
        body.encode() if isinstance(body, str) else bytes(body)
    )
