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
MOST_NAMED = 6  # roles in one row


@require_safe
def trust_graph(request: ConsoleRequest) -> HttpResponse:
    about = {name: request.GET.get(name, "").strip() for name in ("role", "principal")}
    around = about["role"] or about["principal"]
    page: dict[str, Any] = {**about, "around": around.rpartition("/")[2]}
    status = 200
    try:
        page |= graph_of(request.ask, **about, marker=request.GET.get("marker", ""))
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


def graph_of(ask: Asking, role: str = "", principal: str = "", marker: str = "") -> dict[str, Any]:
    """A page of the graph, around a role or from a principal on if its ARN is given, and its
    picture where it is small."""
    asked = {"RoleArn": role, "PrincipalArn": principal, "Marker": marker}
    params: Params = {name: text for name, text in asked.items() if text}
    params |= {"MaxItems": PAGE, "MaxRoles": MOST_DRAWN}
    answer = ask.see(graph=("GetTrustGraph", params))["graph"]
    if not answer:
        return {"denied": answer.denied}
    result = answer.result
    principals = result["Principals"]
    is_small = not marker and not result["IsTruncated"] and 1 < len(principals) <= MOST_DRAWN
    return {
        "rows": [_row(one) for one in principals],
        "picture": _picture(principals, role or principal) if is_small else None,
        "is_complete": result["IsComplete"],
        "depth": max((one.get("StepsToRole", 0) for one in principals), default=0),
        "marker": result.get("Marker", ""),
    }


def _row(found: dict[str, Any]) -> dict[str, Any]:
    targets = found["CanBecome"][:MOST_NAMED]
    return {
        **found,
        "Shown": shown(found["PrincipalArn"], found["PrincipalType"]),
        "Targets": [{**edge, "Shown": shown(edge["RoleArn"], "Role")} for edge in targets],
        "More": found["CanBecomeCount"] - len(targets),
        "Ways": [shown(edge["RoleArn"], "Role") for edge in found.get("WayToAdministrator", [])],
    }


def _picture(principals: list[dict[str, Any]], chosen: str) -> Picture:
    nodes: dict[str, tuple[Shown, str]] = {}
    for one in principals:
        tone = "administrator" if one["IsAdministrator"] else ""
        if not one["IsResolvable"]:
            tone = "gone"
        elif one["PrincipalArn"] == chosen:
            tone = f"{tone} chosen".strip()
        nodes[one["PrincipalArn"]] = shown(one["PrincipalArn"], one["PrincipalType"]), tone
    edges = [
        (edge["PrincipalArn"], edge["RoleArn"], edge["IsConditional"])
        for one in principals
        for edge in one["CanBecome"]
        if edge["RoleArn"] in nodes and edge["RoleArn"] != edge["PrincipalArn"]
    ]
    return picture(nodes, edges)
