"""The palette: users, groups, roles, policies and pages by name, and any ARN or id pasted in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.navigation import PLACES

MOST = 6  # hits of each kind
LOOKED_AT = 1000  # entities of each kind that a search looks at
ENTITY = re.compile(r"arn:aws:iam::(\d{12}|aws):(user|group|role|policy)(/.*)")


@dataclass(frozen=True, slots=True)
class Hit:
    label: str | Promise
    url: str
    icon: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class HitGroup:
    title: str
    hits: list[Hit]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of entity that can be searched: its list operation and what its rows are called."""

    name: str
    operation: str
    member: str
    icon: str
    params: Params

    def url(self, row: dict[str, Any]) -> str:
        key = row["Arn"] if self.name == "Policy" else row[f"{self.name}Name"]
        return reverse(f"console:{self.name.lower()}", args=[key])


KINDS = (
    Kind("User", "ListUsers", "Users", "user", {}),
    Kind("Group", "ListGroups", "Groups", "users-group", {}),
    Kind("Role", "ListRoles", "Roles", "id-badge-2", {}),
    Kind("Policy", "ListPolicies", "Policies", "shield", {"Scope": "All"}),
)


@require_safe
def search(request: ConsoleRequest) -> HttpResponseBase:
    """The whole page, or for the palette just the results; an exact ARN goes straight there."""
    query = request.GET.get("q", "").strip()
    htmx: Any = getattr(request, "htmx", None)
    address = arn_address(query)
    if address and not htmx:
        return HttpResponseRedirect(address)
    context = {"query": query, "groups": list(found(request, query, address))}
    template = "console/palette_results.html" if htmx else "console/search.html"
    return render(request, template, context)


def arn_address(text: str) -> str:
    """The page of the entity that the ARN `text` names, or ""."""
    known = ENTITY.fullmatch(text)
    if not known:
        return ""
    _account, kind, path = known.groups()
    name = text if kind == "policy" else path.rpartition("/")[2]
    try:
        return reverse(f"console:{kind}", args=[name]) if name else ""
    except NoReverseMatch:  # no name has such characters
        return ""


def found(request: ConsoleRequest, query: str, address: str) -> Iterable[HitGroup]:
    if address:
        yield HitGroup(_("Go to"), [Hit(query, address, "arrow-right")])
        return
    wanted = query.casefold()
    if wanted:
        yield from _entities(request, wanted)
    pages = [
        Hit(place.label, place.url, place.icon, place.key)
        for place in PLACES
        if wanted in str(place.label).casefold()
    ]
    pages += [hit for hit in _deeds() if wanted in str(hit.label).casefold()]
    if pages:
        yield HitGroup(_("Pages"), pages)


def _entities(request: ConsoleRequest, wanted: str) -> Iterable[HitGroup]:
    asked = {kind.name: (kind.operation, {**kind.params, "MaxItems": LOOKED_AT}) for kind in KINDS}
    answers = request.ask.see(**asked)
    for kind in KINDS:
        rows = answers[kind.name].result.get(kind.member, [])
        hits = [
            Hit(row[f"{kind.name}Name"], kind.url(row), kind.icon, row["Path"].strip("/"))
            for row in rows
            if wanted in row[f"{kind.name}Name"].casefold()
            or wanted == row[f"{kind.name}Id"].casefold()
        ]
        if hits:
            hits.sort(key=lambda hit: not str(hit.label).casefold().startswith(wanted))
            yield HitGroup(_(kind.member), hits[:MOST])


def _deeds() -> list[Hit]:
    return [
        Hit(_("Create user"), reverse("console:create-user"), "plus"),
        Hit(_("Create group"), reverse("console:create-group"), "plus"),
        Hit(_("Create role"), reverse("console:create-role"), "plus"),
        Hit(_("Create policy"), reverse("console:create-policy"), "plus"),
        Hit(_("Create access key for myself"), reverse("console:create-own-key"), "key"),
        Hit(_("Change my password"), reverse("console:change-password"), "password-user"),
        Hit(_("Set the account alias"), reverse("console:set-alias"), "building"),
    ]
