"""The account's trail: what was changed or refused, by whom, from where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.asking import Answer, Asking, ConsoleRequest, is_dialog
from iamsite.console.export import as_file, file_urls
from iamsite.console.filters import filters_of
from iamsite.console.listing import address, every_page
from iamsite.console.table import file_columns

# The URL's filters and the parameters that they fill.
FILTERS = {
    "operation": "EventName",
    "principal": "PrincipalArn",
    "resource": "ResourceArn",
    "request": "RequestId",
    "outcome": "Outcome",
}
RECENT = 8
PAGE_SIZE = 50


COLUMNS = file_columns(
    ("EventTime", gettext_lazy("When")),
    ("EventName", gettext_lazy("What")),
    ("EventSource", gettext_lazy("Service")),
    ("PrincipalArn", gettext_lazy("Who")),
    ("Resources", gettext_lazy("On")),
    ("Outcome", gettext_lazy("Outcome")),
    ("Message", gettext_lazy("Message")),
    ("SourceIPAddress", gettext_lazy("From")),
    ("UserAgent", gettext_lazy("Client")),
    ("Face", gettext_lazy("Through")),
    ("AccessKeyId", gettext_lazy("Access key")),
    ("RequestId", gettext_lazy("Request id")),
    ("DecisionId", gettext_lazy("Decision id")),
    ("Sequence", gettext_lazy("Number")),
)


@dataclass(frozen=True, slots=True)
class Bar:
    """An interval of the chart; places and sizes are in the units of its drawing."""

    x: float
    width: float
    height: float
    failed: float
    title: str

    @property
    def y(self) -> float:
        return CHART_HEIGHT - self.height

    @property
    def failed_y(self) -> float:
        return CHART_HEIGHT - self.failed


CHART_WIDTH, CHART_HEIGHT = 600, 48


def recent_events(ask: Asking) -> Answer:
    return ask.see(events=("ListEvents", {"MaxItems": RECENT}))["events"]


@require_safe
def activity(request: ConsoleRequest) -> HttpResponseBase:
    filters = filters_of(request, FILTERS, ["User"])
    asked = filters.params
    if kind := request.GET.get("export", ""):
        pages = every_page(request.ask, "ListEvents", "Events", asked)
        return as_file("activity", kind, COLUMNS, pages)
    paged = {**asked, "MaxItems": PAGE_SIZE}
    if request.GET.get("marker"):
        paged["Marker"] = request.GET["marker"]
    seen = request.ask.see(
        events=("ListEvents", paged), status=("GetTrailStatus", {}), counts=("CountEvents", asked)
    )
    marker = seen["events"].result.get("Marker", "")
    context = {
        **seen,
        "filters": filters,
        "chosen": filters.chosen,
        "may": request.ask.may(verify=("VerifyTrail", {})),
        "chart": chart(seen["counts"].result),
        "next_url": address(request, marker=marker) if marker else "",
        "first_url": address(request, marker="") if request.GET.get("marker") else "",
        **file_urls(request),
    }
    return render(request, "accounts/activity.html", context)


@require_safe
def activity_chart(request: ConsoleRequest) -> HttpResponse:
    """The last month's chart alone, for the dashboard: it takes the longer the more there is."""
    counts = request.ask.see(counts=("CountEvents", {}))["counts"]
    context = {"chart": chart(counts.result), "denied": counts.denied}
    return render(request, "accounts/activity_chart.html", context)


def chart(counted: dict[str, Any]) -> dict[str, Any]:
    """Activity over time as bars to draw; empty when there is none."""
    counts = counted.get("Counts", [])
    most = max((one["EventCount"] for one in counts), default=0)
    if not most:
        return {}
    hourly = counted["IntervalSeconds"] < timedelta(days=1).total_seconds()
    step = CHART_WIDTH / len(counts)
    return {
        "bars": [
            Bar(
                round(number * step, 2),
                round(step * 0.75, 2),
                round(one["EventCount"] / most * CHART_HEIGHT, 2),
                round(one["FailureCount"] / most * CHART_HEIGHT, 2),
                _("%(time)s: %(count)d events, %(failed)d refused")
                % {
                    "time": one["StartTime"].strftime("%Y-%m-%d %H:%M" if hourly else "%Y-%m-%d"),
                    "count": one["EventCount"],
                    "failed": one["FailureCount"],
                },
            )
            for number, one in enumerate(counts)
        ],
        "most": most,
        "hourly": hourly,
        "width": CHART_WIDTH,
        "height": CHART_HEIGHT,
        "first": counts[0]["StartTime"],
        "last": counts[-1]["StartTime"],
        "events": sum(one["EventCount"] for one in counts),
        "failures": sum(one["FailureCount"] for one in counts),
    }


@require_safe
def verify_trail(request: ConsoleRequest) -> HttpResponse:
    """Computes the chain of the whole trail anew and says whether it holds."""
    template = f"accounts/verify_trail{'_dialog' if is_dialog(request) else ''}.html"
    return render(request, template, request.ask.perform("VerifyTrail"))
