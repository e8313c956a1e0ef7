"""The suite's own database and portal, apart from any that run on this machine.

Tests share one database for the whole session (each worker of pytest-xdist has its own) and are
never rolled back: each makes accounts of its own, as tenants do. They reach it as the application
does, in the role that row-level security binds; the alias "owner" is there for what only the
schema's owner may see.
"""

import fcntl
import gc
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import django
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from pytest_django.plugin import DjangoDbBlocker

from iamsite.embedded import Server
from tests import languages
from tests.portal import Portal, environment

if TYPE_CHECKING:
    from tests.cast import Acme, Evil

# Dozens of processes are started: compiling all anew, as containers like it, costs each a second.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

gc.disable()  # until all is imported and collected, which is there to stay

PREFIX = "iamsite-tests-"
ABANDONED = 3600  # seconds after which a folder that nobody holds is somebody's leftover
PURE = Path(__file__).parent / "policies" / "engine"  # needs no database

DATA = Path(tempfile.mkdtemp(prefix=PREFIX))
HELD = (DATA / "held.lock").open("w")
fcntl.flock(HELD, fcntl.LOCK_EX)
LOCALES = DATA / "locales"
VARIABLES = {
    "DJANGO_SETTINGS_MODULE": "iamsite.settings",
    "IAMSITE_DATABASE_DURABLE": "off",
    "IAMSITE_LOCALES": str(LOCALES),
}
for name in os.environ.keys() - environment(DATA).keys():
    del os.environ[name]
os.environ.update(environment(DATA, **VARIABLES))
languages.folder(LOCALES).mkdir(parents=True)  # a language is known by its folder
django.setup()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Leave it to each worker of pytest-xdist to name a database of its own, as this file does."""
    for name in VARIABLES:
        del os.environ[name]


def pytest_unconfigure() -> None:
    remove(DATA)
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        lock = folder / "held.lock"
        if not lock.exists() or time.time() - lock.stat().st_mtime < ABANDONED:
            continue
        with lock.open("a") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            remove(folder)


def remove(folder: Path) -> None:
    Server(folder / "postgresql").remove()
    shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if (
            isinstance(item, pytest.Function)
            and "database" not in item.fixturenames  # a list that all of its cases share
            and not item.path.is_relative_to(PURE)
        ):
            item.fixturenames.insert(0, "database")


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """No test database is made by pytest-django: `database` is it."""


@pytest.fixture(scope="session")
def database(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The embedded server, migrated, with the managed policies and the static files."""
    from accounts import sealing
    from iamsite import database, server

    sealing.AGE = math.inf  # tests count queries
    # Argon2id all the same, at a cost that a thousand accounts can bear.
    Argon2PasswordHasher.time_cost = 1
    Argon2PasswordHasher.memory_cost = 64
    Argon2PasswordHasher.parallelism = 1
    with django_db_blocker.unblock():
        database.ensure_running()
        server.prepare()
        yield
        from iamsite.operations import last_access, noted_decisions

        last_access.flush()
        noted_decisions.flush()


@pytest.fixture(scope="session", autouse=True)
def answers_of_their_models() -> Iterator[None]:
    """Every operation that a test performs answers with the shape of its model."""
    from tests.outputs import check_all

    with pytest.MonkeyPatch.context() as patch:
        check_all(patch)
        yield


@pytest.fixture
def acme(database: None) -> "Acme":
    """A new account Acme, with its people (tests/cast.py)."""
    from tests.cast import Acme

    return Acme()


@pytest.fixture
def evil(database: None) -> "Evil":
    """A new account of a stranger."""
    from tests.cast import Evil

    return Evil()


@pytest.fixture(scope="session")
def other_language(database: None) -> str:
    """The code of a language in which each text stands in brackets (tests/languages.py)."""
    languages.make_catalogues(LOCALES)
    return languages.LANGUAGE


@pytest.fixture(scope="session")
def portal(database: None) -> Iterator[Portal]:
    """A running portal on the suite's database."""
    with Portal(DATA, **VARIABLES) as running:
        yield running
