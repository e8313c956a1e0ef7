"""Random cases, engine against reference: ``python -m tests.policies.engine.fuzz``.

Every world's layers serve several requests, and documents pass from world to world, so that
whatever the engine keeps between decisions is put to the test as well. Every other world is
asked as if it knew the actions, so that its answers come from the index.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from random import Random

from policies.engine import decide
from tests.policies.engine import agreement, reference, strategies

REQUESTS_PER_WORLD = 16


def cases(count: int, seed: int) -> Iterator[tuple[agreement.Case, object, object]]:
    """Each case with the reference's verdict and the engine's."""
    for number in range((count + REQUESTS_PER_WORLD - 1) // REQUESTS_PER_WORLD):
        rng = Random(f"{seed}/{number}")
        requests = min(REQUESTS_PER_WORLD, count - number * REQUESTS_PER_WORLD)
        plain_layers, plain_requests = strategies.world(rng, requests)
        layers = agreement.engine_layers(plain_layers)
        if number % 2:
            layers = agreement.known(layers, *(one.action for one in plain_requests))
        for plain_request in plain_requests:
            request = agreement.engine_request(plain_request)
            yield (
                agreement.Case(plain_request, plain_layers),
                reference.decide(plain_request, plain_layers),
                agreement.verdict(decide(request, layers)),
            )


def differences(count: int, seed: int, outcomes: Counter[object] | None = None) -> Iterator[str]:
    """A report of each case on which the two differ, as small as it can be made."""
    for case, expected, found in cases(count, seed):
        if outcomes is not None:
            outcomes[expected] += 1
        if expected != found:
            yield report(case, expected, found)


def report(case: agreement.Case, expected: object, found: object) -> str:
    if case.differs():
        case = agreement.minimised(case, agreement.Case.differs)
        expected, found = case.verdicts()
        note = ""
    else:
        note = "\n(only after earlier requests: something is kept that should not be)"
    return f"reference {expected}, engine {found}{note}\n{case}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--differences", type=int, default=1, help="stop after so many")
    options = parser.parse_args(arguments)
    outcomes: Counter[object] = Counter()
    started, count = time.monotonic(), 0
    for text in differences(options.cases, options.seed, outcomes):
        count += 1
        print(f"difference {count}, seed {options.seed}\n{text}\n", flush=True)  # noqa: T201
        if count >= options.differences:
            break
    seconds = time.monotonic() - started
    print(f"{sum(outcomes.values()):,} cases in {seconds:.0f} s, {count} differences")  # noqa: T201
    for outcome, number in outcomes.most_common():
        print(f"  {number:>9,}  {outcome}")  # noqa: T201
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
