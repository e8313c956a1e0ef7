"""Evaluation §12: what the simulator reports, and that it is the enforcer."""

from __future__ import annotations

from policies.engine import (
    DocumentKind,
    Layer,
    Layers,
    Outcome,
    Policy,
    combine,
    compile_policies,
    decide,
    parse,
    simulate,
)
from tests.policies.engine.acme import (
    EVIL,
    MALLORY,
    allow,
    ask,
    deny,
    policies,
    resource,
)


def test_an_allow_names_the_allowing_statements_and_a_deny_only_the_denying() -> None:
    layers = Layers(
        identity=policies(allow("s3:*"), allow("s3:Get*"), allow("ec2:*"), deny("s3:Put*")),
        boundary=policies(allow()),
    )
    allowed = simulate(ask(), layers)
    assert allowed.outcome is Outcome.ALLOWED
    assert [check.statement.index for check in allowed.matched] == [0, 1]
    denied = simulate(ask(action="s3:PutObject"), layers)
    assert denied.outcome is Outcome.EXPLICIT_DENY
    assert [check.statement.index for check in denied.matched] == [3]
    silent = simulate(ask(action="iam:GetUser"), layers)
    assert (silent.outcome, silent.matched) == (Outcome.IMPLICIT_DENY, ())


def test_statements_of_organization_policies_never_appear() -> None:
    layers = Layers(identity=policies(allow()), scps=(policies(allow(), deny("s3:*")),))
    found = simulate(ask(), layers)
    assert (found.outcome, found.matched) == (Outcome.EXPLICIT_DENY, ())
    assert found.organizations_allow is False


def test_boundary_and_organization_are_reported_where_there_are_any() -> None:
    may, silent, no = policies(allow()), policies(allow("ec2:*")), policies(allow(), deny("s3:*"))
    without = simulate(ask(), Layers(identity=may))
    assert (without.boundary_allows, without.organizations_allow) == (None, None)
    for found, expected in ((may, True), (silent, False), (no, False)):
        assert simulate(ask(), Layers(identity=may, boundary=found)).boundary_allows is expected
        levels = Layers(identity=may, scps=(may, found))
        assert simulate(ask(), levels).organizations_allow is expected


def test_details_are_given_across_accounts_only() -> None:
    layers = Layers(
        identity=policies(allow()),
        boundary=policies(allow("ec2:*")),
        resource=resource(allow("s3:*", Principal={"AWS": EVIL})),
    )
    assert simulate(ask(), layers).details is None
    assert simulate(ask(MALLORY), layers).details == {
        Layer.IDENTITY: Outcome.ALLOWED,
        Layer.RESOURCE: Outcome.ALLOWED,
        Layer.BOUNDARY: Outcome.IMPLICIT_DENY,
    }


def test_the_most_restrictive_resource_decides_the_action() -> None:
    layers = Layers(
        identity=policies(
            allow("s3:*", ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]),
            deny("s3:*", "arn:aws:s3:::b/*"),
            allow("s3:*", "arn:aws:s3:::c/*", Condition={"Bool": {"a:b": "true"}}),
        )
    )

    def over(*buckets: str) -> Outcome:
        each = [simulate(ask(of=f"arn:aws:s3:::{bucket}/x"), layers) for bucket in buckets]
        return combine(each).outcome

    assert over("a") is Outcome.ALLOWED
    assert over("a", "c") is Outcome.IMPLICIT_DENY
    assert over("a", "c", "b") is Outcome.EXPLICIT_DENY
    both = [simulate(ask(of=f"arn:aws:s3:::{bucket}/x"), layers) for bucket in ("a", "a", "b")]
    whole = combine(both)
    assert [check.statement.index for check in whole.matched] == [0, 1]
    assert whole.missing_keys == ("a:b",)
    assert len(whole.resources) == 3


def test_positions_are_those_of_the_simulators_examples() -> None:
    source = (
        '{"Version":"2012-10-17",\n"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    )
    found = parse(source, DocumentKind.IDENTITY)
    layers = Layers(identity=compile_policies([Policy(found, "PolicyInputList.1")]))
    (check,) = simulate(ask(), layers).matched
    assert check.policy.id == "PolicyInputList.1"
    assert tuple(check.statement.introduced) == (2, 14)
    assert tuple(check.statement.end) == (2, 60)


def test_simulation_with_full_context_equals_enforcement() -> None:
    condition = {"StringEquals": {"a:b": "${a:c}"}}
    layers = Layers(identity=policies(allow("s3:*", Condition=condition), deny("s3:Put*")))
    for action in ("s3:GetObject", "s3:PutObject", "iam:GetUser"):
        for value in ("x", "y"):
            request = ask(action=action, a__b="x", a__c=value)
            assert simulate(request, layers).outcome is decide(request, layers).outcome
