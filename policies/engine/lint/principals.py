"""Principals: well formed, specific, and fit for the actions they are given."""

from __future__ import annotations

import re

from ..document import DocumentKind
from .catalogue import ServiceCatalogue, nearest
from .source import Element, Findings, Statement
from .trust import check_trust

KEYS = ("AWS", "CanonicalUser", "Federated", "Service")
_SERVICE = re.compile(r"[a-z0-9][a-z0-9.-]*\.amazonaws\.com(\.cn)?")


def check_principals(
    statement: Statement,
    kind: DocumentKind,
    catalogue: ServiceCatalogue | None,
    findings: Findings,
) -> None:
    negated = statement.elements.get("NotPrincipal")
    if negated is not None:
        if kind is DocumentKind.TRUST:
            findings.add("ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL", negated)
        if statement.effect == "Allow":
            findings.add("ALLOW_WITH_NOT_PRINCIPAL", negated)
    for name in ("Principal", "NotPrincipal"):
        if name in statement.elements:
            _check_element(statement, statement.elements[name], kind, catalogue, findings)
    if kind is DocumentKind.TRUST:
        check_trust(statement, findings)


def _check_element(
    statement: Statement,
    element: Element,
    kind: DocumentKind,
    catalogue: ServiceCatalogue | None,
    findings: Findings,
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
            if key == "Service" and catalogue and catalogue.has_principal(item.text):
                continue
            _check_value(statement, key, item, kind, findings)


def _check_value(
    statement: Statement, key: str, item: Element, kind: DocumentKind, findings: Findings
) -> None:
    if key == "AWS" and item.text == "*":
        _check_anyone(statement, item, kind, findings)
    elif key == "Federated" and kind is DocumentKind.RESOURCE:
        findings.add("FEDERATED_PRINCIPAL_NOT_SUPPORTED", item)
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
