"""Decisions a second beside other engines: ``python -m benchmarks.decisions``.

Ratios count, absolute times do not: everything is taken side by side on one machine. A peer that
is not installed is named, never passed over in silence; one that decides otherwise fails the run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from benchmarks.decisions import ours_alone
from benchmarks.decisions.measure import agreement, interleaved
from benchmarks.decisions.peers import NotInstalled, Peer, ours
from benchmarks.decisions.peers.casbin import Casbin
from benchmarks.decisions.peers.cedar import CedarParsed, CedarParsing
from benchmarks.decisions.peers.moto import Moto
from benchmarks.decisions.peers.node import PACKAGES, Node, NodePeer
from benchmarks.decisions.peers.rego import Rego
from benchmarks.decisions.workload import Workload, workload

PEERS: tuple[Callable[[Workload], Peer], ...] = (CedarParsed, CedarParsing, Moto, Casbin, Rego)
SIZES = (10, 1_000, 10_000)
GOALS = {CedarParsed.name: 200, CedarParsing.name: 1_500}


class Report:
    """Prints, and remembers what went wrong."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def missing(self, name: str, why: str) -> None:
        print(f"  !!! {name}: NOT INSTALLED, not measured ({why})")

    def goal(self, reached: bool, text: str) -> str:
        if not reached:
            self.failed.append(f"goal missed: {text}")
        return "reached" if reached else "MISSED"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    options = parser.parse_args(arguments)
    report = Report()
    usual(workload(seed=options.seed), options.rounds, report)
    sizes(options.sizes, options.seed, options.rounds, report)
    alone(options.seed, report)
    for line in report.failed:
        print(line, file=sys.stderr)
    return 1 if any("disagrees" in line for line in report.failed) else 0


def usual(given: Workload, rounds: int, report: Report) -> None:
    mine = ours.Ours(given)
    expected = [mine.decide(number) for number in range(len(given.asks))]
    print(
        f"A principal with {given.statements} statements in {len(given.identity)} policies, a"
        f" boundary and {len(given.scps)} SCP levels; {len(expected):,} requests,"
        f" {100 * sum(expected) // len(expected)} % allowed\n\nAgreement"
    )
    node, peers = load(given, report)
    for peer in peers:
        found = agreement(peer, expected)
        told = f"  {peer.name}: {found.asked:,} asked, {len(found.differing)} differ"
        inexpressible = sum(not peer.expresses(number) for number in range(len(expected)))
        if inexpressible:
            wrong = sum(peer.decide(n) is not right for n, right in enumerate(expected))
            told += f"; {inexpressible} beyond its language, {wrong} wrong of all"
        print(told)
        if found.differing:
            report.failed.append(f"{peer.name} disagrees on {found.differing[:10]}")
    times = interleaved([mine, *peers], len(expected), rounds)
    unit = times[mine.name]
    print(f"\nTime of a decision, warm, as multiples of ours ({unit * 1e6:.2f} µs here)")
    for name, seconds in sorted(times.items(), key=lambda item: item[1]):
        ratio = seconds / unit
        goal = GOALS.get(name)
        state = f"  goal {goal:,}: {report.goal(ratio >= goal, name)}" if goal else ""
        print(f"  {name:32}{ratio:>10,.0f}{state}")
    if node is not None:
        node.close()


def load(given: Workload, report: Report) -> tuple[Node | None, list[Peer]]:
    peers: list[Peer] = []
    for make in PEERS:
        try:
            peers.append(make(given))
        except NotInstalled as missing:
            report.missing(getattr(make, "name", str(make)), str(missing))
    try:
        node = Node(given)
    except NotInstalled as missing:
        for name in PACKAGES:
            report.missing(name, f"{missing} is missing")
        return None, peers
    for name, why in node.problems.items():
        report.missing(name, f"{why}; npm ci in benchmarks/decisions/peers")
    return node, [*peers, *(NodePeer(node, name) for name in node.names)]


def sizes(wanted: list[int], seed: int, rounds: int, report: Report) -> None:
    print("\nAs statements grow: ours in µs, cedarpy as multiples of ours")
    print(f"  {'statements':>10}{'warm':>8}{'unseen':>8}{'first':>8}"
          f"{'parsed':>10}{'parsing':>10}{'parsed / first':>16}")  # fmt: skip
    units: dict[int, float] = {}
    for size in wanted:
        given = workload(size, asks=300, seed=seed)
        mine = ours.Ours(given)
        peers: list[Peer] = [mine]
        for make in (CedarParsed, CedarParsing):
            try:
                peers.append(make(given))
            except NotInstalled as missing:
                report.missing(make.name, str(missing))
        for peer in peers[1:]:
            found = agreement(peer, [mine.decide(number) for number in range(300)], seconds=5)
            if found.differing:
                report.failed.append(f"{peer.name} disagrees at {size}: {found.differing[:10]}")
        times = interleaved(peers, len(given.asks), rounds)
        unit = units[size] = times[mine.name]
        first = ours_alone.first_decisions(given)
        unseen = ours_alone.unseen_resources(given, ours.layers_of(ours.documents(given)))
        parsed, parsing = times.get(CedarParsed.name), times.get(CedarParsing.name)
        row = f"  {size:>10,}{unit * 1e6:>8.2f}{unseen * 1e6:>8.1f}{first * 1e6:>8.0f}"
        for value, base in ((parsed, unit), (parsing, unit)):
            row += f"{value / base:>10,.0f}" if value else f"{'-':>10}"
        if parsed:
            row += f"{parsed / first:>16.1f}"
            report.goal(parsed / first >= 5, f"first decision at {size} statements, 5 times")
            if size == max(SIZES):
                report.goal(parsed / unit >= 3_000, f"{size} statements, 3,000 times cedarpy")
        print(row)
    if min(SIZES) in units and max(SIZES) in units:
        growth = units[max(SIZES)] / units[min(SIZES)]
        print(f"  {max(SIZES):,} statements cost {growth:.1f} times {min(SIZES)}; goal 10:"
              f" {report.goal(growth <= 10, 'growth')}")  # fmt: skip


def alone(seed: int, report: Report) -> None:
    largest = ours_alone.six_kilobytes(seed)
    average = sum(map(len, largest.identity)) / len(largest.identity) / 1024
    from_stored, from_text, from_parsed = ours_alone.fresh_principal(largest)
    print(f"\nA freshly loaded principal, {len(largest.identity)} policies of {average:.1f} KB")
    state = report.goal(from_stored < 0.002, "fresh principal under 2 ms")
    print(f"  stored text to first decision {from_stored * 1e3:.2f} ms; goal 2 ms: {state}")
    print(f"  of it compiling and deciding {from_parsed * 1e3:.2f} ms")
    print(f"  text never seen to first decision {from_text * 1e3:.2f} ms")
    for given in (workload(seed=seed), largest, workload(1_000, seed=seed)):
        text, compiled, used = ours_alone.memory(given)
        state = report.goal(compiled <= 10 * text, "memory")
        print(
            f"\nMemory of a set of {given.statements:,} statements: {compiled / 1024:,.0f} KiB,"
            f" {compiled / text:.1f} times its text; goal 10: {state}\n"
            f"  with what is kept after 1,000 different requests: {used / 1024:,.0f} KiB,"
            f" {used / text:.1f} times"
        )


if __name__ == "__main__":
    sys.exit(main())
