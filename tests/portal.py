"""A portal run as its own processes, the way `make run` runs it."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

from iamsite.embedded import Server

SOURCE = Path(__file__).resolve().parent.parent
READY = "iamsite is ready:"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def environment(data: Path, **variables: str) -> dict[str, str]:
    """The environment for a portal on the data folder, with nothing of the caller's own set-up."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("IAMSITE_TEST_")
        or (name != "DATABASE_URL" and not name.startswith(("IAMSITE_", "AWS_", "DJANGO_")))
    }
    return kept | {"IAMSITE_DATA": str(data)} | variables


class Portal:
    """`python -m iamsite.server` on a free port of the loopback interface.

    As a context manager it starts and stops. `lines` is what it said, both streams, as it comes.
    """

    def __init__(self, data: Path, **variables: str) -> None:
        self.port = int(variables.setdefault("IAMSITE_PORT", str(free_port())))
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = environment(data, **variables)
        self.cluster = Server(data / "postgresql")
        self.lines: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self.cluster.folder.exists() and self.cluster.unused():
            self.cluster.stop()  # left over by a kill

    def start(self) -> Self:
        """Start it and wait until it answers."""
        self.lines = []
        ready = threading.Event()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "iamsite.server"],
            cwd=SOURCE,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        reader = threading.Thread(target=self._read, args=(self.process, ready), daemon=True)
        reader.start()
        assert ready.wait(120), "\n".join(self.lines)
        assert any(READY in line for line in self.lines), "\n".join(self.lines)
        return self

    def _read(self, process: "subprocess.Popen[str]", ready: threading.Event) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.append(line.rstrip("\n"))
            if READY in line:
                ready.set()
        ready.set()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop and return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(60)

    def kill(self) -> None:
        """End it at once, as a crash would; what it started is left to itself."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(60)
