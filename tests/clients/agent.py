"""`python -m iamsite.agent` on a free port, for a portal and perhaps a machine's token."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from tests.portal import SOURCE, free_port


class Answered(NamedTuple):
    status: int
    text: str
    headers: dict[str, str]


class Agent(NamedTuple):
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, **headers: str) -> Answered:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return Answered(answer.status, text, dict(answer.headers))

    def metadata(self, path: str) -> str:
        """What stands at a path of the metadata service, asked for as SDKs do."""
        token = self.ask("PUT", "/latest/api/token", X_aws_ec2_metadata_token_ttl_seconds="60")
        answer = self.ask("GET", path, X_aws_ec2_metadata_token=token.text)
        assert answer.status == 200, answer
        return answer.text


@contextmanager
def running(portal_url: str, token_file: Path | None = None) -> Iterator[Agent]:
    port = free_port()
    words = ["--portal", portal_url, "--listen", f"127.0.0.1:{port}"]
    if token_file is not None:
        words += ["--token-file", str(token_file)]
    process = subprocess.Popen(
        [sys.executable, "-m", "iamsite.agent", *words],
        cwd=SOURCE,
        env={},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"iamsite.agent listens on http://127.0.0.1:{port}\n"
        yield Agent(port)
    finally:
        process.terminate()
        process.wait(20)
