"""Effective access: what every principal of the account may do, by service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.asking import ConsoleRequest, Params, unauthenticated
from iamsite.console.errors import failure_of
from iamsite.console.export import cell, file_urls, line
from iamsite.console.forms import Text
from iamsite.console.listing import address
from iamsite.console.principals import shown
from iamsite.operations import OperationError, Somewhere

PAGE = 25
EXTENTS = {
    "full": gettext_lazy("everything"),
    "some": gettext_lazy("some"),
    "none": gettext_lazy("nothing"),
}
# Which principals, by the address's parameter `kind`.
KINDS: dict[str, tuple[Text, Params]] = {
    "": (gettext_lazy("Users and roles"), {}),
    "users": (gettext_lazy("Users"), {"PrincipalTypes": ["User"]}),
    "roles": (gettext_lazy("Roles"), {"PrincipalTypes": ["Role"]}),
}
FILTERS = ("q", "kind", "group", "services")


@dataclass(frozen=True, slots=True)
class Cell:
    """What a principal may do in a service; `levels` are (name, extent, what a tip says)."""

    service: str
    extent: str
    levels: list[tuple[str, str, str]]

    @property
    def label(self) -> str:
        return str(EXTENTS[self.extent])


@require_safe
def effective_access(request: ConsoleRequest) -> HttpResponseBase:
    """Every principal of the account by service, those alone that the address asks for."""
    chosen = {name: request.GET.get(name, "").strip() for name in FILTERS}
    asked = _asked(chosen)
    if request.GET.get("sort") == "Name":
        is_falling = request.GET.get("order") == "descending"
        asked |= {"SortBy": "Name", "SortOrder": "descending" if is_falling else "ascending"}
    kind = request.GET.get("export", "")
    if kind in ("csv", "json"):
        return _export(request, asked, kind)
    page: dict[str, Any] = {
        **chosen,
        "kinds": [(name, label) for name, (label, _params) in KINDS.items()],
        "is_filtered": any(chosen.values()),
    }
    status = 200
    marker = request.GET.get("marker", "")
    paged = {**asked, "MaxItems": PAGE, **({"Marker": marker} if marker else {})}
    try:
        answer = request.ask.see(grid=("ListAccountAccess", paged))["grid"]
    except OperationError as error:
        if unauthenticated(error):
            raise
        page["error"], status = failure_of(request, error), error.status
    else:
        page["denied"] = answer.denied
        if answer:
            following = answer.result.get("Marker", "")
            page |= {
                "columns": answer.result["ServiceNamespaces"],
                "rows": [_row(one) for one in answer.result["Principals"]],
                "order": asked.get("SortOrder", ""),
                "sort_url": _turned(request, asked.get("SortOrder", "")),
                **file_urls(request),
                "next_url": address(request, marker=following) if following else "",
                "first_url": address(request, marker="") if marker else "",
            }
            if not page["rows"]:
                page["may"] = request.ask.may(create=Somewhere("CreateUser", {"UserName": "new"}))
    return render(request, "policies/effective_access.html", page, status=status)


def _asked(chosen: dict[str, str]) -> Params:
    services = chosen["services"].replace(",", " ").split()
    asked = {
        **KINDS.get(chosen["kind"], KINDS[""])[1],
        "Contains": chosen["q"][:128],
        "GroupName": chosen["group"],
        "ServiceNamespaces": services,
    }
    return {name: value for name, value in asked.items() if value}


def _turned(request: ConsoleRequest, order: str) -> str:
    """The address of the next order by the principal's name: rising, falling, and back to none."""
    if order == "descending":
        return address(request, sort="", order="", marker="")
    return address(request, sort="Name", order="descending" if order else "", marker="")


def _row(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "Shown": shown(found["PrincipalArn"], found["PrincipalType"]),
        "Cells": [
            Cell(
                one["ServiceNamespace"],
                one["Access"],
                [
                    (level["AccessLevel"], level["Access"], _tip(level))
                    for level in one["AccessLevels"]
                ],
            )
            for one in found["Services"]
        ],
    }


def _tip(level: dict[str, Any]) -> str:
    return _("%(level)s: %(full)d of %(count)d everywhere, %(some)d in part") % {
        "level": level["AccessLevel"],
        "full": level["FullCount"],
        "count": level["ActionCount"],
        "some": level["SomeCount"],
    }


def _export(request: ConsoleRequest, asked: Params, kind: str) -> HttpResponseBase:
    first = request.ask.perform("ListAccountAccess", {**asked, "MaxItems": 500})
    pages = _pages(request, asked, first)
    if kind == "csv":
        written = _csv(first["ServiceNamespaces"], pages)
        content_type = "text/csv; charset=utf-8"
    else:
        written, content_type = _json(pages), "application/json"
    response = StreamingHttpResponse(written, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="effective-access.{kind}"'
    return response


def _pages(
    request: ConsoleRequest, asked: Params, result: dict[str, Any]
) -> Iterator[list[dict[str, Any]]]:
    while True:
        yield result["Principals"]
        if not result["IsTruncated"]:
            return
        more = {**asked, "MaxItems": 500, "Marker": result["Marker"]}
        result = request.ask.perform("ListAccountAccess", more)


def _csv(services: list[str], pages: Iterator[list[dict[str, Any]]]) -> Iterator[str]:
    yield line(["ARN", *services])
    for page in pages:
        for one in page:
            yield line([cell(one["PrincipalArn"]), *(of["Access"] for of in one["Services"])])


def _json(pages: Iterator[list[dict[str, Any]]]) -> Iterator[str]:
    yield "["
    separator = "\n"
    for page in pages:
        for one in page:
            yield separator + json.dumps(one)
            separator = ",\n"
    yield "\n]\n"
