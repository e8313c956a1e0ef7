"""`python -m iamsite.agent`: gives the programs on a machine their role's credentials.

It speaks what AWS SDKs speak without any set-up of their own: the instance metadata service (EC2
User Guide, "Use the Instance Metadata Service"; version 2 only) for the machine itself, whose
token it holds, and the container credentials endpoint for workloads that bring theirs. It listens
on this machine alone. Nothing but Python's own library is needed: the file can be copied.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hmac
import json
import os
import platform
import secrets
import ssl
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

LARGEST = 65_536  # bytes of an answer of the portal's
PATIENCE = 5.0  # seconds; SDKs themselves wait for one or two, and ask again
TTL = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN = "X-aws-ec2-metadata-token"
LONGEST_TTL = 21_600
CREDENTIALS = "/latest/meta-data/iam/security-credentials"


class Answer(NamedTuple):
    status: int
    body: dict[str, Any]


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry the token to wherever it leads."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Portal:
    """Asks the portal at `url` for credentials. Raises OSError when it does not answer."""

    def __init__(self, url: str, ca_file: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not is_this_machine(parts.hostname or ""):
            raise ValueError("The portal's address must begin with https://.")
        context = ssl.create_default_context(cafile=ca_file)
        self._opener = build_opener(ProxyHandler({}), HTTPSHandler(context=context), _NoRedirect())
        self._address = f"{url.rstrip('/')}/workload/credentials"

    def credentials(self, token: str) -> Answer:
        request = Request(self._address, headers={"Authorization": token})  # noqa: S310
        try:
            with self._opener.open(request, timeout=PATIENCE) as answer:
                return Answer(answer.status, _json(answer.read(LARGEST)))
        except HTTPError as error:
            with error:
                return Answer(error.code, _json(error.read(LARGEST)))
        except (URLError, HTTPException) as error:
            raise OSError(str(error)) from error


def _json(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body)
    except ValueError:
        read = None
    return read if isinstance(read, dict) else {"Code": "Unknown", "Message": "No JSON came."}


class Machine:
    """The machine's own credentials, fetched anew when half of their time is over.

    A portal that does not answer for a while is borne with as long as they last; one that refuses
    ends them at once.
    """

    def __init__(self, portal: Portal, token: Callable[[], str]) -> None:
        self._portal, self._token = portal, token
        self._lock = threading.Lock()
        self._kept: Answer | None = None
        self._fresh_until = self._good_until = 0.0

    def credentials(self) -> Answer:
        with self._lock:
            if self._kept is None or time.time() >= self._fresh_until:
                self._fetch()
            assert self._kept is not None
            return self._kept

    def _fetch(self) -> None:
        now = time.time()
        try:
            answer = self._portal.credentials(self._token())
        except OSError as error:
            answer = Answer(503, {"Code": "ServiceUnavailable", "Message": str(error)})
        if answer.status in (429, 500, 502, 503, 504) and now < self._good_until:
            return
        self._kept = answer
        self._fresh_until = self._good_until = 0.0
        if answer.status == 200:
            ends = datetime.fromisoformat(answer.body["Expiration"]).timestamp()
            self._good_until, self._fresh_until = ends, now + (ends - now) / 2


class SessionTokens:
    """The tokens of the metadata service: they say themselves until when they are good."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def make(self, seconds: int) -> str:
        until = int(time.time() + seconds).to_bytes(8)
        return base64.urlsafe_b64encode(until + self._proof(until)).decode()

    def is_good(self, token: str) -> bool:
        try:
            read = base64.urlsafe_b64decode(token)
        except (binascii.Error, ValueError):
            return False
        until, proof = read[:8], read[8:]
        proved = hmac.compare_digest(proof, self._proof(until))
        return proved and int.from_bytes(until) > time.time()

    def _proof(self, until: bytes) -> bytes:
        return hmac.digest(self._key, until, "sha256")


