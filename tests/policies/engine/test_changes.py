"""Smallest changes: what would allow a denied request, each proved."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.engine import (
    Change,
    ChangeKind,
    DocumentKind,
    Layer,
    Layers,
    Policy,
    PolicySet,
    compile_policies,
    decide,
    remedies,
)
from tests.policies.engine.acme import (
    ACME,
    ACTIONS_JOB,
    ALICE,
    ALICE_ARN,
    ANONYMOUS,
    BUCKET,
    DEPLOYER,
    DEPLOYER_ARN,
    EVIL,
    FRED,
    GITHUB_ARN,
    MALLORY,
    ROLE,
    ROOT,
    SERVICE,
    allow,
    ask,
    deny,
    document,
    policies,
    resource,
    trust,
)

MAY = policies(allow())
WHO = {"aws__PrincipalArn": ALICE_ARN}


def first(request: Any, layers: Layers) -> tuple[Change, ...]:
    return remedies(request, layers)[0].changes


def test_an_allowed_request_needs_no_change() -> None:
    assert remedies(ask(), Layers(identity=MAY)) == ()


@pytest.mark.parametrize(
    ("layer", "sets"),
    [
        (Layer.IDENTITY, {"identity": policies()}),
        (Layer.IDENTITY, {}),
        (Layer.BOUNDARY, {"identity": MAY, "boundary": policies(allow("ec2:*"))}),
        (Layer.SESSION, {"identity": MAY, "session": policies(allow("ec2:*"))}),
        (Layer.SCP, {"identity": MAY, "scps": (MAY, policies(allow("ec2:*")))}),
    ],
)
def test_a_layer_that_is_silent_gets_exactly_the_statement_it_lacks(
    layer: Layer, sets: dict[str, Any]
) -> None:
    (change,) = first(ask(), Layers(**sets))
    assert (change.kind, change.layer) == (ChangeKind.ADD_STATEMENT, layer)
    assert change.level == (1 if layer is Layer.SCP else 0)
    assert json.loads(change.proposal or "") == allow("s3:GetObject", BUCKET)


def test_a_role_that_does_not_trust_gets_a_trust_statement() -> None:
    other = {"Effect": "Allow", "Principal": {"AWS": EVIL}, "Action": "sts:AssumeRole"}
    layers = Layers(identity=MAY, resource=trust(other), trust=True)
    (change,) = first(ask(ALICE, "sts:AssumeRole", ROLE), layers)
    assert (change.kind, change.layer) == (ChangeKind.ADD_STATEMENT, Layer.TRUST)
    assert json.loads(change.proposal or "") == {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": ALICE_ARN},
    }


def test_across_accounts_both_sides_are_changed() -> None:
    changes = first(ask(MALLORY), Layers(identity=policies()))
    assert [(change.kind, change.layer) for change in changes] == [
        (ChangeKind.ADD_STATEMENT, Layer.RESOURCE),
        (ChangeKind.ADD_STATEMENT, Layer.IDENTITY),
    ]


def test_an_mfa_condition_is_answered_with_mfa_before_any_policy_changes() -> None:
    guard = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    (change,) = first(ask(), Layers(identity=policies(allow(Condition=guard))))
    assert change.is_mfa
    assert (change.key, change.value) == ("aws:MultiFactorAuthPresent", "true")
    refusing = deny(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})
    (change,) = first(ask(), Layers(identity=policies(allow(), refusing)))
    assert change.is_mfa


CONDITIONS = [
    ({"StringEquals": {"aws:RequestTag/team": "red"}}, {}, "red"),
    ({"StringLike": {"aws:RequestTag/team": "red-*"}}, {}, "red-"),
    ({"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}, {}, "299"),
    ({"NumericGreaterThanEquals": {"a:b": "5"}}, {"a__b": "1"}, "5"),
    ({"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}}, {"aws__SourceIp": "8.8.8.8"}, "10.1.0.0"),
    ({"DateLessThan": {"a:b": "2026-01-01"}}, {"a__b": "2026-06-01"}, "2025-12-31T23:59:59Z"),
    ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, {"aws__TagKeys": ("b",)}, "a"),
    ({"ForAnyValue:StringEquals": {"a:b": ["x"]}}, {}, "x"),
    ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::b*"}}, {}, "arn:aws:s3:::b"),
    ({"StringEquals": {"a:b": "${a:c}"}}, {"a__c": "v"}, "v"),
    ({"Null": {"a:b": "false"}}, {}, "true"),
]


@pytest.mark.parametrize(("condition", "context", "value"), CONDITIONS)
def test_a_condition_is_answered_with_a_value_that_meets_it(
    condition: Any, context: Any, value: str
) -> None:
    layers = Layers(identity=policies(allow(Condition=condition)))
    (change,) = first(ask(**context), layers)
    assert (change.kind, change.value) == (ChangeKind.SET_VALUE, value)


def test_a_key_that_may_be_left_out_is_left_out() -> None:
    refusing = deny(Condition={"StringLike": {"aws:RequestTag/team": "*"}})
    layers = Layers(identity=policies(allow(), refusing))
    request = ask(**{"aws__RequestTag/team": "x"})
    (change,) = first(request, layers)
    assert (change.kind, change.key) == (ChangeKind.LEAVE_OUT_VALUE, "aws:RequestTag/team")


def test_who_the_caller_is_is_not_theirs_to_change() -> None:
    guard = {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACME}:user/other"}}
    layers = Layers(identity=policies(allow(Condition=guard)))
    for remedy in remedies(ask(**WHO), layers):
        assert all(change.key != "aws:PrincipalArn" for change in remedy.changes)


def test_a_deny_is_narrowed_for_the_caller() -> None:
    layers = Layers(identity=policies(allow(), deny("s3:*", BUCKET, Sid="Hands0ff")))
    (change,) = first(ask(**WHO), layers)
    assert (change.kind, change.layer) == (ChangeKind.NARROW_DENY, Layer.IDENTITY)
    assert change.statement is not None
    assert change.statement.sid == "Hands0ff"
    assert json.loads(change.proposal or "")["Condition"] == {
        "ArnNotEquals": {"aws:PrincipalArn": ALICE_ARN}
    }


def test_an_aws_managed_policy_is_detached_not_edited() -> None:
    arn = "arn:aws:iam::aws:policy/AWSDenyAll"
    found = Policy(document(deny()), "AWSDenyAll", arn, "aws-managed")
    layers = Layers(identity=compile_policies([*MAY.policies, found]))
    (change,) = first(ask(**WHO), layers)
    assert (change.kind, change.policy) == (ChangeKind.DETACH_POLICY, found)


def test_several_obstacles_are_removed_together_and_nothing_more() -> None:
    layers = Layers(
        identity=policies(allow("ec2:*"), deny("s3:*")),
        boundary=policies(allow("ec2:*")),
        scps=(policies(allow("ec2:*")),),
    )
    found = remedies(ask(**WHO), layers)
    assert found
    assert {(change.kind, change.layer) for change in found[0].changes} == {
        (ChangeKind.NARROW_DENY, Layer.IDENTITY),
        (ChangeKind.ADD_STATEMENT, Layer.IDENTITY),
        (ChangeKind.ADD_STATEMENT, Layer.BOUNDARY),
        (ChangeKind.ADD_STATEMENT, Layer.SCP),
    }
    assert found[0].changes_policies


def test_what_no_change_allows_gets_no_proposal() -> None:
    assumed = {"Effect": "Allow", "Principal": {"AWS": ACME}, "Action": "sts:AssumeRole"}
    layers = Layers(resource=trust(assumed), trust=True)
    assert remedies(ask(ROOT, "sts:AssumeRole", ROLE), layers) == ()
    unnamed = Layers(identity=policies(allow(), deny("s3:*")))
    assert remedies(ask(), unnamed) == ()  # nothing says who asks, so nobody can be excepted


@pytest.mark.parametrize("principal", [ALICE, DEPLOYER, FRED, MALLORY], ids=lambda p: p.kind.value)
def test_every_proposal_is_proved(principal: Any) -> None:
    guard = {"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"a:b": "c"}}
    layers = Layers(
        identity=policies(allow("s3:Get*", Condition=guard), deny("s3:*", Condition={
            "StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}})),
        boundary=policies(allow("ec2:*")),
        resource=resource(allow("s3:Put*", Principal="*")),
    )  # fmt: skip
    request = ask(principal, aws__SecureTransport="false", aws__PrincipalArn=principal.arn)
    found = remedies(request, layers)
    assert found
    assert [len(remedy.changes) for remedy in found] == sorted(
        len(remedy.changes) for remedy in found
    )
    for remedy in found:
        assert decide(remedy.request, remedy.layers).allowed


@pytest.mark.parametrize(
    ("principal", "named"),
    [
        (SERVICE, {"Service": "ci.amazonaws.com"}),
        (ANONYMOUS, "*"),
        (DEPLOYER, {"AWS": DEPLOYER_ARN}),
    ],
)
def test_a_resource_policy_names_the_caller_in_its_own_form(principal: Any, named: Any) -> None:
    request = ask(principal, owner=EVIL)
    layers = Layers(identity=MAY) if principal is DEPLOYER else Layers()
    (change,) = first(request, layers)
    assert (change.layer, json.loads(change.proposal or "")["Principal"]) == (Layer.RESOURCE, named)


def test_trusting_a_shared_issuer_is_proposed_for_the_subject_that_asks_only() -> None:
    other = {"Effect": "Allow", "Principal": {"AWS": EVIL}, "Action": "sts:AssumeRole"}
    layers = Layers(resource=trust(other), trust=True)
    key = "token.actions.githubusercontent.com:sub"
    asked = ask(
        ACTIONS_JOB,
        "sts:AssumeRoleWithWebIdentity",
        ROLE,
        **{key.replace(":", "__"): "repo:acme/app"},
    )
    (change,) = first(asked, layers)
    assert json.loads(change.proposal or "") == {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": GITHUB_ARN},
        "Condition": {"StringEquals": {key: "repo:acme/app"}},
    }
    unknown = ask(ACTIONS_JOB, "sts:AssumeRoleWithWebIdentity", ROLE)
    assert remedies(unknown, layers) == ()


def test_an_rcps_deny_is_narrowed_and_its_silence_stays() -> None:
    full = policies({**allow(), "Principal": "*"}, kind=DocumentKind.RCP)
    no = policies({**deny("s3:*"), "Principal": "*"}, kind=DocumentKind.RCP)
    layers = Layers(identity=MAY, rcps=(compile_policies([*full.policies, *no.policies]),))
    (change,) = first(ask(**WHO), layers)
    assert (change.kind, change.layer, change.level) == (ChangeKind.NARROW_DENY, Layer.RCP, 0)
    assert remedies(ask(**WHO), Layers(identity=MAY, rcps=(compile_policies([]),))) == ()


def test_a_deny_that_already_excepts_somebody_excepts_the_caller_too() -> None:
    someone = f"arn:aws:iam::{ACME}:user/other"
    for written in (someone, [someone]):
        block = {"ArnNotEquals": {"AWS:principalarn": written}}
        layers = Layers(identity=policies(allow(), deny("s3:*", Condition=block)))
        (change,) = first(ask(**WHO), layers)
        assert change.kind is ChangeKind.NARROW_DENY
        assert json.loads(change.proposal or "")["Condition"] == {
            "ArnNotEquals": {"AWS:principalarn": [someone, ALICE_ARN]}
        }


def test_a_deny_is_narrowed_for_a_service_by_its_name() -> None:
    name = "ci.amazonaws.com"
    layers = Layers(resource=resource(allow("s3:*", Principal="*"), deny("s3:*", Principal="*")))
    (change,) = first(ask(SERVICE, aws__PrincipalServiceName=name), layers)
    assert (change.kind, change.layer) == (ChangeKind.NARROW_DENY, Layer.RESOURCE)
    assert json.loads(change.proposal or "")["Condition"] == {
        "StringNotEquals": {"aws:PrincipalServiceName": name}
    }


def test_a_statement_is_added_to_the_boundary_there_is() -> None:
    boundary = Policy(
        document(allow("ec2:*")), "ReadOnly", "arn:aws:iam::aws:policy/X", "aws-managed"
    )
    layers = Layers(identity=MAY, boundary=compile_policies([boundary]))
    (change,) = first(ask(), layers)
    assert (change.kind, change.layer, change.policy) == (
        ChangeKind.ADD_STATEMENT,
        Layer.BOUNDARY,
        boundary,
    )


KINDS = {
    Layer.IDENTITY: DocumentKind.IDENTITY,
    Layer.BOUNDARY: DocumentKind.MANAGED,
    Layer.SESSION: DocumentKind.SESSION,
    Layer.RESOURCE: DocumentKind.RESOURCE,
    Layer.TRUST: DocumentKind.TRUST,
    Layer.SCP: DocumentKind.SCP,
    Layer.RCP: DocumentKind.RCP,
}


def a_set(layer: Layer, *statements: dict[str, Any]) -> PolicySet:
    """A layer's set of these statements, one policy each, in the form that its kind takes."""
    made = []
    for number, statement in enumerate(statements):
        one = dict(statement)
        if layer in (Layer.RESOURCE, Layer.RCP):
            one["Principal"] = "*"
        if layer is Layer.TRUST:
            one["Principal"] = {"AWS": "*"}
            del one["Resource"]
        made.append(Policy(document(one, kind=KINDS[layer]), f"{layer}-{number}"))
    return compile_policies(made)


