"""The cast as principals, and short ways to write documents, sets and requests."""

from __future__ import annotations

import json
from typing import Any

from policies.engine import (
    Context,
    Document,
    DocumentKind,
    Layers,
    Policy,
    PolicyErrors,
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
    compile_policies,
    decide,
    explain,
    parse,
)

ACME, EVIL = "111122223333", "444455556666"
ALICE_ARN = f"arn:aws:iam::{ACME}:user/staff/Alice"
DEPLOYER_ARN = f"arn:aws:iam::{ACME}:role/ci/Deployer"
SESSION_ARN = f"arn:aws:sts::{ACME}:assumed-role/Deployer/build-7"
FEDERATED_ARN = f"arn:aws:sts::{ACME}:federated-user/Fred"
GITHUB_ARN = f"arn:aws:iam::{ACME}:oidc-provider/token.actions.githubusercontent.com"
CORP_ARN = f"arn:aws:iam::{ACME}:saml-provider/Corp"
ALICE_ID, BOB_ID, DEPLOYER_ID = (
    "AIDAALICEALICEALICE00",
    "AIDABOBBOBBOBBOBBOB00",
    "AROADEPLOYERDEPLOYE00",
)

ROOT = Principal(PrincipalKind.ROOT, f"arn:aws:iam::{ACME}:root", ACME, ACME)
ALICE = Principal(PrincipalKind.USER, ALICE_ARN, ACME, ALICE_ID)
BOB = Principal(PrincipalKind.USER, f"arn:aws:iam::{ACME}:user/Bob", ACME, BOB_ID)
DEPLOYER = Principal(
    PrincipalKind.ROLE_SESSION, SESSION_ARN, ACME, DEPLOYER_ID, role_arn=DEPLOYER_ARN
)
FRED = Principal(
    PrincipalKind.FEDERATED_USER,
    FEDERATED_ARN,
    ACME,
    f"{ACME}:Fred",
    issuer_arn=ALICE_ARN,
    issuer_id=ALICE_ID,
)
LINKED = Principal(
    PrincipalKind.ROLE_SESSION,
    f"arn:aws:sts::{ACME}:assumed-role/Linked/x",
    ACME,
    "AROALINKEDLINKEDLIN00",
    role_arn=f"arn:aws:iam::{ACME}:role/aws-service-role/ci.amazonaws.com/Linked",
    service_linked=True,
)
SERVICE = Principal(PrincipalKind.SERVICE, "ci.amazonaws.com", "")
ACTIONS_JOB = Principal(PrincipalKind.WEB_IDENTITY, "repo:acme/app", "", provider=GITHUB_ARN)
CORP_USER = Principal(PrincipalKind.SAML, "carol@acme.example", "", provider=CORP_ARN)
ANONYMOUS = Principal(PrincipalKind.ANONYMOUS, "anonymous", "")
MALLORY = Principal(
    PrincipalKind.USER, f"arn:aws:iam::{EVIL}:user/Mallory", EVIL, "AIDAMALLORYMALLORY000"
)

BUCKET = "arn:aws:s3:::acme/report.txt"
ROLE = f"arn:aws:iam::{ACME}:role/Target"
KEY = "ctx:Key"


def text(*statements: dict[str, Any], version: str | None = "2012-10-17") -> str:
    document: dict[str, Any] = {"Version": version} if version else {}
    return json.dumps({**document, "Statement": list(statements)})


def document(
    *statements: dict[str, Any],
    kind: DocumentKind = DocumentKind.MANAGED,
    version: str | None = "2012-10-17",
) -> Document:
    return parse(text(*statements, version=version), kind)


def allow(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def policies(*statements: dict[str, Any], kind: DocumentKind = DocumentKind.MANAGED) -> PolicySet:
    """One policy with these statements as a set; an empty set without any."""
    if not statements:
        return compile_policies([])
    arn = f"arn:aws:iam::{ACME}:policy/test"
    return compile_policies([Policy(document(*statements, kind=kind), "test", arn)])


def resource(*statements: dict[str, Any]) -> PolicySet:
    return policies(*statements, kind=DocumentKind.RESOURCE)


def trust(*statements: dict[str, Any]) -> PolicySet:
    return policies(*statements, kind=DocumentKind.TRUST)


def ask(
    principal: Principal = ALICE,
    action: str = "s3:GetObject",
    of: str = BUCKET,
    owner: str = ACME,
    **context: Any,
) -> Request:
    """A request; context keys are written with a double underscore for the colon."""
    values = {key.replace("__", ":"): value for key, value in context.items()}
    return Request(principal, action, of, owner, Context(values))


def holds(operator: str, wanted: Any, found: Any = None, **others: Any) -> bool:
    """Whether a request with this value (None: absent) meets the condition, by both evaluators."""
    layers = Layers(identity=policies(allow(Condition={operator: {KEY: wanted}})))
    context = {} if found is None else {"ctx__Key": found}
    request = ask(**context, **others)
    allowed = decide(request, layers).allowed
    assert explain(request, layers).decision.allowed is allowed
    return allowed


def identity(*statements: dict[str, Any]) -> Layers:
    return Layers(identity=policies(*statements))


def refusal(text: str, kind: DocumentKind) -> PolicyErrors:
    """The errors of a document that must be refused."""
    try:
        parse(text, kind)
    except PolicyErrors as errors:
        return errors
    raise AssertionError(f"accepted as {kind}: {text[:200]}")
