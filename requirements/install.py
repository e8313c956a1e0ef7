"""Install a locked set of packages into .venv: `python3 requirements/install.py run`.

Needs nothing but Python. Makes .venv when it is missing or broken, checks every hash, and does
nothing when the lock is the one installed last.
"""

import subprocess
import sys
import venv
from hashlib import sha256
from pathlib import Path

OLDEST = (3, 11)
CONTAINS = {
    "run": ("run",),
    "test": ("run", "test"),
    "bench": ("run", "bench"),
    "managed": ("run", "managed"),
}
LOCKS = Path(__file__).resolve().parent
VENV = LOCKS.parent / ".venv"
PYTHON = VENV / "bin" / "python"


def main(wanted: str) -> None:
    if sys.version_info < OLDEST:
        sys.exit("iamsite needs Python 3.11 or newer; name one with PYTHON=/path/to/python3.")
    if stamp(wanted).exists() and stamp(wanted).read_text() == state(wanted):
        return
    if not works():
        say("Making .venv")
        try:
            venv.create(VENV, clear=True, with_pip=True)
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(
                f"Cannot make {VENV}: {error}. Python's venv and pip are needed "
                "(on Debian and Ubuntu: apt install python3-venv)."
            )
    say(f"Installing the packages of requirements/{wanted}.txt")
    installed = subprocess.run(
        [
            str(PYTHON),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--require-hashes",
            "--requirement",
            str(LOCKS / f"{wanted}.txt"),
        ],
        check=False,
    )
    if installed.returncode != 0:
        sys.exit(
            f"Cannot install the packages of requirements/{wanted}.txt: see pip's words above."
        )
    for name in CONTAINS[wanted]:
        stamp(name).write_text(state(name))


def works() -> bool:
    """Whether .venv has a pip of this Python's version, and was not made in another place."""
    try:
        pip = subprocess.run(
            [str(VENV / "bin" / "pip"), "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    version = "(python {}.{})".format(*sys.version_info[:2])
    return pip.returncode == 0 and str(VENV) in pip.stdout and version in pip.stdout


def stamp(name: str) -> Path:
    return VENV / f".installed-{name}"


def state(name: str) -> str:
    lock = (LOCKS / f"{name}.txt").read_bytes()
    return sha256(lock + repr((sys.version_info, str(VENV))).encode()).hexdigest()


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
