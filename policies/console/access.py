"""Pages of access across the account: who can, effective access."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.asking import ConsoleRequest, Params, unauthenticated
from iamsite.console.errors import failure_of
from iamsite.console.export import as_file, cell, file_urls, line
from iamsite.console.listing import address, every_page
from iamsite.console.principals import shown, statement_url
from iamsite.console.table import Column
from iamsite.operations import OperationError

PAGE = 50
QUESTION = ("action", "resource", "context")
CELLS = 25
EXTENTS = {"full": _("everything"), "some": _("some"), "none": _("nothing")}


def _paged(request: ConsoleRequest, params: Params, size: int = PAGE) -> Params:
    marker = request.GET.get("marker", "")
    return {**params, "MaxItems": size, **({"Marker": marker} if marker else {})}


def _pager(request: ConsoleRequest, result: dict[str, Any]) -> dict[str, str]:
    marker = result.get("Marker", "")
    return {
        "next_url": address(request, marker=marker) if marker else "",
        "first_url": address(request, marker="") if request.GET.get("marker") else "",
    }


def entries_of(text: str) -> list[dict[str, Any]]:
    """Condition keys written as `key=value`, one a line; a key on several lines has many values."""
    values: dict[str, list[str]] = {}
    for written in text.splitlines():
        key, _equals, value = written.partition("=")
        if key.strip():
            values.setdefault(key.strip(), []).append(value.strip())
    return [
        {
            "ContextKeyName": key,
            "ContextKeyValues": found,
            "ContextKeyType": "string" if len(found) == 1 else "stringList",
        }
        for key, found in values.items()
    ]


COLUMNS = (
    Column("principal", gettext_lazy("Principal"), itemgetter("PrincipalArn")),
    Column("type", gettext_lazy("Kind"), itemgetter("PrincipalType")),
    Column("access", gettext_lazy("Access"), itemgetter("Decision")),
    Column("conditions", gettext_lazy("Condition keys"), itemgetter("MissingContextValues")),
    Column(
        "roles", gettext_lazy("By assuming"), lambda one: [step["RoleArn"] for step in one["Way"]]
    ),
    Column(
        "policies",
        gettext_lazy("Because of"),
        lambda one: [f"{word['PolicyName']}:{word['StartLine']}" for word in one["Statements"]],
    ),
)


@require_safe
def who_can(request: ConsoleRequest) -> HttpResponseBase:
    """Everybody who can do an action on a resource, and the way that lets each."""
    action = request.GET.get("action", "").strip()
    resource = request.GET.get("resource", "").strip() or "*"
    context = request.GET.get("context", "")
    page: dict[str, Any] = {
        "action": action,
        "resource": "" if resource == "*" else resource,
        "context": context,
        "may": request.ask.may(
            list=("ListPrincipalsWithAccess", {"ActionName": "s3:GetObject"}),
            revoke=(
                "ListRevocations",
                {
                    "PrincipalArn": "arn:aws:iam::000000000000:user/any",
                    "ActionName": "s3:GetObject",
                },
            ),
            save=(
                "PutAccessTest",
                {
                    "TestName": "any",
                    "PrincipalArn": "arn:aws:iam::000000000000:user/any",
                    "ActionName": "s3:GetObject",
                    "ExpectedDecision": "allowed",
                },
            ),
        ),
    }
    status = 200
    if action and page["may"]["list"]:
        asked: Params = {"ActionName": action, "ResourceArn": resource}
        if entries := entries_of(context):
            asked["ContextEntries"] = entries
        if kind := request.GET.get("export", ""):
            pages = every_page(request.ask, "ListPrincipalsWithAccess", "Principals", asked)
            return as_file("who-can", kind, COLUMNS, pages)
        try:
            result = request.ask.perform("ListPrincipalsWithAccess", _paged(request, asked))
        except OperationError as error:
            if unauthenticated(error):
                raise
            page["error"], status = failure_of(request, error), error.status
        else:
            page |= {
                "asked": True,
                "rows": [_with_access(request, one) for one in result["Principals"]],
                "question": request.GET.urlencode(),
                **file_urls(request),
                "follows": result["AreRolesFollowed"],
                **_pager(request, result),
            }
    return render(request, "policies/who_can.html", page, status=status)


def _with_access(request: ConsoleRequest, found: dict[str, Any]) -> dict[str, Any]:
    asked = {name: request.GET[name] for name in QUESTION if request.GET.get(name)}
    query = urlencode({"principal": found["PrincipalArn"], **asked})
    return {
        **found,
        "RevokeUrl": ""
        if found["PrincipalType"] == "Root"
        else f"{reverse('console:revoke-access')}?{query}",
        "Shown": shown(found["PrincipalArn"], found["PrincipalType"]),
        "Roles": [shown(step["RoleArn"], "Role") for step in found["Way"]],
        "Statements": [{**one, "Url": statement_url(one)} for one in found["Statements"]],
    }


@dataclass(frozen=True, slots=True)
class Cell:
    """What a principal may do in a service; `levels` are (name, extent, what a tip says)."""

    service: str
    extent: str
    levels: list[tuple[str, str, str]]

    @property
    def label(self) -> str:
        return EXTENTS[self.extent]


@require_safe
def effective_access(request: ConsoleRequest) -> HttpResponseBase:
    """Every principal of the account by service."""
    services = request.GET.get("services", "").replace(",", " ").split()
    asked: Params = {"ServiceNamespaces": services} if services else {}
    kind = request.GET.get("export", "")
    if kind in ("csv", "json"):
        return _export(request, asked, kind)
    page: dict[str, Any] = {"services": " ".join(services)}
    status = 200
    try:
        answer = request.ask.see(grid=("ListAccountAccess", _paged(request, asked, CELLS)))["grid"]
    except OperationError as error:
        if unauthenticated(error):
            raise
        page["error"], status = failure_of(request, error), error.status
    else:
        page["denied"] = answer.denied
        if answer:
            page |= {
                "columns": answer.result["ServiceNamespaces"],
                "rows": [_row(one) for one in answer.result["Principals"]],
                "csv_url": address(request, export="csv", marker=""),
                "json_url": address(request, export="json", marker=""),
                **_pager(request, answer.result),
            }
            if not page["rows"]:
                page["may"] = request.ask.may(create=("CreateUser", {"UserName": "new"}))
    return render(request, "policies/effective_access.html", page, status=status)


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
