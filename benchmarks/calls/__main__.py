"""Calls over HTTP beside moto's server: ``python -m benchmarks.calls``.

The same requests, made and signed by botocore, replayed over connections that stay open. The
portal verifies signatures, asks policies, keeps its trail and writes through to disk; moto does
none of it. Ratios count, absolute times do not. A server that is not installed is named, never
passed over in silence; one that answers wrongly is not measured.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
from dataclasses import dataclass, field

from benchmarks.calls.client import Client, Failed
from benchmarks.calls.servers import Iamsite, Moto, NotInstalled, Server
from benchmarks.calls.work import Stage, Work, works

GOALS = {"GetCallerIdentity": 4, "GetUser": 4, "AssumeRole": 4, "CreateUser": 1, "ListUsers": 12}
UNIT = "GetUser"
WARM_UP = 60  # calls before the clock runs: past every cache and prepared statement
MOST = 4000  # calls of one round, and so users that are there at once


@dataclass
class Measured:
    """Processor seconds and seconds of a call, one of each a round."""

    processor: list[float] = field(default_factory=list)
    elapsed: list[float] = field(default_factory=list)


Results = dict[tuple[str, str], Measured]  # by server and work


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.calls", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each call in each round")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--only", default="", help="calls whose name has this in it")
    parser.add_argument("--peers", default=sys.executable, help="the Python that has moto")
    options = parser.parse_args(arguments)
    with contextlib.ExitStack() as running:
        servers: list[Server] = [running.enter_context(Iamsite())]
        try:
            servers.append(running.enter_context(Moto(options.peers)))
        except NotInstalled as missing:
            print(f"  !!! moto: NOT INSTALLED, not measured ({missing})")
        stages = [Stage(server) for server in servers]
        print("Answers")
        able = {
            (stage.server.name, work.name): (stage, work)
            for stage in stages
            for work in works(stage)
            if options.only in work.name and answers(stage, work)
        }
        results = measure(able, options.rounds, options.seconds, options.connections)
    report(results, [work.name for _, work in able.values()])
    return 0


def answers(stage: Stage, work: Work) -> bool:
    """Whether the call answers what it must; says so."""
    try:
        stage.check(work)
    except Failed as failure:
        if stage.server.name == Iamsite.name:
            raise
        why = " ".join(str(failure).split())[:100]
        print(f"  {stage.server.name:10}{work.name}: NOT MEASURED ({why})")
        return False
    print(f"  {stage.server.name:10}{work.name}: right")
    return True


def measure(
    able: dict[tuple[str, str], tuple[Stage, Work]], rounds: int, seconds: float, connections: int
) -> Results:
    """Medians come of rounds in which every server takes its turn at every call."""
    results: Results = {which: Measured() for which in able}
    sizes = {
        which: fitting(stage, work, seconds, connections) for which, (stage, work) in able.items()
    }
    for _ in range(rounds):
        for name in dict.fromkeys(name for _, name in able):
            for which, (stage, work) in able.items():
                if which[1] == name:
                    processor, elapsed = run(stage, work, sizes[which], connections)
                    results[which].processor.append(processor / sizes[which])
                    results[which].elapsed.append(elapsed / sizes[which])
    return results


def fitting(stage: Stage, work: Work, seconds: float, connections: int) -> int:
    """The calls that take about so long, after some that warm the server up."""
    run(stage, work, WARM_UP, connections)
    _, elapsed = run(stage, work, WARM_UP, connections)
    return max(10, min(MOST, int(seconds * WARM_UP / elapsed)))


def run(stage: Stage, work: Work, size: int, connections: int) -> tuple[float, float]:
    """Processor seconds and seconds of so many calls."""
    requests, given = stage.signed(work, size)
    with Client(stage.server.port, connections) as client:
        before = stage.server.processor_seconds()
        elapsed = client.replay(requests)
        processor = stage.server.processor_seconds() - before
    stage.undo(work, given)
    return processor, elapsed


def report(results: Results, names: list[str]) -> None:
    """The figures, as multiples of moto's and of our own GetUser."""
    units = results.get((Iamsite.name, UNIT))
    print(f"\n{'times moto':>44}{'':8}{'cost beside ' + UNIT:>24}")
    print(f"  {'call':34}{'processor':>10}{'calls/s':>10}{'goal':>8}{'ours':>12}{'moto':>8}")
    for name in dict.fromkeys(names):
        ours, moto = results[Iamsite.name, name], results.get((Moto.name, name))
        goal = next((goal for start, goal in GOALS.items() if name.startswith(start)), None)
        row = f"  {name:34}"
        if moto is None:
            row += f"{'-':>10}{'-':>10}{'':8}"
        else:
            ratio = middle(moto.processor) / middle(ours.processor)
            row += f"{ratio:>10.1f}{middle(moto.elapsed) / middle(ours.elapsed):>10.1f}"
            row += f"{f'{goal} ' + ('ok' if ratio >= goal else 'NO'):>8}" if goal else f"{'':8}"
        for one, width in ((ours, 12), (moto, 8)):
            ratio = middle(one.processor) / middle(units.processor) if one and units else None
            row += f"{'-':>{width}}" if ratio is None else f"{ratio:>{width}.2f}"
        print(row)


def middle(values: list[float]) -> float:
    return statistics.median(values)


if __name__ == "__main__":
    sys.exit(main())
