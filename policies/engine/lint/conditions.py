"""Conditions: operators, keys and values that exist and fit each other."""

from __future__ import annotations

from collections.abc import Mapping

from .actions import known_actions
from .catalogue import ConditionKey, ServiceCatalogue, carries, template_of
from .global_keys import GLOBAL_KEYS, REQUEST_BOUND, SESSION_KEYS
from .source import Condition, Element, Findings, Statement
from .values import check_values

OPERATORS = (
    *(f"String{end}" for end in ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase",
                                 "Like", "NotLike")),
    *(f"{kind}{end}" for kind in ("Numeric", "Date") for end in (
        "Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")),
    "Bool", "BinaryEquals", "IpAddress", "NotIpAddress",
    "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
)  # fmt: skip
_WITH_SUFFIX = (*OPERATORS, *(f"{one}IfExists" for one in OPERATORS if one != "Null"))
QUALIFIERS = ("ForAllValues", "ForAnyValue")
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
        check_values(condition, findings)
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
        right = _right_operator(condition, findings)
        findings.add("INVALID_CONDITION_OPERATOR", at, right, operator=condition.operator)
        return False
    return True


def _right_operator(condition: Condition, findings: Findings) -> str:
    """The operator that was probably meant, with its qualifier and suffix."""
    base = _SPELLINGS.get(condition.base) or findings.nearest(condition.base, _WITH_SUFFIX)
    qualifier = condition.qualifier and findings.nearest(condition.qualifier, QUALIFIERS)
    if not base or bool(qualifier) != bool(condition.qualifier):
        return ""
    may_lack = condition.operator.lower().endswith("ifexists")
    return f"{qualifier and f'{qualifier}:'}{base}{'IfExists' if may_lack else ''}"


def _check_empty(condition: Condition, findings: Findings) -> None:
    if not condition.values.is_list or condition.values.node.items:
        return
    suffix = {"forallvalues": "_FORALLVALUES", "foranyvalue": "_FORANYVALUE"}.get(
        condition.qualifier,
        "_IFEXISTS" if condition.operator.lower().endswith("ifexists") else "",
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
    if _lacks_tag(name, catalogue):
        findings.add("MISSING_TAG_KEY_IN_CONDITION", at, key=name.rstrip("/") + "/")
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


def _lacks_tag(name: str, catalogue: ServiceCatalogue | None) -> bool:
    """Whether the name is that of a tag's key without the tag, as in `aws:ResourceTag/`."""
    if name.rpartition("/")[2] and not name.lower().endswith("tag"):
        return False
    prefix = name.partition(":")[0].lower()
    known = GLOBAL_KEYS if prefix == "aws" else {}
    if prefix != "aws" and catalogue is not None:
        known = dict(catalogue.condition_keys(prefix))
    return _find(name, known) is None and _find(name.rstrip("/") + "/x", known) is not None


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
        if any(mark in template for mark in ("${", "<", "/tag-key")) and template_of(
            template
        ).matches(name.lower()):
            return key
    return None


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
        findings.add("FORALLVALUES_WITH_SINGLE_VALUED_KEY", at, right, key=condition.key)


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
        if not carries(catalogue, service, actions[0], key.name):
            without.append(item.text)
    if without:
        code = "UNSUPPORTED_ACTION_FOR_CONDITION_KEY"
        findings.add(code, condition.values, actions=", ".join(without), key=condition.key)
