"""The two roles, and the wall that the application's cannot climb."""

import psycopg
import pytest

from iamsite import database


def test_the_application_neither_owns_nor_bypasses() -> None:
    with database.connect(database.application()) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
            " WHERE rolname = current_user"
        ).fetchone()
        owned = connection.execute(
            "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user"
        ).fetchone()
    assert row == (False, False, False, False)
    assert owned == (0,)


def test_the_application_cannot_alter_the_schema() -> None:
    with database.connect(database.application()) as connection:
        for statement in (
            "CREATE TABLE sneaked (id int)",
            "ALTER TABLE accounts_account DISABLE ROW LEVEL SECURITY",
            "DROP POLICY tenant_read ON accounts_account",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_event SET outcome = ''",
        "DELETE FROM accounts_event",
        "TRUNCATE accounts_event",
        "UPDATE accounts_trailhead SET sequence = 0",
    ],
)
def test_the_application_cannot_change_the_trail(statement: str) -> None:
    with (
        database.connect(database.application()) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_no_login_is_accepted_without_its_password() -> None:
    login = database.application() | {"password": "wrong"}
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**login)


def test_the_embedded_server_listens_on_no_network() -> None:
    with database.connect(database.owner()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
