"""Which database the portal uses, and the two roles by which it does.

The owner holds the schema and migrates it. The application reads and writes rows as a role that
owns nothing and cannot bypass row-level security, so that a query which forgets its tenant finds
nothing. Both are logins to one database: on the server that DATABASE_URL names, else on the
embedded one.
"""

import contextlib
import functools
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from . import embedded
from .environment import ConfigurationError, choice, data_folder, kept_secret, secret, text

OLDEST_SERVER = 15
NAME = "iamsite"  # of the embedded database and its owner

Connection = psycopg.Connection[tuple[Any, ...]]
Login = dict[str, Any]  # connection parameters in libpq's names

_TIMEOUT: Login = {"connect_timeout": 5}


@functools.cache
def embedded_server() -> embedded.Server | None:
    """The embedded server, or None when DATABASE_URL names another."""
    if text("DATABASE_URL"):
        return None
    durable = choice("IAMSITE_DATABASE_DURABLE", "on", "off") == "on"
    return embedded.Server(data_folder() / "postgresql", durable=durable)


@functools.cache
def owner() -> Login:
    """The login that owns the schema."""
    if url := text("DATABASE_URL"):
        return _parsed("DATABASE_URL", url)
    return _embedded(NAME, "database-owner-password")


@functools.cache
def application() -> Login:
    """The login that row-level security binds."""
    if url := text("IAMSITE_APP_DATABASE_URL"):
        return _parsed("IAMSITE_APP_DATABASE_URL", url)
    if text("DATABASE_URL"):
        login = owner()
        return login | {
            "user": f"{login['dbname']}_app",
            "password": secret("database-application-password", "IAMSITE_APP_DATABASE_PASSWORD"),
        }
    return _embedded(f"{NAME}_app", "database-application-password")


def ensure_running() -> None:
    """Make sure that the database answers and has both roles.

    Starts the embedded server, which stays until this process ends. Raises ConfigurationError.
    """
    if server := embedded_server():
        server.ensure_running()
        with server.connect() as connection:
            _provide_owner(connection)
    with connect(owner()) as connection:
        version = connection.info.server_version // 10000
        if version < OLDEST_SERVER:
            raise ConfigurationError(
                f"The database server is PostgreSQL {version}; iamsite needs {OLDEST_SERVER}."
            )
        if server:
            return
        _check_owner(connection)
        if not text("IAMSITE_APP_DATABASE_URL"):
            _provide_application(connection)
    with connect(application()) as connection:
        _check_bound(connection)


def connect(login: Login) -> Connection:
    """A connection in autocommit mode. Raises ConfigurationError when the server cannot be used."""
    try:
        return psycopg.connect(**_TIMEOUT | login, autocommit=True)
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise ConfigurationError(f"Cannot use the database: {reason}") from None


def grant_application_role(privileges: Mapping[str, tuple[str, ...]]) -> None:
    """Let the application read and write every table of the schema, but on a table that
    `privileges` names do only what it says (("SELECT", "INSERT"), say).

    Runs after each migration; one transaction, so that no other node sees a wider grant.
    """
    role = sql.Identifier(application()["user"])
    with connect(owner()) as connection, connection.transaction():
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
            "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}",
        ):
            connection.execute(sql.SQL(statement).format(role))
        connection.execute("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC")
        tables = {name for (name,) in connection.execute("SELECT tablename FROM pg_tables")}
        for name, allowed in privileges.items():
            if name not in tables:
                continue
            table = sql.Identifier(name)
            connection.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(table, role))
            connection.execute(
                sql.SQL("GRANT {} ON {} TO {}").format(
                    sql.SQL(", ").join(map(sql.SQL, allowed)), table, role
                )
            )


def _embedded(user: str, password: str) -> Login:
    server = embedded_server()
    assert server is not None
    return {
        "host": server.socket_folder,
        "port": embedded.PORT,
        "dbname": NAME,
        "user": user,
        "password": kept_secret(data_folder() / "secrets" / password),
    }


def _parsed(variable: str, url: str) -> Login:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ConfigurationError(f"{variable} is not a postgresql:// address.")
    try:
        login: Login = {
            name: value for name, value in conninfo_to_dict(url).items() if value is not None
        }
    except psycopg.ProgrammingError:  # its words may quote the password
        raise ConfigurationError(f"{variable} is no address that PostgreSQL can read.") from None
    if missing := {"dbname", "user"} - login.keys():
        raise ConfigurationError(f"{variable} names no {' and no '.join(sorted(missing))}.")
    return login


def _provide_owner(connection: Connection) -> None:
    """On the embedded server: both roles and the database, made when missing."""
    _provide_role(connection, owner(), "NOCREATEROLE")
    _provide_role(connection, application(), "NOCREATEROLE")
    if not connection.execute(
        "SELECT 1 FROM pg_database WHERE datname = %s", [owner()["dbname"]]
    ).fetchone():
        name = sql.Identifier(owner()["dbname"])
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(name, sql.Identifier(owner()["user"]))
        )
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                name, sql.Identifier(application()["user"])
            )
        )


def _provide_application(connection: Connection) -> None:
    """On a server that DATABASE_URL names: the application's role, made when missing."""
    login = application()
    try:
        _provide_role(connection, login)
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                sql.Identifier(login["dbname"]), sql.Identifier(login["user"])
            )
        )
    except psycopg.errors.InsufficientPrivilege:
        raise ConfigurationError(
            f"The login in DATABASE_URL may not make the role {login['user']}: give it CREATEROLE, "
            "or make an application role yourself and set IAMSITE_APP_DATABASE_URL."
        ) from None


def _provide_role(connection: Connection, login: Login, *attributes: str) -> None:
    name, password = login["user"], login["password"]
    with contextlib.suppress(ConfigurationError):
        connect(login | {"dbname": connection.info.dbname}).close()
        return
    # The server's log may show statements, so it is given the verifier and not the password.
    verifier = connection.pgconn.encrypt_password(
        password.encode(), name.encode(), b"scram-sha-256"
    ).decode()
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN {} PASSWORD {}").format(
            sql.SQL("ALTER" if exists else "CREATE"),
            sql.Identifier(name),
            sql.SQL(" ").join(map(sql.SQL, attributes)),
            sql.Literal(verifier),
        )
    )


def _check_owner(connection: Connection) -> None:
    """Raises ConfigurationError when the login could not migrate."""
    row = connection.execute("SELECT has_schema_privilege('public', 'CREATE')").fetchone()
    if row != (True,):
        raise ConfigurationError(
            f"The login in DATABASE_URL may not make tables in the database {owner()['dbname']}: "
            "make it the database's owner."
        )


def _check_bound(connection: Connection) -> None:
    """Raises ConfigurationError when row-level security would not bind the application's role."""
    row = connection.execute(
        "SELECT rolsuper OR rolbypassrls OR pg_has_role(%s, 'USAGE')"
        " FROM pg_roles WHERE rolname = current_user",
        [owner()["user"]],
    ).fetchone()
    if row is None or row[0]:
        raise ConfigurationError(
            f"The application's role {application()['user']} must be neither superuser nor member "
            "of the owner nor have BYPASSRLS: it could read every tenant's rows."
        )
