"""Principals: well formed, specific, and fit for the actions they are given."""

from __future__ import annotations

import re

from ..document import DocumentKind
from .catalogue import nearest
from .source import Element, Findings, Statement

KEYS = ("AWS", "CanonicalUser", "Federated", "Service")
GITHUB = "token.actions.githubusercontent.com"
_SERVICE = re.compile(r"[a-z0-9][a-z0-9.-]*\.amazonaws\.com(\.cn)?")
_ASSUME = {
    "AWS": "sts:AssumeRole",
    "Service": "sts:AssumeRole",
    "saml": "sts:AssumeRoleWithSAML",
    "oidc": "sts:AssumeRoleWithWebIdentity",
}


def check_principals(statement: Statement, kind: DocumentKind, findings: Findings) -> None:
    negated = statement.elements.get("NotPrincipal")
    if negated is not None:
        if kind is DocumentKind.TRUST:
            findings.add("ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL", negated)
        if statement.effect == "Allow":
            findings.add("ALLOW_WITH_NOT_PRINCIPAL", negated)
    for name in ("Principal", "NotPrincipal"):
        if name in statement.elements:
            _check_element(statement, statement.elements[name], kind, findings)
    if kind is DocumentKind.TRUST and "Principal" in statement.elements:
        _check_trust(statement, findings)


def _check_element(
    statement: Statement, element: Element, kind: DocumentKind, findings: Findings
) -> None:
    if not element.is_object:
        if element.text != "*":
            findings.add("INVALID_PRINCIPAL_FORMAT", element, f'{{"AWS": "{element.text}"}}')
        elif kind is DocumentKind.TRUST:
            findings.add("ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL", element)
        else:
            _check_anyone(statement, element, kind, findings)
        return
    if not element.node.members:
        findings.add("EMPTY_OBJECT_PRINCIPAL", element)
    for key, values in element.members():
        if key not in KEYS:
            findings.add("INVALID_PRINCIPAL_KEY", values, nearest(key, KEYS), key=key)
        elif values.is_list and not values.node.items:
            findings.add("EMPTY_ARRAY_PRINCIPAL", values)
        for item in values.texts():
            _check_value(statement, key, item, kind, findings)


def _check_value(
    statement: Statement, key: str, item: Element, kind: DocumentKind, findings: Findings
) -> None:
    if key == "AWS" and item.text == "*":
        _check_anyone(statement, item, kind, findings)
    elif re.search(r"[*?]", item.text):
        findings.add("UNSUPPORTED_WILDCARD_IN_PRINCIPAL", item, key=key)
    elif key == "AWS" and item.text.startswith("AROA"):
        findings.add("INVALID_ROLE_REFERENCE", item, id=item.text)
    elif key == "AWS" and item.text.startswith("AIDA"):
        findings.add("INVALID_USER_REFERENCE", item, id=item.text)
    elif key == "Service" and not _SERVICE.fullmatch(item.text):
        head = item.text.partition(".")[0].lower()
        findings.add("INVALID_SERVICE_PRINCIPAL_FORMAT", item, f"{head}.amazonaws.com")


def _check_anyone(
    statement: Statement, item: Element, kind: DocumentKind, findings: Findings
) -> None:
    if (
        statement.effect == "Allow"
        and kind is not DocumentKind.RCP
        and item.path[2:3] == ("Principal",)
        and not statement.conditional
    ):
        findings.add("ANYONE_WITHOUT_CONDITION", item, "name the principals, or add a condition")


def _check_trust(statement: Statement, findings: Findings) -> None:
    keys = [condition.key.lower() for condition in statement.conditions()]
    fitting: dict[str, str] = {}  # the action that fits, by principal
    for key, values in statement.elements["Principal"].members():
        for item in values.texts():
            form = key
            if key == "Federated":
                form = "saml" if ":saml-provider/" in item.text else "oidc"
            if form in _ASSUME:
                fitting[item.text] = _ASSUME[form]
            if form == "oidc" and statement.effect == "Allow":
                host = item.text.partition(":oidc-provider/")[2] or item.text
                _check_oidc(item, host.lower(), keys, findings)
    for action in statement.actions:
        assumes = any(action.text.lower() == one.lower() for one in _ASSUME.values())
        if assumes and not any(action.text.lower() == one.lower() for one in fitting.values()):
            findings.add(
                "MISMATCHED_ACTION_FOR_PRINCIPAL",
                action,
                next(iter(fitting.values()), ""),
                action=action.text,
                principal=", ".join(fitting),
            )


def _check_oidc(item: Element, host: str, keys: list[str], findings: Findings) -> None:
    if not any(key.startswith(host + ":") for key in keys):
        code = "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL"
        findings.add(code, item, f"add a condition on {host}:aud and {host}:sub")
    elif host == GITHUB and f"{host}:sub" not in keys:
        suggestion = f'"StringLike": {{"{host}:sub": "repo:OWNER/REPOSITORY:*"}}'
        findings.add("MISSING_GITHUB_REPO_CONDITION_KEY", item, suggestion)
