"""Queries written by hand, for the few that nearly every call makes.

Composing a query through the ORM, or reading one through its `raw`, takes several times as long as
the database does for a row or two.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import JSONField, Model

Kind = TypeVar("Kind", bound=Model)
Row = tuple[Any, ...]


def fetch(query: str, values: Sequence[Any] = ()) -> list[Row]:
    """All rows of a query, of which there are few in all: each connection keeps it prepared."""
    database: Any = connection  # iamsite.postgresql's
    rows: list[Row] = database.fetch(query, values)
    return rows


def fetch_one(query: str, values: Sequence[Any] = ()) -> Row | None:
    """The first row of a query, or None."""
    rows = fetch(query, values)
    return rows[0] if rows else None


def planned_anew() -> AbstractContextManager[None]:
    """Queries that are planned for their values each time (iamsite.postgresql says why)."""
    database: Any = connection
    planned: AbstractContextManager[None] = database.planned_anew()
    return planned


def count_of(model: type[Model], account: str) -> int:
    """The rows of an account."""
    return counts_of((model,), account)[model]


def counts_of(models: tuple[type[Model], ...], account: str) -> dict[type[Model], int]:
    """The rows of an account in each of the models' tables, by one query."""
    counts = fetch_one(_counting(models), [account] * len(models))
    return dict(zip(models, counts or (), strict=True))


@cache
def _counting(models: tuple[type[Model], ...]) -> str:
    counts = (
        f'(SELECT count(*) FROM "{model._meta.db_table}" WHERE account_id = %s)'  # noqa: S608
        for model in models
    )
    return f"SELECT {', '.join(counts)}"


def insert(row: Model) -> None:
    """Adds a new row, whose primary key is given and not the database's to make."""
    statement, names = _insertion(type(row))
    values = [
        json.dumps(getattr(row, name)) if is_json else getattr(row, name) for name, is_json in names
    ]
    fetch(statement, values)


@cache
def _insertion(model: type[Model]) -> tuple[str, list[tuple[str, bool]]]:
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(["%s"] * len(fields))
    return (
        f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({places})',  # noqa: S608
        [(field.attname, isinstance(field, JSONField)) for field in fields],
    )


class Reader(Generic[Kind]):
    """Makes a model's instances of rows that begin with `columns`, in that order.

    What follows them in a row becomes the attributes `more`, in that order.
    """

    def __init__(self, model: type[Kind], *more: str, table: str = "") -> None:
        fields = model._meta.concrete_fields
        prefix = f"{table}." if table else ""
        self.columns = ", ".join(f'{prefix}"{field.column}"' for field in fields)
        self._model = model
        self._names = [field.attname for field in fields]
        self._more = more
        # Django has psycopg leave jsonb as text, which its fields read themselves.
        self._json = [at for at, field in enumerate(fields) if isinstance(field, JSONField)]

    def read(self, row: Row) -> Kind:
        values = list(row[: len(self._names)])
        for at in self._json:
            values[at] = parsed(values[at])
        found = self._model.from_db(connection.alias, self._names, values)
        for name, value in zip(self._more, row[len(self._names) :], strict=True):
            setattr(found, name, value)
        return found


def parsed(text: Any) -> Any:
    """A jsonb column's value."""
    return {} if text == "{}" else json.loads(text) if isinstance(text, str) else text
