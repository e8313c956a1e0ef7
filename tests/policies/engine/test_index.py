"""The index: the same answers as statement after statement, at a cost that stays flat."""

from __future__ import annotations

import sys
from random import Random
from threading import Thread
from typing import Any

import pytest

from policies.engine import Layers, Policy, Request, compile_policies, decide, explain
from policies.engine.index import Rules
from policies.engine.keeping import Pool
from tests.policies.engine.acme import ACME, ALICE, allow, ask, deny, document, policies

TEAMS = [f"team-{number}" for number in range(12)]


def pattern(rng: Random) -> str:
    team, item = rng.choice(TEAMS), rng.randrange(6)
    return rng.choice(
        [
            f"arn:aws:s3:::{team}/item-{item}",
            f"arn:aws:s3:::{team}/*",
            f"arn:aws:s3:::{team}/item-*",
            f"arn:aws:s3:::{team}*",
            f"arn:aws:s3:::*/item-{item}",
            f"arn:aws:s3:::*-{rng.randrange(12)}/item-?",
            f"arn:aws:sqs:*:{ACME}:{team}",
            f"arn:aws:sqs:eu-*:*:{team}*",
            f"arn:aws:sqs:eu-west-1:{ACME}:{team}",
            f"arn:aws:s3:::${{aws:PrincipalTag/team}}/item-{item}",
            f"arn:aws:s3:::${{aws:PrincipalTag/team, '{team}'}}/*",
            "arn:aws:s3:::*",
            "*",
        ]
    )


def condition(rng: Random) -> dict[str, Any]:
    return rng.choice(
        [
            {"StringEquals": {"aws:PrincipalTag/team": rng.sample(TEAMS, 2)}},
            {"StringEquals": {"a:b": rng.choice(TEAMS)}, "Bool": {"a:c": "true"}},
            {"StringNotEquals": {"a:b": rng.choice(TEAMS)}},
            {"StringLike": {"a:b": f"{rng.choice(TEAMS)}*"}},
            {"Null": {"a:c": rng.choice(["true", "false"])}},
        ]
    )


def statement(rng: Random) -> dict[str, Any]:
    made = rng.choice([allow, allow, allow, deny])
    action = rng.choice(["s3:GetObject", "s3:Get*", "s3:*", "sqs:*", "*:Send*", "s3:PutObject"])
    found = made([action], [pattern(rng) for _ in range(rng.randint(1, 3))])
    if rng.random() < 0.1:
        found["NotResource"] = found.pop("Resource")
    if rng.random() < 0.1:
        found["NotAction"] = found.pop("Action")
    if found["Effect"] == "Deny" or rng.random() < 0.6:
        found["Condition"] = condition(rng)
    return found


def request(rng: Random) -> Request:
    context: dict[str, Any] = {}
    if rng.random() < 0.7:
        context["aws__PrincipalTag/team"] = rng.choice(TEAMS)
    if rng.random() < 0.7:
        context["a__b"] = rng.choice(TEAMS)
    if rng.random() < 0.5:
        context["a__c"] = rng.choice(["true", "false"])
    of = rng.choice(
        [
            f"arn:aws:s3:::{rng.choice(TEAMS)}/item-{rng.randrange(8)}",
            f"arn:aws:sqs:eu-west-1:{ACME}:{rng.choice(TEAMS)}",
            "arn:aws:s3:::elsewhere/x",
            "*",
        ]
    )
    action = rng.choice(["s3:GetObject", "s3:PutObject", "sqs:SendMessage", "S3:getobject"])
    return ask(ALICE, action, of, **context)


@pytest.mark.parametrize("seed", range(60))
def test_many_statements_decide_as_each_by_itself_would(seed: int) -> None:
    rng = Random(seed)
    size = rng.choice([1, 3, 10, 60])
    documents = [document(*(statement(rng) for _ in range(rng.randint(1, 8)))) for _ in range(size)]
    layers = Layers(identity=compile_policies(Policy(one, "p") for one in documents))
    for _ in range(40):
        asked = request(rng)
        decision = decide(asked, layers)
        explained = explain(asked, layers).decision
        assert (decision.outcome, decision.layer) == (explained.outcome, explained.layer), asked
        if decision.outcome.value != "implicitDeny":
            assert decision.statements
            assert set(decision.statements) <= set(explained.statements)


def calls(layers: Layers, asked: Request) -> int:
    """How many functions, Python's and C's, one decision calls."""
    count = 0

    def counting(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counting)
    try:
        decide(asked, layers)
    finally:
        sys.setprofile(None)
    return count


