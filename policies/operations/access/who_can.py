"""ListPrincipalsWithAccess: everybody who can do an action on a resource, and by which way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iamsite.operations import Call, Resource, operation
from iamsite.operations.context import Keys, resource_keys
from iamsite.operations.layers import Held, names_of
from iamsite.operations.paging import page
from identities.models import Role
from identities.operations.sts.assume_role import role_at, trust_policy, trusting
from identities.operations.sts.role_arn import ARN as ROLE_ARN
from policies.engine import (
    Decision,
    Layers,
    Outcome,
    Policy,
    PolicySet,
    Principal,
    Request,
    Statement,
    decide,
)
from policies.engine.possible import lacking
from policies.engine.resources import resource_of
from policies.operations.access.graph import (
    MOST_PRINCIPALS,
    Edge,
    TrustGraph,
    graph_of,
)
from policies.operations.access.outsiders import Outsider, allowed_principals, directory
from policies.operations.access.population import START, Member, Place, members, population, root_of
from policies.operations.access.words import edge_output, statement_output
from policies.operations.authorize import ASSUMING, check_entries, resource_side, with_resource
from policies.operations.simulation import inputs

BATCH = 500
# Members looked at for one page of an account that is too large to follow roles in.
MOST_LOOKED_AT = 5_000
MOST_STATEMENTS = 10
CONDITIONAL = "conditional"
RANKS = {"root": 0, "user": 1, "role": 2}
OUTSIDE = 3


@dataclass(frozen=True)
class Access:
    """Somebody who has access: by its own policies, or along `way` by assuming roles."""

    key: tuple[int, str]
    arn: str
    kind: str
    lacks: tuple[str, ...]
    decision: Decision | None
    statements: tuple[tuple[Policy, Statement], ...]
    names: Mapping[str, Held]
    way: tuple[Edge, ...] = ()

    def output(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "PrincipalArn": self.arn,
            "PrincipalType": self.kind,
            "Decision": CONDITIONAL if self.lacks else Outcome.ALLOWED.value,
            "MissingContextValues": list(self.lacks),
            "Steps": len(self.way),
            "Way": [edge_output(edge) for edge in self.way],
            "Statements": [
                statement_output(policy, statement, self.names)
                for policy, statement in self.statements[:MOST_STATEMENTS]
            ],
        }
        if self.decision is not None and self.decision.allowed:
            found["DecidingLayer"] = self.decision.layer.value
        return found


@operation("portal:ListPrincipalsWithAccess", reads=True)
def list_principals_with_access(
    call: Call,
    ActionName: str,
    ResourceArn: str = "*",
    ContextEntries: Sequence[Mapping[str, Any]] = (),
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    question = Question(call, ActionName, ResourceArn, ContextEntries)
    graph = None
    if population(call) <= MOST_PRINCIPALS:
        graph = graph_of(call, members(call))

    def fetch(after: Any, limit: int) -> list[Access]:
        start = tuple(after) if after is not None else (-1, "")
        found: list[Access] = []
        for one in everybody(question, graph, start):
            found.append(one)
            if len(found) == limit:
                break
        return found

    found, paging = page(call, fetch, lambda one: one.key)
    return {
        "Principals": [one.output() for one in found],
        "AreRolesFollowed": graph is not None and graph.is_complete,
        **paging,
    }


def everybody(
    question: Question, graph: TrustGraph | None, after: tuple[int, str]
) -> Iterator[Access]:
    """Everybody behind `after` who has access, in order: root, users, roles, outsiders."""
    direct: dict[str, Access] = {}
    if graph is not None:
        for member in graph.members:
            if (found := question.of_member(member)) is not None:
                direct[member.arn] = found
    if after < (0, ""):
        yield from question.of_root()
    ways: dict[str, list[Edge]] = {}
    if graph is not None:
        # A way begins with a principal that has no access of its own, or only a conditional one.
        sure = [one for one in direct.values() if not one.lacks and one.kind == "Role"]
        ways = graph.paths(one.arn for one in sure)
    batches = [graph.members] if graph is not None else _batches(question.call, after)
    for batch in batches:
        for member in batch:
            key = (RANKS[member.place.kind], member.place.lower_name)
            if key <= after:
                continue
            own = direct.get(member.arn) if graph is not None else question.of_member(member)
            way = ways.get(member.arn)
            is_better = own is None or (own.lacks and not _lacks(way or ()))
            if way and is_better:
                yield _along(key, member.arn, _type(member), way, direct)
            elif own is not None:
                yield own
    yield from _outsiders(question, graph, ways, direct, after)


def _outsiders(
    question: Question,
    graph: TrustGraph | None,
    ways: Mapping[str, list[Edge]],
    direct: Mapping[str, Access],
    after: tuple[int, str],
) -> Iterator[Access]:
    named = {one.arn: one for one in question.outsiders()}
    for arn in sorted({*named, *(graph.outsiders if graph is not None else ())}):
        key = (OUTSIDE, arn)
        if key <= after:
            continue
        own = question.of_outsider(named[arn]) if arn in named else None
        way = ways.get(arn)
        if own is not None:
            yield own
        elif way is not None and graph is not None and graph.outsiders[arn].is_resolvable:
            yield _along(key, arn, graph.outsiders[arn].kind, way, direct)


def _batches(call: Call, after: tuple[int, str]) -> Iterator[list[Member]]:
    kinds = {rank: kind for kind, rank in RANKS.items()}
    place = Place(kinds[after[0]], after[1]) if after[0] in (1, 2) else START
    if after[0] == OUTSIDE:
        return
    while batch := members(call, place, BATCH):
        yield batch
        place = batch[-1].place


def _type(member: Member) -> str:
    return "Role" if isinstance(member.row, Role) else "User"


def _lacks(way: Sequence[Edge]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for edge in way for one in edge.lacks))


def _along(
    key: tuple[int, str], arn: str, kind: str, way: list[Edge], direct: Mapping[str, Access]
) -> Access:
    lacks = _lacks(way)
    end = direct[way[-1].target]
    return Access(key, arn, kind, lacks, None, end.statements, end.names, tuple(way))


class Question:
    """An action on a resource in a context, to be asked for one principal after another."""

    def __init__(
        self, call: Call, action: str, resource: str, entries: Sequence[Mapping[str, Any]]
    ) -> None:
        inputs.check_actions([action])
        inputs.check_resources([resource])
        check_entries(entries, {})
        self.call, self.action, self.resource = call, action, resource
        self.entries = entries
        self._trusted = False
        self.policies: PolicySet | None
        match = ROLE_ARN.fullmatch(resource)
        if action.lower() in ASSUMING and match is not None and match[1] == call.account:
            role = role_at(*match.groups())
            self.owner, self._trusted = call.account, True
            self.policies = trust_policy(role) if role is not None else PolicySet(())
        else:
            self.owner, self.policies = resource_side(call, resource)
        self._keys = resource_keys(
            Resource(resource, self.owner), action, call.organization_of(self.owner)
        )

    def of_member(self, member: Member) -> Access | None:
        key = (RANKS[member.place.kind], member.place.lower_name)
        found = self._ask(member.principal, member.keys, member.layers)
        if found is None:
            return None
        return Access(key, member.arn, _type(member), *found, names_of(member.held))

    def of_root(self) -> Iterator[Access]:
        principal, keys, layers = root_of(self.call)
        found = self._ask(principal, keys, layers)
        if found is not None:
            yield Access((0, ""), principal.arn, "Root", *found, {})

    def outsiders(self) -> list[Outsider]:
        """Whom the resource's own policy names from outside; of this account's policies only."""
        if self.policies is None or self.owner != self.call.account:
            return []
        documents = [policy.document for policy in self.policies.policies]
        names = directory(self.call, documents)
        found = (names.outsider(named) for one in documents for named in allowed_principals(one))
        return [one for one in found if one is not None and one.is_resolvable]

    def of_outsider(self, outsider: Outsider) -> Access | None:
        layers = outsider.layers(self.call)
        found = self._ask(outsider.principal, outsider.keys, layers)
        if found is None:
            return None
        lacks, decision, statements = found
        of_resource = tuple(one for one in statements if one[0].id != "outside")
        if not of_resource and self.policies is not None:
            of_resource = self._about(self.policies, outsider.principal)
        key = (OUTSIDE, outsider.arn)
        return Access(key, outsider.arn, outsider.kind, lacks, decision, of_resource, {})

    def _ask(
        self, principal: Principal, keys: Mapping[str, Any], layers: Layers
    ) -> tuple[tuple[str, ...], Decision, tuple[tuple[Policy, Statement], ...]] | None:
        whole: Keys = {**keys, **self._keys}
        context = inputs.context_of(self.entries, whole)
        request = Request(principal, self.action, self.resource, self.owner, context)
        layers = self._with_resource(layers)
        decision = decide(request, layers)
        if decision.allowed:
            return (), decision, decision.matched
        lacks = lacking(request, layers)
        if lacks is None:
            return None
        sets = [one for one in (layers.identity, layers.resource) if one is not None]
        about = tuple(found for one in sets for found in self._about(one, principal))
        return lacks, decision, about

    def _with_resource(self, layers: Layers) -> Layers:
        if self._trusted and self.policies is not None:
            return trusting(layers, self.policies)
        return with_resource(self.call, layers, self.owner, self.policies)

    def _about(
        self, policies: PolicySet, principal: Principal
    ) -> tuple[tuple[Policy, Statement], ...]:
        """The Allow statements about the request, whatever their conditions."""
        resource = resource_of(self.resource)
        return tuple(
            (policies.policies[number], found.statement)
            for number, found in policies.about(self.action)
            if not found.denies and found.grant(principal) and found.covers_resource(resource, {})
        )
