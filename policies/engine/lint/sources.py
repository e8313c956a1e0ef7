"""Whom a condition is about: keys that fit the policy's kind, and its principals."""

from __future__ import annotations

from ..document import DocumentKind
from .source import Findings, Statement

# Who sent a service: without one of them, anyone can have the service act.
SOURCE_KEYS = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")
# Absent when a service asks for itself.
_OF_PRINCIPALS = (
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltag/",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:tokenissuetime",
    "aws:username",
)
# Settled by the resource that carries the policy.
_OF_RESOURCES = (
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "s3:resourceaccount",
)
# Addresses that several networks use: the key says little without one that names the network.
_PAIRS = {
    "aws:vpcsourceip": ("aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn"),
    "aws:ec2instancesourceprivateipv4": ("aws:Ec2InstanceSourceVpc",),
}


def check_sources(statement: Statement, kind: DocumentKind, findings: Findings) -> None:
    keys = {condition.key.lower() for condition in statement.conditions()}
    for condition in statement.conditions():
        paired = _PAIRS.get(condition.key.lower())
        if paired and not any(one.lower() in keys for one in paired):
            names = ", ".join(paired)
            code = "MISSING_PAIRED_CONDITION_KEYS"
            findings.add(code, condition.values, paired[0], key=condition.key, paired=names)
        if kind in (DocumentKind.RESOURCE, DocumentKind.TRUST) and (
            condition.key.lower() in _OF_RESOURCES
        ):
            findings.add("IRRELEVANT_CONDITION_KEY_IN_POLICY", condition.values, key=condition.key)
    if kind is DocumentKind.RESOURCE and statement.effect == "Allow":
        _check_services(statement, keys, findings)


def _check_services(statement: Statement, keys: set[str], findings: Findings) -> None:
    principal = statement.elements.get("Principal")
    members = dict(principal.members()) if principal else {}
    services = members.get("Service")
    if services is None or not any(True for _ in services.texts()):
        return
    if not any(key in SOURCE_KEYS for key in keys):
        code = "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL"
        findings.add(code, services, "add a condition on aws:SourceArn or aws:SourceAccount")
    unsupported = [
        condition.key
        for condition in statement.conditions()
        if condition.key.lower().startswith(_OF_PRINCIPALS)
        and "not" not in condition.base
        and condition.base != "null"
        and not condition.operator.lower().endswith("ifexists")
    ]
    if unsupported and len(members) == 1:
        code = "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL"
        findings.add(code, services, keys=", ".join(unsupported))
