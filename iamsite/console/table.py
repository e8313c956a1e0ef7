"""Tables: lists to sort, narrow, choose columns of, take along as a file and act on in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.urls import reverse

from iamsite.console import cookies
from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.forms import Text
from iamsite.console.listing import PAGE_SIZE, Listing, address, listing, matching
from iamsite.operations import Somewhere, Verdict

Row = dict[str, Any]


class Complete(Row):
    """A row whose absent members are "": templates search long for what is not there."""

    def __missing__(self, member: str) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `text` is a row's cell in an exported file, `sort` the SortBy that it stands for.

    `only` is "source" or "plain" for a column of the rows of one of the table's two operations;
    `is_secondary` ones are left out where the screen is narrow. `is_shown` says whether the page
    has it before the person chose.
    """

    name: str
    label: Text
    text: Callable[[Row], Any]
    sort: str = ""
    only: str = ""
    is_secondary: bool = True
    is_numeric: bool = False
    is_shown: bool = True


def file_columns(*named: tuple[str, Text]) -> tuple[Column, ...]:
    """Columns of a file, each a member of the rows under a label."""

    def text_of(name: str) -> Callable[[Row], Any]:
        return lambda row: row.get(name, "")

    return tuple(Column(name, label, text_of(name)) for name, label in named)


@dataclass(frozen=True, slots=True)
class BulkLink:
    """An action on the ticked rows: the route of its page, and what it takes to do it to some."""

    route: str
    label: Text
    icon: str
    tone: str = ""
    check: Somewhere | None = None

    @property
    def url(self) -> str:
        return reverse(f"console:{self.route}")


@dataclass(frozen=True, slots=True)
class Table:
    """What a table lists.

    `source` is the operation and the member of its answer that has the rows; it sorts and filters.
    `plain` is what AWS has for the same, for viewers who may perform no more. `identity` is the
    member that names a row in bulk actions. The first column stays whatever is chosen. `more` are
    further parameters of `source`, `order` the SortBy that it goes by unless another is asked for.
    """

    name: str
    identity: str
    source: tuple[str, str]
    plain: tuple[str, str]
    columns: tuple[Column, ...]
    bulk: tuple[BulkLink, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    order: str = "Name"


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head as the page shows it; `order` is "ascending", "descending" or ""."""

    column: Column
    url: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    column: Column
    is_shown: bool


@dataclass(frozen=True)
class Shown:
    """A page of a table. `right` is to its source: without it the list is the plain one; `may`
    has the verdicts on its bulk actions by their routes."""

    table: Table
    page: Listing
    heads: Sequence[Head]
    choices: Sequence[Choice]
    sort: str
    order: str
    right: Verdict
    may: Mapping[str, Verdict]
    csv_url: str
    json_url: str

    @cached_property
    def columns(self) -> list[str]:
        return [head.column.name for head in self.heads]


def shown(
    request: ConsoleRequest, table: Table, params: Params, filters: Sequence[str] = ()
) -> Shown:
    """The page of `table` that the address asks for.

    `params` narrow the list by what the address's parameters `filters` say.
    """
    bulk = {link.route: link.check for link in table.bulk if link.check}
    may = request.ask.may(source=(table.source[0], {}), **bulk)
    right = may["source"]
    is_plain = not right
    columns = columns_of(table, is_plain)
    sort, order = _order(request, table, is_plain)
    if is_plain:
        page = listing(request, *table.plain, params, filters)
    else:
        page = _sorted_page(request, table, params, filters, sort, order)
    chosen = cookies.columns(request).get(table.name)
    visible = [
        column
        for at, column in enumerate(columns)
        if not at or (column.is_shown if chosen is None else column.name in chosen)
    ]
    return Shown(
        table,
        page,
        [_head(request, table, column, None if is_plain else (sort, order)) for column in visible],
        [Choice(column, column in visible) for column in columns[1:]],
        sort,
        order,
        right,
        may,
        address(request, export="csv", marker=""),
        address(request, export="json", marker=""),
    )


def rows_of(
    request: ConsoleRequest, table: Table, params: Params, is_plain: bool
) -> Iterator[Sequence[Row]]:
    """Every row that the address's filter and order ask for, a page at a time."""
    operation, key = table.plain if is_plain else table.source
    sort, order = _order(request, table, is_plain)
    own = {} if is_plain else {**table.more, **_asked(request, sort, order)}
    asked = {**params, **own, "MaxItems": 1000}
    query = request.GET.get("q", "").strip()
    while True:
        result = request.ask.perform(operation, asked)
        yield matching(result[key], query) if is_plain and query else result[key]
        if not result.get("IsTruncated"):
            return
        asked = {**asked, "Marker": result["Marker"]}


def columns_of(table: Table, is_plain: bool) -> list[Column]:
    other = "source" if is_plain else "plain"
    return [column for column in table.columns if column.only != other]


def right_to(request: ConsoleRequest, table: Table) -> Verdict:
    """Whether the viewer may perform more than the table's plain operation."""
    return request.ask.may(source=(table.source[0], {}))["source"]


def _order(request: ConsoleRequest, table: Table, is_plain: bool) -> tuple[str, str]:
    sort = request.GET.get("sort", "")
    known = {column.sort for column in columns_of(table, is_plain) if column.sort}
    if is_plain or sort not in known:
        sort = table.order
    return sort, "descending" if request.GET.get("order") == "descending" else "ascending"


def _asked(request: ConsoleRequest, sort: str, order: str) -> Params:
    query = request.GET.get("q", "").strip()
    return {"SortBy": sort, "SortOrder": order, **({"Contains": query[:128]} if query else {})}


def _sorted_page(
    request: ConsoleRequest,
    table: Table,
    params: Mapping[str, Any],
    filters: Sequence[str],
    sort: str,
    order: str,
) -> Listing:
    operation, key = table.source
    marker = request.GET.get("marker", "")
    asked = {
        **params,
        **table.more,
        **_asked(request, sort, order),
        "MaxItems": PAGE_SIZE,
        **({"Marker": marker} if marker else {}),
    }
    answer = request.ask.see(page=(operation, asked))["page"]
    if not answer:
        return Listing(denied=answer.denied)
    result = answer.result
    return Listing(
        rows=[Complete(row) for row in result[key]],
        query=request.GET.get("q", "").strip(),
        filtered=any(request.GET.get(name) for name in ("q", *filters)),
        next_url=address(request, marker=result["Marker"]) if result.get("IsTruncated") else "",
        first_url=address(request, marker="") if marker else "",
        extra={name: value for name, value in result.items() if name != key},
    )


def _head(
    request: ConsoleRequest, table: Table, column: Column, sorted_by: tuple[str, str] | None
) -> Head:
    if sorted_by is None or not column.sort:
        return Head(column)
    sort, order = sorted_by
    is_current = column.sort == sort
    turned = "descending" if is_current and order == "ascending" else ""
    by = "" if column.sort == table.order else column.sort
    url = address(request, sort=by, order=turned, marker="")
    return Head(column, url, order if is_current else "")
