"""Names are found through an index, although row-level security stands before every row."""

import pytest
from django.db import connection, connections, transaction

from accounts import tenancy

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
    with transaction.atomic(), connection.cursor() as cursor:
        tenancy.enter(evil.id)
        cursor.execute(
            f"EXPLAIN SELECT 1 FROM {table} WHERE account_id = %s AND lower_name = lower(%s)",
            [evil.id, "Name7"],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "name_unique" in plan
    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert "lower_name" in condition
