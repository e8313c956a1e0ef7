"""Edges of those alike together give the ways that the same edges one by one give."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from policies.operations.access.edges import Edges, Sources, TrustEdges

ROLES = [f"role-{n}" for n in range(6)]
USERS = [f"user-{n}" for n in range(5)]
GROUPS = st.lists(
    st.lists(st.sampled_from([*USERS, *ROLES]), min_size=1, max_size=6, unique=True).map(
        lambda arns: Sources(tuple(arns))
    ),
    min_size=1,
    max_size=5,
)


@st.composite
def bundles(draw: st.DrawFn) -> list[Edges]:
    sources = st.sampled_from(draw(GROUPS))
    lacks = st.sampled_from([(), ("aws:MultiFactorAuthPresent",)])
    edges = st.builds(Edges, sources, st.sampled_from(ROLES), st.just("sts:AssumeRole"), lacks)
    return draw(st.lists(edges, max_size=12))


def distances(edges: list[Edges], ends: set[str], certain: bool, past: str) -> dict[str, int]:
    """Steps to the nearest of `ends`, edge by edge."""
    found = dict.fromkeys(ends, 0)
    waiting = deque(ends)
    while waiting:
        at = waiting.popleft()
        for one in edges:
            if one.target != at or at == past or (certain and one.lacks):
                continue
            for source in one.sources.arns:
                if source not in found:
                    found[source] = found[at] + 1
                    waiting.append(source)
    return {arn: steps for arn, steps in found.items() if steps and arn != past}


@given(bundles(), st.sets(st.sampled_from(ROLES), max_size=3), st.sampled_from(["", *ROLES]))
def test_ways_are_the_shortest_and_go_without_conditions_where_they_can(edges, ends, past) -> None:
    graph = TrustEdges(edges)
    ways = graph.ways(ends, past)
    sure = distances(edges, ends, True, past)
    assert {arn: len(way) for arn, way in ways.items()} == {
        **distances(edges, ends, False, past),
        **sure,
    }
    single = {(edge.source, edge.target, edge.lacks) for one in edges for edge in one.each()}
    for arn, way in ways.items():
        assert [edge.source for edge in way] == [arn, *(edge.target for edge in way[:-1])]
        assert way[-1].target in ends
        assert all((edge.source, edge.target, edge.lacks) in single for edge in way)
        assert arn not in sure or not any(edge.lacks for edge in way)


@given(bundles(), st.sampled_from([*USERS, *ROLES]))
def test_whatever_one_can_become_is_reached_in_the_fewest_steps(edges, start) -> None:
    graph = TrustEdges(edges)
    expected, waiting = {start: 0}, deque([start])
    while waiting:
        at = waiting.popleft()
        for one in edges:
            if at in one.sources.arns and one.target not in expected:
                expected[one.target] = expected[at] + 1
                waiting.append(one.target)
    assert graph.reached(start) == expected
    targets = sorted(one.target for one in edges if start in one.sources.arns)
    assert [one.target for one in graph.out_of(start)] == targets
