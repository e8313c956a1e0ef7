"""Resources: are the ARNs well formed, and do the actions know such resources?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from ..document import DocumentKind
from .actions import known_actions
from .catalogue import ResourceType, ServiceCatalogue
from .coverage import covered_by_others
from .source import Element, Findings, Statement

PARTITIONS = (
    "aws",
    "aws-cn",
    "aws-us-gov",
    "aws-iso",
    "aws-iso-b",
    "aws-iso-e",
    "aws-iso-f",
    "aws-eusc",
)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+){1,3}-[0-9]+")
_VARIABLE = re.compile(r"\$\{[^}]*\}")


def check_resources(
    statement: Statement,
    kind: DocumentKind,
    catalogue: ServiceCatalogue | None,
    findings: Findings,
) -> None:
    well_formed = []
    for item in statement.texts("Resource", "NotResource"):
        if item.text == "*":
            continue
        parts = item.text.split(":", 5)
        if _check_form(item, parts, findings) and catalogue is not None:
            _check_service(item, parts, catalogue, findings)
            well_formed.append(item)
    for name in ("Resource", "NotResource"):
        redundant = covered_by_others(statement.texts(name), ignore_case=False)
        if redundant:
            findings.add("REDUNDANT_RESOURCE", redundant[0], count=len(redundant))
    if catalogue is not None and "Resource" in statement.elements:
        _check_support(statement, catalogue, findings)


def _check_form(item: Element, parts: list[str], findings: Findings) -> bool:
    """The parts that need no service data; whether the rest can be looked at."""
    if parts[0] != "arn":
        arn = next((at for at, part in enumerate(parts) if part.lower() == "arn"), None)
        right = "" if arn is None else "arn:" + ":".join(parts[arn + 1 :])
        findings.add("INVALID_ARN_PREFIX", item, right or "arn:" + item.text)
        return False
    if len(parts) < 6:
        if not item.text.endswith("*"):
            findings.add("MISSING_ARN_FIELD", item, count=6)
        return False
    _, partition, service, region, account, _ = parts
    if partition not in PARTITIONS and partition != "*" and "${" not in partition:
        right = findings.nearest(partition, PARTITIONS) or "aws"
        suggestion = ":".join(["arn", right, *parts[2:]])
        code = "INVALID_PARTITION"
        findings.add(code, item, suggestion, service=service, partition=partition)
    if service != service.lower():
        suggestion = ":".join([*parts[:2], service.lower(), *parts[3:]])
        findings.add("INVALID_ARN_SERVICE_CASE", item, suggestion, service=service)
    if account and not re.fullmatch(r"[0-9]{12}|aws|.*[*?$].*|cloudfront", account):
        findings.add("INVALID_ARN_ACCOUNT", item, account=account)
    if region and not re.search(r"[*?$]", region) and not _REGION.fullmatch(region):
        findings.add("INVALID_ARN_REGION", item, region=region)
    return not re.search(r"[*?$]", service)


def _check_service(
    item: Element, parts: list[str], catalogue: ServiceCatalogue, findings: Findings
) -> None:
    service, region, account = parts[2].lower(), parts[3], parts[4]
    types = _types_of(service, catalogue)
    if not types:
        if service not in catalogue.services():
            right = findings.nearest(service, catalogue.services())
            suggestion = ":".join([*parts[:2], right, *parts[3:]]) if right else ""
            findings.add("INVALID_SERVICE", item, suggestion, service=service)
        return
    fitting = [one for one in types if _may_match(one.arn.split(":", 5)[5], parts[5])]
    if not fitting:
        findings.add("INVALID_ARN_RESOURCE", item, _nearest_type(parts, types, findings))
        return
    templates = [one.arn.split(":", 5) for one in fitting]
    without_account = ":".join([*parts[:4], "", parts[5]])
    without_region = ":".join([*parts[:3], "", *parts[4:]])
    if account and account != "*" and not any(template[4] for template in templates):
        findings.add("ARN_ACCOUNT_NOT_ALLOWED", item, without_account, service=service)
    if region and region != "*" and not any(template[3] for template in templates):
        findings.add("ARN_REGION_NOT_ALLOWED", item, without_region, service=service)
    if not region and all(template[3] for template in templates):
        findings.add("MISSING_ARN_REGION", item, service=service)


def _types_of(service: str, catalogue: ServiceCatalogue) -> list[ResourceType]:
    """The resource types whose ARNs carry this service; some belong to another service."""
    own = _with_arn_of(service, [service] if service in catalogue.services() else [], catalogue)
    return own or _with_arn_of(service, catalogue.services(), catalogue)


def _with_arn_of(
    service: str, owners: Iterable[str], catalogue: ServiceCatalogue
) -> list[ResourceType]:
    return [
        one
        for owner in owners
        for one in catalogue.resource_types(owner).values()
        if one.arn.count(":") >= 5 and one.arn.split(":")[2] == service
    ]


def _nearest_type(parts: list[str], types: list[ResourceType], findings: Findings) -> str:
    """The ARN with its resource's first word put right, when one is near."""
    words = {re.split(r"[/:$]", one.arn.split(":", 5)[5])[0] for one in types} - {""}
    word = re.split(r"[/:]", parts[5])[0]
    right = findings.nearest(word, words) if word else ""
    if word and right == word:  # the type is known, its form is another
        return next(one.arn for one in types if one.arn.split(":", 5)[5].startswith(word))
    return ":".join([*parts[:5], right + parts[5][len(word) :]]) if right else ""


