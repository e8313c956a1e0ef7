"""The two servers under test, each one process for requests, on the loopback interface."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Protocol, Self

import psutil

from benchmarks.calls.requests import Key
from tests.portal import SOURCE, Portal, free_port

PATIENCE = 60  # seconds that a server has to come up
REPLIES_IN = 2  # seconds
EMAIL = "benchmark@example.test"
THREADS = 4


class NotInstalled(Exception):
    """The server cannot be started; the message says what is missing."""


class Server(Protocol):
    """A running server: where it is, and whom it knows at first."""

    name: str
    port: int
    key: Key

    def processor_seconds(self) -> float:
        """What all of its processes have used of the processors since they started."""


class Iamsite:
    """The portal as `make run` serves it, but one worker; its database writes through to disk.

    As a context manager it starts in a folder of its own and leaves nothing behind.
    """

    name = "iamsite"
    key: Key

    def __init__(self) -> None:
        self._data = Path(tempfile.mkdtemp(prefix="iamsite-benchmark-"))
        self._portal = Portal(self._data, IAMSITE_WORKERS="1", IAMSITE_THREADS=str(THREADS))
        self.port = self._portal.port

    def __enter__(self) -> Self:
        try:
            return self._start()
        except BaseException:
            self.__exit__()
            raise

    def _start(self) -> Self:
        self._portal.start()
        command = f"manage.py create_account --email {EMAIL} --with-root-key --format json"
        self.key = root_key(json.loads(self.run(*command.split())))
        return self

    def run(self, *arguments: str, given: str = "") -> str:
        """What Python says, run with `arguments` in the portal's environment."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=SOURCE,
            env=self._portal.environment,
            input=given,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout

    def __exit__(self, *_: object) -> None:
        self._portal.__exit__()
        self._portal.cluster.remove()
        shutil.rmtree(self._data, ignore_errors=True)

    def processor_seconds(self) -> float:
        assert self._portal.process is not None
        # The database's first process may be the portal's child or stand alone.
        database = int((self._data / "postgresql" / "postmaster.pid").read_text().split()[0])
        return used({self._portal.process.pid, database})


class Moto:
    """moto's server under gunicorn: no signature checked, no policy asked, nothing kept on disk."""

    name = "moto"
    key = Key("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")

    def __init__(self, python: str) -> None:
        """`python` is an interpreter that has moto and gunicorn. Raises NotInstalled."""
        needed = "import gunicorn, moto.moto_server.werkzeug_app"
        found = subprocess.run([python, "-c", needed], capture_output=True, text=True)
        if found.returncode != 0:
            raise NotInstalled((found.stderr.strip().splitlines() or ["it does not start"])[-1])
        self._python = python
        self.port = free_port()

    def __enter__(self) -> Self:
        command = (
            "-m gunicorn benchmarks.calls.moto_application:application --log-level critical"
            f" --bind 127.0.0.1:{self.port} --worker-class gthread --workers 1 --threads {THREADS}"
            " --keep-alive 75"
        )
        self._process = subprocess.Popen(
            [self._python, *command.split()],
            cwd=SOURCE,
            env={name: text for name, text in os.environ.items() if not name.startswith("AWS_")},
            stdin=subprocess.DEVNULL,
        )
        until = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                self.__exit__()
                raise NotInstalled("moto's server does not come up")
            time.sleep(0.1)
        return self

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/moto-api/", timeout=REPLIES_IN)
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(PATIENCE)

    def processor_seconds(self) -> float:
        return used({self._process.pid})


def root_key(answer: dict[str, str]) -> Key:
    return Key(answer["AccessKeyId"], answer["SecretAccessKey"])


def used(roots: set[int]) -> float:
    """The processor seconds of these processes and of all below them."""
    processes: dict[int, psutil.Process] = {}
    for root in roots:
        first = psutil.Process(root)
        for process in (first, *first.children(recursive=True)):
            processes[process.pid] = process
    total = 0.0
    for process in processes.values():
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total
