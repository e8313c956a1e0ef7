"""Lists: one page of an operation's items, with the filter and the place kept in the URL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from iamsite.console.asking import Asking, ConsoleRequest, Params

PAGE_SIZE = 50
# A filter looks through at most this much for one page of matches; "Next page" goes on from there.
SCANNED_PAGE = 1000
SCANNED_PAGES = 5
EXPORTED_PAGE = 1000


@dataclass(frozen=True)
class Listing:
    """What components of a list page need. `denied` tells why the viewer may not list at all;
    `extra` is what the operation's answer holds beside the rows."""

    rows: Sequence[Any] = ()
    query: str = ""
    filtered: bool = False
    next_url: str = ""
    first_url: str = ""
    denied: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """ "12 shown", and whether more follow."""
        if not self.rows:
            return ""
        text = ngettext("%(n)d shown", "%(n)d shown", len(self.rows)) % {"n": len(self.rows)}
        return f"{text}, " + _("more follow") if self.next_url else text


def address(request: HttpRequest, **changes: str) -> str:
    """This page's address with query parameters changed; an empty value takes one away."""
    query = request.GET.copy()
    for name, value in changes.items():
        if value:
            query[name] = value
        else:
            query.pop(name, None)
    text = query.urlencode()
    return f"{request.path}?{text}" if text else request.path


def listing(
    request: ConsoleRequest, operation: str, key: str, params: Params, filters: Sequence[str] = ()
) -> Listing:
    """One page of `operation`'s list in member `key`.

    The URL's `marker` says where it starts, `q` what names, paths, ids or ARNs must contain, and
    `filters` are the URL's other parameters that narrow it (already in `params`).
    """
    query, marker = request.GET.get("q", "").strip(), request.GET.get("marker", "")
    size = SCANNED_PAGE if query else PAGE_SIZE
    asked = {**params, "MaxItems": size, **({"Marker": marker} if marker else {})}
    answer = request.ask.see(page=(operation, asked))["page"]
    if not answer:
        return Listing(denied=answer.denied)
    rows, result = list(answer.result[key]), answer.result
    if query:
        rows = matching(rows, query)
        for _page in range(SCANNED_PAGES - 1):
            if len(rows) >= PAGE_SIZE or not result.get("Marker"):
                break
            result = request.ask.perform(operation, {**asked, "Marker": result["Marker"]})
            rows += matching(result[key], query)
    return Listing(
        rows=rows,
        query=query,
        filtered=any(request.GET.get(name) for name in ("q", *filters)),
        next_url=address(request, marker=result["Marker"]) if result.get("Marker") else "",
        first_url=address(request, marker="") if marker else "",
    )


def every_page(
    ask: Asking, operation: str, key: str, params: Params
) -> Iterator[Sequence[dict[str, Any]]]:
    """All items of a list, a page at a time, to write them into a file."""
    asked = {**params, "MaxItems": EXPORTED_PAGE}
    while True:
        result = ask.perform(operation, asked)
        yield result[key]
        if not result.get("Marker"):
            return
        asked = {**asked, "Marker": result["Marker"]}


def matching(rows: Sequence[dict[str, Any]], query: str) -> list[dict[str, Any]]:
    """The rows one of whose texts contains `query`, whatever the case."""
    wanted = query.casefold()
    return [
        row
        for row in rows
        if any(wanted in value.casefold() for value in row.values() if isinstance(value, str))
    ]
