"""Evaluation §2: which layers must allow, row by row of the decision table."""

from __future__ import annotations

from itertools import product

import pytest

from policies.engine import Layer, Layers, Outcome, PolicySet, Principal, decide, explain
from tests.policies.engine.acme import (
    ACME,
    ALICE,
    ALICE_ARN,
    ANONYMOUS,
    DEPLOYER,
    DEPLOYER_ARN,
    EVIL,
    FEDERATED_ARN,
    FRED,
    MALLORY,
    ROOT,
    SERVICE,
    SESSION_ARN,
    allow,
    ask,
    deny,
    policies,
    resource,
)

SILENT = allow("ec2:*")
SETS: dict[str, PolicySet | None] = {
    "A": policies(allow("s3:*")),
    "S": policies(SILENT),
    "-": None,
}
ANYONE = {"AWS": "*"}


def grant(principal: object) -> PolicySet:
    return resource(allow("s3:*", Principal=principal))


def boundary_of(mark: str) -> list[str]:
    return ["A", "S", "-"] if mark == "*" else mark.split("|")


# (row, same account, principal, identity, boundary, session, principal granted, allowed)
ROWS = [
    (1, True, ALICE, "A", "-|A", "-", None, True),
    (2, True, ALICE, "A", "S", "-", None, False),
    (3, True, ALICE, "S", "*", "-", {"AWS": ALICE_ARN}, True),
    (4, True, ALICE, "S", "*", "-", {"AWS": f"arn:aws:iam::{ACME}:root"}, False),
    (4, True, ALICE, "S", "*", "-", {"AWS": ACME}, False),
    (5, True, ALICE, "S", "*", "-", "*", True),
    (5, True, ALICE, "S", "*", "-", ANYONE, True),
    (6, True, DEPLOYER, "A", "-|A", "-|A", None, True),
    (7, True, DEPLOYER, "A", "A", "S", None, False),
    (8, True, DEPLOYER, "S", "-|A", "-|A", {"AWS": DEPLOYER_ARN}, True),
    (9, True, DEPLOYER, "S", "S", "*", {"AWS": DEPLOYER_ARN}, False),
    (10, True, DEPLOYER, "S", "*", "S", {"AWS": DEPLOYER_ARN}, False),
    (11, True, DEPLOYER, "S", "S", "S", {"AWS": SESSION_ARN}, True),
    (12, True, DEPLOYER, "S", "S", "S", ANYONE, True),
    (13, True, FRED, "A", "-|A", "A", None, True),
    (14, True, FRED, "A", "*", "-", None, False),
    (15, True, FRED, "S", "S", "S", {"AWS": FEDERATED_ARN}, True),
    (16, True, FRED, "S", "A|-", "A", {"AWS": ALICE_ARN}, True),
    (17, True, FRED, "S", "S", "*", {"AWS": ALICE_ARN}, False),
    (17, True, FRED, "S", "*", "S", {"AWS": ALICE_ARN}, False),
    (18, True, ROOT, "-", "-", "-", None, True),
    (18, True, ROOT, "-", "-", "-", {"AWS": ALICE_ARN}, True),
    (19, False, ALICE, "A", "-|A", "-", {"AWS": ALICE_ARN}, True),
    (19, False, ALICE, "A", "-|A", "-", {"AWS": ACME}, True),
    (19, False, ALICE, "A", "-|A", "-", ANYONE, True),
    (19, False, DEPLOYER, "A", "-|A", "-|A", {"AWS": DEPLOYER_ARN}, True),
    (19, False, DEPLOYER, "A", "-|A", "-|A", {"AWS": SESSION_ARN}, True),
    (20, False, ALICE, "S", "*", "-", {"AWS": ALICE_ARN}, False),
    (20, False, DEPLOYER, "S", "*", "*", {"AWS": SESSION_ARN}, False),
    (20, False, FRED, "S", "*", "*", {"AWS": FEDERATED_ARN}, False),
    (21, False, ALICE, "A", "S", "-", {"AWS": ALICE_ARN}, False),
    (21, False, DEPLOYER, "A", "S", "*", {"AWS": SESSION_ARN}, False),
    (22, False, ALICE, "A", "A", "-", None, False),
    (22, False, DEPLOYER, "A", "A", "A", None, False),
    (23, True, SERVICE, "-", "-", "-", {"Service": "ci.amazonaws.com"}, True),
    (23, True, SERVICE, "-", "-", "-", {"Service": "other.amazonaws.com"}, False),
    (23, True, SERVICE, "-", "-", "-", None, False),
    (24, True, ANONYMOUS, "-", "-", "-", "*", True),
    (24, True, ANONYMOUS, "-", "-", "-", {"AWS": ACME}, False),
    (24, True, ANONYMOUS, "-", "-", "-", None, False),
]


