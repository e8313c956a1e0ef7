"""The trust graph of an account: who can become which role, proved on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from iamsite.operations import Call, Resource
from iamsite.operations.context import Keys, resource_keys
from iamsite.operations.errors import invalid_input
from identities import trust
from identities.administrators import ACTIONS
from identities.models import Role
from policies.engine import (
    Context,
    Document,
    Layers,
    Policy,
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
    compile_policies,
    decide,
)
from policies.engine.possible import lacking
from policies.operations.access.outsiders import Outsider, allowed_principals, directory
from policies.operations.access.population import Member, members, population

ASSUME = "sts:AssumeRole"
BY_KIND = {
    PrincipalKind.WEB_IDENTITY: "sts:AssumeRoleWithWebIdentity",
    PrincipalKind.SAML: "sts:AssumeRoleWithSAML",
}
MOST_PRINCIPALS = 5_000
# Pairs of principal and role that are decided for one graph; each takes some microseconds.
MOST_PAIRS = 300_000


@dataclass(frozen=True, slots=True)
class Edge:
    """`source` can become `target`, a role, by `action`; where `lacks` names condition keys, only
    with some values of theirs."""

    source: str
    target: str
    action: str
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrustGraph:
    """Everybody of the account, the outsiders that its roles name, and the edges between them.

    `is_complete` is False where there were too many pairs to decide them all.
    """

    members: list[Member]
    outsiders: dict[str, Outsider]
    edges: list[Edge]
    is_complete: bool
    _out: dict[str, list[Edge]] = field(default_factory=dict, repr=False)
    _into: dict[str, list[Edge]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for edge in self.edges:
            self._out.setdefault(edge.source, []).append(edge)
            self._into.setdefault(edge.target, []).append(edge)

    def out_of(self, arn: str) -> list[Edge]:
        return self._out.get(arn, [])

    def into(self, arn: str) -> list[Edge]:
        return self._into.get(arn, [])

    @cached_property
    def administrators(self) -> frozenset[str]:
        """Members who may administer the account's users, and so give themselves everything."""
        return frozenset(one.arn for one in self.members if is_administrator(one))

    @cached_property
    def to_administrator(self) -> dict[str, list[Edge]]:
        return self.paths(self.administrators)

    def paths(self, targets: Iterable[str]) -> dict[str, list[Edge]]:
        """The shortest way from everybody who can become one of `targets`, which have none.

        Ways without conditions go before shorter ones that need some.
        """
        targets = set(targets)
        sure = self._ways(targets, certain=True)
        return {**self._ways(targets, certain=False), **sure}

    def _ways(self, targets: set[str], *, certain: bool) -> dict[str, list[Edge]]:
        step: dict[str, Edge] = {}
        reached = sorted(targets)
        for arn in reached:  # grows as it is walked: breadth first
            for edge in self.into(arn):
                if edge.source in step or edge.source in targets or (certain and edge.lacks):
                    continue
                step[edge.source] = edge
                reached.append(edge.source)
        ways = {}
        for source in step:
            way, at = [], source
            while at not in targets:
                way.append(step[at])
                at = step[at].target
            ways[source] = way
        return ways


def is_administrator(member: Member) -> bool:
    account = member.call.account
    arn = f"arn:aws:iam::{account}:user/anybody"
    context = Context(member.keys)
    return all(
        decide(Request(member.principal, action, arn, account, context), member.layers).allowed
        for action in ACTIONS
    )


def trust_graph(call: Call) -> TrustGraph:
    """The graph as it stands now. Raises InvalidInput in an account of too many principals."""
    if population(call) > MOST_PRINCIPALS:
        raise invalid_input(
            f"An account of more than {MOST_PRINCIPALS} users and roles is too large for a trust "
            "graph."
        )
    return graph_of(call, members(call))


def graph_of(call: Call, everybody: list[Member]) -> TrustGraph:
    building = _Building(call, everybody)
    edges = list(building.edges())
    return TrustGraph(everybody, building.outsiders, edges, building.left >= 0)


@dataclass(frozen=True)
class Becoming:
    """Who can become some roles: the edges by source and target, and of which kind each source
    is. `is_complete` is False where there were too many to ask them all."""

    edges: Mapping[tuple[str, str], Edge]
    kinds: Mapping[str, str]
    is_complete: bool


def becoming(
    call: Call, trusted: Mapping[str, Document], created: Sequence[Member] = ()
) -> Becoming:
    """Who could become the roles of these ARNs, had they these trust policies (pinned, as
    decisions take them); `created` are users and roles that are not there yet."""
    if not trusted:
        return Becoming({}, {}, is_complete=True)
    building = _Building(call, [*members(call, limit=MOST_PRINCIPALS), *created])
    edges = {(one.source, one.target): one for one in building.edges(trusted)}
    kinds = {}
    for source, _ in edges:
        outsider = building.outsiders.get(source)
        kinds[source] = outsider.kind if outsider is not None else kind_of(source)
    is_complete = building.left >= 0 and population(call) <= MOST_PRINCIPALS
    return Becoming(edges, kinds, is_complete)


