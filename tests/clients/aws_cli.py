"""The real AWS CLI, as it comes, with nothing of this machine's own configuration."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.cast import Key

PROGRAM = Path(sys.executable).parent / "aws"


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

    def __call__(self, *words: str) -> Ran:
        done = subprocess.run(
            [sys.executable, str(PROGRAM), *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Ran(done.returncode, done.stdout.strip(), done.stderr.strip())
