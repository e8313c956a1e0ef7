"""What one principal may do in one service: its actions by access level, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.export import as_file, file_urls
from iamsite.console.listing import every_page
from iamsite.console.principals import shown, statement_url
from iamsite.console.table import Column
from policies.engine.layers import Layer

LEVELS = {
    "List": gettext_lazy("List"),
    "Read": gettext_lazy("Read"),
    "Write": gettext_lazy("Write"),
    "Permissions management": gettext_lazy("Permissions management"),
    "Tagging": gettext_lazy("Tagging"),
    "": gettext_lazy("Other"),
}
# What is decided of an action, what may be done first.
EXTENTS = {
    "full": gettext_lazy("Allowed"),
    "some": gettext_lazy("On some resources, or conditionally"),
    "denied": gettext_lazy("Denied"),
    "none": gettext_lazy("Not allowed"),
}
LIMITS = {Layer.SCP.value, Layer.RCP.value}
IN_SIGHT = 12  # actions of what is not allowed anyway that are shown before the rest is unfolded


def _extent(permission: dict[str, Any]) -> str:
    if permission["Decision"] == "allowed":
        return "full"
    if permission["IsConditional"]:
        return "some"
    return "denied" if permission["Decision"] == "explicitDeny" else "none"


def _words(permission: dict[str, Any]) -> list[str]:
    return [f"{word['PolicyName']}:{word['StartLine']}" for word in permission["Statements"]]


COLUMNS = (
    Column("action", gettext_lazy("Action"), lambda one: one["ActionName"]),
    Column("level", gettext_lazy("Access level"), lambda one: one.get("AccessLevel", "")),
    Column("access", gettext_lazy("Access"), lambda one: str(EXTENTS[_extent(one)])),
    Column("statements", gettext_lazy("Statements"), _words),
)


@dataclass(frozen=True, slots=True)
class Group:
    """Actions of a level of which the same is decided, by the same statements.

    `limit` is the layer of the organization that decides, if one does.
    """

    extent: str
    statements: list[dict[str, Any]]
    limit: str
    actions: list[str]

    @property
    def label(self) -> str:
        return str(EXTENTS[self.extent])

    @property
    def shown(self) -> list[str]:
        return self.actions[:IN_SIGHT] if self.extent == "none" else self.actions

    @property
    def rest(self) -> list[str]:
        return self.actions[len(self.shown) :]


@dataclass(frozen=True, slots=True)
class Level:
    """The actions of one access level; `count` of them, of which `allowed` somewhere."""

    name: str
    count: int
    allowed: int
    groups: list[Group]

    @property
    def label(self) -> str:
        return str(LEVELS.get(self.name, self.name))


@require_safe
def access_cell(request: ConsoleRequest, service: str, arn: str) -> HttpResponseBase:
    """By access level and, within it, by what is decided and why: what is alike is told once."""
    asked: Params = {"PrincipalArn": arn, "ServiceNamespaces": [service]}
    query = request.GET.get("q", "").strip()
    show = request.GET.get("show", "")
    show = show if show in EXTENTS else ""
    denied = request.ask.may(found=("GetEffectivePermissions", asked))["found"]
    page: dict[str, Any] = {
        "principal": shown(arn, "Role" if ":role/" in arn else "User"),
        "service": service,
        "query": query,
        "show": show,
        "extents": EXTENTS.items(),
        "denied": "" if denied else denied.message,
    }
    if denied:
        pages = every_page(request.ask, "GetEffectivePermissions", "Permissions", asked)
        found = ([one for one in some if _fits(one, query, show)] for some in pages)
        if kind := request.GET.get("export", ""):
            return as_file(f"{page['principal'].name}-{service}", kind, COLUMNS, found)
        rows = [one for some in found for one in some]
        page |= {"levels": _levels(rows), "count": len(rows), **file_urls(request)}
    return render(request, "policies/access_cell.html", page)


def _fits(permission: dict[str, Any], query: str, show: str) -> bool:
    named = query.lower() in permission["ActionName"].lower()
    return named and (not show or _extent(permission) == show)


def _levels(permissions: Iterable[dict[str, Any]]) -> list[Level]:
    by_level: dict[str, list[dict[str, Any]]] = {}
    for one in permissions:
        by_level.setdefault(one.get("AccessLevel", "").partition(",")[0], []).append(one)
    known = list(LEVELS)
    return [
        Level(
            name,
            len(held),
            sum(_extent(one) in ("full", "some") for one in held),
            _groups(held),
        )
        for name, held in sorted(
            by_level.items(),
            key=lambda item: known.index(item[0]) if item[0] in known else len(known),
        )
    ]


def _groups(permissions: Iterable[dict[str, Any]]) -> list[Group]:
    found: dict[tuple[Any, ...], Group] = {}
    for one in permissions:
        layer = one["DecidingLayer"]
        limit = layer if layer in LIMITS and one["Decision"] != "allowed" else ""
        words = [(word["PolicyName"], word.get("SourceName", ""), word["StatementIndex"])
                 for word in one["Statements"]]  # fmt: skip
        key = (_extent(one), limit, *words)
        if key not in found:
            statements = [{**word, "Url": statement_url(word)} for word in one["Statements"]]
            found[key] = Group(key[0], statements, limit, [])
        found[key].actions.append(one["ActionName"])
    order = list(EXTENTS)
    return sorted(found.values(), key=lambda group: order.index(group.extent))
