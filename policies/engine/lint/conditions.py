"""Conditions: operators, keys and values that exist and fit each other."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from functools import cache

from .actions import known_actions
from .catalogue import ConditionKey, ServiceCatalogue
from .global_keys import GLOBAL_KEYS, REQUEST_BOUND, SESSION_KEYS
from .source import Condition, Element, Findings, Statement

OPERATORS = (
    *(f"String{end}" for end in ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase",
                                 "Like", "NotLike")),
    *(f"{kind}{end}" for kind in ("Numeric", "Date") for end in (
        "Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")),
    "Bool", "BinaryEquals", "IpAddress", "NotIpAddress",
    "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
)  # fmt: skip
_SPELLINGS = {one.lower(): one for one in OPERATORS}
FAMILIES = {
    "string": "String",
    "numeric": "Numeric",
    "date": "Date",
    "bool": "Bool",
    "ip": "IPAddress",
    "notip": "IPAddress",
    "arn": "ARN",
    "binary": "Binary",
}
_DATE = re.compile(
    r"\d{4}-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?)?", re.ASCII
)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+){1,3}-[0-9]+")


def check_conditions(
    statement: Statement, catalogue: ServiceCatalogue | None, findings: Findings
) -> None:
    block = statement.elements.get("Condition")
    for _, keys in block.members() if block else ():
        _check_case(keys, findings)
    for condition in statement.conditions():
        if not _check_operator(condition, findings):
            continue
        _check_empty(condition, findings)
        key = _check_key(statement, condition, catalogue, findings)
        _check_values(condition, findings)
        if key is not None:
            _check_type(condition, key, findings)
            if catalogue is not None:
                _check_carried(statement, condition, key, catalogue, findings)


def _check_case(keys: Element, findings: Findings) -> None:
    seen: set[str] = set()
    for key, values in keys.members():
        if key.lower() in seen:
            findings.add("DUPLICATE_KEYS_WITH_DIFFERENT_CASE", values, key=key)
        seen.add(key.lower())


def _check_operator(condition: Condition, findings: Findings) -> bool:
    at = condition.block
    base = condition.base
    if base == "null" and condition.operator.lower().endswith("ifexists"):
        findings.add("NULL_WITH_IF_EXISTS", at, "Null")
        return False
    if base == "null" and condition.qualifier:
        findings.add("NULL_WITH_QUALIFIER", at, "Null")
    if base not in _SPELLINGS or condition.qualifier not in ("", "forallvalues", "foranyvalue"):
        right = findings.nearest(base, OPERATORS)
        findings.add("INVALID_CONDITION_OPERATOR", at, right, operator=condition.operator)
        return False
    return True


def _check_empty(condition: Condition, findings: Findings) -> None:
    if not condition.values.is_list or condition.values.node.items:
        return
    suffix = {"forallvalues": "_FOR_ALL_VALUES", "foranyvalue": "_FOR_ANY_VALUE"}.get(
        condition.qualifier,
        "_IF_EXISTS" if condition.operator.lower().endswith("ifexists") else "",
    )
    findings.add(f"EMPTY_ARRAY_CONDITION{suffix}", condition.values, key=condition.key)


def _check_key(
    statement: Statement,
    condition: Condition,
    catalogue: ServiceCatalogue | None,
    findings: Findings,
) -> ConditionKey | None:
    """The key's data when it is known; a finding when it should be and is not."""
    name, at = condition.key, condition.values
    prefix, colon, rest = name.partition(":")
    if not colon or not prefix or not rest:
        findings.add("INVALID_CONDITION_KEY_FORMAT", at)
        return None
    if prefix.lower() == "aws":
        if rest.lower() == "arn":
            findings.add("UNSUPPORTED_GLOBAL_CONDITION_KEY", at, "aws:PrincipalArn")
            return None
        key = _find(name, GLOBAL_KEYS)
        if key is None:
            known_keys = tuple(one.name for one in GLOBAL_KEYS.values())
            right = _nearest_key(name, known_keys, findings)
            findings.add("INVALID_GLOBAL_CONDITION_KEY", at, right, key=name)
        return key
    # Keys of identity providers are named after the issuer's host.
    if catalogue is None or "." in prefix or "/" in prefix or prefix.lower() == "saml":
        return None
    if prefix.lower() not in catalogue.services():
        elsewhere = _carried_elsewhere(name, catalogue, findings)
        if elsewhere is not None:
            return elsewhere
        right = findings.nearest(prefix, catalogue.services())
        findings.add("INVALID_SERVICE", at, f"{right}:{rest}" if right else "", service=prefix)
        return None
    key = _find(name, catalogue.condition_keys(prefix))
    key = key or _carried_elsewhere(name, catalogue, findings)
    if key is None:
        known = catalogue.condition_keys(prefix).values()
        right = _nearest_key(name, tuple(one.name for one in known), findings)
        findings.add("INVALID_SERVICE_CONDITION_KEY", at, right, key=name, service=prefix)
    return key


