"""Lint: what is wrong, dangerous or idle in a policy document beyond what is refused.

>>> findings = lint(text, DocumentKind.IDENTITY, aws_services())

An account's own services stand beside AWS's:
`lint(text, kind, Catalogues(RegisteredServices([...]), aws_services()))`.
"""

from __future__ import annotations

from ..document import DocumentKind, parse
from ..faults import PolicyErrors
from ..reader import Lines, Reader, Unreadable
from .actions import check_actions
from .catalogue import (
    AWSServices,
    Catalogues,
    ConditionKey,
    RegisteredService,
    RegisteredServices,
    ResourceType,
    ServiceAction,
    ServiceCatalogue,
    aws_services,
)
from .codes import CODES, OWN_CODES
from .conditions import check_conditions
from .findings import Finding, FindingType
from .grammar import VERSIONS, check_document, check_size
from .grants import check_grants
from .organizations import check_rcp
from .principals import check_principals
from .resources import check_resources
from .source import Element, Findings
from .sources import check_sources
from .tags import check_tags
from .variables import check_variables

__all__ = [
    "CODES",
    "OWN_CODES",
    "AWSServices",
    "Catalogues",
    "ConditionKey",
    "Finding",
    "FindingType",
    "RegisteredService",
    "RegisteredServices",
    "ResourceType",
    "ServiceAction",
    "ServiceCatalogue",
    "aws_services",
    "lint",
]


def lint(text: str, kind: DocumentKind, catalogue: ServiceCatalogue | None = None) -> list[Finding]:
    """Every finding in the text of a document of this kind, in the order of the text.

    Without a catalogue nothing is said about the existence of services, actions, resource types
    and their condition keys. Raises nothing: a text that is no JSON is a finding.
    """
    findings = Findings(Lines(text))

    def broken(offset: int, _: str, message: str, advice: str) -> None:
        findings.add_at("JSON_SYNTAX_ERROR", offset, offset + 1, (), advice, detail=message)

    try:
        root = Element(Reader(text, broken).read(), ())
    except Unreadable:
        return _sorted(findings)
    statements = check_document(root, kind, findings)
    check_size(text, root, kind, findings)
    version = dict(root.members()).get("Version")
    active = version is not None and version.text == VERSIONS[0]
    for statement in statements:
        check_principals(statement, kind, catalogue, findings)
        check_actions(statement, kind, catalogue, findings)
        check_resources(statement, kind, catalogue, findings)
        check_conditions(statement, catalogue, findings)
        check_sources(statement, kind, findings)
        check_tags(statement, catalogue, findings)
        check_variables(statement, active, findings)
    if kind is DocumentKind.RCP:
        check_rcp(statements, findings)
    check_grants(statements, kind, findings)
    if not any(one.type is FindingType.ERROR for one in findings.found):
        _add_refusal(text, kind, findings)
    return _sorted(findings)


def _add_refusal(text: str, kind: DocumentKind, findings: Findings) -> None:
    """Whatever may not be saved is an error, under a code of ours where there is no other."""
    try:
        parse(text, kind)
    except PolicyErrors as refusal:
        for fault in refusal.faults:
            findings.add_fault(fault)


def _sorted(findings: Findings) -> list[Finding]:
    return sorted(findings.found, key=lambda one: (one.line, one.column, one.code))