def _check_support(statement: Statement, catalogue: ServiceCatalogue, findings: Findings) -> None:
    """Each action needs a resource of its own among those named, and each of them an action."""
    resources = statement.resources
    if not resources or any(item.text == "*" for item in resources):
        return
    arns = [item.text.split(":", 5) for item in resources]
    if any(len(parts) < 6 for parts in arns):
        return
    for item, service, actions in known_actions(statement, catalogue):
        types = catalogue.resource_types(service)
        supported = False
        for action in actions:
            templates = [
                types[name.lower()].arn for name in action.resource_types if name.lower() in types
            ]
            supported = supported or any(
                _arn_may_match(template, parts) for template in templates for parts in arns
            )
        if not supported:
            needed = sorted(
                {
                    types[name.lower()].arn
                    for action in actions
                    for name in action.resource_types
                    if name.lower() in types
                }
            )
            findings.add(
                "UNSUPPORTED_RESOURCE_FOR_ACTION",
                item,
                needed[0] if needed else "*",
                action=item.text,
                resource=resources[0].text if len(resources) == 1 else "ARNs of this statement",
            )


def _arn_may_match(template: str, parts: list[str]) -> bool:
    pieces = template.split(":", 5)
    if len(pieces) < 6:
        return True
    service = parts[2].lower()
    return (service == pieces[2] or "*" in service) and _may_match(pieces[5], parts[5])


@lru_cache(maxsize=4096)
def _may_match(template: str, pattern: str) -> bool:
    """Whether some text fits both a template (`${Name}` varies) and a wildcard pattern."""
    left = list(_tokens(_VARIABLE.sub("*", template)))
    right = list(_tokens(_VARIABLE.sub("*", pattern)))
    reached = _skip_stars(right, {0})
    for piece in left:
        if piece == "*":
            reached = set(range(min(reached), len(right) + 1))
        else:
            after = set()
            for at in reached:
                if at < len(right) and right[at] == "*":
                    after.add(at)
                elif at < len(right) and (right[at] in (piece, "?") or piece == "?"):
                    after.add(at + 1)
            reached = _skip_stars(right, after)
        if not reached:
            return False
    return len(right) in reached


def _tokens(text: str) -> Iterator[str]:
    """The characters, with a run of stars as one."""
    yield from re.sub(r"\*+", "*", text)


def _skip_stars(tokens: list[str], reached: set[int]) -> set[int]:
    return reached | {at + 1 for at in reached if at < len(tokens) and tokens[at] == "*"}