def _carried_elsewhere(
    name: str, catalogue: ServiceCatalogue, findings: Findings
) -> ConditionKey | None:
    """A key that only another service's data describe, as IAM's do `ec2:` keys of roles."""
    if findings.keys is None:
        findings.keys = {}
        for service in catalogue.services():
            for template, key in catalogue.condition_keys(service).items():
                same_prefix = findings.keys.setdefault(template.partition(":")[0], {})
                same_prefix.setdefault(template, key)
    return _find(name, findings.keys.get(name.lower().partition(":")[0], {}))


def _find(name: str, keys: Mapping[str, ConditionKey]) -> ConditionKey | None:
    """The key of this name, or the one whose variable part it fills."""
    exact = keys.get(name.lower())
    if exact is not None:
        return exact
    for template, key in keys.items():
        if any(mark in template for mark in ("${", "<", "/tag-key")) and _template(
            template
        ).fullmatch(name.lower()):
            return key
    return None


@cache
def _template(name: str) -> re.Pattern[str]:
    """A key's template with one gap a variable part; each gap takes at least one character."""
    pieces = re.split(r"\$\{[^}]*\}|<[^>]*>|(?<=/)tag-key$", name.lower())
    return re.compile(".+".join(map(re.escape, pieces)))


def _nearest_key(name: str, known: tuple[str, ...], findings: Findings) -> str:
    head, slash, tail = name.partition("/")
    right = findings.nearest(head, [one.partition("/")[0] for one in known])
    return f"{right}{slash}{tail}" if right else ""


def _check_type(condition: Condition, key: ConditionKey, findings: Findings) -> None:
    base, at = condition.base, condition.values
    if base == "null":
        return
    family = next(kind for prefix, kind in FAMILIES.items() if base.startswith(prefix))
    known_as = {
        "ARN": {"ARN", "String"},
        "String": {"String", "ARN"} if key.family == "String" else {"String"},
        "Date": {"Date", "Numeric"},
        "Bool": {"Bool", "String"},
    }.get(key.family, {key.family})
    if family == "String" and key.family == "ARN":
        if "like" in base:
            suggestion = condition.operator.replace("String", "Arn")
            code = "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS"
            findings.add(code, at, suggestion, key=condition.key)
    elif family not in known_as and family != "Binary":
        findings.add(
            "TYPE_MISMATCH", at, expected=key.family, operator=condition.operator, key=condition.key
        )
    if key.multivalued and not condition.qualifier:
        right = f"ForAnyValue:{condition.operator}"
        findings.add("MISSING_QUALIFIER", at, right, key=condition.key)
    if not key.multivalued and condition.qualifier == "forallvalues":
        right = condition.operator.partition(":")[2]
        findings.add("FOR_ALL_VALUES_WITH_SINGLE_VALUED_KEY", at, right, key=condition.key)


def _check_carried(
    statement: Statement,
    condition: Condition,
    key: ConditionKey,
    catalogue: ServiceCatalogue,
    findings: Findings,
) -> None:
    """Actions named one by one that never carry the key."""
    name = key.name.lower()
    if name in SESSION_KEYS or (name.startswith("aws:") and name not in REQUEST_BOUND):
        return
    without = []
    for item, service, actions in known_actions(statement, catalogue):
        if len(actions) > 1 or "*" in item.text or "?" in item.text:
            continue
        action = actions[0]
        types = catalogue.resource_types(service)
        carried = list(action.condition_keys)
        for name in action.resource_types:
            if name.lower() in types:
                carried += types[name.lower()].condition_keys
        if not any(_same_key(one, key.name) for one in carried):
            without.append(item.text)
    if without:
        code = "UNSUPPORTED_ACTION_FOR_CONDITION_KEY"
        findings.add(code, condition.values, actions=", ".join(without), key=condition.key)


def _same_key(one: str, other: str) -> bool:
    return _template(one).pattern == _template(other).pattern


def _check_values(condition: Condition, findings: Findings) -> None:
    base, at = condition.base, condition.values
    items = [item for item in at.items() if not (item.is_object or item.is_list)]
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
        elif base.startswith("string") and "like" not in base:
            bare = re.sub(r"\$\{[^}]*\}", "", item.text)
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
    if condition.key.lower() == "aws:requestedregion":
        for item in items:
            if not re.search(r"[*?$]", item.text) and not _REGION.fullmatch(item.text):
                findings.add("INVALID_REGION", item, region=item.text)


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
