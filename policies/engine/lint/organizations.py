"""Resource control policies: their narrow form, and the callers whom they hit unawares."""

from __future__ import annotations

from .source import Condition, Element, Findings, Statement

_PRINCIPAL = "aws:principal"
_SERVICE = "aws:principalisawsservice"
_SOURCE = ("aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")


def check_rcp(statements: list[Statement], findings: Findings) -> None:
    for statement in statements:
        _check_principal(statement, findings)
        if "NotAction" in statement.elements:
            findings.add("RCP_SYNTAX_ERROR_NOTACTION", statement.elements["NotAction"], "Action")
        if statement.effect == "Allow":
            if not _is_built_in(statement) or len(statements) > 1:
                findings.add("RCP_SYNTAX_ERROR_ALLOW", statement.elements["Effect"], "Deny")
            continue
        for item in statement.actions:
            if not _is_of_service(item):
                findings.add("RCP_SYNTAX_ERROR_ACTION", item, "sts:*")
        _check_related(list(statement.conditions()), findings)


def _check_principal(statement: Statement, findings: Findings) -> None:
    for name in ("Principal", "NotPrincipal"):
        element = statement.elements.get(name)
        if element is not None and (name == "NotPrincipal" or element.text != "*"):
            findings.add("RCP_SYNTAX_ERROR_PRINCIPAL", element, '"Principal": "*"')


def _is_built_in(statement: Statement) -> bool:
    everything = [one.text for one in (*statement.actions, *statement.resources)]
    return everything == ["*", "*"] and not statement.conditional


def _is_of_service(item: Element) -> bool:
    """Whether the action names a service, and one that RCPs reach: IAM's own are out of it."""
    service, colon, _ = item.text.partition(":")
    return bool(colon) and "*" not in service and "?" not in service and service.lower() != "iam"


def _check_related(conditions: list[Condition], findings: Findings) -> None:
    keys = {condition.key.lower() for condition in conditions}
    nulls = {condition.key.lower() for condition in conditions if condition.base == "null"}
    for condition in conditions:
        key, at = condition.key.lower(), condition.values
        if condition.base == "null" or key == _SERVICE:
            continue
        if key.startswith(_PRINCIPAL) and _SERVICE not in keys:
            code = "RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEYS"
            right = '"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}'
            findings.add(code, at, right, key=condition.key)
        if key in _SOURCE and _SERVICE not in keys:
            code = "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEYS"
            right = '"Bool": {"aws:PrincipalIsAWSService": "true"}'
            findings.add(code, at, right, key=condition.key)
        if key in _SOURCE[1:] and "aws:sourceaccount" not in nulls:
            code = "RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK"
            right = '"Null": {"aws:SourceAccount": "false"}'
            findings.add(code, at, right, key=condition.key)
