"""What only this engine has: cold and warm, compiling, memory."""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from dataclasses import replace

from benchmarks.decisions.peers import ours
from benchmarks.decisions.workload import Workload
from policies.engine import Layers, Request, decide


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


def fresh_principal(workload: Workload, rounds: int = 15) -> tuple[float, float]:
    """Median seconds from text to the first decision, and from parsed documents to it."""
    request = ours.requests(workload)[0]
    from_text, from_parsed = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        parsed = ours.documents(workload)
        middle = time.perf_counter()
        decide(request, ours.layers_of(parsed))
        ended = time.perf_counter()
        from_text.append(ended - started)
        from_parsed.append(ended - middle)
    return statistics.median(from_text), statistics.median(from_parsed)


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