@pytest.mark.parametrize(
    ("row", "same", "principal", "identity", "boundary", "session", "granted", "allowed"),
    ROWS,
    ids=[f"row-{row[0]}-{number}" for number, row in enumerate(ROWS)],
)
def test_the_decision_table_holds(
    row: int,
    same: bool,
    principal: Principal,
    identity: str,
    boundary: str,
    session: str,
    granted: object,
    allowed: bool,
) -> None:
    for one, other in product(boundary_of(boundary), boundary_of(session)):
        layers = Layers(
            identity=SETS[identity],
            boundary=SETS[one],
            session=SETS[other],
            resource=grant(granted) if granted else None,
        )
        request = ask(principal, owner=ACME if same else EVIL)
        assert decide(request, layers).allowed is allowed, (row, one, other)
        assert explain(request, layers).decision.allowed is allowed, (row, one, other)


def test_a_condition_on_the_principal_arn_keeps_everyone_a_direct_grant() -> None:
    condition = {"ArnEquals": {"aws:PrincipalArn": DEPLOYER_ARN}}
    layers = Layers(
        identity=SETS["S"],
        boundary=SETS["S"],
        session=SETS["S"],
        resource=resource(allow("s3:*", Principal="*", Condition=condition)),
    )
    assert decide(ask(DEPLOYER, aws__PrincipalArn=DEPLOYER_ARN), layers).allowed
    assert not decide(ask(DEPLOYER, aws__PrincipalArn=ALICE_ARN), layers).allowed


def test_the_strongest_of_several_grants_counts() -> None:
    both = resource(
        allow("s3:*", Principal={"AWS": ACME}), allow("s3:*", Principal={"AWS": SESSION_ARN})
    )
    layers = Layers(identity=SETS["S"], boundary=SETS["S"], resource=both)
    assert decide(ask(DEPLOYER), layers).allowed


LAYER_SETS = {
    Layer.IDENTITY: lambda extra: {"identity": policies(allow("s3:*"), *extra)},
    Layer.BOUNDARY: lambda extra: {"boundary": policies(allow("s3:*"), *extra)},
    Layer.SESSION: lambda extra: {"session": policies(allow("s3:*"), *extra)},
    Layer.RESOURCE: lambda extra: {
        "resource": resource(
            allow("s3:*", Principal="*"), *({**one, "Principal": "*"} for one in extra)
        )
    },
    Layer.SCP: lambda extra: {"scps": (policies(allow()), policies(allow(), *extra))},
    Layer.RCP: lambda extra: {"rcps": (policies(allow()), policies(allow(), *extra))},
}


@pytest.mark.parametrize("denying", LAYER_SETS, ids=str)
@pytest.mark.parametrize("principal", [ALICE, DEPLOYER, ROOT], ids=lambda p: p.kind.value)
def test_a_deny_in_any_layer_outweighs_every_allow(denying: Layer, principal: Principal) -> None:
    sets: dict[str, object] = {}
    for layer, made in LAYER_SETS.items():
        sets |= made([deny("s3:GetObject")] if layer is denying else [])
    if principal is ROOT:
        for name in ("identity", "boundary", "session"):
            sets.pop(name)
        if denying in (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION):
            return
    decision = decide(ask(principal), Layers(**sets))  # type: ignore[arg-type]
    assert decision.outcome is Outcome.EXPLICIT_DENY
    assert decision.layer is denying
    assert [statement.effect for statement in decision.statements] == ["Deny"]


def test_an_explicit_deny_is_named_by_the_first_layer_in_order() -> None:
    denies = [deny("s3:*")]
    order = [
        Layer.RCP, Layer.SCP, Layer.RESOURCE, Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION,
    ]  # fmt: skip
    for first in range(len(order)):
        sets: dict[str, object] = {}
        for layer in order:
            sets |= LAYER_SETS[layer](denies if order.index(layer) >= first else [])
        layers = Layers(**sets)  # type: ignore[arg-type]
        assert decide(ask(DEPLOYER), layers).layer is order[first]


def test_an_implicit_deny_is_named_by_the_first_layer_in_order() -> None:
    silent = policies(SILENT)
    all_silent = {
        "scps": (policies(allow()), silent),
        "identity": silent,
        "boundary": silent,
        "session": silent,
    }
    for name, layer in (
        ("scps", Layer.SCP),
        ("identity", Layer.IDENTITY),
        ("boundary", Layer.BOUNDARY),
        ("session", Layer.SESSION),
    ):
        assert decide(ask(DEPLOYER), Layers(**all_silent)).layer is layer  # type: ignore[arg-type]
        all_silent[name] = (policies(allow()),) if name == "scps" else policies(allow())
    assert decide(ask(DEPLOYER), Layers(**all_silent)).allowed  # type: ignore[arg-type]


def test_across_accounts_the_owners_silence_is_named_before_the_callers() -> None:
    decision = decide(ask(MALLORY, owner=ACME), Layers(identity=policies(SILENT)))
    assert (decision.outcome, decision.layer) == (Outcome.IMPLICIT_DENY, Layer.RESOURCE)