def all_layers(changed: Layer, *statements: dict[str, Any]) -> Layers:
    """Layers in which all others allow, and this one has these statements."""
    trusting = changed is Layer.TRUST
    owner = Layer.TRUST if trusting else Layer.RESOURCE

    def of(layer: Layer) -> PolicySet:
        # STS is all that a trust policy speaks of; so it is what is asked of every layer.
        may = allow("sts:*") if layer is Layer.TRUST else allow()
        return a_set(layer, *(statements if layer is changed else (may,)))

    return Layers(
        identity=of(Layer.IDENTITY),
        boundary=of(Layer.BOUNDARY),
        session=of(Layer.SESSION),
        resource=of(owner),
        scps=(a_set(Layer.SCP, allow()), of(Layer.SCP)),
        rcps=(a_set(Layer.RCP, allow()), of(Layer.RCP)),
        trust=trusting,
    )


EVERY = [layer for layer in Layer if layer is not Layer.ROOT]
# Across accounts every layer counts, whomever the resource's side names.
CALLER = {"aws__PrincipalArn": DEPLOYER_ARN}


def asked(**context: Any) -> Any:
    return ask(DEPLOYER, "sts:AssumeRole", f"arn:aws:iam::{EVIL}:role/x", EVIL, **CALLER, **context)