def kind_of(arn: str) -> str:
    """User or Role, of a member's ARN."""
    return "Role" if ":role/" in arn else "User"


class _Building:
    def __init__(self, call: Call, everybody: list[Member]) -> None:
        self.call = call
        self.everybody = everybody
        self.roles = [(one, one.row) for one in everybody if isinstance(one.row, Role)]
        self.by_id = {one.row.id: one for one in everybody}
        self.by_role = {role.lower_name: member for member, role in self.roles}
        self.outsiders: dict[str, Outsider] = {}
        self.left = MOST_PAIRS
        self._contexts: dict[tuple[str, tuple[tuple[str, str], ...]], Context] = {}

    @cached_property
    def assumers(self) -> list[Member]:
        """Members whose own policies allow assuming some role."""
        may: dict[tuple[bytes, ...], bool] = {}
        for one in self.everybody:
            if one.likeness not in may:
                identity = one.layers.identity
                about = identity.about(ASSUME) if identity is not None else []
                may[one.likeness] = any(not statement.denies for _, statement in about)
        return [one for one in self.everybody if may[one.likeness]]

    def edges(self, instead: Mapping[str, Document] | None = None) -> Iterator[Edge]:
        """The edges to every role; to those in `instead` alone, had they these trust policies."""
        trusting = {
            member.arn: (member, role, (instead or {}).get(member.arn) or trust.pinned(role))
            for member, role in self.roles
            if instead is None or member.arn in instead
        }
        pins = [role.trust_pins for _, role, _ in trusting.values()]
        names = directory(self.call, (document for *_, document in trusting.values()), pins)
        for member, role, document in trusting.values():
            trusted = compile_policies([Policy(document, "AssumeRolePolicyDocument", None, "role")])
            candidates: dict[str, Member] = {}
            for named in allowed_principals(document):
                outsider = names.outsider(named)
                if outsider is not None:
                    yield from self._from_outside(outsider, member, role, trusted)
                if named.is_everyone:
                    candidates |= {one.arn: one for one in self.everybody}
                elif outsider is None:
                    candidates |= {one.arn: one for one in self._insiders(named.value)}
            yield from self._from(candidates.values(), member, role, trusted)

    def _from_outside(
        self, outsider: Outsider, member: Member, role: Role, trusted: PolicySet
    ) -> Iterator[Edge]:
        self.outsiders.setdefault(outsider.arn, outsider)
        layers = replace(outsider.layers(self.call), resource=trusted, trust=True)
        action = BY_KIND.get(outsider.principal.kind, ASSUME)
        request = self._request(outsider.principal, outsider.keys, role, action)
        yield from self._edge(outsider.arn, member, request, layers)

    def _insiders(self, value: str) -> Iterable[Member]:
        if value in self.by_id:
            return [self.by_id[value]]
        if value.endswith(":root") or value == self.call.account:
            return self.assumers
        if ":assumed-role/" in value:
            found = self.by_role.get(value.split("/")[1].lower())
            return [found.in_session(value)] if found is not None else []  # which it may name so
        return []

    def _from(
        self, candidates: Iterable[Member], member: Member, role: Role, trusted: PolicySet
    ) -> Iterator[Edge]:
        sharing: dict[tuple[bytes, ...], Layers] = {}
        for one in candidates:
            if self.left < 0:
                return
            self.left -= 1
            layers = sharing.get(one.likeness)
            if layers is None:
                layers = replace(one.layers, resource=trusted, trust=True)
                sharing[one.likeness] = layers
            request = Request(
                one.principal, ASSUME, role.arn, self.call.account, self._context(one, role)
            )
            yield from self._edge(one.arn, member, request, layers)

    def _edge(
        self, source: str, member: Member, request: Request, layers: Layers
    ) -> Iterator[Edge]:
        if decide(request, layers).allowed:
            yield Edge(source, member.arn, request.action)
        elif (keys := lacking(request, layers)) is not None:
            yield Edge(source, member.arn, request.action, keys)

    def _context(self, one: Member, role: Role) -> Context:
        """Kept for roles of equal tags, which differ in nothing else that keys tell."""
        key = (one.row.id, tuple(sorted(role.tags.items())))
        if key not in self._contexts:
            self._contexts[key] = self._request(one.principal, one.keys, role, ASSUME).context
        return self._contexts[key]

    def _request(self, principal: Principal, keys: Keys, role: Role, action: str) -> Request:
        call = self.call
        resource = Resource(role.arn, call.account, tags=role.tags)
        found = {**keys, **resource_keys(resource, action, call.organization_of(call.account))}
        return Request(principal, action, role.arn, call.account, Context(found))
