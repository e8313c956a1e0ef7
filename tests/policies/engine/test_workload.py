"""The benchmarks' workload: what is measured is decided rightly."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.decisions import ours_alone
from benchmarks.decisions.peers.ours import Ours
from benchmarks.decisions.workload import ACCOUNT, PRINCIPAL, USER, workload
from tests.policies.engine import reference
from tests.policies.engine.plain import PlainLayers, PlainPolicy, PlainRequest

CALLER = {"kind": "user", "arn": PRINCIPAL, "account": ACCOUNT, "id": "AIDAEXAMPLE"}


def test_the_engine_decides_the_workload_as_the_reference_does():
    given = workload(asks=400)
    layers = PlainLayers(
        identity=tuple(PlainPolicy("managed", text) for text in given.identity),
        boundary=(PlainPolicy("managed", given.boundary),),
        scps=tuple((PlainPolicy("scp", text),) for text in given.scps),
    )
    ours = Ours(given)
    for number, ask in enumerate(given.asks):
        context = {key.lower(): value for key, value in ask.context.items()}
        request = PlainRequest(CALLER, ask.action, ask.resource, ACCOUNT, context)
        expected, _ = reference.decide(request, layers)
        assert ours.decide(number) is (expected == "allowed"), ask


def test_the_workload_is_that_of_an_ordinary_principal():
    given = workload()
    assert len(given.identity) == 10
    assert 50 <= given.statements <= 200
    assert any("${aws:username}" in text for text in given.identity)
    assert all(ask.context["aws:username"] == USER for ask in given.asks)
    ours = Ours(given)
    allowed = sum(ours.decide(number) for number in range(len(given.asks)))
    assert 0.25 <= allowed / len(given.asks) <= 0.4


def test_the_same_seed_gives_the_same_workload():
    assert workload(seed=3) == workload(seed=3)
    assert workload(seed=3) != workload(seed=4)
    assert workload(1_000).statements == 1_000
    assert workload(10_000).statements == 10_000


def test_a_compiled_set_takes_at_most_ten_times_its_text():
    for given in (workload(asks=100), ours_alone.six_kilobytes(1)):
        text, compiled, _ = ours_alone.memory(replace(given, asks=given.asks[:20]))
        assert compiled <= 10 * text


def test_the_largest_principal_has_policies_of_six_kilobytes():
    given = ours_alone.six_kilobytes(1)
    assert len(given.identity) == 10
    assert 6.0 <= sum(map(len, given.identity)) / 10 / 1024 < 6.3
    ours = Ours(given)
    assert any(ours.decide(number) for number in range(50))
