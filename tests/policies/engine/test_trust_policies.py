"""Evaluation §7: who may assume a role."""

from __future__ import annotations

from typing import Any

import pytest

from policies.engine import Layer, Layers, Outcome, Principal, decide
from tests.policies.engine.acme import (
    ACME,
    ACTIONS_JOB,
    ALICE,
    ALICE_ARN,
    BOB,
    CORP_ARN,
    CORP_USER,
    DEPLOYER,
    DEPLOYER_ARN,
    EVIL,
    GITHUB_ARN,
    MALLORY,
    ROLE,
    ROOT,
    SERVICE,
    SESSION_ARN,
    allow,
    ask,
    policies,
    trust,
)

MAY = policies(allow("sts:*"))
SILENT = policies(allow("ec2:*"))


def trusting(principal: Any, action: Any = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, **more}


def assume(
    principal: Principal,
    statement: dict[str, Any],
    action: str = "sts:AssumeRole",
    owner: str = ACME,
    **layers: Any,
) -> Any:
    found = Layers(resource=trust(statement), trust=True, **layers)
    role = f"arn:aws:iam::{owner}:role/Target"
    return decide(ask(principal, action, role, owner), found)


def test_without_the_trust_policys_word_nobody_assumes_a_role() -> None:
    refused = assume(ALICE, trusting({"AWS": BOB.arn}), identity=MAY)
    assert (refused.outcome, refused.layer) == (Outcome.IMPLICIT_DENY, Layer.TRUST)


# (principal, trusted, needs the caller's identity policy)
SAME_ACCOUNT = [
    (ALICE, {"AWS": ALICE_ARN}, False),
    (ALICE, {"AWS": "*"}, False),
    (ALICE, {"AWS": ACME}, True),
    (ALICE, {"AWS": f"arn:aws:iam::{ACME}:root"}, True),
    (DEPLOYER, {"AWS": DEPLOYER_ARN}, False),
    (DEPLOYER, {"AWS": SESSION_ARN}, False),
    (DEPLOYER, {"AWS": "*"}, False),
    (DEPLOYER, {"AWS": ACME}, True),
]


@pytest.mark.parametrize(("principal", "trusted", "needed"), SAME_ACCOUNT)
def test_within_an_account_a_named_principal_needs_no_policy_of_its_own(
    principal: Principal, trusted: Any, needed: bool
) -> None:
    assert assume(principal, trusting(trusted), identity=MAY).allowed
    assert assume(principal, trusting(trusted), identity=SILENT).allowed is not needed


@pytest.mark.parametrize("trusted", [EVIL, MALLORY.arn, "*"])
def test_across_accounts_the_caller_needs_a_policy_of_its_own(trusted: str) -> None:
    assert assume(MALLORY, trusting({"AWS": trusted}), identity=MAY).allowed
    refused = assume(MALLORY, trusting({"AWS": trusted}), identity=SILENT)
    assert (refused.outcome, refused.layer) == (Outcome.IMPLICIT_DENY, Layer.IDENTITY)


@pytest.mark.parametrize("trusted", [{"AWS": ALICE_ARN}, {"AWS": "*"}, {"AWS": ACME}])
def test_the_callers_boundary_limits_assuming_even_for_a_named_user(trusted: Any) -> None:
    assert assume(ALICE, trusting(trusted), identity=MAY, boundary=MAY).allowed
    refused = assume(ALICE, trusting(trusted), identity=MAY, boundary=SILENT)
    assert (refused.outcome, refused.layer) == (Outcome.IMPLICIT_DENY, Layer.BOUNDARY)


def test_session_policies_limit_a_role_named_but_not_a_session_named() -> None:
    by_role = assume(DEPLOYER, trusting({"AWS": DEPLOYER_ARN}), session=SILENT)
    assert (by_role.allowed, by_role.layer) == (False, Layer.SESSION)
    assert assume(DEPLOYER, trusting({"AWS": SESSION_ARN}), session=SILENT).allowed


