"""The compiled engine against the reference on fifty thousand random cases."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.policies.engine import fuzz
from tests.policies.engine.agreement import Case, minimised
from tests.policies.engine.plain import PlainLayers, PlainPolicy, PlainRequest

CASES = 50_000
OUTCOMES = {
    ("allowed", None),
    *(("explicit_deny", layer) for layer in
      ("rcp", "scp", "resource", "trust", "identity", "boundary", "session")),
    *(("implicit_deny", layer) for layer in
      ("scp", "resource", "trust", "identity", "boundary", "session")),
}  # fmt: skip


def test_the_engine_decides_as_the_reference_does():
    outcomes: Counter[object] = Counter()
    difference = next(fuzz.differences(CASES, seed=20260701, outcomes=outcomes), None)
    if difference is not None:
        pytest.fail(difference)
    assert sum(outcomes.values()) == CASES
    # Every way to decide is met often enough to mean something.
    assert set(outcomes) == OUTCOMES
    assert min(outcomes.values()) > CASES // 500


def test_explain_never_contradicts_decide():
    for case, *_ in fuzz.cases(4_000, seed=20260702):
        if case.contradicts_itself():
            pytest.fail(str(minimised(case, Case.contradicts_itself)))


def test_a_failing_case_is_made_small():
    def policy(text: str) -> PlainPolicy:
        return PlainPolicy("identity", text)

    needed = '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    other = '{"Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}'
    principal = {"kind": "user", "arn": "arn:aws:iam::111122223333:user/bob",
                 "account": "111122223333", "id": "AIDA1", "has_boundary": True}  # fmt: skip
    request = PlainRequest(principal, "iam:GetUser", "*", "111122223333", {"aws:username": "bob"})
    layers = PlainLayers((policy(other), policy(needed)), (policy(other),), scps=((), ()))

    small = minimised(Case(request, layers), lambda case: "iam" in case.request.action and any(
        '"Allow"' in one.text for one in case.layers.identity or ()
    ))  # fmt: skip

    assert small.layers == PlainLayers((policy('{"Statement": [{"Effect": "Allow"}]}'),))
    assert small.request.context == {}
    assert small.request.principal["has_boundary"] is False


def test_the_same_seed_gives_the_same_cases():
    assert [str(case) for case, *_ in fuzz.cases(60, 5)] == [
        str(case) for case, *_ in fuzz.cases(60, 5)
    ]
