"""Access advisor: when each service that somebody's policies grant was last tried, and by whom.

The report that a page has made is named in the links of the page, so that its other parts are
about the same moment; one that has expired is made anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from iamsite.console.asking import Answer, ConsoleRequest, Params
from iamsite.console.listing import PAGE_SIZE, address
from iamsite.operations import OperationError

TAB = "access"
SHOWN: dict[str, str | Promise] = {
    "": _("All services"),
    "used": _("Used"),
    "unused": _("Not used"),
}


@dataclass(frozen=True, slots=True)
class Use:
    """A service or action, and its last attempt: None in `at` if there was none."""

    name: str
    namespace: str
    at: datetime | None
    region: str = ""
    by: str = ""
    count: int = 0
    policies: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """What the tab shows: the services of one page, or one service's actions and entities."""

    denied: str = ""
    rows: Sequence[Use] = ()
    total: int = 0
    used: int = 0
    granted: int = 0
    shown: str = ""
    query: str = ""
    service: Use | None = None
    actions: Sequence[Use] = ()
    untried: Sequence[str] = ()
    entities: Answer | None = None
    policies_denied: str = ""
    urls: dict[str, str] = field(default_factory=dict)

    @property
    def choices(self) -> list[tuple[str, str | Promise, int]]:
        counts = {"": self.granted, "used": self.used, "unused": self.granted - self.used}
        return [(name, label, counts[name]) for name, label in SHOWN.items()]


def advice(request: ConsoleRequest, arn: str) -> Advice:
    """The tab of the user, group, role or policy with that ARN."""
    verdicts = request.ask.may(
        make=("GenerateServiceLastAccessedDetails", {"Arn": arn}),
        read=("GetServiceLastAccessedDetails", {"JobId": "x" * 36}),
    )
    refused = next((one.message for one in verdicts.values() if not one), "")
    if refused:
        return Advice(denied=refused)
    job, services = _report(request, arn)
    wanted = request.GET.get("service", "")
    chosen = next((one for one in services if one["ServiceNamespace"] == wanted), None)
    if chosen is not None:
        return _of_service(request, arn, job, chosen)
    return _of_all(request, arn, job, [_use(one) for one in services])


def _report(request: ConsoleRequest, arn: str) -> tuple[str, list[dict[str, Any]]]:
    """The report that the address names, or a new one, and all of its services."""
    job = request.GET.get("job", "")
    if len(job) == 36:
        try:
            return job, _services(request, job)
        except OperationError as error:
            if error.code != "NoSuchEntity":
                raise
    asked = {"Arn": arn, "Granularity": "ACTION_LEVEL"}
    job = str(request.ask.perform("GenerateServiceLastAccessedDetails", asked)["JobId"])
    return job, _services(request, job)


def _services(request: ConsoleRequest, job: str) -> list[dict[str, Any]]:
    return request.ask.everything(
        "GetServiceLastAccessedDetails", "ServicesLastAccessed", {"JobId": job}
    )


def _use(service: dict[str, Any], policies: Sequence[dict[str, Any]] = ()) -> Use:
    return Use(
        service["ServiceName"],
        service["ServiceNamespace"],
        service.get("LastAuthenticated"),
        service.get("LastAuthenticatedRegion", ""),
        service.get("LastAuthenticatedEntity", ""),
        service.get("TotalAuthenticatedEntities", 0),
        policies,
    )


def _of_all(request: ConsoleRequest, arn: str, job: str, services: list[Use]) -> Advice:
    shown = request.GET.get("show", "")
    query = request.GET.get("q", "").strip()
    wanted = query.casefold()
    found = [
        one
        for one in services
        if (shown not in ("used", "unused") or (one.at is not None) is (shown == "used"))
        and (wanted in one.name.casefold() or wanted in one.namespace)
    ]
    # What was used comes first, the latest at the top.
    found.sort(key=lambda one: (one.at is None, -(one.at.timestamp() if one.at else 0)))
    start = _start(request.GET.get("from", ""))
    page = found[start : start + PAGE_SIZE]
    granting, refused = _granting(request, arn, [one.namespace for one in page])
    more = start + PAGE_SIZE < len(found)
    return Advice(
        rows=[_with(one, granting.get(one.namespace, ())) for one in page],
        total=len(found),
        used=sum(one.at is not None for one in services),
        granted=len(services),
        shown=shown,
        query=query,
        policies_denied=refused,
        urls={
            "job": job,
            "next": address(request, job=job, **{"from": str(start + PAGE_SIZE)}) if more else "",
            "first": address(request, job=job, **{"from": ""}) if start else "",
            "clear": f"{request.path}?tab={TAB}&job={job}",
        },
    )


def _with(use: Use, policies: Sequence[dict[str, Any]]) -> Use:
    return Use(use.name, use.namespace, use.at, use.region, use.by, use.count, policies)


def _granting(
    request: ConsoleRequest, arn: str, namespaces: list[str]
) -> tuple[dict[str, list[dict[str, Any]]], str]:
    """The policies that grant each service, and why they are not shown if they are not.

    A policy grants by itself alone, so nothing is asked about one.
    """
    if ":policy/" in arn or not namespaces:
        return {}, ""
    asked: Params = {"Arn": arn, "ServiceNamespaces": namespaces}
    answer = request.ask.see(granting=("ListPoliciesGrantingServiceAccess", asked))["granting"]
    entries = answer.result.get("PoliciesGrantingServiceAccess", [])
    return {one["ServiceNamespace"]: one["Policies"] for one in entries}, answer.denied


def _of_service(request: ConsoleRequest, arn: str, job: str, service: dict[str, Any]) -> Advice:
    granting, refused = _granting(request, arn, [service["ServiceNamespace"]])
    use = _use(service, granting.get(service["ServiceNamespace"], ()))
    actions = [
        Use(
            one["ActionName"],
            use.namespace,
            one.get("LastAccessedTime"),
            one.get("LastAccessedRegion", ""),
            one.get("LastAccessedEntity", ""),
        )
        for one in service.get("TrackedActionsLastAccessed", ())
    ]
    tried = [(one.at, one) for one in actions if one.at is not None]
    entities = None
    if ":policy/" in arn or ":group/" in arn:
        asked: Params = {"JobId": job, "ServiceNamespace": use.namespace, "MaxItems": PAGE_SIZE}
        if request.GET.get("marker"):
            asked["Marker"] = request.GET["marker"]
        name = "GetServiceLastAccessedDetailsWithEntities"
        entities = request.ask.see(entities=(name, asked))["entities"]
    after = entities.result.get("Marker", "") if entities else ""
    return Advice(
        service=use,
        actions=[one for _at, one in sorted(tried, key=lambda pair: pair[0], reverse=True)],
        untried=[one.name for one in actions if one.at is None],
        entities=entities,
        policies_denied=refused,
        urls={
            "all": f"{request.path}?tab={TAB}&job={job}",
            "next": address(request, job=job, marker=after) if after else "",
            "first": address(request, job=job, marker="") if request.GET.get("marker") else "",
        },
    )


def _start(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0