def proved(request: Any, layers: Layers) -> Change:
    """The one change that is enough, which the engine's own proof confirms."""
    assert not decide(request, layers).allowed
    found = remedies(request, layers)
    assert found
    for remedy in found:
        assert decide(remedy.request, remedy.layers).allowed
        assert not remedies(remedy.request, remedy.layers)
    (change,) = found[0].changes
    return change


@pytest.mark.parametrize("layer", [layer for layer in EVERY if layer is not Layer.RCP])
def test_the_layer_that_is_silent_is_named_with_the_statement_it_lacks(layer: Layer) -> None:
    other = "sts:TagSession" if layer is Layer.TRUST else "ec2:*"
    change = proved(asked(), all_layers(layer, allow(other)))
    assert (change.kind, change.layer) == (ChangeKind.ADD_STATEMENT, layer)
    assert change.level == (1 if layer is Layer.SCP else 0)
    assert (change.policy is None) is (layer in (Layer.IDENTITY, Layer.SCP))
    written = json.loads(change.proposal or "")
    assert (written["Effect"], written["Action"]) == ("Allow", "sts:AssumeRole")
    assert ("Principal" in written) is (layer in (Layer.RESOURCE, Layer.TRUST))
    assert ("Resource" in written) is (layer is not Layer.TRUST)


