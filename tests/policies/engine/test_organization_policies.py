"""Evaluation §5: SCPs and RCPs, level by level."""

from __future__ import annotations

import pytest

from policies.engine import (
    DocumentKind,
    Layer,
    Layers,
    Outcome,
    PolicySet,
    compile_policies,
    decide,
)
from tests.policies.engine.acme import (
    ALICE,
    DEPLOYER,
    EVIL,
    FRED,
    LINKED,
    MALLORY,
    ROOT,
    SERVICE,
    allow,
    ask,
    deny,
    policies,
    resource,
)


def scp(*statements: dict[str, object]) -> PolicySet:
    return policies(*statements, kind=DocumentKind.SCP)


def rcp(*statements: dict[str, object]) -> PolicySet:
    return policies(
        *({**statement, "Principal": "*"} for statement in statements), kind=DocumentKind.RCP
    )


FULL, S3_ONLY, EC2_ONLY = scp(allow()), scp(allow("s3:*")), scp(allow("ec2:*"))
RCP_FULL = rcp(allow())
MAY = policies(allow())


@pytest.mark.parametrize(
    ("levels", "allowed"),
    [
        ((FULL, FULL, FULL), True),
        ((FULL, S3_ONLY, FULL), True),
        ((FULL, EC2_ONLY, FULL), False),
        ((EC2_ONLY, FULL, FULL), False),
        ((FULL, FULL, EC2_ONLY), False),
        ((FULL, scp(), FULL), False),
        ((FULL, scp(allow("ec2:*"), allow("s3:*"))), True),
        ((), True),
    ],
)
def test_every_level_of_scps_must_allow(levels: tuple[PolicySet, ...], allowed: bool) -> None:
    decision = decide(ask(ALICE), Layers(identity=MAY, scps=levels))
    assert decision.allowed is allowed
    if not allowed:
        assert (decision.outcome, decision.layer) == (Outcome.IMPLICIT_DENY, Layer.SCP)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_deny_at_any_level_denies(place: int) -> None:
    levels = [FULL, FULL, FULL]
    levels[place] = scp(allow(), deny("s3:GetObject"))
    decision = decide(ask(ALICE), Layers(identity=MAY, scps=tuple(levels)))
    assert (decision.outcome, decision.layer) == (Outcome.EXPLICIT_DENY, Layer.SCP)


@pytest.mark.parametrize("principal", [ALICE, DEPLOYER, FRED, ROOT], ids=lambda p: p.kind.value)
def test_scps_limit_every_principal_of_the_account(principal: object) -> None:
    layers = Layers(identity=MAY, session=MAY, scps=(EC2_ONLY,))
    assert not decide(ask(principal), layers).allowed  # type: ignore[arg-type]


def test_an_scp_grants_nothing() -> None:
    decision = decide(ask(ALICE), Layers(identity=policies(), scps=(FULL,)))
    assert (decision.outcome, decision.layer) == (Outcome.IMPLICIT_DENY, Layer.IDENTITY)


def test_a_resource_policy_does_not_get_round_an_scp() -> None:
    layers = Layers(identity=MAY, resource=resource(allow("s3:*", Principal="*")), scps=(EC2_ONLY,))
    assert not decide(ask(ALICE), layers).allowed


def test_service_linked_roles_are_exempt_from_both_kinds() -> None:
    layers = Layers(identity=MAY, scps=(EC2_ONLY,), rcps=(RCP_FULL, rcp(deny("s3:GetObject"))))
    assert decide(ask(LINKED), layers).allowed
    assert not decide(ask(DEPLOYER), layers).allowed


def test_services_are_exempt_from_scps_but_not_from_rcps() -> None:
    open_to_it = resource(allow("s3:*", Principal={"Service": "ci.amazonaws.com"}))
    assert decide(ask(SERVICE), Layers(resource=open_to_it, scps=(EC2_ONLY,))).allowed
    closed = Layers(resource=open_to_it, rcps=(RCP_FULL, rcp(deny("s3:GetObject"))))
    assert decide(ask(SERVICE), closed).layer is Layer.RCP


def test_an_rcp_denies_outsiders() -> None:
    layers = Layers(
        identity=MAY,
        resource=resource(allow("s3:*", Principal={"AWS": EVIL})),
        rcps=(RCP_FULL, rcp(deny("s3:GetObject"))),
    )
    decision = decide(ask(MALLORY), layers)
    assert (decision.outcome, decision.layer) == (Outcome.EXPLICIT_DENY, Layer.RCP)


def test_a_level_of_rcps_without_an_allow_allows_nothing() -> None:
    decision = decide(ask(ALICE), Layers(identity=MAY, rcps=(RCP_FULL, rcp())))
    assert (decision.outcome, decision.layer) == (Outcome.IMPLICIT_DENY, Layer.RCP)


def test_absent_organizations_limit_nothing() -> None:
    assert decide(ask(ALICE), Layers(identity=MAY, scps=None, rcps=None)).allowed


@pytest.mark.parametrize("kind", [DocumentKind.RCP, DocumentKind.RESOURCE])
def test_a_level_of_rcps_says_the_same_however_often_it_is_asked(kind: DocumentKind) -> None:
    """New, settled, and from the index; also where the built-in policy was read as a resource's."""
    full = policies({**allow(), "Principal": "*"}, kind=kind)
    closed = rcp(deny("s3:PutObject"))
    layers = Layers(identity=MAY, rcps=(compile_policies([*full.policies, *closed.policies]),))
    for number in range(4):
        of = f"arn:aws:s3:::acme/{number}"
        assert decide(ask(ALICE, of=of), layers).allowed, number
        denied = decide(ask(ALICE, "s3:PutObject", of), layers)
        assert (denied.outcome, denied.layer) == (Outcome.EXPLICIT_DENY, Layer.RCP), number
