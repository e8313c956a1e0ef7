"""Evaluation §11: AccessDenied in AWS's exact words."""

from __future__ import annotations

from typing import Any

import pytest

from policies.engine import DocumentKind, Layers, Policy, compile_policies, decide, denial_message
from tests.policies.engine.acme import (
    ACME,
    ALICE,
    ALICE_ARN,
    BUCKET,
    DEPLOYER,
    EVIL,
    MALLORY,
    ROLE,
    SESSION_ARN,
    allow,
    ask,
    deny,
    document,
    policies,
    resource,
    trust,
)

NO = policies(allow("ec2:*"))
MAY = policies(allow())
MANAGED = f"arn:aws:iam::{ACME}:policy/test"
INLINE = compile_policies([Policy(document(allow(), deny("s3:*")), "user_Alice_mine")])
REFUSING = policies(allow(), deny("s3:*"))
ALICE_MAY_NOT = (
    f"User: {ALICE_ARN} is not authorized to perform: s3:GetObject on resource: {BUCKET}"
)

SENTENCES: list[tuple[dict[str, Any], str]] = [
    ({"identity": NO}, "because no identity-based policy allows the s3:GetObject action"),
    (
        {"identity": MAY, "boundary": NO},
        "because no permissions boundary allows the s3:GetObject action",
    ),
    (
        {"identity": MAY, "session": NO},
        "because no session policy allows the s3:GetObject action",
    ),
    (
        {"identity": MAY, "scps": (NO,)},
        "because no service control policy allows the s3:GetObject action",
    ),
    ({"identity": INLINE}, "with an explicit deny in an identity-based policy"),
    ({"identity": REFUSING}, f"with an explicit deny in an identity-based policy: {MANAGED}"),
    (
        {"identity": MAY, "boundary": REFUSING},
        f"with an explicit deny in a permissions boundary: {MANAGED}",
    ),
    (
        {"identity": MAY, "session": REFUSING},
        f"with an explicit deny in a session policy: {MANAGED}",
    ),
    (
        {"identity": MAY, "scps": (REFUSING,)},
        f"with an explicit deny in a service control policy: {MANAGED}",
    ),
    (
        {"identity": MAY, "rcps": (REFUSING,)},
        f"with an explicit deny in a resource control policy: {MANAGED}",
    ),
    (
        {"identity": MAY, "resource": resource(deny("s3:*", Principal="*"))},
        "with an explicit deny in a resource-based policy",
    ),
]


@pytest.mark.parametrize(("layers", "reason"), SENTENCES)
def test_each_layers_reason(layers: dict[str, Any], reason: str) -> None:
    request, found = ask(ALICE), Layers(**layers)
    assert denial_message(request, decide(request, found)) == f"{ALICE_MAY_NOT} {reason}"


def test_an_rcp_that_is_silent_has_no_reason() -> None:
    request = ask(ALICE)
    decision = decide(request, Layers(identity=MAY, rcps=(NO,)))
    assert denial_message(request, decision) == ALICE_MAY_NOT


def test_a_trust_policys_reasons() -> None:
    request = ask(ALICE, "sts:AssumeRole", ROLE)
    sentence = f"User: {ALICE_ARN} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    assumed = {"Effect": "Allow", "Principal": {"AWS": EVIL}, "Action": "sts:AssumeRole"}
    silent = Layers(identity=MAY, resource=trust(assumed), trust=True)
    assert denial_message(request, decide(request, silent)) == (
        f"{sentence} because no role trust policy allows the sts:AssumeRole action"
    )
    refused = {**assumed, "Effect": "Deny", "Principal": {"AWS": "*"}}
    denying = Layers(identity=MAY, resource=trust(refused), trust=True)
    assert denial_message(request, decide(request, denying)) == (
        f"{sentence} with an explicit deny in the role trust policy"
    )


def test_a_session_is_named_by_its_own_arn() -> None:
    request = ask(DEPLOYER)
    message = denial_message(request, decide(request, Layers(identity=NO)))
    assert message.startswith(f"User: {SESSION_ARN} is not authorized to perform: s3:GetObject ")


def test_another_text_for_the_resource() -> None:
    request = ask(ALICE, "iam:ListPolicies", f"arn:aws:iam::{ACME}:policy/")
    decision = decide(request, Layers(identity=NO))
    assert denial_message(request, decision, "policy path /") == (
        f"User: {ALICE_ARN} is not authorized to perform: iam:ListPolicies on resource: "
        "policy path / because no identity-based policy allows the iam:ListPolicies action"
    )


@pytest.mark.parametrize("identity", [NO, MAY])
@pytest.mark.parametrize("trusted", [ACME, EVIL])
def test_across_accounts_a_refused_assumption_gives_no_reason(identity: Any, trusted: str) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"}
    request = ask(MALLORY, "sts:AssumeRole", ROLE)
    decision = decide(request, Layers(identity=identity, resource=trust(statement), trust=True))
    if decision.allowed:
        assert (identity, trusted) == (MAY, EVIL)
        return
    assert denial_message(request, decision) == (
        f"User: {MALLORY.arn} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    )


def test_across_accounts_the_callers_own_refusal_keeps_its_reason() -> None:
    request = ask(MALLORY)
    shared = resource(allow("s3:*", Principal="*"))
    decision = decide(request, Layers(identity=NO, resource=shared))
    assert denial_message(request, decision).endswith(
        " because no identity-based policy allows the s3:GetObject action"
    )
    closed = decide(request, Layers(identity=MAY))
    assert denial_message(request, closed).endswith(BUCKET)


def test_an_scps_arn_is_named() -> None:
    arn = "arn:aws:organizations::1:policy/o-1/service_control_policy/p-1"
    no = document(allow(), deny("s3:*"), kind=DocumentKind.SCP)
    scps = (compile_policies([Policy(no, "p-1", arn)]),)
    request = ask(ALICE)
    message = denial_message(request, decide(request, Layers(identity=MAY, scps=scps)))
    assert message.endswith(f" with an explicit deny in a service control policy: {arn}")
