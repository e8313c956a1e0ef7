"""Access by tags: conditions on `aws:ResourceTag` where some services know no such key."""

from __future__ import annotations

from .actions import known_actions
from .catalogue import ServiceCatalogue, carries
from .source import Condition, Findings, Statement

KEY = "aws:resourcetag/"


def check_tags(
    statement: Statement, catalogue: ServiceCatalogue | None, findings: Findings
) -> None:
    """A missing key makes such a condition false, so that its statement says nothing."""
    condition = next((one for one in statement.conditions() if _asks_for_tag(one)), None)
    effect = statement.effect.upper()
    if condition is None or effect not in ("ALLOW", "DENY"):
        return
    at, key = condition.values, condition.key
    if "NotAction" in statement.elements:
        code = f"{effect}_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"
        findings.add(code, at, key=key)
    elif catalogue is not None:
        services = _without_tags(statement, catalogue)
        if services:
            code = f"{effect}_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"
            findings.add(code, at, key=key, services=", ".join(services))


def _asks_for_tag(condition: Condition) -> bool:
    """Whether the condition fails without the tag: no `IfExists`, no negation, no `Null`."""
    operator = condition.operator.lower()
    return (
        condition.key.lower().startswith(KEY)
        and len(condition.key) > len(KEY)
        and not operator.endswith("ifexists")
        and "not" not in condition.base
        and condition.base != "null"
        and condition.qualifier != "forallvalues"
    )


def _without_tags(statement: Statement, catalogue: ServiceCatalogue) -> list[str]:
    """The services of which none of the actions under one pattern carries the key."""
    found: dict[str, None] = {}
    for _, service, actions in known_actions(statement, catalogue):
        if not any(
            carries(catalogue, service, action, "aws:ResourceTag/${TagKey}") for action in actions
        ):
            found[service] = None
    return list(found)
