"""What accounts of the organization last accessed, of what service control policies let them.

The report that a page has made is named in its links, as the access advisor's is
(policies/console/access_advisor.py); one that has expired is made anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.console.organization.looking import SCP, Node, all_of, node_of, path_to, standing
from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.export import as_file
from iamsite.console.forms import Text
from iamsite.console.listing import PAGE_SIZE, address
from iamsite.console.table import file_columns
from iamsite.operations import OperationError

GENERATE, GET = "GenerateOrganizationsAccessReport", "GetOrganizationsAccessReport"
SHOWN: dict[str, Text] = {
    "": gettext_lazy("All services"),
    "used": gettext_lazy("Used"),
    "unused": gettext_lazy("Not used"),
}
COLUMNS = file_columns(
    ("ServiceName", gettext_lazy("Service")),
    ("ServiceNamespace", gettext_lazy("Namespace")),
    ("LastAuthenticatedTime", gettext_lazy("Last accessed")),
    ("Region", gettext_lazy("Region")),
    ("EntityPath", gettext_lazy("By")),
    ("TotalAuthenticatedEntities", gettext_lazy("Accounts")),
)
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Report:
    """`services` as GetOrganizationsAccessReport gives them, all of them."""

    job: str
    made: datetime
    services: Sequence[dict[str, Any]]

    @property
    def used(self) -> int:
        return sum("LastAuthenticatedTime" in one for one in self.services)


@require_safe
def access_report(request: ConsoleRequest, node: str) -> HttpResponseBase:
    found = standing(request)
    one = node_of(request.ask, node)
    path = path_to(request.ask, one)
    organization = (found.organization or {}).get("Id", "")
    policy = request.GET.get("policy", "")
    asked: Params = {"EntityPath": "/".join([organization, *(step.id for step in path)])}
    if policy:
        asked["OrganizationsPolicyId"] = policy
    context: dict[str, Any] = {"node": one, "path": path, "policy": policy}
    verdicts = request.ask.may(make=(GENERATE, asked), read=(GET, {"JobId": "x" * 36}))
    context["denied"] = next((verdict.message for verdict in verdicts.values() if not verdict), "")
    if not context["denied"]:
        try:
            report = _report(request, asked)
        except OperationError as error:
            if error.status >= 500 or error.code in ("ExpiredToken", "MissingAuthenticationToken"):
                raise
            context["problem"] = error
        else:
            services = _chosen(request, report)
            if kind := request.GET.get("export", ""):
                return as_file(f"access-{one.id}", kind, COLUMNS, iter([services]))
            context |= _told(request, one, report, services)
    return render(request, "accounts/organization/access.html", context)


def _report(request: ConsoleRequest, asked: Params) -> Report:
    """The report that the address names, or a new one."""
    job = request.GET.get("job", "")
    if len(job) == 36:
        try:
            return _read(request, job)
        except OperationError as error:
            if error.code != "NoSuchEntity":
                raise
    return _read(request, str(request.ask.perform(GENERATE, asked)["JobId"]))


def _read(request: ConsoleRequest, job: str) -> Report:
    made = request.ask.perform(GET, {"JobId": job, "MaxItems": 1})["JobCreationDate"]
    return Report(job, made, request.ask.everything(GET, "AccessDetails", {"JobId": job}))


def _chosen(request: ConsoleRequest, report: Report) -> list[dict[str, Any]]:
    """The services that the address asks for: the latest first, or by name."""
    shown = request.GET.get("show", "")
    wanted = request.GET.get("q", "").strip().casefold()
    rows = [
        one
        for one in report.services
        if (shown not in ("used", "unused") or ("EntityPath" in one) is (shown == "used"))
        and (wanted in one["ServiceName"].casefold() or wanted in one["ServiceNamespace"])
    ]
    if request.GET.get("sort") == "name":
        return sorted(rows, key=lambda one: str(one["ServiceName"]).casefold())
    return sorted(rows, key=lambda one: one.get("LastAuthenticatedTime", NEVER), reverse=True)


def _told(
    request: ConsoleRequest, node: Node, report: Report, services: list[dict[str, Any]]
) -> dict[str, Any]:
    names = {one["Id"]: one["Name"] for one in all_of(request.ask, "ListAccounts", "Accounts")}
    start = _start(request.GET.get("from", ""))
    more = start + PAGE_SIZE < len(services)
    counts = {"": len(report.services), "used": report.used}
    counts["unused"] = counts[""] - counts["used"]
    return {
        "report": report,
        "rows": [
            {**one, "account": account, "account_name": names.get(account) or account}
            for one in services[start : start + PAGE_SIZE]
            for account in (one.get("EntityPath", "").rpartition("/")[2],)
        ],
        "total": len(services),
        "query": request.GET.get("q", "").strip(),
        "sort": request.GET.get("sort", ""),
        "shown": request.GET.get("show", ""),
        "choices": [(name, label, counts[name]) for name, label in SHOWN.items()],
        "policies": all_of(request.ask, "ListPolicies", "Policies", Filter=SCP),
        "next_url": address(request, job=report.job, **{"from": str(start + PAGE_SIZE)})
        if more
        else "",
        "first_url": address(request, job=report.job, **{"from": ""}) if start else "",
        "by_name": address(request, job=report.job, sort="name", **{"from": ""}),
        "by_time": address(request, job=report.job, sort="", **{"from": ""}),
        "again": address(request, job="", **{"from": ""}),
        "csv_url": address(request, job=report.job, export="csv", **{"from": ""}),
        "json_url": address(request, job=report.job, export="json", **{"from": ""}),
    }


def _start(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0
