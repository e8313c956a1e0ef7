"""The wall between accounts.

Every row of a tenant carries its account. Row-level security shows a transaction only the rows
of the account that it has entered; one that has entered none sees nothing. The account "aws"
owns the AWS managed policies, which every account may read.

INVARIANT: the application's role neither owns the tables nor bypasses row-level security.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from django.db import connection, models
from django.db.migrations.operations import RunSQL
from django.db.models.functions import Lower

AWS = "aws"


def enter(account: str) -> None:
    """Makes the current transaction see the rows of `account`, and of no other, until it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('iamsite.account', %s, true)", [account])


def lock(account: str) -> int:
    """Enters `account` for a change and returns the revision before it.

    Changes of one account follow one another: the row lock makes names, quotas and delete
    conflicts exact and leaves no order in which two changes could deadlock. The revision is
    raised in the same statement.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT iamsite_lock(%s)", [account])
        (revision,) = cursor.fetchone()
    return int(revision)


@contextmanager
def entered(account: str, back: str) -> Iterator[None]:
    """Reads in `account` for a moment, then returns to `back` (role assumption across accounts)."""
    enter(account)
    try:
        yield
    finally:
        enter(back)


def lowered(field: str) -> models.GeneratedField:
    """A column that holds `field` in lower case, for names that are equal whatever their case.

    Queries must compare the column, not `lower(field)`: row-level security keeps `lower`, which is
    not leakproof, behind its own condition, so an index on the expression would never be used.
    """
    return models.GeneratedField(
        expression=Lower(field), output_field=models.CharField(max_length=128), db_persist=True
    )


class TenantQuerySet(models.QuerySet[Any]):
    def of(self, account: str) -> Self:
        """The rows of one account."""
        return self.filter(account_id=account)


class TenantModel(models.Model):
    """A row of one account.

    The foreign key is made by `Tenant` in the migration, where deleting an account takes its rows
    along; the ORM only knows the column.
    """

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True


class Tenant(RunSQL):
    """Migration step for a tenant's table: foreign key to the account, and row-level security.

    With `key`, the pair of account and key can be the target of `References`. `shared` lets every
    account read the rows that belong to the account "aws".
    """

    def __init__(self, table: str, key: str | None = "id", *, shared: bool = False) -> None:
        mine = "account_id = current_setting('iamsite.account', true)"
        read = f"{mine} OR account_id = '{AWS}'" if shared else mine
        pair = f"ALTER TABLE {table} ADD CONSTRAINT {table}_account_key UNIQUE (account_id, {key});"
        super().__init__(
            sql=f"""
            ALTER TABLE {table} ADD CONSTRAINT {table}_account_fk
                FOREIGN KEY (account_id) REFERENCES accounts_account (id) ON DELETE CASCADE;
            {pair if key else ""}
            ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
            CREATE POLICY tenant_read ON {table} FOR SELECT USING ({read});
            CREATE POLICY tenant_insert ON {table} FOR INSERT WITH CHECK ({mine});
            CREATE POLICY tenant_update ON {table} FOR UPDATE USING ({mine}) WITH CHECK ({mine});
            CREATE POLICY tenant_delete ON {table} FOR DELETE USING ({mine});
            """,
            reverse_sql=f"""
            DROP POLICY tenant_read ON {table}; DROP POLICY tenant_insert ON {table};
            DROP POLICY tenant_update ON {table}; DROP POLICY tenant_delete ON {table};
            ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
            ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_account_key;
            ALTER TABLE {table} DROP CONSTRAINT {table}_account_fk;
            """,
        )


class References(RunSQL):
    """Migration step: a foreign key that cannot leave its account.

    `columns` and `to_columns` are the pairs to match, the account's first.
    """

    def __init__(
        self,
        table: str,
        columns: tuple[str, str],
        to_table: str,
        to_columns: tuple[str, str] = ("account_id", "id"),
        *,
        cascade: bool = False,
    ) -> None:
        name = f"{table}_{columns[1]}_fk"
        super().__init__(
            sql=f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({', '.join(columns)}) "
            f"REFERENCES {to_table} ({', '.join(to_columns)})"
            + (" ON DELETE CASCADE;" if cascade else ";"),
            reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name};",
        )
