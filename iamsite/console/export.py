"""Tables as files: CSV for spreadsheets, JSON for programs."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import StringIO
from itertools import chain
from typing import Any

from django.http import Http404, StreamingHttpResponse
from django.http.response import HttpResponseBase

from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.listing import address, every_page, matching
from iamsite.console.table import Column, Row, Table, columns_of, right_to, rows_of

# Texts that a spreadsheet would take for the begin of a formula.
_FORMULA = re.compile(r"[=+\-@\t\r\n]")


def export(request: ConsoleRequest, table: Table, params: Params) -> HttpResponseBase | None:
    """All rows of the table as the file that the address asks for, or None when it asks for none.

    Raises OperationError before anything is sent when the viewer may not list, Http404 for a kind
    of file that there is not.
    """
    kind = request.GET.get("export", "")
    if not kind:
        return None
    is_plain = not right_to(request, table)
    pages = rows_of(request, table, params, is_plain)
    return as_file(table.name, kind, columns_of(table, is_plain), pages)


def as_file(
    name: str, kind: str, columns: Sequence[Column], pages: Iterator[Sequence[Row]]
) -> HttpResponseBase:
    """Pages of rows as a file of `kind` (csv, json), the first page read before anything is sent.

    Raises Http404 for another kind.
    """
    if kind not in _WRITERS:
        raise Http404
    pages = chain([next(pages)], pages)
    content_type, write = _WRITERS[kind]
    response = StreamingHttpResponse(write(columns, pages), content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def exported(
    request: ConsoleRequest,
    name: str,
    columns: Sequence[Column],
    source: tuple[str, str],
    params: Params,
) -> HttpResponseBase | None:
    """The rows of a list (its operation and member) that the address's filter asks for as the file
    that it asks for, or None when it asks for none.

    Raises OperationError before anything is sent when the viewer may not list, Http404 for a kind
    of file that there is not.
    """
    if not request.GET.get("export"):
        return None
    query = request.GET.get("q", "").strip()
    pages = every_page(request.ask, *source, params)
    found = (matching(page, query) if query else page for page in pages)
    return as_file(name, request.GET["export"], columns, found)


def file_urls(request: ConsoleRequest) -> dict[str, str]:
    """The addresses of the page's list as files."""
    return {
        "csv_url": address(request, export="csv", marker=""),
        "json_url": address(request, export="json", marker=""),
    }


def cell(value: str) -> str:
    """`value` so that no spreadsheet runs it: an apostrophe before what begins like a formula."""
    return f"'{value}" if _FORMULA.match(value) else value


def _csv(columns: Sequence[Column], pages: Iterator[Sequence[Row]]) -> Iterator[str]:
    yield line([str(column.label) for column in columns])
    for page in pages:
        yield "".join(line([cell(_text(column.text(row))) for column in columns]) for row in page)


def line(cells: Sequence[str]) -> str:
    """A line of a CSV file."""
    written = StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def _json(columns: Sequence[Column], pages: Iterator[Sequence[Row]]) -> Iterator[str]:
    """The rows as the operation gives them, one a line."""
    before = "[\n"
    for row in chain.from_iterable(pages):
        yield before + json.dumps(row, default=_text, ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


_WRITERS = {
    "csv": ("text/csv; charset=utf-8", _csv),
    "json": ("application/json", _json),
}
