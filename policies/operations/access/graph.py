"""The trust graph of an account: who can become which role, proved on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from iamsite.operations import Call
from identities.models import User
from identities.trust import arns_of
from policies.engine import Document
from policies.operations.access.edges import Edge, TrustEdges, Ways
from policies.operations.access.holders import holders
from policies.operations.access.kept_graphs import keep, kept
from policies.operations.access.outsiders import Outsider, allowed_principals
from policies.operations.access.population import Member, population
from policies.operations.access.trusting import ASSUME, TrustedRole, Trusting, trusted_roles

MOST_PRINCIPALS = 5_000


@dataclass(frozen=True)
class TrustGraph:
    """The users and roles of the account who may have a part in it, by ARN their unique ids; the
    outsiders that its roles name; the edges between them; and who of the account may administer its
    users, and so give itself everything.

    `is_complete` is False where there were too many pairs to decide them all. `named_outside` are
    the ARNs of unique ids of other accounts that the roles name.
    """

    ids: Mapping[str, str]
    outsiders: Mapping[str, Outsider]
    edges: TrustEdges
    administrators: frozenset[str]
    is_complete: bool
    named_outside: Mapping[str, str]

    def kind_of(self, arn: str) -> str:
        outsider = self.outsiders.get(arn)
        return outsider.kind if outsider is not None else kind_of(arn)

    @cached_property
    def to_administrator(self) -> Ways:
        return self.edges.ways(self.administrators)

    @cached_property
    def weight(self) -> int:
        return len(self.ids) + self.edges.weight


def trust_graph(call: Call) -> TrustGraph | None:
    """The graph as it stands now, for an operation that reads; None where too many have a part in
    it."""
    standing = call.caller.revision, call.caller.organization
    graph = kept(call.account, standing)
    if graph is not None and arns_of({*graph.named_outside}) == graph.named_outside:
        return graph
    concerned = _concerned(call)
    if concerned is None:
        return None
    trusting = Trusting(call, concerned.roles, concerned.users)
    graph = _graph(trusting, is_complete=concerned.is_complete)
    if trusting.lasts:
        keep(call.account, standing, graph)
    return graph


def _graph(trusting: Trusting, *, is_complete: bool) -> TrustGraph:
    edges = TrustEdges(trusting.edges())
    everybody = trusting.everybody
    return TrustGraph(
        {arn: id_ for some in everybody for arn, id_ in zip(some.arns, some.ids, strict=True)},
        trusting.outsiders,
        edges,
        frozenset(trusting.administrators()),
        is_complete and trusting.left >= 0,
        trusting.named_outside,
    )


@dataclass(frozen=True, slots=True)
class Concerned:
    """The roles, and the unique ids of the users, who may be at an end of a trust edge.
    `is_complete` is False where a role trusts everyone and these are too many."""

    roles: list[TrustedRole]
    users: set[str]
    is_complete: bool


def _concerned(call: Call, drafts: Iterable[Document] = ()) -> Concerned | None:
    """Every role, and each user who may assume one or whom one trusts by name: not all the others,
    however many there are. `drafts` are further trust policies, pinned. None where they are more
    than MOST_PRINCIPALS.
    """
    roles = trusted_roles(call, MOST_PRINCIPALS + 1)
    left = MOST_PRINCIPALS - len(roles)
    users = holders(call, ASSUME, left).users if left >= 0 else None
    if users is None:
        return None
    documents = {id(one): one for one in (*(role.document for role in roles), *drafts)}
    named = {one for document in documents.values() for one in allowed_principals(document)}
    users |= {one.value for one in named if one.value.startswith("AIDA")}
    trusts_all = any(one.is_everyone for one in named)
    if trusts_all and population(call) <= MOST_PRINCIPALS:
        return Concerned(roles, _users(call, left), is_complete=True)
    return Concerned(roles, users, not trusts_all) if len(users) <= left else None


def _users(call: Call, most: int) -> set[str]:
    """The unique ids of the first by name."""
    rows = User.objects.of(call.account).order_by("lower_name")
    return set(rows.values_list("id", flat=True)[:most])


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
    concerned = _concerned(call, trusted.values())
    if concerned is None:
        roles = trusted_roles(call, MOST_PRINCIPALS)
        users = _users(call, MOST_PRINCIPALS - len(roles))
        concerned = Concerned(roles, users, is_complete=False)
    trusting = Trusting(call, concerned.roles, concerned.users, created)
    alike = trusting.edges(trusted)
    edges = {(one.source, one.target): one for edges in alike for one in edges.each()}
    outside = trusting.outsiders
    kinds = {one: outside[one].kind if one in outside else kind_of(one) for one, _ in edges}
    return Becoming(edges, kinds, concerned.is_complete and trusting.left >= 0)


def kind_of(arn: str) -> str:
    """User or Role, of the ARN of one."""
    return "Role" if ":role/" in arn else "User"