def test_a_role_does_not_trust_itself_implicitly() -> None:
    role = Layers(identity=MAY, resource=trust(trusting({"AWS": ALICE_ARN})), trust=True)
    assert not decide(ask(DEPLOYER, "sts:AssumeRole", DEPLOYER_ARN), role).allowed
    itself = Layers(identity=SILENT, resource=trust(trusting({"AWS": DEPLOYER_ARN})), trust=True)
    assert decide(ask(DEPLOYER, "sts:AssumeRole", DEPLOYER_ARN), itself).allowed


def test_root_assumes_no_role() -> None:
    assert not assume(ROOT, trusting({"AWS": ACME})).allowed
    refused = assume(ROOT, trusting({"AWS": "*"}))
    assert (refused.outcome, refused.layer) == (Outcome.IMPLICIT_DENY, Layer.TRUST)


def test_a_service_assumes_a_role_that_names_it() -> None:
    assert assume(SERVICE, trusting({"Service": "ci.amazonaws.com"})).allowed
    assert not assume(SERVICE, trusting({"Service": "cd.amazonaws.com"})).allowed


@pytest.mark.parametrize(
    ("caller", "provider", "action"),
    [
        (ACTIONS_JOB, GITHUB_ARN, "sts:AssumeRoleWithWebIdentity"),
        (CORP_USER, CORP_ARN, "sts:AssumeRoleWithSAML"),
    ],
)
def test_federation_is_decided_by_the_federated_element_alone(
    caller: Principal, provider: str, action: str
) -> None:
    assert assume(caller, trusting({"Federated": provider}, action), action).allowed
    assert not assume(caller, trusting({"Federated": provider}), action).allowed
    assert not assume(caller, trusting({"AWS": "*"}, "sts:*"), action).allowed
    other = CORP_ARN if provider == GITHUB_ARN else GITHUB_ARN
    assert not assume(caller, trusting({"Federated": other}, action), action).allowed


def test_a_deny_for_everyone_covers_federation_too() -> None:
    action = "sts:AssumeRoleWithSAML"
    refusing = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:*"}
    layers = Layers(resource=trust(trusting({"Federated": CORP_ARN}, action), refusing), trust=True)
    assert decide(ask(CORP_USER, action, ROLE), layers).outcome is Outcome.EXPLICIT_DENY


@pytest.mark.parametrize("action", ["sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"])
def test_what_a_session_carries_needs_its_own_consent(action: str) -> None:
    """In the trust policy, and from the caller's side where that one counts (§7.2)."""
    only = trusting({"AWS": ALICE_ARN})
    assert assume(ALICE, only).allowed
    refused = assume(ALICE, only, action)
    assert (refused.outcome, refused.layer) == (Outcome.IMPLICIT_DENY, Layer.TRUST)
    both = ["sts:AssumeRole", action]
    assert assume(ALICE, trusting({"AWS": ALICE_ARN}, both), action).allowed
    bare = policies(allow("sts:AssumeRole"))
    assert not assume(ALICE, trusting({"AWS": ACME}, both), action, identity=bare).allowed
    assert assume(ALICE, trusting({"AWS": ACME}, both), action, identity=MAY).allowed
    assert not assume(MALLORY, trusting({"AWS": EVIL}, both), action, identity=bare).allowed
    assert assume(MALLORY, trusting({"AWS": EVIL}, both), action, identity=MAY).allowed


def test_an_external_id_is_a_condition_and_nothing_more() -> None:
    statement = trusting(
        {"AWS": EVIL}, Condition={"StringEquals": {"sts:ExternalId": "between-us"}}
    )
    layers = Layers(identity=MAY, resource=trust(statement), trust=True)

    def asked(**context: str) -> bool:
        return decide(ask(MALLORY, "sts:AssumeRole", ROLE, ACME, **context), layers).allowed

    assert asked(sts__ExternalId="between-us")
    assert not asked(sts__ExternalId="guess")
    assert not asked()


@pytest.mark.parametrize("layer", ["identity", "boundary", "session", "scps", "rcps"])
def test_a_deny_on_any_side_stops_the_assumption(layer: str) -> None:
    no = policies(allow(), {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": ROLE})
    sets: dict[str, Any] = {"identity": MAY, layer: (no,) if layer in ("scps", "rcps") else no}
    refused = assume(DEPLOYER, trusting({"AWS": SESSION_ARN}), **sets)
    assert refused.outcome is Outcome.EXPLICIT_DENY