def large(size: int) -> Layers:
    """Statements about resources of their own, each with a condition of its own."""
    documents = [
        document(
            *(
                allow(
                    ["s3:GetObject", "s3:Put*"],
                    [f"arn:aws:s3:::bucket-{part}-{n}/*", f"arn:aws:s3:::*/own-{part}-{n}-x"],
                    Condition={"StringEquals": {"a:b": f"v{n}"}},
                )
                for n in range(10)
            )
        )
        for part in range(size // 10)
    ]
    return Layers(identity=compile_policies(Policy(one, "p") for one in documents))


def test_the_cost_of_a_decision_does_not_grow_with_the_statements() -> None:
    few, many = large(10), large(3000)
    for layers in (few, many):
        for of in ("x", "w"):  # an action asked for again gets its index
            decide(ask(of=f"arn:aws:s3:::bucket-0-1/{of}", a__b="v1"), layers)
    known = ask(of="arn:aws:s3:::bucket-0-1/x", a__b="v1")
    assert decide(known, many).allowed
    assert calls(many, known) <= calls(few, known) + 2
    unseen = ask(of="arn:aws:s3:::bucket-0-1/y", a__b="v1")
    assert calls(many, unseen) <= 3 * calls(few, ask(of="arn:aws:s3:::bucket-0-1/z", a__b="v1"))
    assert decide(unseen, many).allowed
    assert decide(ask(of="arn:aws:s3:::any/own-7-3-x", a__b="v3"), many).allowed
    assert not decide(ask(of="arn:aws:s3:::any/own-7-3-x", a__b="v4"), many).allowed


def test_many_conditions_on_one_resource_cost_little_more_than_few() -> None:
    def with_values(count: int) -> Layers:
        return Layers(
            identity=policies(
                *(
                    allow("s3:*", Condition={"StringEquals": {"a:b": f"v{n}", "a:c": "x"}})
                    for n in range(count)
                )
            )
        )

    few, many = with_values(10), with_values(1000)
    asked = ask(a__b="v7", a__c="x")
    for layers in (few, many):
        assert decide(asked, layers).allowed
        assert not decide(ask(a__b="v7", a__c="y"), layers).allowed
        assert not decide(ask(a__b="none", a__c="x"), layers).allowed
    assert calls(many, ask(a__b="v999", a__c="x")) <= calls(few, ask(a__b="v9", a__c="x")) + 2


def test_documents_are_compiled_once_and_shared_between_sets() -> None:
    shared = document(allow("s3:*"))
    one, other = (Layers(identity=compile_policies([Policy(shared, name)])) for name in ("a", "b"))
    decide(ask(), one)
    compiled = shared.compiled
    assert compiled is not None
    decide(ask(), other)
    assert shared.compiled is compiled


def test_what_is_kept_never_outlives_its_layers_meaning() -> None:
    kept = Layers(identity=policies(allow("s3:*", Condition={"Bool": {"a:b": "true"}})))
    for value, allowed in (("true", True), ("false", False), ("true", True)):
        assert decide(ask(a__b=value), kept).allowed is allowed
    for owner, allowed in ((ACME, True), ("444455556666", False), (ACME, True)):
        assert decide(ask(owner=owner, a__b="true"), kept).allowed is allowed


def test_a_pool_bounds_all_its_shelves_together_and_empties_the_oldest() -> None:
    pool = Pool(5)
    shelves: list[dict[int, str]] = [{}, {}, {}]
    for shelf in shelves:
        for key in (1, 2):
            pool.keep(shelf, key, "x")
            pool.keep(shelf, key, "y")
    assert shelves == [{}, {1: "y", 2: "y"}, {1: "y", 2: "y"}]
    pool.keep(shelves[0], 1, "z")
    assert sum(map(len, shelves)) == 5
    pool.keep(shelves[0], 2, "z")
    assert shelves[1] == {}


def test_threads_share_layers() -> None:
    layers, wrong = large(100), list[object]()

    def work(seed: int) -> None:
        rng = Random(seed)
        for _ in range(300):
            number = rng.randrange(10)
            asked = ask(of=f"arn:aws:s3:::bucket-{rng.randrange(10)}-{number}/x", a__b="v3")
            if decide(asked, layers).allowed is not (number == 3):
                wrong.append(asked)

    threads = [Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_no_rules_hold_for_nothing() -> None:
    from policies.engine.resources import resource_of

    assert Rules([]).rest(resource_of("*")) == ()
