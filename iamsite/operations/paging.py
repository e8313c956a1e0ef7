"""Pages of lists: keyset, never by offset, with markers that only fit where they were given out.

A marker names the last row of the page before it and is signed together with the operation, the
account and the filters; used anywhere else it is `Invalid Marker.` (api-behaviour.md §5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from django.core import signing
from django.db.models import F, QuerySet

from iamsite.operations.call import Call
from iamsite.operations.errors import OperationError, validation_error
from iamsite.operations.models import operation_model

Row = TypeVar("Row")
Taken = TypeVar("Taken")
DEFAULT_PAGE = 100
OF_PAGES = ("Marker", "MaxItems", "NextToken", "MaxResults")


def page_by_name(
    call: Call, rows: QuerySet[Any], key: str = "lower_name"
) -> tuple[list[Any], dict[str, Any]]:
    """One page of `rows` by rising `key` (names, ignoring case, unless given), a column without
    equal values, and the answer's paging members."""
    ordered = rows.order_by(key)

    def fetch(after: Any, limit: int) -> list[Any]:
        return list((ordered if after is None else ordered.filter(**{f"{key}__gt": after}))[:limit])

    return page(call, fetch, lambda row: getattr(row, key))


def page_newest_first(
    call: Call, rows: QuerySet[Any], key: str
) -> tuple[list[Any], dict[str, Any]]:
    """One page of `rows` by falling `key`, a column without equal values."""
    ordered = rows.order_by(F(key).desc())

    def fetch(after: Any, limit: int) -> list[Any]:
        return list((ordered if after is None else ordered.filter(**{f"{key}__lt": after}))[:limit])

    return page(call, fetch, lambda row: getattr(row, key))


def page_of_list(
    call: Call, items: Sequence[Row], key: Callable[[Row], Any]
) -> tuple[list[Row], dict[str, Any]]:
    """One page of a list that is at hand, sorted by `key`; keys are all different."""
    ordered = sorted(items, key=key)

    def fetch(after: Any, limit: int) -> list[Row]:
        after = tuple(after) if isinstance(after, list) else after
        return [item for item in ordered if after is None or key(item) > after][:limit]

    return page(call, fetch, key)


def page(
    call: Call,
    fetch: Callable[[Any, int], list[Row]],
    key: Callable[[Row], Any],
    most: int | None = None,
) -> tuple[list[Row], dict[str, Any]]:
    """One page: `fetch(after, limit)` gives rows behind the key `after` (None: from the start).

    A page has `most` rows at most, where one row takes so much that fewer than asked for must do.

    Returns the rows, and `IsTruncated` with, when there is more, `Marker`; in services that page
    with tokens `NextToken` alone. Raises ValidationError for a marker that was not given out for
    this very list.
    """
    size = _size(call)
    size = size if most is None else min(size, most)
    rows = fetch(_after(call), size + 1)
    return rows[:size], _paging(call, rows[:size], key, more=len(rows) > size)


def page_while(
    call: Call,
    fetch: Callable[[Any], Iterable[Row]],
    key: Callable[[Row], Any],
    take: Callable[[Row], Taken],
    is_enough: Callable[[], bool],
) -> tuple[list[Taken], dict[str, Any]]:
    """What `take` makes of one page of rows of which nobody knows before what each will cost.

    `fetch(after)` gives the rows one by one. The page ends early, with a marker, once `is_enough`
    says so; it has one row at least.
    """
    size = _size(call)
    last: list[Row] = []
    taken: list[Taken] = []
    for row in fetch(_after(call)):
        if taken and (len(taken) == size or is_enough()):
            return taken, _paging(call, last, key, more=True)
        taken.append(take(row))
        last = [row]
    return taken, _paging(call, last, key, more=False)


def page_sought(
    call: Call, fetch: Callable[[Any], Iterable[tuple[Any, Row | None]]], most: int
) -> tuple[list[Row], dict[str, Any], int]:
    """One page of a list whose rows are sought among candidates, of which few may be any.

    `fetch(after)` gives the candidates behind the key `after` one by one: the key of each, and the
    row that it is or None. The page ends, perhaps without a row but with a marker, once `most` were
    looked at; how many were comes third.
    """
    size, looked = _size(call), 0
    found: list[Row] = []
    last: list[Any] = []
    for key, row in fetch(_after(call)):
        if looked == most or (row is not None and len(found) == size):
            return found, _paging(call, last, lambda key: key, more=True), looked
        looked, last = looked + 1, [key]
        if row is not None:
            found.append(row)
    return found, _paging(call, last, lambda key: key, more=False), looked


def _size(call: Call) -> int:
    return int(call.params.get("MaxItems") or call.params.get("MaxResults") or DEFAULT_PAGE)


def _paging(
    call: Call, rows: Sequence[Row], key: Callable[[Row], Any], *, more: bool
) -> dict[str, Any]:
    paging: dict[str, Any] = {} if _has_tokens(call) else {"IsTruncated": more}
    if more:
        paging[_name(call)] = _signer(call).sign_object(key(rows[-1]), compress=True)
    return paging


def _has_tokens(call: Call) -> bool:
    return "NextToken" in operation_model(call.registered.name).members


def _name(call: Call) -> str:
    return "NextToken" if _has_tokens(call) else "Marker"


def _signer(call: Call) -> signing.Signer:
    return signing.Signer(salt=_binding(call))


def _binding(call: Call) -> str:
    filters = {name: value for name, value in call.params.items() if name not in OF_PAGES}
    return repr(("page", call.account, call.registered.name, sorted(filters.items())))


def _after(call: Call) -> Any:
    marker = call.params.get(_name(call))
    if marker is None:
        return None
    try:
        return _signer(call).unsign_object(marker)
    except (signing.BadSignature, ValueError) as error:
        raise invalid_marker() from error


def invalid_marker() -> OperationError:
    return validation_error("Invalid Marker.")
