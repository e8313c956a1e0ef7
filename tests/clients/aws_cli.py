"""The real AWS CLI, as it comes, with nothing of this machine's own configuration."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.cast import Key

PROGRAM = Path(sys.executable).parent / "aws"
MANY = """
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver
def run(words):
    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        code = create_clidriver().main(words)
    return code, out.getvalue(), error.getvalue()
print(json.dumps([run(words) for words in json.load(sys.stdin)]))
"""


class Ran(NamedTuple):
    code: int
    out: str
    error: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class AwsCli:
    """`aws …` against the portal at `url` with `key`, in the home folder `home`."""

    def __init__(self, url: str, key: Key | None, home: Path) -> None:
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        }
        if key is not None:
            self.environment |= {
                "AWS_ACCESS_KEY_ID": key.id,
                "AWS_SECRET_ACCESS_KEY": key.secret,
                **({"AWS_SESSION_TOKEN": key.token} if key.token else {}),
            }

    def __call__(self, *words: str, typed: str = "") -> Ran:
        """One command; `typed` is what it reads."""
        done = subprocess.run(
            [sys.executable, str(PROGRAM), *words],
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
            start_new_session=True,  # no terminal to ask at
        )
        return Ran(done.returncode, done.stdout.strip(), done.stderr.strip())

    def each(self, *commands: Sequence[str]) -> list[Ran]:
        """Many commands by one start of the program."""
        done = subprocess.run(
            [sys.executable, "-c", MANY],
            env=self.environment,
            input=json.dumps(commands),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return [
            Ran(code, out.strip(), error.strip()) for code, out, error in json.loads(done.stdout)
        ]
