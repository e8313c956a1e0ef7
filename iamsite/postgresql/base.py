"""A connection as Django's own backend has it, but for two things that every call does.

psycopg is made to run queries beside each other, which costs several times what libpq needs for one
at a time. So transactions begin and end by libpq's plain commands, and `fetch` runs statements that
are written by hand and used over and over: prepared once a connection, executed by libpq itself.
Everything else is psycopg's and Django's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

from django.db import OperationalError
from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction
from psycopg import Connection, errors
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import DiagnosticField, ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult

from iamsite.postgresql import among as among

Row = tuple[Any, ...]
NOT_LOGGED = nullcontext()
GOOD = {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}


class Undecided(OperationalError):
    """The connection was lost during a commit: what it was to keep is durable, or it is not."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's connection; psycopg's own is left in autocommit, and knows of no transaction."""

    connection: Connection[Any] | None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._prepared: dict[str, bytes] = {}
        self._transformer: Any = None  # psycopg's, once it is needed
        self._plans_anew = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self._prepared, self._transformer = {}, None
        return super().get_new_connection(conn_params)

    # Transactions

    def _start_transaction_under_autocommit(self) -> None:
        """What Django asks of a connection that begins its transactions by itself."""
        with self._logged("BEGIN"), self.wrap_database_errors:
            self._command(b"BEGIN")

    def _set_autocommit(self, autocommit: bool) -> None:
        if self.connection is not None and self.connection.autocommit is not autocommit:
            super()._set_autocommit(autocommit)  # type: ignore[misc]

    def _commit(self) -> None:
        if self._is_begun_here():
            with self._logged("COMMIT"), self.wrap_database_errors:
                try:
                    result = self._command(b"COMMIT")
                except errors.OperationalError as error:
                    raise Undecided(str(error)) from error
                if result.command_status != b"COMMIT":
                    # Something failed, and whoever asked for it went on all the same.
                    raise errors.InFailedSqlTransaction("the transaction was rolled back")
        else:
            super()._commit()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        # Through a cursor, psycopg would take it for a reason to forget all prepared statements.
        with self.wrap_database_errors:
            self._command(self.ops.savepoint_rollback_sql(sid).encode())

    def _rollback(self) -> None:
        if self._is_begun_here():
            with self._logged("ROLLBACK"), self.wrap_database_errors:
                self._command(b"ROLLBACK")
        else:
            super()._rollback()  # type: ignore[misc]

    def _is_begun_here(self) -> bool:
        connection = self.connection
        return (
            connection is not None
            and connection.autocommit
            and connection.pgconn.transaction_status != TransactionStatus.IDLE
        )

    def _logged(self, command: str) -> AbstractContextManager[Any]:
        return debug_transaction(self, command) if self.queries_logged else NOT_LOGGED

    def _command(self, command: bytes) -> PGresult:
        assert self.connection is not None
        return checked(self.connection.pgconn.exec_(command))

    # Statements

    def fetch(self, statement: str, values: Sequence[Any]) -> list[Row]:
        """All rows that `statement` gives; `values` fill its places, `%s` each.

        The server tells the types of the places by where they are.
        """
        if self.queries_logged or self.execute_wrappers:
            with self.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        self.close_if_health_check_failed()
        self.ensure_connection()
        assert self.connection is not None
        with self.wrap_database_errors:
            if self._transformer is None:
                self._transformer = Transformer(self.connection)
            transformer = self._transformer
            given = transformer.dump_sequence(values, [PyFormat.TEXT] * len(values))
            result = self._execute(statement, given)
            transformer.set_pgresult(result)
            rows: list[Row] = transformer.load_rows(0, result.ntuples, tuple)
            transformer.set_pgresult(None)  # it is kept for what it has learnt, not for the rows
            return rows

    @contextmanager
    def planned_anew(self) -> Iterator[None]:
        """Queries whose best plan depends on their values: lists that are filtered and sorted, and
        what is asked of many at once.

        A prepared statement's plan is soon the one for an account of the average size and a pattern
        that finds little, and reads all users of a large account for every page of a list.
        """
        self.ensure_connection()
        assert self.connection is not None
        kept, self.connection.prepare_threshold = self.connection.prepare_threshold, None
        before, self._plans_anew = self._plans_anew, True
        try:
            yield
        finally:
            self._plans_anew = before
            if self.connection is not None:
                self.connection.prepare_threshold = kept

    def _execute(self, statement: str, values: Any) -> PGresult:
        assert self.connection is not None
        libpq = self.connection.pgconn
        if self._plans_anew:
            given = numbered(statement), values
            return checked(libpq.exec_params(*given, result_format=Format.TEXT))
        name = self._prepared.get(statement)
        if name is None:
            name = b"iamsite_%d" % len(self._prepared)
            checked(libpq.prepare(name, numbered(statement)))
            self._prepared[statement] = name
        result = libpq.exec_prepared(name, values, result_format=Format.TEXT)
        try:
            return checked(result)
        except errors.InvalidSqlStatementName:
            self._prepared = {}  # somebody deallocated it; whoever tries again prepares it again
            raise


def checked(result: PGresult) -> PGresult:
    """The result of a command; raises psycopg's error when it failed."""
    if result.status in GOOD:
        return result
    if result.error_field(DiagnosticField.SQLSTATE) is None:  # libpq's own: the connection is lost
        raise errors.OperationalError(result.get_error_message())
    raise errors.error_from_result(result)


@cache
def numbered(statement: str) -> bytes:
    """A statement with its places as libpq numbers them."""
    first, *others = statement.split("%s")
    parts = (f"${number}{part}" for number, part in enumerate(others, 1))
    return "".join((first, *parts)).replace("%%", "%").encode()
