"""One marker over several lists: ListEntitiesForPolicy, GetAccountAuthorizationDetails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from iamsite.operations import Call
from iamsite.operations.paging import page


def page_of_chain(
    call: Call, lists: Sequence[QuerySet[Any]]
) -> tuple[list[list[Any]], dict[str, Any]]:
    """One page of the `lists` one after the other, each by name ignoring case.

    Returns the page's part of each list, and the answer's paging members.
    """

    def fetch(after: Any, limit: int) -> list[tuple[int, Any]]:
        found: list[tuple[int, Any]] = []
        for place, rows in enumerate(lists):
            if after is not None and place < after[0]:
                continue
            ordered = rows.order_by("lower_name", "id")
            if after is not None and place == after[0]:
                ordered = ordered.filter(behind(after[1:]))
            found += [(place, row) for row in ordered[: limit - len(found)]]
            if len(found) == limit:
                break
        return found

    rows, paging = page(call, fetch, lambda found: [found[0], found[1].lower_name, found[1].id])
    return [[row for at, row in rows if at == place] for place in range(len(lists))], paging


def behind(after: Sequence[str]) -> Q:
    """Rows behind the key (name in lower case, id)."""
    name, row_id = after
    return Q(lower_name__gte=name) & (Q(lower_name__gt=name) | Q(id__gt=row_id))
