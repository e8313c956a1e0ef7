"""Side by side: agreement first, then medians of interleaved runs."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.decisions.peers import Peer

SLICE = 0.05  # seconds a peer runs before the next one's turn


@dataclass(frozen=True)
class Agreement:
    """How often a peer was asked what it can express, and where it said otherwise."""

    asked: int
    differing: tuple[int, ...]


def agreement(peer: Peer, expected: Sequence[bool], seconds: float = 10.0) -> Agreement:
    """Compare decisions, for so many seconds at most."""
    asked, differing = 0, []
    until = time.perf_counter() + seconds
    for number, right in enumerate(expected):
        if time.perf_counter() > until:
            break
        if peer.expresses(number):
            asked += 1
            if peer.decide(number) is not right:
                differing.append(number)
    return Agreement(asked, tuple(differing))


def seconds_for(peer: Peer, numbers: list[int]) -> float:
    """The processor's time for these decisions; a peer in another process measures itself.

    Not the wall's: other processes on the machine must not count.
    """
    own = getattr(peer, "seconds", None)
    if own is not None:
        return float(own(numbers))
    decide = peer.decide
    started = time.process_time()
    for number in numbers:
        decide(number)
    return time.process_time() - started


def interleaved(peers: Sequence[Peer], asks: int, rounds: int = 7) -> dict[str, float]:
    """The median seconds a decision of each peer, the peers taking turns in every round."""
    # What one peer has loaded shall not cost another time in the garbage collector.
    gc.collect()
    gc.freeze()
    sizes = {}
    for peer in peers:
        first = seconds_for(peer, list(range(min(asks, 3)))) / min(asks, 3)
        if first * asks < 1:  # warm: the second pass is what counts
            seconds_for(peer, list(range(asks)))
            first = seconds_for(peer, list(range(asks))) / asks
        sizes[peer.name] = max(1, int(SLICE / max(first, 1e-7)))
    found: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for turn in range(rounds):
        for peer in peers:
            size = sizes[peer.name]
            numbers = [(turn * size + at) % asks for at in range(size)]
            found[peer.name].append(seconds_for(peer, numbers) / size)
    return {name: statistics.median(times) for name, times in found.items()}
