"""What only this engine has: cold and warm, compiling, memory."""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from dataclasses import replace

from benchmarks.decisions.peers import ours
from benchmarks.decisions.workload import Workload, workload
from policies.engine import Layers, Request, decide, parse, stored


def first_decisions(workload: Workload, rounds: int = 9) -> float:
    """Median processor seconds of the first decision of a (policy set, action)."""
    parsed = ours.documents(workload)
    warm = ours.layers_of(parsed)
    for request in ours.requests(workload)[:200]:
        decide(request, warm)
    by_action: dict[str, Request] = {}
    for request in ours.requests(workload):
        by_action.setdefault(request.action, request)
    times = []
    for _ in range(rounds):
        for request in by_action.values():
            layers = ours.layers_of(parsed)
            started = time.process_time()
            decide(request, layers)
            times.append(time.process_time() - started)
    return statistics.median(times)


def unseen_resources(workload: Workload, layers: Layers) -> float:
    """Median processor seconds of a decision on a resource never seen before, actions seen."""
    requests = ours.requests(workload)
    for request in requests:
        decide(request, layers)
    times = []
    for number in range(2_000):
        request = requests[number % len(requests)]
        unseen = replace(request, resource=f"{request.resource}-unseen-{number}")
        started = time.process_time()
        decide(unseen, layers)
        times.append(time.process_time() - started)
    return statistics.median(times)


def fresh_principal(given: Workload, rounds: int = 25) -> tuple[float, float, float]:
    """Median processor seconds to a first decision: from stored texts, as a principal is loaded;
    from texts never seen; and from parsed documents."""
    request = ours.requests(given)[0]
    found: tuple[list[float], list[float], list[float]] = ([], [], [])
    for _ in range(rounds):
        for times, read in ((found[0], stored), (found[1], parse)):
            started = time.process_time()
            documents = ours.documents(given, read)
            middle = time.process_time()
            decide(request, ours.layers_of(documents))
            ended = time.process_time()
            times.append(ended - started)
            found[2].append(ended - middle)
    from_stored, from_text, from_parsed = map(statistics.median, found)
    return from_stored, from_text, from_parsed


def six_kilobytes(seed: int) -> Workload:
    """A principal whose ten policies have 6 KB each on average, the most that AWS takes."""
    for statements in range(300, 1_000, 10):
        found = workload(statements, seed=seed)
        if sum(map(len, found.identity)) >= 6 * 1024 * len(found.identity):
            return found
    raise AssertionError("no workload is so large")


def memory(workload: Workload) -> tuple[int, int, int]:
    """Bytes of the documents' text, of the compiled set, and of it after all the requests."""
    requests = ours.requests(workload)
    texts = (*workload.identity, workload.boundary, *workload.scps)
    decide(requests[0], ours.layers_of(ours.documents(workload)))  # what is kept for all sets
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    layers = ours.layers_of(ours.documents(workload))
    decide(requests[0], layers)
    gc.collect()
    compiled = tracemalloc.get_traced_memory()[0]
    for request in requests:
        decide(request, layers)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return sum(len(text.encode()) for text in texts), compiled - before, after - before
