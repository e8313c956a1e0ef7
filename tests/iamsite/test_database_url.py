"""A portal on a server that DATABASE_URL names, which another cluster plays here."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from psycopg import sql

from iamsite.embedded import Server
from tests.iamsite.test_run import FAST, answers, processes_on, refusal
from tests.portal import Portal


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("foreign") / "cluster", durable=False)
    server.ensure_running()
    yield server
    server.leave()
    shutil.rmtree(server.folder)


def login(server: Server, name: str, attributes: str, database: str = "") -> str:
    """Make a login, with a database of its own unless one is named, and return its address."""
    role = sql.Identifier(name)
    with server.connect() as connection:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'p@ss/word' {}").format(
                role, sql.SQL(attributes)
            )
        )
        if not database:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
    host = quote(server.socket_folder, safe="")
    return f"postgresql://{name}:p%40ss%2Fword@/{database or name}?host={host}"


def test_the_application_role_is_made_and_bound(foreign: Server, tmp_path: Path) -> None:
    url = login(foreign, "portal", "CREATEROLE")
    with Portal(tmp_path / "var", DATABASE_URL=url, **FAST) as portal:
        assert answers(portal.url)
        with foreign.connect("portal") as connection:
            assert connection.execute(
                "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'portal_app'"
            ).fetchone() == (False, False)
            assert connection.execute(
                "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
            ).fetchall() == [("portal",)]
    assert not (tmp_path / "var" / "postgresql").exists()
    assert processes_on(foreign.folder)
    with Portal(tmp_path / "var", DATABASE_URL=url, **FAST) as portal:
        assert answers(portal.url)


def test_a_login_that_may_not_make_roles_is_told(foreign: Server, tmp_path: Path) -> None:
    url = login(foreign, "plain", "")
    assert refusal(tmp_path / "var", DATABASE_URL=url) == (
        "iamsite: The login in DATABASE_URL may not make the role plain_app: give it CREATEROLE, "
        "or make an application role yourself and set IAMSITE_APP_DATABASE_URL."
    )


def test_a_login_that_does_not_own_its_database_is_told(foreign: Server, tmp_path: Path) -> None:
    url = login(foreign, "guest", "CREATEROLE", database="postgres")
    assert refusal(tmp_path / "var", DATABASE_URL=url) == (
        "iamsite: The login in DATABASE_URL may not make tables in the database postgres: "
        "make it the database's owner."
    )


def test_an_application_role_that_is_given_is_used(foreign: Server, tmp_path: Path) -> None:
    owner = login(foreign, "given", "")
    application = login(foreign, "bound", "", database="given")
    variables = {"DATABASE_URL": owner, "IAMSITE_APP_DATABASE_URL": application}
    with Portal(tmp_path / "var", **variables, **FAST) as portal:
        assert answers(portal.url)


@pytest.mark.parametrize("attributes", ["SUPERUSER", "BYPASSRLS", "IN ROLE wide"])
def test_an_application_role_that_sees_every_tenant_is_refused(
    foreign: Server, tmp_path: Path, attributes: str
) -> None:
    name = f"loose_{attributes.split()[0].lower()}"
    with foreign.connect() as connection:
        missing = not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'wide'").fetchone()
    owner = login(foreign, "wide", "") if missing else _address(foreign, "wide")
    application = login(foreign, name, attributes, database="wide")
    line = refusal(tmp_path / "var", DATABASE_URL=owner, IAMSITE_APP_DATABASE_URL=application)
    assert line.startswith(f"iamsite: The application's role {name} must be neither superuser")


def _address(server: Server, name: str) -> str:
    return f"postgresql://{name}:p%40ss%2Fword@/{name}?host={quote(server.socket_folder, safe='')}"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://me:hush@127.0.0.1:1/portal", "Cannot use the database: connection failed:"),
        (
            "postgresql://me:hush@/portal?host=/nowhere",
            "Cannot use the database: connection is bad: ",
        ),
        ("mysql://me:hush@127.0.0.1/portal", "DATABASE_URL is not a postgresql:// address."),
        ("postgresql://me:hush@127.0.0.1", "DATABASE_URL names no dbname."),
        (
            "postgresql://me:hush@127.0.0.1:port/portal",
            "Cannot use the database: connection is bad: ",
        ),
        (
            "postgresql://me:hush@[::1/portal",
            "DATABASE_URL is no address that PostgreSQL can read.",
        ),
    ],
)
def test_an_address_that_cannot_be_used_is_told_without_its_password(
    tmp_path: Path, url: str, says: str
) -> None:
    line = refusal(tmp_path / "var", DATABASE_URL=url)
    assert line.startswith(f"iamsite: {says}")
    assert "hush" not in line


def test_a_wrong_password_is_told(foreign: Server, tmp_path: Path) -> None:
    url = login(foreign, "mistaken", "").replace("p%40ss%2Fword", "guess")
    line = refusal(tmp_path / "var", DATABASE_URL=url)
    assert line.startswith("iamsite: Cannot use the database: ")
    assert 'password authentication failed for user "mistaken"' in line
    assert "guess" not in line
