"""Policy language §5.1: the forms of a principal, in every kind of policy that names one."""

from __future__ import annotations

from typing import Any

import pytest

from policies.engine import DocumentKind, parse
from tests.policies.engine.acme import ACME, ALICE_ARN, DEPLOYER_ARN, refusal, text

TRUST, RESOURCE, RCP = DocumentKind.TRUST, DocumentKind.RESOURCE, DocumentKind.RCP
CANONICAL = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"

# Form, and whether a trust policy takes it too: a resource policy takes every one.
FORMS: list[tuple[Any, bool]] = [
    ("*", False),
    ({"AWS": "*"}, True),
    ({"AWS": ACME}, True),
    ({"AWS": f"arn:aws:iam::{ACME}:root"}, True),
    ({"AWS": f"arn:aws-cn:iam::{ACME}:root"}, True),
    ({"AWS": ALICE_ARN}, True),
    ({"AWS": DEPLOYER_ARN}, True),
    ({"AWS": f"arn:aws:sts::{ACME}:assumed-role/Deployer/build-7"}, True),
    ({"AWS": f"arn:aws:sts::{ACME}:federated-user/Fred"}, True),
    ({"AWS": "AIDAALICEALICEALICE00"}, True),
    ({"AWS": "AROADEPLOYERDEPLOYE00"}, True),
    ({"Service": "ec2.amazonaws.com"}, True),
    ({"Service": "s3.eu-west-1.amazonaws.com"}, True),
    ({"Federated": f"arn:aws:iam::{ACME}:saml-provider/Corp"}, True),
    ({"Federated": f"arn:aws:iam::{ACME}:oidc-provider/idp.example/a/b"}, True),
    ({"Federated": "accounts.google.com"}, True),
    ({"Federated": "www.amazon.com"}, True),
    ({"Federated": "graph.facebook.com"}, True),
    ({"Federated": "cognito-identity.amazonaws.com"}, True),
    ({"CanonicalUser": CANONICAL}, False),
    ({"AWS": [ACME, ALICE_ARN], "Service": "ec2.amazonaws.com"}, True),
    ({"AWS": ACME, "CanonicalUser": CANONICAL}, False),
]
REFUSED: list[Any] = [
    "someone",
    ["*"],
    5,
    None,
    {},
    {"AWS": []},
    {"AWS": 5},
    {"AWS": {}},
    {"AWS": ""},
    {"aws": ACME},
    {"Group": "x"},
    {"AWS": "12345"},
    {"AWS": "1234567890123"},
    {"AWS": f"arn:aws:iam::{ACME}:group/x"},
    {"AWS": f"arn:aws:iam::{ACME}:user/*"},
    {"AWS": f"arn:aws:iam::{ACME}:role/De?loyer"},
    {"AWS": f"arn:aws:sts::{ACME}:assumed-role/Deployer/*"},
    {"AWS": f"arn:aws:sts::{ACME}:assumed-role/Deployer"},
    {"AWS": f"arn:aws:sts::{ACME}:assumed-role/ci/Deployer/build-7"},
    {"AWS": "arn:aws:iam::*:root"},
    {"AWS": f"arn:nowhere:iam::{ACME}:root"},
    {"AWS": f"arn:aws:iam:eu-west-1:{ACME}:root"},
    {"AWS": f"arn:aws:s3::{ACME}:user/x"},
    {"AWS": f"arn:aws:iam::{ACME}:user/${{aws:username}}"},
    {"AWS": "AIDA*"},
    {"AWS": "AKIAIOSFODNN7EXAMPLE"},
    {"AWS": f"{ACME} "},
    {"AWS": "1111\u0662\u0662223333"},
    {"Service": "*"},
    {"Service": "ec2"},
    {"Service": "*.amazonaws.com"},
    {"Federated": "*"},
    {"Federated": "idp.example"},
    {"Federated": f"arn:aws:iam::{ACME}:oidc-provider/*"},
    {"Federated": f"arn:aws:iam::{ACME}:user/x"},
    {"CanonicalUser": "*"},
    {"CanonicalUser": CANONICAL.upper()},
    {"CanonicalUser": CANONICAL[:-1]},
]


def statement(kind: DocumentKind, element: str, principal: Any) -> str:
    action = {"Action": "sts:AssumeRole"} if kind is TRUST else {"Action": "s3:*", "Resource": "*"}
    effect = "Deny" if element == "NotPrincipal" else "Allow"
    return text({"Effect": effect, element: principal, **action})


@pytest.mark.parametrize(("principal", "trusted"), FORMS)
def test_every_form_of_principal_is_read(principal: Any, trusted: bool) -> None:
    for element in ("Principal", "NotPrincipal"):
        (found,) = parse(statement(RESOURCE, element, principal), RESOURCE).statements
        named = found.principals if element == "Principal" else found.not_principals
        wanted = (
            [("*", "*")]
            if principal == "*"
            else [
                (of, value)
                for of, values in principal.items()
                for value in (values if isinstance(values, list) else [values])
            ]
        )
        assert [tuple(one) for one in named or ()] == wanted
    if trusted:
        assert parse(statement(TRUST, "Principal", principal), TRUST)
    else:
        refusal(statement(TRUST, "Principal", principal), TRUST)


@pytest.mark.parametrize("principal", REFUSED, ids=repr)
@pytest.mark.parametrize("kind", [TRUST, RESOURCE])
def test_no_other_form_of_principal_is(kind: DocumentKind, principal: Any) -> None:
    for element in ("Principal", "NotPrincipal") if kind is RESOURCE else ("Principal",):
        errors = refusal(statement(kind, element, principal), kind)
        assert {fault.code for fault in errors.faults} <= {
            "principal-form",
            "principal-empty",
            "principal-shape",
            "missing-principal",
            "characters",
            "aws-shape",
        }
        assert all(fault.line == 1 and fault.help for fault in errors.faults)


@pytest.mark.parametrize("principal", [form for form, _ in FORMS if form != "*"])
def test_an_rcp_is_about_everyone_and_nobody_else(principal: Any) -> None:
    rcp = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    assert parse(text({**rcp, "Principal": "*"}), RCP)
    for element in ("Principal", "NotPrincipal"):
        refusal(text({**rcp, element: principal}), RCP)