class Handler(BaseHTTPRequestHandler):
    """One request. `server` holds what there is to give."""

    server: Agent
    protocol_version = "HTTP/1.1"
    server_version = "iamsite-agent"
    sys_version = ""
    timeout = 10

    def do_PUT(self) -> None:
        if self._is_foreign():
            return
        length = self.headers.get("Content-Length", "0")
        if length not in ("", "0"):
            self.close_connection = True
        if self.path != "/latest/api/token" or self.server.machine is None:
            self._text(404, "Not Found\n")
        elif "X-Forwarded-For" in self.headers:  # it came through a proxy that was open to others
            self._text(403, "Forbidden\n")
        else:
            wanted = self.headers.get(TTL, "")
            if not wanted.isdecimal() or not 1 <= int(wanted[:9]) <= LONGEST_TTL:
                self._text(400, "Bad Request\n")
            else:
                token = self.server.tokens.make(int(wanted))
                self._text(200, token, {TTL: wanted})

    def do_GET(self) -> None:
        if self._is_foreign():
            return
        if self.path == "/credentials":
            self._relay()
        elif self.server.machine is None:
            self._text(404, "Not Found\n")
        elif not self.server.tokens.is_good(self.headers.get(TOKEN, "")):
            self._text(401, "Unauthorized\n")
        else:
            self._metadata(self.path.rstrip("/"))

    def _is_foreign(self) -> bool:
        """Whether a page in a browser may have made its own name mean this machine."""
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""
        if is_this_machine(host):
            return False
        self._text(403, "Forbidden\n")
        return True

    def _relay(self) -> None:
        """The container credentials endpoint: the token is the asking program's own."""
        token = self.headers.get("Authorization")
        if not token:
            self._json(401, {"Code": "MissingAuthenticationToken", "Message": "No token came."})
            return
        try:
            answer = self.server.portal.credentials(token)
        except OSError as error:
            answer = Answer(503, {"Code": "ServiceUnavailable", "Message": str(error)})
        self._json(answer.status, answer.body)

    def _metadata(self, path: str) -> None:
        machine = self.server.machine
        assert machine is not None
        answer = machine.credentials()
        if answer.status == 200:
            self._known(path, answer.body)
        elif answer.status >= 500 or answer.status == 429:
            self._text(503, "Service Unavailable\n")
        elif path.startswith(f"{CREDENTIALS}/"):
            # As EC2 says that the role does not trust it.
            refused = {"Code": answer.body.get("Code"), "Message": answer.body.get("Message")}
            self._json(200, {**refused, "LastUpdated": _now()})
        else:
            self._text(404, "Not Found\n")

    def _known(self, path: str, held: dict[str, Any]) -> None:
        role = held["RoleArn"].rpartition("/")[2]
        zone = f"{self.server.region}a"
        texts = {
            "/latest/meta-data": "iam/\ninstance-id\nplacement/",
            "/latest/meta-data/iam": "info\nsecurity-credentials/",
            "/latest/meta-data/instance-id": held["WorkloadId"],
            "/latest/meta-data/placement": "availability-zone\nregion",
            "/latest/meta-data/placement/region": self.server.region,
            "/latest/meta-data/placement/availability-zone": zone,
            "/latest/dynamic": "instance-identity/",
            "/latest/dynamic/instance-identity": "document",
            CREDENTIALS: role,
        }
        documents: dict[str, dict[str, Any]] = {
            f"{CREDENTIALS}/{role}": {
                "Code": "Success",
                "LastUpdated": _now(),
                "Type": "AWS-HMAC",
                **{
                    name: held[name]
                    for name in ("AccessKeyId", "SecretAccessKey", "Token", "Expiration")
                },
            },
            "/latest/dynamic/instance-identity/document": {
                "accountId": held["AccountId"],
                "architecture": platform.machine().replace("aarch64", "arm64"),
                "availabilityZone": zone,
                "instanceId": held["WorkloadId"],
                "pendingTime": held["CreateDate"],
                "region": self.server.region,
                "version": "2017-09-30",
            },
        }
        if "InstanceProfileArn" in held:
            documents["/latest/meta-data/iam/info"] = {
                "Code": "Success",
                "LastUpdated": _now(),
                "InstanceProfileArn": held["InstanceProfileArn"],
                "InstanceProfileId": held["InstanceProfileId"],
            }
        if path in texts:
            self._text(200, texts[path])
        elif path in documents:
            self._json(200, documents[path])
        else:
            self._text(404, "Not Found\n")

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, json.dumps(body, indent=2).encode(), "application/json", {})

    def _text(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
        self._send(status, body.encode(), "text/plain", headers or {})

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Requests are in the portal's trail; here only their number would be news."""


class Agent(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], portal: Portal, machine: Machine | None, region: str
    ) -> None:
        if not is_this_machine(address[0]):
            raise ValueError("The agent listens on this machine alone: 127.0.0.1, or 169.254.….")
        self.portal, self.machine, self.region = portal, machine, region
        self.tokens = SessionTokens()
        super().__init__(address, Handler)


def is_this_machine(host: str) -> bool:
    """Whether a name or address is reached by this machine's own programs only."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_link_local


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="iamsite.agent", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--portal", default=os.environ.get("IAMSITE_PORTAL"), help="https://…")
    parser.add_argument("--token-file", type=Path, help="holds the token of this machine")
    parser.add_argument("--listen", default="127.0.0.1:1338", help="%(default)s unless given")
    parser.add_argument("--region", default="us-east-1", help="%(default)s unless given")
    parser.add_argument("--ca-file", help="trust the portal's certificate by these, in PEM")
    given = parser.parse_args(words)
    if not given.portal:
        parser.error("--portal, or IAMSITE_PORTAL, must say where the portal is")
    host, _, port = given.listen.rpartition(":")
    token_file: Path | None = given.token_file
    try:
        portal = Portal(given.portal, given.ca_file)
        machine = None
        if token_file is not None:
            if token_file.stat().st_mode & 0o077:
                sys.stderr.write(f"iamsite.agent: others can read {token_file}\n")
            # Read anew each time: a new token is taken up without a restart.
            machine = Machine(portal, lambda: token_file.read_text().strip())
        agent = Agent((host.strip("[]"), int(port)), portal, machine, given.region)
    except (OSError, ValueError) as error:
        sys.exit(f"iamsite.agent: {error}")
    sys.stdout.write(f"iamsite.agent listens on http://{given.listen}\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        agent.serve_forever()


if __name__ == "__main__":
    main()
