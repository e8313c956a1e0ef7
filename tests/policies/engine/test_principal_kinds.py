"""Evaluation §3 and §4: what each kind of caller, and each way of naming it, is limited by."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from policies.engine import Layer, Layers, Outcome, Principal, decide, explain
from tests.policies.engine.acme import (
    ACME,
    ACTIONS_JOB,
    ALICE,
    ALICE_ARN,
    ALICE_ID,
    ANONYMOUS,
    CORP_USER,
    DEPLOYER,
    DEPLOYER_ARN,
    DEPLOYER_ID,
    EVIL,
    FEDERATED_ARN,
    FRED,
    LINKED,
    ROOT,
    SERVICE,
    SESSION_ARN,
    allow,
    ask,
    deny,
    policies,
    resource,
)

MAY, SILENT, NO = policies(allow()), policies(allow("ec2:*")), policies(deny("s3:*"))

# How the resource's policy names the caller; whose silence counts then, within the account.
NAMED: list[tuple[Principal, Any, str]] = [
    (ALICE, {"AWS": ALICE_ARN}, ""),
    (ALICE, {"AWS": ALICE_ID}, ""),
    (ALICE, {"AWS": "*"}, ""),
    (ALICE, "*", ""),
    (ALICE, {"AWS": ACME}, "identity boundary"),
    (ALICE, {"AWS": f"arn:aws:iam::{ACME}:root"}, "identity boundary"),
    (DEPLOYER, {"AWS": SESSION_ARN}, ""),
    (DEPLOYER, "*", ""),
    (DEPLOYER, {"AWS": DEPLOYER_ARN}, "boundary session"),
    (DEPLOYER, {"AWS": DEPLOYER_ID}, "boundary session"),
    (DEPLOYER, {"AWS": ACME}, "identity boundary session"),
    (FRED, {"AWS": FEDERATED_ARN}, ""),
    (FRED, {"AWS": ALICE_ARN}, "boundary session"),
    (FRED, {"AWS": ALICE_ID}, "boundary session"),
    (FRED, {"AWS": ACME}, "identity boundary session"),
]


@pytest.mark.parametrize(("principal", "named", "limiting"), NAMED)
def test_whose_silence_a_grant_overcomes(principal: Principal, named: Any, limiting: str) -> None:
    for silent in product((False, True), repeat=3):
        sets = dict(zip(("identity", "boundary", "session"), silent, strict=True))
        if principal is ALICE:
            sets.pop("session")  # a user has no session policies
        layers = Layers(
            **{name: SILENT if one else MAY for name, one in sets.items()},
            resource=resource(allow("s3:*", Principal=named)),
        )
        expected = not any(sets[name] for name in limiting.split() if name in sets)
        assert decide(ask(principal), layers).allowed is expected, sets
        assert explain(ask(principal), layers).decision.allowed is expected, sets


@pytest.mark.parametrize(("principal", "named", "limiting"), NAMED)
@pytest.mark.parametrize("denying", ["identity", "boundary", "session", "scps", "rcps"])
def test_no_grant_overcomes_an_explicit_deny(
    denying: str, principal: Principal, named: Any, limiting: str
) -> None:
    sets: dict[str, Any] = {"identity": MAY, "boundary": MAY, "session": MAY}
    sets[denying] = (MAY, NO) if denying in ("scps", "rcps") else NO
    layers = Layers(**sets, resource=resource(allow("s3:*", Principal=named)))
    assert decide(ask(principal), layers).outcome is Outcome.EXPLICIT_DENY


@pytest.mark.parametrize(("principal", "named", "limiting"), NAMED)
def test_across_accounts_every_side_must_allow_whoever_is_named(
    principal: Principal, named: Any, limiting: str
) -> None:
    opened = resource(allow("s3:*", Principal=named))
    whole = {"identity": MAY, "boundary": MAY, "session": MAY}
    assert decide(ask(principal, owner=EVIL), Layers(**whole, resource=opened)).allowed
    for name in whole:
        layers = Layers(**{**whole, name: SILENT}, resource=opened)
        decision = decide(ask(principal, owner=EVIL), layers)
        assert (decision.outcome, decision.layer) == (Outcome.IMPLICIT_DENY, Layer(name))
    closed = resource(allow("s3:*", Principal={"AWS": f"arn:aws:iam::{EVIL}:root"}))
    decision = decide(ask(principal, owner=EVIL), Layers(**whole, resource=closed))
    assert (decision.outcome, decision.layer) == (Outcome.IMPLICIT_DENY, Layer.RESOURCE)


# Caller; which of its layers count (evaluation §4).
KINDS: list[tuple[Principal, str]] = [
    (ROOT, "scps rcps"),
    (ALICE, "identity boundary scps rcps"),
    (DEPLOYER, "identity boundary session scps rcps"),
    (FRED, "identity boundary session scps rcps"),
    (SERVICE, "rcps"),
    (LINKED, "identity"),
    (ACTIONS_JOB, "rcps"),
    (CORP_USER, "rcps"),
    (ANONYMOUS, "rcps"),
]


@pytest.mark.parametrize(
    ("principal", "counting"), KINDS, ids=[one.arn.rpartition("/")[2] for one, _ in KINDS]
)
def test_which_layers_count_for_each_kind_of_principal(principal: Principal, counting: str) -> None:
    """Each layer in turn denies; the layers of the account it is in are there if it has them."""
    names = ("identity", "boundary", "session", "scps", "rcps")
    possible = set(counting.split()) | {"scps", "rcps"}
    base: dict[str, Any] = {
        name: (MAY,) if name in ("scps", "rcps") else MAY for name in names if name in possible
    }
    if principal is LINKED:
        base["session"] = None
    opened = resource(allow("s3:*", Principal="*"))
    assert decide(ask(principal), Layers(**base, resource=opened)).allowed
    for name in possible:
        sets = {**base, name: (MAY, NO) if name in ("scps", "rcps") else NO}
        outcome = decide(ask(principal), Layers(**sets, resource=opened)).outcome
        expected = Outcome.EXPLICIT_DENY if name in counting.split() else Outcome.ALLOWED
        assert outcome is expected, name


@pytest.mark.parametrize("principal", [SERVICE, ACTIONS_JOB, CORP_USER, ANONYMOUS])
def test_callers_without_an_account_are_let_in_by_a_resource_policy_alone(
    principal: Principal,
) -> None:
    assert not decide(ask(principal), Layers(identity=MAY)).allowed
    assert decide(ask(principal), Layers(resource=resource(allow(Principal="*")))).allowed
    elsewhere = ask(principal, owner=EVIL)
    assert decide(elsewhere, Layers(resource=resource(allow(Principal="*")))).allowed


def test_a_deny_in_any_of_the_session_policies_denies() -> None:
    session = policies(allow("s3:*"), deny("s3:Get*"))
    assert decide(ask(DEPLOYER, "s3:PutObject"), Layers(identity=MAY, session=session)).allowed
    refused = decide(ask(DEPLOYER), Layers(identity=MAY, session=session))
    assert (refused.outcome, refused.layer) == (Outcome.EXPLICIT_DENY, Layer.SESSION)
