"""Names and pages are found through an index, although row-level security is before every row."""

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from accounts import tenancy
from tests.cast import Evil

ROWS = 3000
COLUMNS = {
    "identities_user": ("path, tags", "'/', '{}'"),
    "identities_group": ("path", "'/'"),
    "identities_role": (
        "path, tags, description, trust_policy, trust_pins, max_session_duration, last_used_region",
        "'/', '{}', '', '', '{}', 3600, ''",
    ),
}


@pytest.mark.parametrize("table", COLUMNS)
def test_a_name_is_looked_up_by_its_index(evil, table: str) -> None:
    fill(evil, table)
    condition = index_condition(
        evil,
        "name_unique",
        f"SELECT 1 FROM {table} WHERE account_id = '{evil.id}' AND lower_name = lower('Name7')",
    )
    assert "lower_name" in condition


def test_a_page_of_users_is_looked_up_by_the_index_of_its_order(evil) -> None:
    fill(evil, "identities_user")
    for sort, column, index in (
        ("CreateDate", "created_at", "user_by_age"),
        ("LastSeenDate", "seen_at", "user_by_seen"),
        ("OldestActiveKeyDate", "oldest_key_at", "user_by_oldest_key"),
    ):
        for order in ("ascending", "descending"):
            asked = {"SortBy": sort, "SortOrder": order, "MaxItems": 10}
            first = evil.root.perform("ListUserSummaries", **asked)
            with CaptureQueriesContext(connection) as queries:
                evil.root.perform("ListUserSummaries", **asked, Marker=first["Marker"])
            (page,) = (query["sql"] for query in queries if "LIMIT" in query["sql"])
            condition = index_condition(evil, index, page)
            assert f"({column} = " in condition  # all have the same
            assert "(lower_name)::text" in condition


def fill(evil: Evil, table: str) -> None:
    columns, values = COLUMNS[table]
    with transaction.atomic(), connection.cursor() as cursor:
        tenancy.enter(evil.id)
        cursor.execute(
            f"INSERT INTO {table} (id, account_id, name, created_at, {columns}) "
            f"SELECT substr(md5(n || %s), 1, 21), %s, 'name' || n, now(), {values} "
            f"FROM generate_series(1, {ROWS}) AS n",
            [evil.id, evil.id],
        )
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"ANALYZE {table}")
    connections["owner"].close()


def index_condition(evil: Evil, index: str, query: str) -> str:
    """What `query` looks up in `index`, through which it must go without sorting."""
    with transaction.atomic(), connection.cursor() as cursor:
        tenancy.enter(evil.id)
        cursor.execute("EXPLAIN " + query.replace("%", "%%"))
        plan = [line for (line,) in cursor.fetchall()]
    assert any(index in line for line in plan), plan
    assert not any("Sort" in line for line in plan), plan
    return next(line for line in plan if "Index Cond" in line)
