"""ListPrincipalsWithAccess: everybody who can do an action on a resource, and by which way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from iamsite.operations import Call, operation
from iamsite.operations.paging import page_sought
from identities.models import Role
from policies.operations.access.edges import Edge
from policies.operations.access.graph import TrustGraph, trust_graph
from policies.operations.access.order import Order, Wanted, order_of, wanted
from policies.operations.access.population import Member
from policies.operations.access.question import Access, Question
from policies.registered import catalogue

BATCH = 500
MOST_LOOKED_AT = 5_000  # principals, for one page
# In any order root comes before users and roles, and after these whoever is outside.
ROOT, MEMBERS, OUTSIDERS = range(3)
Key = list[Any]


@operation("portal:ListPrincipalsWithAccess", reads=True)
def list_principals_with_access(
    call: Call,
    ActionName: str,
    ResourceArn: str = "*",
    ContextEntries: Sequence[Mapping[str, Any]] = (),
    PrincipalTypes: Sequence[str] = (),
    AccessPaths: Sequence[str] = (),
    Decision: str | None = None,
    Contains: str | None = None,
    **_: Any,
) -> dict[str, Any]:
    question = Question(call, ActionName, ResourceArn, ContextEntries)
    search = Search(question, order_of(call), PrincipalTypes, Contains)

    def sought(after: Key | None) -> Iterator[tuple[Key, Access | None]]:
        for key, found in search.everybody(after):
            fits = (
                found is not None
                and (not AccessPaths or not set(AccessPaths).isdisjoint(found.paths))
                and Decision in (None, found.word)
            )
            yield key, found if fits else None

    found, paging, examined = page_sought(call, sought, MOST_LOOKED_AT)
    return {
        "Principals": [one.output() for one in found],
        "IsActionKnown": _is_known(call, ActionName),
        "AreRolesFollowed": search.follows,
        "ExaminedCount": examined,
        **paging,
    }


class Search:
    """Looks for whoever has access, one principal after another."""

    def __init__(
        self, question: Question, order: Order, types: Sequence[str], contains: str | None
    ) -> None:
        self.question, self.call, self.order = question, question.call, order
        self.types, self.text = types, (contains or "").lower()
        self.wanted = wanted(self.call, types, contains)

    @property
    def follows(self) -> bool:
        """Whether every way by assuming roles was looked at."""
        return self._graph is not None and self._graph.is_complete

    @cached_property
    def _graph(self) -> TrustGraph | None:
        return trust_graph(self.call)

    @cached_property
    def _roles(self) -> dict[str, Access]:
        """The roles that have access of their own without a condition: the ends of ways."""
        return {one.arn: one for one in self.question.roles() if one.is_sure}

    @cached_property
    def _ways(self) -> Mapping[str, list[Edge]]:
        return self._graph.edges.ways(self._roles) if self._graph is not None else {}

    def everybody(self, after: Key | None) -> Iterator[tuple[Key, Access | None]]:
        """Everybody behind `after` who may have access, in order, with the access if it has any."""
        stages = (self._root, self._members, self._outsiders)
        begin, *rest = after or [OUTSIDERS if self.order.falling else ROOT]
        numbers = range(begin, -1, -1) if self.order.falling else range(begin, len(stages))
        for number in numbers:
            for key, found in stages[number](rest if after and number == begin else None):
                yield [number, *key], found

    def _root(self, after: Key | None) -> Iterator[tuple[Key, Access | None]]:
        if after is None and self._fits("root", "Root"):
            yield [], self.question.of_root()

    def _members(self, after: Key | None) -> Iterator[tuple[Key, Access | None]]:
        # Nearly all of those left have it, as a rule; where few do, more are looked at together.
        only, size = self._who(), int(self.call.params.get("MaxItems") or BATCH) + 1
        while batch := self.order.members(self.call, only, after, size):
            for member in batch:
                after = self.order.key(member)
                yield after, self._of_member(member)
            size = BATCH

    def _who(self) -> Wanted:
        """Those wanted, less those whom no policy gives anything, where that can be told."""
        ids = self._graph.ids if self._graph is not None else {}
        led = {ids[arn] for arn in self._ways if arn in ids}
        return self.wanted.of(*(one if one is None else one | led for one in self.question.holders))

    def _of_member(self, member: Member) -> Access | None:
        own = self.question.of_member(member)
        way = self._ways.get(member.arn)
        if way and (own is None or (not own.is_sure and not _lacks(way))):
            kind = "Role" if isinstance(member.row, Role) else "User"
            return replace(self._along(member.arn, kind, way), row=member.row)
        return own

    def _outsiders(self, after: Key | None) -> Iterator[tuple[Key, Access | None]]:
        named = {one.arn: one for one in self.question.outsiders()}
        trusted = self._graph.outsiders if self._graph is not None else {}
        for arn in sorted({*named, *trusted}, reverse=self.order.falling):
            outsider = named.get(arn) or trusted[arn]
            is_behind = after is None or (arn < after[0] if self.order.falling else arn > after[0])
            if not is_behind or not self._fits(arn, outsider.kind):
                continue
            own = self.question.of_outsider(named[arn]) if arn in named else None
            way = self._ways.get(arn)
            if own is None and way and outsider.is_resolvable:
                own = self._along(arn, outsider.kind, way)
            yield [arn], own

    def _fits(self, name: str, kind: str) -> bool:
        return (not self.types or kind in self.types) and self.text in name.lower()

    def _along(self, arn: str, kind: str, way: list[Edge]) -> Access:
        end = self._roles[way[-1].target]
        return Access(arn, kind, _lacks(way), None, end.statements, end.names, tuple(way))


def _is_known(call: Call, action: str) -> bool:
    service, _, name = action.lower().partition(":")
    return name in catalogue(call.account).actions(service)


def _lacks(way: Sequence[Edge]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for edge in way for one in edge.lacks))
