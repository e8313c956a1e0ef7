"""Lists in an order of the caller's choice, filtered by the database: keyset like every list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Value

from iamsite.operations.call import Call
from iamsite.operations.paging import page
from iamsite.operations.rows import planned_anew

# What sorts like a time that never came.
NEVER = Value(datetime(1, 1, 1, tzinfo=UTC))


def page_sorted(
    call: Call, rows: QuerySet[Any], places: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """One page of `rows` in the order of `SortBy` and `SortOrder`, and the answer's paging members.

    `places` maps each value of SortBy but `Name`, which is the default, to an expression that is
    never NULL. Rows of one place follow by name, then id.
    """
    keys = ["lower_name", "id"]
    chosen = call.params.get("SortBy", "Name")
    if chosen != "Name":
        rows, keys = rows.annotate(place=places[chosen]), ["place", *keys]
    falling = call.params.get("SortOrder") == "descending"
    ordered = rows.order_by(*(F(key).desc() if falling else F(key).asc() for key in keys))

    def fetch(after: Any, limit: int) -> list[Any]:
        parts = [ordered]
        if after is not None and chosen == "Name":
            parts = [ordered.filter(behind(keys, after, falling))]
        elif after is not None:
            # Most rows may share a place (never seen, no key). Asked for both parts at once, an
            # index would find no more than where the place begins.
            same = behind(keys[1:], after[1:], falling)
            parts = [
                ordered.filter(same, place=after[0]),
                ordered.filter(behind(keys[:1], after[:1], falling)),
            ]
        found: list[Any] = []
        with planned_anew():
            for part in parts:
                if len(found) < limit:
                    found += part[: limit - len(found)]
        return found

    return page(call, fetch, lambda row: [kept(getattr(row, key)) for key in keys])


def containing(text: str | None) -> Q:
    """Rows whose name or path contains `text`, whatever the case, or whose id it is."""
    if not text or text == "/":  # which begins every path
        return Q()
    wanted = text.lower()
    # Nearly all have no path, which costs less to see than to search it.
    path = ~Q(path="/") & Q(path__icontains=wanted)
    return Q(lower_name__contains=wanted) | path | Q(id=text)


def behind(keys: Sequence[str], after: Sequence[Any], falling: bool) -> Q:
    """Rows that come after the one that has these values of `keys`, in their order."""
    compared = "lt" if falling else "gt"
    following = Q()
    for at, key in enumerate(keys):
        equal = dict(zip(keys[:at], after[:at], strict=True))
        following |= Q(**equal, **{f"{key}__{compared}": after[at]})
    # Said once more in a way that an index can follow.
    return Q(**{f"{keys[0]}__{compared}e": after[0]}) & following


def kept(value: Any) -> Any:
    """A key as a marker holds it, which a query takes as well."""
    return value.isoformat() if isinstance(value, datetime) else value
