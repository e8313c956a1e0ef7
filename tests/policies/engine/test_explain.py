"""Explanations: every layer's verdict, every element's reason."""

from __future__ import annotations

from policies.engine import Effect, Grant, Layer, Layers, Outcome, decide, explain
from tests.policies.engine.acme import (
    ACME,
    ALICE,
    ALICE_ARN,
    BUCKET,
    allow,
    ask,
    deny,
    policies,
    resource,
)


def test_each_statement_says_which_element_matched_on_which_value() -> None:
    condition = {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.0/24"]}}
    layers = Layers(
        identity=policies(
            allow(["ec2:*", "s3:Get*"], ["arn:aws:s3:::other/*", "arn:aws:s3:::acme/*"]),
            allow("s3:*", "arn:aws:s3:::other/*", Condition=condition),
            {"Effect": "Deny", "NotAction": "s3:*", "NotResource": "arn:aws:s3:::acme/*"},
        )
    )
    explanation = explain(ask(aws__SourceIp="203.0.113.7"), layers)
    (check,) = explanation.of(Layer.IDENTITY)
    first, second, third = check.statements
    assert [(e.element, e.matched, e.value, e.pattern) for e in first.elements] == [
        ("Action", True, "s3:GetObject", "s3:Get*"),
        ("Resource", True, BUCKET, "arn:aws:s3:::acme/*"),
    ]
    assert first.matched
    assert [(e.element, e.matched, e.pattern) for e in second.elements] == [
        ("Action", True, "s3:*"),
        ("Resource", False, None),
    ]
    (condition_check,) = second.conditions
    assert (condition_check.operator, condition_check.key) == ("IpAddress", "aws:SourceIp")
    assert condition_check.wanted == ("10.0.0.0/8", "192.0.2.0/24")
    assert (condition_check.found, condition_check.holds) == ("203.0.113.7", False)
    assert [(e.element, e.matched, e.pattern) for e in third.elements] == [
        ("NotAction", False, "s3:*"),
        ("NotResource", False, "arn:aws:s3:::acme/*"),
    ]
    assert not third.covers_action
    assert check.outcome is Outcome.ALLOWED
    assert check.matching(Effect.ALLOW) == (first,)


def test_principals_are_explained_with_the_entry_that_named_the_caller() -> None:
    layers = Layers(
        resource=resource(allow("s3:*", Principal={"AWS": [f"{ACME[:-1]}4", ACME, ALICE_ARN]}))
    )
    explanation = explain(ask(), layers)
    (check,) = explanation.of(Layer.RESOURCE)
    (statement,) = check.statements
    assert [(e.element, e.matched, e.value, e.pattern) for e in statement.elements][1] == (
        "Principal",
        True,
        ALICE_ARN,
        ACME,
    )
    assert statement.grant is explanation.grant is Grant.DIRECT
    assert explanation.decision.allowed


def test_every_layer_and_level_gives_its_own_word() -> None:
    layers = Layers(
        identity=policies(allow()),
        boundary=policies(allow("ec2:*")),
        session=policies(allow(), deny("s3:*")),
        scps=(policies(allow()), policies(allow("ec2:*"))),
    )
    explanation = explain(ask(), layers)
    assert [(check.layer, check.level, check.outcome) for check in explanation.layers] == [
        (Layer.SCP, 0, Outcome.ALLOWED),
        (Layer.SCP, 1, Outcome.IMPLICIT_DENY),
        (Layer.IDENTITY, 0, Outcome.ALLOWED),
        (Layer.BOUNDARY, 0, Outcome.IMPLICIT_DENY),
        (Layer.SESSION, 0, Outcome.EXPLICIT_DENY),
    ]
    assert explanation.decision.outcome is Outcome.EXPLICIT_DENY
    assert explanation.decision.layer is Layer.SESSION
    assert decide(ask(), layers).layer is Layer.SESSION


def test_missing_keys_are_those_used_and_not_sent_organization_policies_apart() -> None:
    def with_key(key: str) -> dict[str, object]:
        return allow("s3:*", Condition={"StringEquals": {key: "x"}})

    layers = Layers(
        identity=policies(with_key("a:One"), allow("s3:*", "arn:aws:s3:::${a:Two}/*")),
        resource=resource({**with_key("a:Three"), "Principal": "*"}),
        scps=(policies(with_key("a:Four")),),
    )
    assert set(explain(ask(), layers).missing_keys()) == {"a:One", "a:Two", "a:Three"}
    assert set(explain(ask(a__ONE="x"), layers).missing_keys()) == {"a:Two", "a:Three"}


def test_a_settled_decision_names_only_statements_that_needed_no_context() -> None:
    condition = {"StringNotEquals": {"a:b": "c"}}
    layers = Layers(identity=policies(allow(Condition=condition), allow("s3:*")))
    for _ in range(2):
        decision = decide(ask(ALICE, a__b="c"), layers)
        assert [statement.index for statement in decision.statements] == [1]
