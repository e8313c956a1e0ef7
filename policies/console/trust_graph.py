"""The trust graph as a picture and as a table: who can become whom."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from iamsite.console.asking import Asking, ConsoleRequest, Params, unauthenticated
from iamsite.console.errors import failure_of
from iamsite.console.listing import address
from iamsite.console.principals import Shown, shown
from iamsite.operations import OperationError
from policies.console.layered import Picture, picture

PAGE = 100
MOST_DRAWN = 40


@require_safe
def trust_graph(request: ConsoleRequest) -> HttpResponse:
    role = request.GET.get("role", "").strip()
    page: dict[str, Any] = {"role": role, "role_shown": shown(role, "Role") if role else None}
    status = 200
    try:
        page |= graph_of(request.ask, role, request.GET.get("marker", ""))
    except OperationError as error:
        if unauthenticated(error):
            raise
        page["error"], status = failure_of(request, error), error.status
    if not page.get("rows"):
        asked = {"RoleName": "new", "AssumeRolePolicyDocument": "{}"}
        page["may"] = request.ask.may(create=("CreateRole", asked))
    if marker := page.get("marker"):
        page["next_url"] = address(request, marker=marker)
    if request.GET.get("marker"):
        page["first_url"] = address(request, marker="")
    return render(request, "policies/trust_graph.html", page, status=status)


def graph_of(ask: Asking, role: str = "", marker: str = "") -> dict[str, Any]:
    """A page of the graph, around a role if its ARN is given, and its picture where it is small."""
    asked: Params = {"MaxItems": PAGE, **({"RoleArn": role} if role else {})}
    if marker:
        asked["Marker"] = marker
    answer = ask.see(graph=("GetTrustGraph", asked))["graph"]
    if not answer:
        return {"denied": answer.denied}
    result = answer.result
    principals = result["Principals"]
    is_small = not marker and not result["IsTruncated"] and len(principals) <= MOST_DRAWN
    return {
        "rows": [_row(one) for one in principals],
        "picture": _picture(principals, role) if principals and is_small else None,
        "is_complete": result["IsComplete"],
        "depth": max((one.get("StepsToRole", 0) for one in principals), default=0),
        "marker": result.get("Marker", ""),
    }


def _row(found: dict[str, Any]) -> dict[str, Any]:
    return {
        **found,
        "Shown": shown(found["PrincipalArn"], found["PrincipalType"]),
        "Targets": [
            {**edge, "Shown": shown(edge["RoleArn"], "Role")} for edge in found["CanBecome"]
        ],
        "Ways": [shown(edge["RoleArn"], "Role") for edge in found.get("WayToAdministrator", [])],
    }


def _picture(principals: list[dict[str, Any]], role: str) -> Picture:
    nodes: dict[str, tuple[Shown, str]] = {}
    for one in principals:
        tone = "administrator" if one["IsAdministrator"] else ""
        if not one["IsResolvable"]:
            tone = "gone"
        elif one["PrincipalArn"] == role:
            tone = f"{tone} chosen".strip()
        nodes[one["PrincipalArn"]] = shown(one["PrincipalArn"], one["PrincipalType"]), tone
    edges = [
        (edge["PrincipalArn"], edge["RoleArn"], edge["IsConditional"])
        for one in principals
        for edge in one["CanBecome"]
        if edge["RoleArn"] in nodes and edge["RoleArn"] != edge["PrincipalArn"]
    ]
    return picture(nodes, edges)
