"""GetTrustGraph: who can become whom, in how many steps, and which end at an administrator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iamsite.operations import Call, operation
from iamsite.operations.errors import no_such_entity
from iamsite.operations.paging import page_of_list
from identities.models import Role
from policies.operations.access.graph import Edge, TrustGraph, trust_graph
from policies.operations.access.words import edge_output

RANKS = ("User", "Role", "Account", "Principal", "Service", "IdentityProvider", "Everyone")


@operation("portal:GetTrustGraph", reads=True)
def get_trust_graph(
    call: Call,
    RoleArn: str | None = None,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    graph = trust_graph(call)
    kinds = {one.arn: "Role" if isinstance(one.row, Role) else "User" for one in graph.members}
    kinds |= {arn: one.kind for arn, one in graph.outsiders.items()}
    ways: dict[str, list[Edge]] = {}
    if RoleArn is not None:
        if kinds.get(RoleArn) != "Role":
            raise no_such_entity(f"The role {RoleArn} cannot be found.")
        ways = graph.paths([RoleArn])
        wanted = {RoleArn, *ways, *_reached(graph, RoleArn)}
    else:
        wanted = {arn for edge in graph.edges for arn in (edge.source, edge.target)}
    rows = [(_rank(kinds[arn]), arn) for arn in wanted]
    found, paging = page_of_list(call, rows, lambda row: row)
    return {
        "Principals": [
            _principal(graph, arn, kinds[arn], ways.get(arn), RoleArn) for _, arn in found
        ],
        "IsComplete": graph.is_complete,
        **paging,
    }


def _rank(kind: str) -> int:
    return RANKS.index(kind) if kind in RANKS else len(RANKS)


def _reached(graph: TrustGraph, start: str) -> Iterator[str]:
    """Every role that the role can become, in any number of steps."""
    seen, waiting = {start}, [start]
    for arn in waiting:  # grows as it is walked
        for edge in graph.out_of(arn):
            if edge.target not in seen:
                seen.add(edge.target)
                waiting.append(edge.target)
    yield from waiting


def _principal(
    graph: TrustGraph, arn: str, kind: str, way: list[Edge] | None, role: str | None
) -> dict[str, Any]:
    is_outside = arn in graph.outsiders
    found: dict[str, Any] = {
        "PrincipalArn": arn,
        "PrincipalType": kind,
        "IsOutside": is_outside,
        "IsResolvable": kind != "Deleted",
        "IsAdministrator": arn in graph.administrators,
        "CanBecome": [edge_output(edge) for edge in graph.out_of(arn)],
    }
    to_administrator = graph.to_administrator.get(arn)
    if to_administrator:
        found["StepsToAdministrator"] = len(to_administrator)
        found["WayToAdministrator"] = [edge_output(edge) for edge in to_administrator]
    if way is not None:
        found["StepsToRole"] = len(way)
    elif arn == role:
        found["StepsToRole"] = 0
    return found
