"""Between a client and the portal: what the client performed, whatever language it speaks."""

from __future__ import annotations

import http.client
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs

RECORD = Path(__file__).with_name("record.json")
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


class Witness:
    """Hands requests of the test `name` on to the portal at `port`, and answers back, unchanged.

    `performed` is the operations that succeeded. The client signs for the witness's own address,
    which the portal sees, as it would behind a proxy that leaves the host alone.
    """

    def __init__(self, port: int, name: str) -> None:
        self.portal, self.name = port, name
        self.performed: set[str] = set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _handler(witness) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                portal = http.client.HTTPConnection("127.0.0.1", witness.portal, timeout=60)
                portal.putrequest("POST", self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    portal.putheader(name, value)
                portal.endheaders(body)
                answer = portal.getresponse()
                content = answer.read()
                portal.close()
                if answer.status == 200:
                    witness.performed |= set(parse_qs(body.decode()).get("Action", ()))
                self.send_response_only(answer.status)
                for name, value in answer.headers.items():
                    if name.lower() not in HOP_BY_HOP - {"date"}:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        return Handler

    def check(self, client: str) -> None:
        """Fails if the committed record has not what `client` performed in this test.

        With IAMSITE_TEST_RECORD set, it writes the record instead.
        """
        record = json.loads(RECORD.read_text())
        performed = sorted(self.performed)
        if os.environ.get("IAMSITE_TEST_RECORD"):
            record.setdefault(client, {})[self.name] = performed
            RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
        assert record.get(client, {}).get(self.name) == performed, (
            f"{RECORD.name} tells otherwise: run this test with IAMSITE_TEST_RECORD=1, then "
            "manage.py compatibility"
        )
