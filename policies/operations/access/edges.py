"""Who can become whom: the edges of a trust graph, and the ways along them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edge:
    """`source` can become `target`, a role, by `action`; where `lacks` names condition keys, only
    with some values of theirs."""

    source: str
    target: str
    action: str
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """Principals who can become the same roles, by ARN: equal only to itself."""

    arns: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """An edge to `target` from each of `sources`."""

    sources: Sources
    target: str
    action: str
    lacks: tuple[str, ...]

    def of(self, source: str) -> Edge:
        return Edge(source, self.target, self.action, self.lacks)

    def each(self) -> Iterator[Edge]:
        return map(self.of, self.sources.arns)


class TrustEdges:
    """The edges of a graph, those alike together: a thousand users who can become a hundred roles
    are a hundred edges and not a hundred thousand."""

    def __init__(self, found: Iterable[Edges]) -> None:
        self._into: dict[str, list[Edges]] = {}
        self._out_of: dict[Sources, list[Edges]] = {}
        for edges in found:
            self._into.setdefault(edges.target, []).append(edges)
            self._out_of.setdefault(edges.sources, []).append(edges)
        self._found: dict[tuple[Sources, ...], list[Edges]] = {}
        self._among: dict[str, list[Sources]] = {}
        for sources in self._out_of:
            for arn in sources.arns:
                self._among.setdefault(arn, []).append(sources)

    @property
    def weight(self) -> int:
        """How many things it keeps."""
        return sum(map(len, self._among.values())) + sum(map(len, self._into.values()))

    def ends(self) -> set[str]:
        """Everybody at an end of an edge."""
        return {*self._into, *self._among}

    def out_of(self, arn: str) -> list[Edges]:
        """What it can become, by the ARN of that."""
        among = tuple(self._among.get(arn, ()))
        if among not in self._found:
            found = [edges for sources in among for edges in self._out_of[sources]]
            self._found[among] = sorted(found, key=lambda one: one.target)
        return self._found[among]

    def reached(self, start: str) -> dict[str, int]:
        """`start` and every role that it can become, with the number of steps that it takes."""
        steps = {start: 0}
        waiting = [start]
        walked: set[Sources] = set()
        for arn in waiting:  # grows as it is walked: breadth first
            for sources in self._among.get(arn, ()):
                if sources in walked:
                    continue
                walked.add(sources)
                for edges in self._out_of[sources]:
                    if edges.target not in steps:
                        steps[edges.target] = steps[arn] + 1
                        waiting.append(edges.target)
        return steps

    def ways(self, targets: Iterable[str], past: str = "") -> Ways:
        """The shortest way from everybody who can become one of `targets`, which have none; none
        by `past`.

        Ways without conditions go before shorter ones that need some.
        """
        ends = frozenset(targets)
        sure = self._steps(ends, lambda edges: not edges.lacks and edges.target != past)
        return Ways(ends, sure, self._steps(ends, lambda edges: edges.target != past), past)

    def _steps(self, ends: frozenset[str], takes: Callable[[Edges], bool]) -> dict[str, Edges]:
        """The first step of everybody's way."""
        steps: dict[str, Edges] = {}
        reached = sorted(ends)
        walked: set[Sources] = set()
        for arn in reached:  # grows as it is walked: breadth first
            for edges in self._into.get(arn, ()):
                if edges.sources in walked or not takes(edges):
                    continue
                walked.add(edges.sources)
                for source in edges.sources.arns:
                    if source not in steps and source not in ends:
                        steps[source] = edges
                        reached.append(source)
        return steps


class Ways(Mapping[str, list[Edge]]):
    """The way of each who has one, step by step: worked out when it is asked for."""

    def __init__(
        self, ends: frozenset[str], sure: dict[str, Edges], some: dict[str, Edges], past: str
    ) -> None:
        self._ends, self._sure, self._some, self._past = ends, sure, some, past

    def __getitem__(self, arn: str) -> list[Edge]:
        if arn == self._past:
            raise KeyError(arn)
        steps = self._sure if arn in self._sure else self._some
        way = [steps[arn].of(arn)]
        while way[-1].target not in self._ends:
            way.append(steps[way[-1].target].of(way[-1].target))
        return way

    def __iter__(self) -> Iterator[str]:
        return (arn for arn in self._some if arn != self._past)

    def __len__(self) -> int:
        return sum(1 for _ in self)
