"""The decisions on record: what was denied to whom, by which layer, how often."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.asking import ConsoleRequest, unauthenticated
from iamsite.console.constraints import in_words
from iamsite.console.export import as_file, file_urls
from iamsite.console.filters import filters_of
from iamsite.console.forms import Text
from iamsite.console.listing import PAGE_SIZE, Listing, address, every_page
from iamsite.console.table import file_columns
from iamsite.console.templatetags.ladder import LAYERS
from iamsite.operations import OperationError

# The address's filters and the parameters that they fill.
FILTERS = {
    "action": "ActionName",
    "principal": "PrincipalArn",
    "resource": "ResourceArn",
    "decision": "Decision",
    "layer": "DecidingLayer",
}
# Without a choice, whatever was denied.
DECISIONS: dict[str, Text] = {
    "": gettext_lazy("Denied"),
    "explicitDeny": gettext_lazy("Denied by an explicit deny"),
    "implicitDeny": gettext_lazy("Denied: nothing allows it"),
    "allowed": gettext_lazy("Allowed"),
}


COLUMNS = file_columns(
    ("LastDate", gettext_lazy("Last")),
    ("ActionName", gettext_lazy("Action")),
    ("PrincipalArn", gettext_lazy("Who")),
    ("ResourceArn", gettext_lazy("On")),
    ("Decision", gettext_lazy("Decision")),
    ("DecidingLayer", gettext_lazy("Decided by")),
    ("Count", gettext_lazy("Times")),
    ("FirstDate", gettext_lazy("First")),
    ("EventName", gettext_lazy("Operation")),
    ("Face", gettext_lazy("Through")),
    ("Message", gettext_lazy("Message")),
    ("DecisionId", gettext_lazy("Decision id")),
)


@require_safe
def list_decisions(request: ConsoleRequest) -> HttpResponseBase:
    filters = filters_of(request, FILTERS, ["User", "Role"])
    asked = filters.params
    if kind := request.GET.get("export", ""):
        pages = every_page(request.ask, "ListDecisions", "Decisions", asked)
        return as_file("decisions", kind, COLUMNS, pages)
    marker = request.GET.get("marker", "")
    paged = {**asked, "MaxItems": PAGE_SIZE, **({"Marker": marker} if marker else {})}
    context: dict[str, Any] = {
        "filters": filters,
        "problem": filters.problem,
        "listing": Listing(filtered=filters.any),
        "decisions": DECISIONS.items(),
        "layers": [(name, label) for name, (label, _icon) in LAYERS.items()],
        "may": request.ask.may(settings=("UpdateDecisionSettings", {})),
        **file_urls(request),
    }
    try:
        seen = request.ask.see(page=("ListDecisions", paged))["page"]
    except OperationError as error:
        if unauthenticated(error) or error.status != 400:
            raise
        # A filter that names nothing: told beside the filter, with what was typed still in it.
        context["problem"] = in_words(error.message)
        return render(request, "policies/decisions.html", context, status=400)
    following = seen.result.get("Marker", "")
    context["since"] = seen.result.get("RetainedSince")
    context["listing"] = Listing(
        rows=seen.result.get("Decisions", ()),
        filtered=filters.any,
        next_url=address(request, marker=following) if following else "",
        first_url=address(request, marker="") if marker else "",
        denied=seen.denied,
    )
    return render(request, "policies/decisions.html", context)
