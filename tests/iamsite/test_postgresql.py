"""The database connection: how few queries a call makes, and what happens when one is lost."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, DataError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from iamsite import database
from iamsite.operations import OperationError
from iamsite.operations.rows import fetch
from iamsite.postgresql.base import Undecided, numbered
from iamsite.wsgi import application
from tests.cast import Acme
from tests.iamsite.aws.wire import Answer, get_caller_identity, get_user, send, signed

TRANSACTION = {"BEGIN", "COMMIT"}


def ask(acme: Acme, params: dict[str, str], service: str = "iam") -> Answer:
    key = acme.alice.key
    assert key is not None
    return send(application, signed(params, service, key_id=key.id, secret=key.secret))


def queries(acme: Acme, params: dict[str, str], service: str = "iam") -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert ask(acme, params, service).status == 200
    return [query["sql"] for query in captured.captured_queries]


def lose_connection() -> None:
    """Ends this thread's connection from the server's side, as a restart of the server does."""
    with psycopg.connect(**database.application(), autocommit=True) as another:
        another.execute("SELECT pg_terminate_backend(%s, 5000)", [backend()])


@pytest.fixture(autouse=True)
def _fresh_connection() -> Iterator[None]:
    yield
    connection.close()


def backend() -> int:
    """The process of the server that this thread talks to."""
    ((number,),) = fetch("SELECT pg_backend_pid()")
    return int(number)


@pytest.mark.parametrize(
    ("params", "service", "most"),
    [
        (get_caller_identity(), "sts", 1),
        (get_user(UserName="bob"), "iam", 2),
        (get_user(), "iam", 2),
        ({"Action": "ListUsers", "Version": "2010-05-08"}, "iam", 2),
        (
            {
                "Action": "GetRole",
                "Version": "2010-05-08",
                "RoleName": "Deployer",
            },
            "iam",
            2,
        ),
    ],
)
def test_a_warm_read_makes_at_most_two_queries(
    acme: Acme, params: dict[str, str], service: str, most: int
) -> None:
    ask(acme, params, service)
    made = queries(acme, params, service)
    assert (made[0], made[-1]) == ("BEGIN", "COMMIT")
    assert len([query for query in made if query not in TRANSACTION]) <= most, made


def test_a_filtered_list_is_planned_each_time_for_what_its_filter_finds(acme: Acme) -> None:
    for _ in range(4):  # a statement is prepared at its third use
        acme.alice.perform("ListUserSummaries", Contains="bob")
    prepared = [statement for (statement,) in fetch("SELECT statement FROM pg_prepared_statements")]
    assert prepared
    assert not [statement for statement in prepared if "LIKE" in statement]


def test_a_call_whose_connection_was_lost_is_made_on_a_new_one(acme: Acme) -> None:
    ask(acme, get_user())
    before = backend()
    lose_connection()
    assert ask(acme, get_user()).status == 200
    assert backend() != before


def test_a_change_whose_connection_was_lost_before_its_commit_is_made_once(acme: Acme) -> None:
    backend()
    lose_connection()
    create = {"Action": "CreateUser", "Version": "2010-05-08", "UserName": "dora"}
    assert ask(acme, create).status == 200
    assert ask(acme, create).error[1] == "EntityAlreadyExists"


def test_a_change_whose_commit_was_cut_off_is_not_made_again(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[int] = []
    commit = connection._commit

    def cut_off() -> None:
        commits.append(backend())
        lose_connection()
        commit()

    monkeypatch.setattr(connection, "_commit", cut_off)
    with pytest.raises(OperationError) as refused:
        acme.root.perform("CreateUser", UserName="dora")
    assert (refused.value.code, refused.value.status) == ("ServiceUnavailable", 503)
    assert len(commits) == 1


def test_a_commit_that_was_cut_off_is_undecided() -> None:
    with pytest.raises(Undecided), transaction.atomic():
        fetch("SELECT 1")
        lose_connection()
    connection.close()


def test_a_commit_of_a_failed_transaction_is_an_error() -> None:
    def go_on_all_the_same() -> None:
        with contextlib.suppress(DatabaseError):
            fetch("SELECT 1 / 0")

    with pytest.raises(DatabaseError, match="rolled back"), transaction.atomic():
        go_on_all_the_same()
    assert fetch("SELECT 1") == [(1,)]


def test_a_thread_that_ends_leaves_no_connection_behind(acme: Acme) -> None:
    processes: list[int] = []

    def call() -> None:
        assert ask(acme, get_user()).status == 200
        processes.append(backend())

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    gc.collect()
    with psycopg.connect(**database.application(), autocommit=True) as another:
        # False, with a warning, for a process that is gone; waits for one that is going.
        ended = another.execute("SELECT pg_terminate_backend(%s, 5000)", processes).fetchone()
        left = another.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", processes)
        assert left.fetchall() == []
    assert ended is not None


def test_statements_stay_prepared_after_a_refusal(acme: Acme) -> None:
    acme.alice.perform("GetUser")
    before = prepared()
    assert before
    with pytest.raises(OperationError):
        acme.carol.perform("GetUser")
    assert before <= prepared()


def prepared() -> set[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements WHERE name LIKE 'iamsite%%'")
        return set(cursor.fetchall())


def test_statements_that_the_server_forgot_are_prepared_again(acme: Acme) -> None:
    acme.alice.perform("GetUser")
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert acme.alice.perform("GetUser")["User"]["UserName"] == "alice"


def test_a_savepoint_undoes_only_what_came_after_it() -> None:
    with transaction.atomic():
        fetch("SELECT set_config('iamsite.account', %s, true)", ["before"])
        with pytest.raises(OperationalError), transaction.atomic():
            fetch("SELECT set_config('iamsite.account', %s, true)", ["after"])
            raise OperationalError
        assert fetch("SELECT current_setting('iamsite.account', true)") == [("before",)]
    assert fetch("SELECT current_setting('iamsite.account', true)") in ([("",)], [(None,)])


def test_values_reach_the_server_whole() -> None:
    assert fetch("SELECT %s::text, %s::jsonb ->> 'a'", ["50 %", '{"a": "b"}']) == [("50 %", "b")]
    with pytest.raises(DataError):
        fetch("SELECT %s::text", ["one\0two"])


def test_places_are_numbered_in_their_order() -> None:
    assert numbered("SELECT %s, %s, '%%'") == b"SELECT $1, $2, '%'"
