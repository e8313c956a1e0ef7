"""The palette: whatever has a page, by name, and any ARN or id pasted in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.asking import ConsoleRequest
from iamsite.console.navigation import PLACES
from iamsite.console.viewer import viewer_of
from iamsite.operations import OperationError

MOST = 6  # hits of each kind
LONGEST = 2048
DECISION = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DELEGATION = re.compile(r"arn:aws:iam::\d{12}:delegation-request/([\w-]{16,128})")
ENTITY = re.compile(r"arn:aws:iam::(\d{12}|aws):(user|group|role|policy)(/.*)")
ACCOUNT = re.compile(
    r"(?:arn:aws:iam::(?=\d{12}:root)|arn:aws:organizations::\d{12}:account/o-[0-9a-z]+/)?(\d{12})(?::root)?"
)
WORKLOAD = re.compile(r"arn:aws:portal::(\d{12}):workload/([\w+=,.@-]{1,64})")
_OF_ORGANIZATION = r"arn:aws:organizations::(?:\d{12}|aws)"
# ARNs of an organization, each with the route of its page; a group is its part of the address.
ORGANIZATIONS = (
    (re.compile(rf"{_OF_ORGANIZATION}:organization/o-[0-9a-z]+"), "organization"),
    (
        re.compile(rf"{_OF_ORGANIZATION}:(?:root|ou)/o-[0-9a-z]+/([0-9a-z-]+)"),
        "organization-node",
    ),
    (
        re.compile(rf"{_OF_ORGANIZATION}:policy/(?:o-[0-9a-z]+/)?\w+/(p-\w+)"),
        "organization-policy",
    ),
)
ORGANIZATION, ROOT = re.compile(r"o-[0-9a-z]{10,32}"), re.compile(r"r-[0-9a-z]{4,32}")
LIMIT = re.compile(r"p-\w{8,128}")
UNIT = re.compile(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")
ACTION = re.compile(r"([a-z0-9-]+):([a-z0-9]*)")


@dataclass(frozen=True, slots=True)
class Hit:
    label: str | Promise
    url: str
    icon: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class HitGroup:
    title: str | Promise
    hits: list[Hit]


class Kind(NamedTuple):
    """What a group of hits is called, their icon, and the route of a page with the member of a
    match that names it there."""

    title: str | Promise
    icon: str
    route: str
    key: str


# By the kind that Search tells.
KINDS = {
    "User": Kind(gettext_lazy("Users"), "user", "user", "Name"),
    "Group": Kind(gettext_lazy("Groups"), "users-group", "group", "Name"),
    "Role": Kind(gettext_lazy("Roles"), "id-badge-2", "role", "Name"),
    "Policy": Kind(gettext_lazy("Policies"), "shield", "policy", "Arn"),
    "Service": Kind(gettext_lazy("Services"), "box", "service", "Name"),
    "Workload": Kind(gettext_lazy("Workloads"), "terminal-2", "workload", "Name"),
    "Resource": Kind(gettext_lazy("Resources"), "database", "resource", "Arn"),
    "IdentityProvider": Kind(
        gettext_lazy("Identity providers"), "plug-connected", "provider", "Arn"
    ),
}


@require_safe
def search(request: ConsoleRequest) -> HttpResponseBase:
    """The whole page, or for the palette just the results; an exact ARN goes straight there."""
    query = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    htmx: Any = getattr(request, "htmx", None)
    viewer = viewer_of(request)
    address = arn_address(query, viewer.account if viewer else "")
    if address and not htmx:
        return HttpResponseRedirect(address)
    matches = [] if address else matching(request, query)
    if not htmx and len(matches) == 1 and _is_id(query, matches[0]):
        return HttpResponseRedirect(_url(matches[0]))
    groups = [] if address else [*accounts(request, query), *actions(request, query)]
    context = {"query": query, "groups": [*groups, *found(query, address, matches)]}
    template = "console/search.html#results" if htmx else "console/search.html"
    return render(request, template, context)


def _is_id(query: str, match: dict[str, Any]) -> bool:
    """Whether the one match was found by an id of whatever kind, and not by a part of its name."""
    return query == match["Arn"] or query.casefold() not in match["Name"].casefold()


def arn_address(text: str, account: str) -> str:
    """The page of what the ARN `text` names for `account`, or of the decision with that id; or
    ""."""
    if DECISION.fullmatch(text):
        return reverse("console:decision", args=[text])
    if asked := DELEGATION.fullmatch(text):
        return reverse("console:delegation-request", args=[asked[1]])
    for pattern, route in ORGANIZATIONS:
        if named := pattern.fullmatch(text):
            return reverse(f"console:{route}", args=named.groups())
    if (workload := WORKLOAD.fullmatch(text)) and workload[1] == account:
        return reverse("console:workload", args=[workload[2]])
    known = ENTITY.fullmatch(text)
    if not known:
        return ""
    owner, kind, path = known.groups()
    if owner != account and (owner, kind) != ("aws", "policy"):
        return ""  # what has its name here is something else
    name = text if kind == "policy" else path.rpartition("/")[2]
    try:
        return reverse(f"console:{kind}", args=[name]) if name else ""
    except NoReverseMatch:  # no name has such characters
        return ""


def matching(request: ConsoleRequest, query: str) -> list[dict[str, Any]]:
    """The entities that a search finds, as operation Search tells them."""
    if not query:
        return []
    answer = request.ask.see(found=("Search", {"Query": query}))["found"]
    matches: list[dict[str, Any]] = answer.result.get("Matches", [])
    return matches


def accounts(request: ConsoleRequest, query: str) -> Iterable[HitGroup]:
    """The viewer's own account or one of its organization, by its id or its root user's ARN; or
    what else the organization has by that id, and itself."""
    named, viewer = ACCOUNT.fullmatch(query), viewer_of(request)
    if named and viewer and named[1] == viewer.account:
        own = Hit(viewer.account_name or named[1], reverse("console:account"), "building")
        yield HitGroup(_("Accounts"), [own])
        return
    route, named_so = "organization-node", []
    if named:
        named_so = [*_known(request, "organizations:DescribeAccount", AccountId=named[1]).values()]
    elif UNIT.fullmatch(query):
        asked = {"OrganizationalUnitId": query}
        named_so = [*_known(request, "organizations:DescribeOrganizationalUnit", **asked).values()]
    elif ROOT.fullmatch(query):
        named_so = _known(request, "organizations:ListRoots").get("Roots", [])
    elif LIMIT.fullmatch(query):
        found = _known(request, "organizations:DescribePolicy", PolicyId=query)
        route, named_so = "organization-policy", [one["PolicySummary"] for one in found.values()]
    elif ORGANIZATION.fullmatch(query):
        found = _known(request, "organizations:DescribeOrganization")
        named_so = [{**one, "Name": _("Organization")} for one in found.values()]
        route = "organization"
    hits = [
        Hit(one["Name"], _page(route, one["Id"]), "building", one["Id"])
        for one in named_so
        if one["Id"] == (named[1] if named else query)
    ]
    if hits:
        yield HitGroup(_("Organization"), hits)


def _page(route: str, name: str) -> str:
    return reverse(f"console:{route}", args=[] if route == "organization" else [name])


def actions(request: ConsoleRequest, query: str) -> Iterable[HitGroup]:
    """The actions of a service that begin as the query does, each with who can do it."""
    begun = ACTION.fullmatch(query.lower())
    if begun is None:
        return
    prefix, name = begun.groups()
    service = _known(request, "GetServiceReference", ServicePrefix=prefix)
    named = sorted(
        (
            one["ActionName"]
            for one in service.get("Actions", ())
            if one["ActionName"].lower().startswith(name)
        ),
        key=len,
    )
    hits = [
        Hit(
            f"{prefix}:{action}",
            f"{reverse('console:who-can')}?{urlencode({'action': f'{prefix}:{action}'})}",
            "user-search",
            str(_("Who can")),
        )
        for action in named[:MOST]
    ]
    if hits:
        yield HitGroup(_("Actions"), hits)


def _known(request: ConsoleRequest, operation: str, **params: str) -> dict[str, Any]:
    """What an operation tells; nothing where the viewer may not ask or there is no such thing."""
    try:
        return request.ask.see(known=(operation, params))["known"].result
    except OperationError:
        return {}


def found(query: str, address: str, matches: Sequence[dict[str, Any]]) -> Iterable[HitGroup]:
    if address:
        hits = [Hit(query, address, "arrow-right")]
        if DECISION.fullmatch(query):
            requested = f"{reverse('console:activity')}?{urlencode({'request': query})}"
            hits = [
                Hit(_("The decision with this id"), address, "arrow-right"),
                Hit(_("What the request with this id did"), requested, "arrow-right"),
                Hit(
                    _("The finding with this id"),
                    reverse("console:finding", args=[query]),
                    "arrow-right",
                ),
            ]
        yield HitGroup(_("Go to"), hits)
        return
    yield from _entities(matches)
    wanted = query.casefold()
    pages = [
        Hit(place.label, place.url, place.icon, place.key)
        for place in PLACES
        if wanted in str(place.label).casefold()
    ]
    pages += [hit for hit in _deeds() if wanted in str(hit.label).casefold()]
    if pages:
        yield HitGroup(_("Pages"), pages)


def _entities(matches: Sequence[dict[str, Any]]) -> Iterable[HitGroup]:
    for name, kind in KINDS.items():
        of_kind = [match for match in matches if match["Type"] == name]
        hits = [
            Hit(
                match["Name"],
                _url(match),
                kind.icon,
                path if (path := match.get("Path", "/")) != "/" else "",
            )
            for match in of_kind[:MOST]
        ]
        if hits:
            yield HitGroup(kind.title, hits)


def _url(match: dict[str, Any]) -> str:
    kind = KINDS[match["Type"]]
    return reverse(f"console:{kind.route}", args=[match[kind.key]])


def _deeds() -> list[Hit]:
    return [
        Hit(_("Create user"), reverse("console:create-user"), "plus"),
        Hit(_("Import users"), reverse("console:import-users"), "upload"),
        Hit(_("Create group"), reverse("console:create-group"), "plus"),
        Hit(_("Create role"), reverse("console:create-role"), "plus"),
        Hit(_("Create policy"), reverse("console:create-policy"), "plus"),
        Hit(_("Create access key for myself"), reverse("console:create-own-key"), "key"),
        Hit(_("Change my password"), reverse("console:change-password"), "lock-password"),
        Hit(_("Add security key or passkey"), reverse("console:add-key"), "fingerprint"),
        Hit(_("Edit the password policy"), reverse("console:set-password-policy"), "lock-password"),
        Hit(_("Set the account alias"), reverse("console:set-alias"), "building"),
    ]
