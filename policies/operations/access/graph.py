"""The trust graph of an account: who can become which role, proved on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from django.db.models import Q

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
from policies.operations.access.alike import decides_alike
from policies.operations.access.holders import holders
from policies.operations.access.outsiders import Outsider, allowed_principals, directory
from policies.operations.access.population import NOBODY, Member, Place, members, population

ASSUME = "sts:AssumeRole"
BY_KIND = {
    PrincipalKind.WEB_IDENTITY: "sts:AssumeRoleWithWebIdentity",
    PrincipalKind.SAML: "sts:AssumeRoleWithSAML",
}
MOST_PRINCIPALS = 5_000
# Pairs of principal and role that are decided for one graph, each in some microseconds; those of
# principals whose policies say the same are decided once.
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
    """Everybody of the account who may have a part in it, the outsiders that its roles name, and
    the edges between them.

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
    """The graph as it stands now. Raises InvalidInput where too many have a part in it."""
    concerned = concerned_by_trust(call)
    if concerned is None:
        raise invalid_input(
            f"More than {MOST_PRINCIPALS} users and roles of this account could have a part in its "
            "trust graph, which is too many."
        )
    return graph_of(call, concerned)


def graph_of(call: Call, concerned: Concerned) -> TrustGraph:
    building = _Building(call, concerned.members)
    edges = list(building.edges())
    is_complete = concerned.is_complete and building.left >= 0
    return TrustGraph(concerned.members, building.outsiders, edges, is_complete)


@dataclass(frozen=True)
class Concerned:
    """The members who may be at an end of a trust edge. `is_complete` is False where a role trusts
    everyone and these are too many."""

    members: list[Member]
    is_complete: bool


def concerned_by_trust(call: Call, drafts: Iterable[Document] = ()) -> Concerned | None:
    """Every role, and each user who may assume one or whom one trusts by name: not all the others,
    however many there are. `drafts` are further trust policies, pinned. None where these members
    are more than MOST_PRINCIPALS.
    """
    roles = members(call, Place("role", ""), MOST_PRINCIPALS + 1)
    left = MOST_PRINCIPALS - len(roles)
    users = holders(call, ASSUME, left) if left >= 0 else None
    if users is None:
        return None
    trusting = [trust.pinned(one.row) for one in roles if isinstance(one.row, Role)]
    documents = [*trusting, *drafts]
    named = {one for document in documents for one in allowed_principals(document)}
    users |= {one.value for one in named if one.value.startswith("AIDA")}
    trusts_all = any(one.is_everyone for one in named)
    if trusts_all and population(call) <= MOST_PRINCIPALS:
        return Concerned(members(call), True)
    if len(users) > left:
        return None
    return Concerned([*members(call, users=Q(id__in=users), roles=NOBODY), *roles], not trusts_all)


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
    concerned = concerned_by_trust(call, trusted.values())
    if concerned is None:
        concerned = Concerned(members(call, limit=MOST_PRINCIPALS), is_complete=False)
    building = _Building(call, [*concerned.members, *created])
    edges = {(one.source, one.target): one for one in building.edges(trusted)}
    kinds = {}
    for source, _ in edges:
        outsider = building.outsiders.get(source)
        kinds[source] = outsider.kind if outsider is not None else kind_of(source)
    return Becoming(edges, kinds, concerned.is_complete and building.left >= 0)


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
        if (lacks := _lacks(request, layers)) is not None:
            yield Edge(outsider.arn, member.arn, action, lacks)

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
        named = {one.value for policy in trusted.policies for one in policy.document.principals()}
        sharing: dict[tuple[bytes, ...], tuple[Layers, bool]] = {}
        told: dict[tuple[bytes, ...], tuple[str, ...] | None] = {}
        for one in candidates:
            is_named = one.row.id in named or one.principal.arn in named
            if is_named or one.likeness not in told:
                if self.left < 0:
                    return
                self.left -= 1
                if one.likeness not in sharing:
                    layers = replace(one.layers, resource=trusted, trust=True)
                    sharing[one.likeness] = layers, decides_alike(layers, ASSUME, role.arn)
                layers, is_alike = sharing[one.likeness]
                context = self._context(one, role)
                request = Request(one.principal, ASSUME, role.arn, self.call.account, context)
                lacks = _lacks(request, layers)
                if is_alike and not is_named:
                    told[one.likeness] = lacks
            else:
                lacks = told[one.likeness]
            if lacks is not None:
                yield Edge(one.arn, member.arn, ASSUME, lacks)

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


def _lacks(request: Request, layers: Layers) -> tuple[str, ...] | None:
    """The keys that the request lacks to be allowed, () where it is; None where nothing helps."""
    return () if decide(request, layers).allowed else lacking(request, layers)
