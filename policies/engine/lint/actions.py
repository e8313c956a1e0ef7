"""Actions: do they exist, and is each needed?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..document import DocumentKind
from .catalogue import ServiceAction, ServiceCatalogue
from .coverage import covered_by_others, covers
from .source import Element, Findings, Statement


def check_actions(
    statement: Statement,
    kind: DocumentKind,
    catalogue: ServiceCatalogue | None,
    findings: Findings,
) -> None:
    for item in statement.texts("Action", "NotAction"):
        if "${" in item.text:
            findings.add("VARIABLE_UNSUPPORTED_IN_ELEMENT", item, variable=item.text)
        elif item.text != "*":
            _check_name(item, kind, catalogue, findings)
    for name in ("Action", "NotAction"):
        items = statement.texts(name)
        redundant = covered_by_others(items, ignore_case=True)
        if redundant:
            first = redundant[0]
            findings.add("REDUNDANT_ACTION", first, count=len(redundant), action=first.text)


def _check_name(
    item: Element,
    kind: DocumentKind,
    catalogue: ServiceCatalogue | None,
    findings: Findings,
) -> None:
    service, colon, name = item.text.partition(":")
    if not colon or ":" in name or not name:
        findings.add("INVALID_ACTION", item, "write service:Action", action=item.text)
        return
    if kind is DocumentKind.TRUST and service.lower() != "sts":
        code = "UNSUPPORTED_ACTION_IN_POLICY"
        findings.add(code, item, "sts:AssumeRole", action=item.text, type="IAM role")
        return
    if "*" in service or "?" in service:
        findings.add("WILDCARD_IN_SERVICE_NAME", item)
        return
    if catalogue is None:
        return
    if service.lower() not in catalogue.services():
        right = findings.nearest(service, catalogue.services())
        suggestion = f"{right}:{name}" if right else ""
        findings.add("INVALID_SERVICE_IN_ACTION", item, suggestion, service=service)
        return
    actions = catalogue.actions(service)
    if not any(True for _ in _matching(name, actions)):
        right = findings.nearest(name, [action.name for action in actions.values()])
        suggestion = f"{service}:{right}" if right else ""
        findings.add("INVALID_ACTION", item, suggestion, action=item.text)


def _matching(pattern: str, actions: Mapping[str, ServiceAction]) -> Iterator[ServiceAction]:
    if "*" not in pattern and "?" not in pattern:
        if pattern.lower() in actions:
            yield actions[pattern.lower()]
        return
    for name, action in actions.items():
        if covers(pattern.lower(), name):
            yield action


def known_actions(
    statement: Statement, catalogue: ServiceCatalogue
) -> Iterator[tuple[Element, str, list[ServiceAction]]]:
    """Each action pattern of one service with the actions it names; `*` is left out."""
    for item in statement.actions:
        service, colon, name = item.text.partition(":")
        if colon and service.lower() in catalogue.services():
            found = list(_matching(name, catalogue.actions(service)))
            if found:
                yield item, service.lower(), found
