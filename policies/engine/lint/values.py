"""The values of conditions: of the operator's type, in the form that their key takes."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re

from .source import Condition, Element, Findings
from .variables import VARIABLE, replaced

REGION = re.compile(r"[a-z]{2}(-[a-z]+){1,3}-[0-9]+")
_DATE = re.compile(
    r"\d{4}-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?)?", re.ASCII
)
_IDENTIFIERS = {
    "aws:sourcevpc": ("INVALID_VPC_FORMAT", re.compile("vpc-([0-9a-z]{8}|[0-9a-z]{17})")),
    "aws:sourcevpce": ("INVALID_VPCE_FORMAT", re.compile("vpce-([0-9a-z]{8}|[0-9a-z]{17})")),
}
_KMS_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
_KMS_ARN = re.compile(r"arn:[a-z-]+:kms:[^:]+:[^:]+:key/.+")
# Keys on which a pattern that says little lets in whole accounts, organizations or networks.
_SENSITIVE = frozenset(
    (
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:resourceaccount",
        "aws:resourceorgid",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:vpceaccount",
        "aws:vpceorgid",
    )
)
_ENOUGH = 6


def check_values(condition: Condition, findings: Findings) -> None:
    items = [item for item in condition.values.items() if not (item.is_object or item.is_list)]
    _check_type(condition, items, findings)
    _check_form(condition, items, findings)
    _check_breadth(condition, items, findings)


def _check_type(condition: Condition, items: list[Element], findings: Findings) -> None:
    base, at = condition.base, condition.values
    if len({item.node.kind for item in items}) > 1:
        findings.add("INVALID_CONDITION_DATA_TYPE", at)
    for item in items:
        if base in ("bool", "null"):
            if item.text.lower() not in ("true", "false") and "${" not in item.text:
                findings.add("TYPE_MISMATCH_BOOLEAN", item, operator=condition.operator)
        elif base.startswith("date"):
            if re.fullmatch("[0-9]+", item.text):
                findings.add("INVALID_DATE_VALUE", item, date=item.text)
            elif not _DATE.fullmatch(item.text):
                findings.add("TYPE_MISMATCH_DATE", item)
        elif base.startswith("numeric"):
            if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", item.text):
                findings.add("TYPE_MISMATCH_NUMBER", item, operator=condition.operator)
        elif base == "binaryequals":
            if not _is_base64(item.text):
                findings.add("TYPE_MISMATCH_STRING", item, operator=condition.operator)
        elif base.startswith("string") and "like" not in base:
            bare = replaced(item.text, lambda one: "")
            if "*" in bare or "?" in bare:
                right = re.sub("Equals(IgnoreCase)?", "Like", condition.operator)
                findings.add("WILDCARD_WITHOUT_LIKE_OPERATOR", item, right)
    if base == "bool" and len({item.text.lower() for item in items}) > 1:
        findings.add("INVALID_CONDITION_MULTIPLE_BOOLEAN", at, key=condition.key)
    if base in ("ipaddress", "notipaddress"):
        _check_addresses(condition, items, findings)
    ordered = base.startswith(("numeric", "date")) and base.endswith(("than", "thanequals"))
    if ordered and len(items) > 1:
        code = "REDUNDANT_CONDITION_VALUE_NUM"
        findings.add(code, at, operator=condition.operator, key=condition.key)


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _check_addresses(condition: Condition, items: list[Element], findings: Findings) -> None:
    for item in items:
        if "${" in item.text:
            continue
        try:
            network = ipaddress.ip_network(item.text, strict=False)
        except ValueError:
            findings.add("TYPE_MISMATCH_IP_RANGE", item, operator=condition.operator)
            continue
        if ipaddress.ip_address(item.text.partition("/")[0]) != network.network_address:
            findings.add("IMPROVE_IP_RANGE", item, str(network), network=network)


def _check_form(condition: Condition, items: list[Element], findings: Findings) -> None:
    """Whole values of keys that take one form only; patterns and variables are let be."""
    key = condition.key.lower()
    if condition.base == "null":
        return
    for item in items:
        if re.search(r"[*?$]", item.text):
            continue
        if key == "aws:requestedregion" and not REGION.fullmatch(item.text):
            findings.add("INVALID_REGION", item, region=item.text)
        if key in _IDENTIFIERS:
            code, form = _IDENTIFIERS[key]
            if not form.fullmatch(item.text):
                findings.add(code, item)
        if key == _KMS_KEY and not _KMS_ARN.fullmatch(item.text):
            findings.add("INVALID_KMS_KEY_VALUE", item, key=condition.key)


def _check_breadth(condition: Condition, items: list[Element], findings: Findings) -> None:
    """Patterns on sensitive keys need some letters of their own before what varies.

    What the server itself fills, such as `${aws:PrincipalAccount}`, is no variable of the caller's.
    """
    if condition.key.lower() not in _SENSITIVE:
        return
    for item in items:
        closed = item.text[: item.text.rfind("}") + 1]
        variable = next(
            (one for one in VARIABLE.finditer(closed) if one[1].lower() not in _SENSITIVE), None
        )
        if variable is not None and variable[1] not in "*?$" and variable.start() < _ENOUGH:
            findings.add("VARIABLE_USAGE_TOO_PERMISSIVE", item, key=condition.key)
        bare = replaced(item.text, lambda one: "x" * len(one[0]))
        wildcard = re.search("[*?]", bare) if "like" in condition.base else None
        if wildcard is not None and wildcard.start() < _ENOUGH:
            findings.add("WILDCARD_USAGE_TOO_PERMISSIVE", item, key=condition.key)
