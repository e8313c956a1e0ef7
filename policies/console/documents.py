"""What the document editor asks for while one writes: a review, and the terms to complete."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from iamsite.console.asking import ConsoleRequest
from iamsite.console.documents import review
from iamsite.console.viewer import viewer_of
from iamsite.operations.errors import invalid_input
from policies.engine import DocumentKind
from policies.engine.operators import BASES

KINDS = frozenset(kind.value for kind in DocumentKind)
MOST_RESOURCES = 200


@require_POST
def look(request: ConsoleRequest) -> HttpResponse:
    """What is told beside the document in the field that `_document` names."""
    kind = request.POST.get("_kind", "")
    if kind not in KINDS:
        raise invalid_input(f"There is no kind of document called {kind}.")
    text = request.POST.get(request.POST.get("_document", ""), "").replace("\r\n", "\n")
    context = {
        "review": review(request.ask, text, kind, request.POST.get("_holder", "")),
        "field_id": request.POST.get("_id", ""),
    }
    return render(request, "policies/document_panel.html", context)


@require_safe
def terms(request: ConsoleRequest) -> HttpResponse:
    """The services that documents can speak of, and what is common to all of them."""
    ask = request.ask
    viewer = viewer_of(request)
    known = ask.perform("ListServiceReferences", {"MaxItems": 1000})
    own = ask.see(own=("ListServices", {"MaxItems": 1000}))["own"].result.get("Services", [])
    return JsonResponse(
        {
            "account": viewer.account if viewer else "",
            "services": [*(one["ServicePrefix"] for one in own), *known["ServicePrefixes"]],
            "operators": list(BASES),
            "keys": _keys(known["GlobalConditionKeys"]),
        }
    )


@require_safe
def terms_of(request: ConsoleRequest, prefix: str) -> HttpResponse:
    """The actions, resource types and condition keys of one service, and resources of its kind."""
    ask = request.ask
    found = ask.perform("GetServiceReference", {"ServicePrefix": prefix})
    asked = {"ServicePrefix": prefix, "MaxItems": MOST_RESOURCES}
    resources = ask.see(resources=("ListResources", asked))["resources"].result
    arns = [one["ResourceArn"] for one in resources.get("Resources", [])]
    return JsonResponse(
        {
            "actions": [
                [one["ActionName"], one["AccessLevel"], one["ResourceTypes"]]
                for one in found["Actions"]
            ],
            "formats": [
                [one["ResourceTypeName"], one["ArnFormat"]] for one in found["ResourceTypes"]
            ],
            "keys": _keys(found["ConditionKeys"]),
            "resources": arns,
        }
    )


def _keys(keys: list[dict[str, Any]]) -> list[list[str]]:
    return [[one["ConditionKeyName"], one["ConditionKeyType"]] for one in keys]
