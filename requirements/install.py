"""Install a locked set of packages into .venv: `python3 requirements/install.py run`.

Needs nothing but Python. Makes .venv when it is missing or broken, checks every hash, and does
nothing when the lock is the one installed last. `clients` is what the tests run from outside, in an
environment of its own.
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
    "clients": ("clients",),
}
LOCKS = Path(__file__).resolve().parent
VENV = LOCKS.parent / ".venv"


def main(wanted: str) -> None:
    if sys.version_info < OLDEST:
        sys.exit("iamsite needs Python 3.11 or newer; name one with PYTHON=/path/to/python3.")
    if stamp(wanted).exists() and stamp(wanted).read_text() == state(wanted):
        return
    place = home(wanted)
    if not works(place):
        say(f"Making {place.relative_to(LOCKS.parent)}")
        try:
            venv.create(place, clear=True, with_pip=True)
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(
                f"Cannot make {place}: {error}. Python's venv and pip are needed "
                "(on Debian and Ubuntu: apt install python3-venv)."
            )
    say(f"Installing the packages of requirements/{wanted}.txt")
    installed = subprocess.run(
        [
            str(place / "bin" / "python"),
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


def home(name: str) -> Path:
    """The environment that the packages go into."""
    return VENV / "clients" if name == "clients" else VENV


def works(place: Path) -> bool:
    """Whether it has a pip of this Python's version, and was not made in another place."""
    try:
        pip = subprocess.run(
            [str(place / "bin" / "pip"), "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    version = "(python {}.{})".format(*sys.version_info[:2])
    return pip.returncode == 0 and str(place) in pip.stdout and version in pip.stdout


def stamp(name: str) -> Path:
    return home(name) / f".installed-{name}"


def state(name: str) -> str:
    lock = (LOCKS / f"{name}.txt").read_bytes()
    return sha256(lock + repr((sys.version_info, str(VENV))).encode()).hexdigest()


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
