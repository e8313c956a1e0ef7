"""GetTrustGraph: who can become whom, in how many steps, and which end at an administrator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from iamsite.operations import Call, operation
from iamsite.operations.errors import invalid_input, no_such_entity
from iamsite.operations.paging import page_of_list
from identities.models import Group
from policies.operations.access.edges import Edge, Edges
from policies.operations.access.graph import MOST_PRINCIPALS, TrustGraph, kind_of, trust_graph
from policies.operations.access.words import edge_output
from policies.operations.principals import ARN, find_by_arn

RANKS = ("User", "Role", "Account", "Principal", "Service", "IdentityProvider", "Everyone")
LISTED = 100  # roles that a principal can become, unless more are asked for


@operation("portal:GetTrustGraph", reads=True)
def get_trust_graph(
    call: Call,
    RoleArn: str | None = None,
    PrincipalArn: str | None = None,
    MaxRoles: int = LISTED,
    **_: Any,
) -> dict[str, Any]:
    if RoleArn is not None and PrincipalArn is not None:
        raise invalid_input("Name either RoleArn or PrincipalArn, not both.")
    graph = trust_graph(call)
    if graph is None:
        raise invalid_input(
            f"More than {MOST_PRINCIPALS} users and roles of this account could have a part in its "
            "trust graph, which is too many."
        )
    around = _Around()
    wanted = graph.edges.ends()
    if RoleArn is not None:
        if RoleArn not in graph.ids or kind_of(RoleArn) != "Role":
            raise no_such_entity(f"The role {RoleArn} cannot be found.")
        around = _Around(role=RoleArn, ways=graph.edges.ways([RoleArn]))
        wanted = {*around.ways, *graph.edges.reached(RoleArn)}
    elif PrincipalArn is not None:
        if PrincipalArn not in wanted and not _exists(call, PrincipalArn):
            raise no_such_entity(f"The principal {PrincipalArn} cannot be found.")
        around = _Around(reached=graph.edges.reached(PrincipalArn))
        wanted = {*around.reached}
    rows = [(_rank(graph.kind_of(arn)), arn) for arn in wanted]
    found, paging = page_of_list(call, rows, lambda row: row)
    return {
        "Principals": [_principal(graph, arn, around, MaxRoles) for _, arn in found],
        "IsComplete": graph.is_complete,
        **paging,
    }


def _exists(call: Call, arn: str) -> bool:
    found = find_by_arn(call, arn) if ARN.fullmatch(arn) else None
    return found is not None and not isinstance(found[1], Group)


@dataclass(frozen=True, slots=True)
class _Around:
    """What a part of the graph is about: a role and the ways to it, or how many steps everybody is
    from a principal."""

    role: str = ""
    ways: Mapping[str, list[Edge]] = field(default_factory=dict)
    reached: Mapping[str, int] = field(default_factory=dict)

    def leads(self, edges: Edges) -> bool:
        return edges.target == self.role or edges.target in self.ways

    def steps(self, arn: str) -> dict[str, int]:
        found = {}
        if arn == self.role or arn in self.ways:
            found["StepsToRole"] = len(self.ways.get(arn, ()))
        if arn in self.reached:
            found["StepsFromPrincipal"] = self.reached[arn]
        return found


def _rank(kind: str) -> int:
    return RANKS.index(kind) if kind in RANKS else len(RANKS)


def _principal(graph: TrustGraph, arn: str, around: _Around, most: int) -> dict[str, Any]:
    kind = graph.kind_of(arn)
    becomes = graph.edges.out_of(arn)
    if around.role and len(becomes) > most:
        becomes = sorted(becomes, key=around.leads, reverse=True)
    found: dict[str, Any] = {
        "PrincipalArn": arn,
        "PrincipalType": kind,
        "IsOutside": arn in graph.outsiders,
        "IsResolvable": kind != "Deleted",
        "IsAdministrator": arn in graph.administrators,
        "CanBecome": [edge_output(edges.of(arn)) for edges in becomes[:most]],
        "CanBecomeCount": len(becomes),
        **around.steps(arn),
    }
    to_administrator = graph.to_administrator.get(arn)
    if to_administrator:
        found["StepsToAdministrator"] = len(to_administrator)
        found["WayToAdministrator"] = [edge_output(edge) for edge in to_administrator]
    return found