@pytest.mark.parametrize("layer", EVERY)
def test_the_deny_that_stands_in_the_way_is_named_and_narrowed(layer: Layer) -> None:
    may = allow("sts:*") if layer is Layer.TRUST else allow()
    layers = all_layers(layer, may, deny("sts:Assume*", Sid="No"), deny("sts:TagSession"))
    change = proved(asked(), layers)
    assert (change.kind, change.layer) == (ChangeKind.NARROW_DENY, layer)
    assert change.level == (1 if layer in (Layer.SCP, Layer.RCP) else 0)
    assert change.statement is not None
    assert change.policy is not None
    assert (change.policy.id, change.statement.sid) == (f"{layer}-1", "No")
    written = json.loads(change.proposal or "")
    assert written.pop("Condition") == {"ArnNotEquals": {"aws:PrincipalArn": DEPLOYER_ARN}}
    assert written == change.statement.as_dict()


@pytest.mark.parametrize("layer", EVERY)
def test_the_value_that_a_deny_turns_on_is_named(layer: Layer) -> None:
    may = allow("sts:*") if layer is Layer.TRUST else allow()
    guard = {"StringNotEquals": {"aws:RequestTag/team": "red"}}
    layers = all_layers(layer, may, deny("sts:*", Condition=guard))
    change = proved(asked(), layers)
    assert (change.kind, change.layer) == (ChangeKind.SET_VALUE, layer)
    assert (change.key, change.value) == ("aws:RequestTag/team", "red")