def test_nothing_is_allowed_to_a_user_without_policies() -> None:
    for layers in (Layers(), Layers(identity=policies())):
        decision = decide(ask(ALICE), layers)
        assert (decision.outcome, decision.layer) == (Outcome.IMPLICIT_DENY, Layer.IDENTITY)


def test_a_session_set_allows_when_any_of_its_policies_does() -> None:
    layers = Layers(identity=SETS["A"], session=policies(SILENT, allow("s3:Get*")))
    assert decide(ask(DEPLOYER), layers).allowed


def test_a_federated_session_made_by_root_has_roots_access_within_its_policy() -> None:
    made_by_root = type(FRED)(
        FRED.kind, FRED.arn, ACME, FRED.id, issuer_arn=f"arn:aws:iam::{ACME}:root"
    )
    assert decide(ask(made_by_root), Layers(session=SETS["A"])).allowed
    assert not decide(ask(made_by_root), Layers(session=SETS["S"])).allowed
    assert not decide(ask(made_by_root), Layers()).allowed


def test_a_root_session_made_by_assume_root_is_limited_by_its_task_policy() -> None:
    assert decide(ask(ROOT), Layers(session=SETS["A"])).allowed
    refused = decide(ask(ROOT), Layers(session=SETS["S"]))
    assert (refused.outcome, refused.layer) == (Outcome.IMPLICIT_DENY, Layer.SESSION)
    with_tag = policies(allow(Condition={"StringEquals": {"a:b": "x"}}))
    assert decide(ask(ROOT, a__b="x"), Layers(session=with_tag)).allowed
    assert not decide(ask(ROOT, a__b="y"), Layers(session=with_tag)).allowed


def test_a_limits_conditions_are_asked_beside_a_resource_policy() -> None:
    limit = policies(allow(Condition={"StringEquals": {"a:b": "x"}}))
    for layer in ("boundary", "session"):
        layers = Layers(SETS["A"], resource=resource(), **{layer: limit})
        assert decide(ask(DEPLOYER, a__b="x"), layers).allowed
        refused = decide(ask(DEPLOYER, a__b="y"), layers)
        assert (refused.outcome, refused.layer) == (Outcome.IMPLICIT_DENY, Layer(layer))
    layers = Layers(SETS["A"], resource=resource(), scps=(limit,))
    assert decide(ask(DEPLOYER, a__b="x"), layers).allowed
    refused = decide(ask(DEPLOYER, a__b="y"), layers)
    assert (refused.outcome, refused.layer) == (Outcome.IMPLICIT_DENY, Layer.SCP)


def test_root_needs_the_owners_consent_across_accounts_and_nothing_else() -> None:
    assert not decide(ask(ROOT, owner=EVIL), Layers()).allowed
    assert decide(ask(ROOT, owner=EVIL), Layers(resource=grant({"AWS": ACME}))).allowed


def test_what_aws_owns_needs_no_owners_consent() -> None:
    policy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    layers = Layers(identity=policies(allow("iam:GetPolicy", policy)))
    assert decide(ask(ALICE, "iam:GetPolicy", policy, "aws"), layers).allowed


def test_a_decision_names_the_statements_and_the_policy_that_decided() -> None:
    layers = Layers(identity=policies(allow("s3:*"), allow("s3:Get*"), allow("ec2:*")))
    decision = decide(ask(ALICE), layers)
    assert [statement.index for statement in decision.statements] == [0, 1]
    assert decision.policy is layers.identity.policies[0]  # type: ignore[union-attr]
    assert decide(ask(ALICE, "iam:GetUser"), layers).statements == ()
    assert decide(ask(ALICE, "iam:GetUser"), layers).policy is None


def test_a_root_session_named_directly_is_not_limited_by_its_task_policy() -> None:
    layers = Layers(session=SETS["S"], resource=grant(ANYONE))
    decision = decide(ask(ROOT), layers)
    assert (decision.allowed, decision.layer) == (True, Layer.RESOURCE)
    assert not decide(ask(ROOT), Layers(session=SETS["S"], resource=grant({"AWS": ACME}))).allowed


def test_a_user_without_an_identity_layer_is_refused_by_decide_and_explain() -> None:
    for layers in (Layers(), Layers(boundary=SETS["A"]), Layers(resource=grant({"AWS": ACME}))):
        for decision in (decide(ask(ALICE), layers), explain(ask(ALICE), layers).decision):
            assert (decision.outcome, decision.layer) == (Outcome.IMPLICIT_DENY, Layer.IDENTITY)


def test_a_decision_is_true_when_it_allows_and_says_what_it_is() -> None:
    allowed, refused = (decide(ask(ALICE), Layers(identity=SETS[mark])) for mark in ("A", "S"))
    assert bool(allowed) is True
    assert bool(refused) is False
    assert repr(allowed) == "Decision(allowed, identity)"
    assert repr(refused) == "Decision(implicitDeny, identity)"
