"""What the document editor asks for while one writes: a review, and the terms to complete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from iamsite.console.asking import Asking, Check, ConsoleRequest
from iamsite.console.documents import Place, review
from iamsite.console.viewer import viewer_of
from iamsite.operations.errors import invalid_input
from policies.engine import DocumentKind
from policies.engine.operators import BASES

KINDS = frozenset(kind.value for kind in DocumentKind)
MOST_RESOURCES = 200
MOST_PRINCIPALS = 50  # of each kind that are told before anything is looked for
LONGEST_QUERY = 2048


@require_POST
def look(request: ConsoleRequest) -> HttpResponse:
    """What is told beside the document in the field that `_document` names."""
    place = Place(*(request.POST.get(f"_{name}", "") for name in Place._fields))
    if place.kind not in KINDS:
        raise invalid_input(f"There is no kind of document called {place.kind}.")
    if not place.policy:  # it is being given a name
        place = place._replace(policy=request.POST.get("PolicyName", ""))
    text = request.POST.get(request.POST.get("_document", ""), "").replace("\r\n", "\n")
    context = {
        "review": review(request.ask, text, place),
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
            "servicePrincipals": [one["ServicePrincipal"] for one in own],
            "operators": list(BASES),
            "keys": _keys(known["GlobalConditionKeys"]),
        }
    )


@require_safe
def principals(request: ConsoleRequest) -> HttpResponse:
    """Whom a principal element can name: ARNs of the account with `q` in their names, each with
    its kind. Without `q`, some of them; with `federated`, its identity providers."""
    query = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_QUERY]
    if "federated" in request.GET:
        asked: dict[str, Check] = {
            "OpenIDConnectProviderList": ("ListOpenIDConnectProviders", {}),
            "SAMLProviderList": ("ListSAMLProviders", {}),
        }
        kind = _("Identity provider")
        found = [(one["Arn"], kind) for one in _listed(request.ask, asked)]
    elif query:
        answer = request.ask.see(found=("Search", {"Query": query}))["found"]
        matches = answer.result.get("Matches", [])
        kinds = {"User": _("User"), "Role": _("Role")}
        found = [(one["Arn"], kinds[one["Type"]]) for one in matches if one["Type"] in kinds]
    else:
        some = {"MaxItems": MOST_PRINCIPALS}
        found = [
            (one["Arn"], _("Role") if "RoleId" in one else _("User"))
            for one in _listed(
                request.ask, {"Roles": ("ListRoles", some), "Users": ("ListUsers", some)}
            )
        ]
    return JsonResponse({"principals": found})


def _listed(ask: Asking, asked: Mapping[str, Check]) -> list[dict[str, Any]]:
    """What the viewer may see of some lists, by their outputs' names."""
    return [one for key, seen in ask.see(**asked).items() for one in seen.result.get(key, [])]


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
                [one["ResourceTypeName"], one["ArnFormat"]]
                for one in found["ResourceTypes"]
                if one["ArnFormat"] != "*"
            ],
            "keys": _keys(found["ConditionKeys"]),
            "resources": arns,
        }
    )


def _keys(keys: list[dict[str, Any]]) -> list[list[str]]:
    return [[one["ConditionKeyName"], one["ConditionKeyType"]] for one in keys]