@pytest.mark.parametrize("layer", [layer for layer in EVERY if layer is not Layer.RCP])
def test_the_value_that_an_allow_waits_for_is_named(layer: Layer) -> None:
    for guard, key, value in (
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, "aws:MultiFactorAuthPresent", "true"),
        ({"StringEquals": {"sts:ExternalId": "between-us"}}, "sts:ExternalId", "between-us"),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, "aws:SourceIp", "10.0.0.0"),
    ):
        layers = all_layers(layer, allow("sts:*", Condition=guard))
        change = proved(asked(), layers)
        assert (change.kind, change.layer) == (ChangeKind.SET_VALUE, layer)
        assert (change.key, change.value) == (key, value)
        assert change.is_mfa is (key == "aws:MultiFactorAuthPresent")


def test_an_allow_whose_conditions_cannot_be_met_is_passed_over() -> None:
    nowhere = {"IpAddress": {"aws:SourceIp": "nowhere"}, "NumericLessThan": {"a:b": "few"}}
    (change,) = first(ask(), Layers(identity=policies(allow(Condition=nowhere))))
    assert change.kind is ChangeKind.ADD_STATEMENT


def test_only_so_many_proposals_are_made() -> None:
    guards = [{"StringEquals": {f"a:k{n}": "v"}} for n in range(30)]
    layers = Layers(identity=policies(*(allow(Condition=guard) for guard in guards)))
    assert len(remedies(ask(), layers)) == 8
    assert len(remedies(ask(), layers, most=3)) == 3


def test_a_search_without_end_ends() -> None:
    guard = {f"ctx:k{n}": "v" for n in range(25)}
    block = deny("s3:*", Condition={"StringNotEquals": guard})
    silent = policies(allow("ec2:*"))
    layers = Layers(identity=policies(allow("ec2:*"), *([block] * 8)), scps=(silent,) * 9)
    assert remedies(ask(**WHO), layers) == ()
