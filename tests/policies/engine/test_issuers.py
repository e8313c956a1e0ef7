"""Policy language §6.1: shared OpenID Connect issuers need a condition."""

from __future__ import annotations

from typing import Any

import pytest

from policies.engine import DocumentKind, PolicyErrors, check_issuers, parse
from policies.engine.issuers import COGNITO, REQUIRED_CLAIMS
from tests.policies.engine.acme import ACME, text


def trust(issuer: str, condition: Any = None, effect: str = "Allow", *, arn: bool = True) -> Any:
    provider = f"arn:aws:iam::{ACME}:oidc-provider/{issuer}" if arn else issuer
    statement: dict[str, Any] = {
        "Effect": effect,
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    if condition is not None:
        statement["Condition"] = condition
    return parse(text(statement), DocumentKind.TRUST)


def key_of(issuer: str) -> str:
    key = REQUIRED_CLAIMS[issuer]
    return issuer + key if key.startswith(":") else key


@pytest.mark.parametrize("issuer", REQUIRED_CLAIMS)
def test_a_shared_issuer_needs_its_claim(issuer: str) -> None:
    check_issuers(trust(issuer, {"StringEquals": {key_of(issuer): "mine"}}))
    with pytest.raises(PolicyErrors) as caught:
        check_issuers(trust(issuer))
    assert caught.value.aws_code == "MalformedPolicyDocument"
    assert key_of(issuer) in caught.value.faults[0].help


GITHUB = "token.actions.githubusercontent.com"
SUB = f"{GITHUB}:sub"


@pytest.mark.parametrize(
    ("condition", "accepted"),
    [
        ({"StringEquals": {SUB: "repo:acme/app:ref:refs/heads/main"}}, True),
        ({"StringLike": {SUB: "repo:acme/*"}}, True),
        ({"StringEqualsIgnoreCase": {SUB.upper(): "repo:acme/app"}}, True),
        ({"ForAnyValue:StringLike": {SUB: "repo:acme/*"}}, True),
        ({"StringLike": {SUB: ["*", "repo:acme/*"]}}, True),
        ({"StringLike": {SUB: "*"}}, False),
        ({"StringLike": {SUB: "**?"}}, False),
        ({"StringLike": {SUB: []}}, False),
        ({"StringNotEquals": {SUB: "repo:evil/app"}}, False),
        ({"StringLikeIfExists": {SUB: "repo:acme/*"}}, False),
        ({"ForAllValues:StringLike": {SUB: "repo:acme/*"}}, False),
        ({"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}, False),
        ({"Null": {SUB: "false"}}, False),
    ],
)
def test_only_a_positive_comparison_with_more_than_wildcards_counts(
    condition: Any, accepted: bool
) -> None:
    found = trust(GITHUB, condition)
    if accepted:
        check_issuers(found)
    else:
        with pytest.raises(PolicyErrors):
            check_issuers(found)


def test_cognito_is_refused_in_awss_words() -> None:
    with pytest.raises(PolicyErrors) as caught:
        check_issuers(trust(COGNITO, arn=False))
    assert caught.value.aws_message == "A condition block must be present for the Cognito provider"


def test_an_issuer_of_ones_own_a_deny_and_an_exempt_issuer_need_nothing() -> None:
    check_issuers(trust("idp.acme.example"))
    check_issuers(trust(GITHUB, effect="Deny"))
    check_issuers(trust(GITHUB), exempt={GITHUB})
    with pytest.raises(PolicyErrors):
        check_issuers(trust(f"{GITHUB}/enterprise"))
