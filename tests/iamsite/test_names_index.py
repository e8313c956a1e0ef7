"""Names are found through an index, although row-level security stands before every row."""

import pytest
from django.db import connection, transaction

from accounts import tenancy

LOOKED_UP = ("identities_user", "identities_group", "identities_role", "policies_policy")


@pytest.mark.parametrize("table", LOOKED_UP)
def test_a_name_is_looked_up_by_its_index(acme, table: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        tenancy.enter(acme.id)
        # Small tables are read whole; what matters is that the index can serve.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(
            f"EXPLAIN SELECT 1 FROM {table} WHERE account_id = %s AND lower_name = lower(%s)",
            [acme.id, "Bob"],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "name_unique" in plan
    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert "lower_name" in condition
