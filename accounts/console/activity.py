"""The account's trail: what was changed or refused, by whom, from where."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from iamsite.console.asking import Answer, Asking, ConsoleRequest, Params, is_dialog
from iamsite.console.listing import address

# The URL's filters and the parameters that they fill.
FILTERS = {
    "operation": "EventName",
    "principal": "PrincipalArn",
    "resource": "ResourceArn",
    "outcome": "Outcome",
}
RECENT = 8
PAGE_SIZE = 50


def recent_events(ask: Asking) -> Answer:
    return ask.see(events=("ListEvents", {"MaxItems": RECENT}))["events"]


@require_safe
def activity(request: ConsoleRequest) -> HttpResponse:
    asked: Params = {"MaxItems": PAGE_SIZE}
    chosen: dict[str, Any] = {}
    for name, parameter in FILTERS.items():
        value = request.GET.get(name, "").strip()
        chosen[name] = value
        if value:
            asked[parameter] = value
    if request.GET.get("marker"):
        asked["Marker"] = request.GET["marker"]
    events = request.ask.see(events=("ListEvents", asked))["events"]
    marker = events.result.get("Marker", "")
    context = {
        "events": events,
        "chosen": chosen,
        "filtered": any(chosen.values()),
        "may": request.ask.may(verify=("VerifyTrail", {})),
        "next_url": address(request, marker=marker) if marker else "",
        "first_url": address(request, marker="") if request.GET.get("marker") else "",
    }
    return render(request, "accounts/activity.html", context)


@require_safe
def verify_trail(request: ConsoleRequest) -> HttpResponse:
    """Computes the chain of the whole trail anew and says whether it holds."""
    template = f"accounts/verify_trail{'_dialog' if is_dialog(request) else ''}.html"
    return render(request, template, request.ask.perform("VerifyTrail"))
