"""Evaluation §3 and §6: whom Principal and NotPrincipal cover."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policies.engine import DocumentKind, Grant, Layers, Outcome, Principal, decide, explain
from tests.policies.engine.acme import (
    ACME,
    ACTIONS_JOB,
    ALICE,
    ALICE_ARN,
    ALICE_ID,
    ANONYMOUS,
    BOB,
    BUCKET,
    CORP_ARN,
    CORP_USER,
    DEPLOYER,
    DEPLOYER_ARN,
    DEPLOYER_ID,
    EVIL,
    FEDERATED_ARN,
    FRED,
    GITHUB_ARN,
    MALLORY,
    ROOT,
    SERVICE,
    SESSION_ARN,
    allow,
    ask,
    deny,
    document,
    policies,
    resource,
)

ACCOUNT_ROOT = f"arn:aws:iam::{ACME}:root"
MATCHES = [
    ("*", ALICE, Grant.DIRECT),
    ("*", ANONYMOUS, Grant.DIRECT),
    ({"AWS": "*"}, MALLORY, Grant.DIRECT),
    ({"AWS": "*"}, ANONYMOUS, Grant.DIRECT),
    ({"AWS": ALICE_ARN}, ALICE, Grant.DIRECT),
    ({"AWS": ALICE_ID}, ALICE, Grant.DIRECT),
    ({"AWS": ALICE_ARN}, BOB, Grant.NONE),
    ({"AWS": f"arn:aws:iam::{ACME}:user/staff/alice"}, ALICE, Grant.NONE),
    ({"AWS": f"arn:aws:iam::{ACME}:user/Alice"}, ALICE, Grant.NONE),
    ({"AWS": ALICE_ARN}, FRED, Grant.ROLE),
    ({"AWS": ALICE_ID}, FRED, Grant.ROLE),
    ({"AWS": DEPLOYER_ARN}, DEPLOYER, Grant.ROLE),
    ({"AWS": f"arn:aws:iam::{ACME}:role/Deployer"}, DEPLOYER, Grant.ROLE),
    ({"AWS": DEPLOYER_ID}, DEPLOYER, Grant.ROLE),
    ({"AWS": f"arn:aws:iam::{ACME}:role/deployer"}, DEPLOYER, Grant.NONE),
    ({"AWS": f"arn:aws:iam::{EVIL}:role/ci/Deployer"}, DEPLOYER, Grant.NONE),
    ({"AWS": f"arn:aws-cn:iam::{ACME}:role/ci/Deployer"}, DEPLOYER, Grant.NONE),
    ({"AWS": SESSION_ARN}, DEPLOYER, Grant.DIRECT),
    ({"AWS": SESSION_ARN + "8"}, DEPLOYER, Grant.NONE),
    ({"AWS": FEDERATED_ARN}, FRED, Grant.DIRECT),
    ({"AWS": ACME}, ALICE, Grant.ACCOUNT),
    ({"AWS": ACCOUNT_ROOT}, ALICE, Grant.ACCOUNT),
    ({"AWS": ACCOUNT_ROOT}, DEPLOYER, Grant.ACCOUNT),
    ({"AWS": ACCOUNT_ROOT}, FRED, Grant.ACCOUNT),
    ({"AWS": ACCOUNT_ROOT}, ROOT, Grant.ACCOUNT),
    ({"AWS": ACCOUNT_ROOT}, MALLORY, Grant.NONE),
    ({"AWS": ACCOUNT_ROOT}, SERVICE, Grant.NONE),
    ({"Service": "ci.amazonaws.com"}, SERVICE, Grant.DIRECT),
    ({"Service": ["x.amazonaws.com", "ci.amazonaws.com"]}, SERVICE, Grant.DIRECT),
    ({"Service": "ci.eu-west-1.amazonaws.com"}, SERVICE, Grant.NONE),
    ({"Service": "ci.amazonaws.com"}, ALICE, Grant.NONE),
    ({"Federated": GITHUB_ARN}, ACTIONS_JOB, Grant.DIRECT),
    ({"Federated": CORP_ARN}, CORP_USER, Grant.DIRECT),
    ({"Federated": CORP_ARN}, ACTIONS_JOB, Grant.NONE),
    ({"CanonicalUser": "a" * 64}, ALICE, Grant.NONE),
    ({"AWS": BOB.arn, "Service": "ci.amazonaws.com"}, SERVICE, Grant.DIRECT),
    ({"AWS": [BOB.arn, ACME]}, ALICE, Grant.ACCOUNT),
]


@pytest.mark.parametrize(("named", "principal", "grant"), MATCHES)
def test_principal_matching(named: object, principal: Principal, grant: Grant) -> None:
    layers = Layers(resource=resource(allow("s3:*", Principal=named)))
    assert explain(ask(principal), layers).grant is grant


def test_a_session_matches_its_role_by_its_own_arn_when_the_roles_is_unknown() -> None:
    bare = replace(DEPLOYER, role_arn="", id="")
    layers = Layers(resource=resource(allow("s3:*", Principal={"AWS": DEPLOYER_ARN})))
    assert explain(ask(bare), layers).grant is Grant.ROLE


def test_a_deleted_and_recreated_identity_is_not_matched_by_its_old_id() -> None:
    recreated = replace(ALICE, id="AIDASOMEONEELSE000000")
    layers = Layers(
        identity=policies(), resource=resource(allow("s3:*", Principal={"AWS": ALICE_ID}))
    )
    assert decide(ask(ALICE), layers).allowed
    assert not decide(ask(recreated), layers).allowed


def test_an_empty_id_matches_nothing() -> None:
    nobody = replace(ALICE, id="", arn=f"arn:aws:iam::{ACME}:user/nobody")
    layers = Layers(resource=resource(allow("s3:*", Principal={"AWS": [ALICE_ID, DEPLOYER_ID]})))
    assert explain(ask(nobody), layers).grant is Grant.NONE


NOT_PRINCIPAL = [
    ({"AWS": ALICE_ARN}, ALICE, False),
    ({"AWS": ALICE_ARN}, BOB, True),
    ({"AWS": ALICE_ARN}, FRED, True),
    ({"AWS": ACCOUNT_ROOT}, ALICE, False),
    ({"AWS": ACME}, DEPLOYER, False),
    ({"AWS": DEPLOYER_ARN}, DEPLOYER, False),
    ({"AWS": SESSION_ARN}, DEPLOYER, False),
    ({"AWS": FEDERATED_ARN}, FRED, False),
    ({"AWS": ACME}, MALLORY, True),
    ({"AWS": "*"}, SERVICE, True),
    ({"Service": "ci.amazonaws.com"}, SERVICE, False),
    ({"AWS": ACME}, ANONYMOUS, True),
    ({"Federated": CORP_ARN}, CORP_USER, False),
]


@pytest.mark.parametrize(("named", "principal", "denied"), NOT_PRINCIPAL)
def test_not_principal_denies_everyone_but_those_listed(
    named: object, principal: Principal, denied: bool
) -> None:
    statement = {"Effect": "Deny", "NotPrincipal": named, "Action": "s3:*", "Resource": "*"}
    layers = Layers(
        identity=policies(allow()),
        session=policies(allow()),
        resource=resource(allow("s3:*", Principal="*"), statement),
    )
    outcome = decide(ask(principal), layers).outcome
    assert outcome is (Outcome.EXPLICIT_DENY if denied else Outcome.ALLOWED)


def test_not_principal_always_denies_a_principal_with_a_boundary() -> None:
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": ACME}, "Action": "*", "Resource": "*"}
    layers = Layers(identity=policies(allow()), resource=resource(statement))
    assert decide(ask(ALICE), layers).allowed
    bound = replace(ALICE, has_boundary=True)
    assert decide(ask(bound), layers).outcome is Outcome.EXPLICIT_DENY


def test_a_resource_policy_covers_only_the_resources_it_names() -> None:
    layers = Layers(resource=resource(allow("s3:*", BUCKET, Principal="*")))
    assert decide(ask(ALICE), layers).allowed
    assert not decide(ask(ALICE, of=BUCKET + "x"), layers).allowed


def test_a_resource_policy_without_resource_is_about_its_own() -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:*"}
    found = document(statement, kind=DocumentKind.RESOURCE)
    assert found.statements[0].resources is None
    layers = Layers(resource=resource(statement))
    assert decide(ask(ALICE), layers).allowed


def test_a_deny_by_principal_spares_others() -> None:
    layers = Layers(
        identity=policies(allow()), resource=resource(deny("s3:*", Principal={"AWS": ALICE_ARN}))
    )
    assert decide(ask(ALICE), layers).outcome is Outcome.EXPLICIT_DENY
    assert decide(ask(BOB), layers).allowed
