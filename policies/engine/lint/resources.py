"""Resources: are the ARNs well formed, and do the actions know such resources?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache, partial
from itertools import takewhile

from ..document import DocumentKind
from .actions import known_actions
from .catalogue import ResourceType, ServiceCatalogue
from .coverage import covered_by_others
from .source import Element, Findings, Statement
from .values import REGION
from .variables import replaced

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
    if region and not re.search(r"[*?$]", region) and not REGION.fullmatch(region):
        findings.add("INVALID_ARN_REGION", item, region=region)
    return not re.search(r"[*?$]", service)


def _check_service(
    item: Element, parts: list[str], catalogue: ServiceCatalogue, findings: Findings
) -> None:
    service, region, account = parts[2].lower(), parts[3], parts[4]
    types = _types_of(service, catalogue, findings)
    if not types:
        if service not in catalogue.services():
            right = findings.nearest(service, catalogue.services())
            suggestion = ":".join([*parts[:2], right, *parts[3:]]) if right else ""
            findings.add("INVALID_SERVICE", item, suggestion, service=service)
        return
    fitting = [one for one in types if _may_match(_resource_of(one.arn), parts[5])]
    if not fitting:
        findings.add("INVALID_ARN_RESOURCE", item, _nearest_type(parts, types, findings))
        return
    templates = [one.arn.split(":", 5) for one in fitting]
    has_account = account and account != "*" and not any(template[4] for template in templates)
    has_region = region and region != "*" and not any(template[3] for template in templates)
    kept = ("" if has_region else parts[3], "" if has_account else account)
    right = ":".join([*parts[:3], *kept, parts[5]])
    if has_account:
        findings.add("ARN_ACCOUNT_NOT_ALLOWED", item, right, service=service)
    if has_region:
        findings.add("ARN_REGION_NOT_ALLOWED", item, right, service=service)
    if not region and all(template[3] for template in templates):
        findings.add("MISSING_ARN_REGION", item, service=service)
    if not account and all(template[4] == "${Account}" for template in templates):
        findings.add("MISSING_ARN_ACCOUNT", item, resource=item.text)


def _types_of(service: str, catalogue: ServiceCatalogue, findings: Findings) -> list[ResourceType]:
    """The resource types whose ARNs carry this service; some belong to another service."""
    if service not in findings.types:
        own = catalogue.resource_types(service).values()
        findings.types[service] = [one for one in own if _service_of(one) == service]
    return findings.types[service] or _types_by_service(catalogue, findings).get(service, [])


def _types_by_service(
    catalogue: ServiceCatalogue, findings: Findings
) -> dict[str, list[ResourceType]]:
    if findings.every_type is None:
        findings.every_type = {}
        for owner in catalogue.services():
            for one in catalogue.resource_types(owner).values():
                findings.every_type.setdefault(_service_of(one), []).append(one)
    return findings.every_type


def _service_of(one: ResourceType) -> str:
    """The service that stands in the type's ARN; empty where it has none."""
    return one.arn.split(":")[2] if one.arn.count(":") >= 5 else ""


def _nearest_type(parts: list[str], types: list[ResourceType], findings: Findings) -> str:
    """The ARN with its resource's first word put right, when one is near."""
    words = {_word_of(one.arn) for one in types} - {""}
    word = re.split(r"[/:]", parts[5])[0]
    right = findings.nearest(word, words) if word else ""
    if word and right == word:  # the type is known, its form is another
        return next(one.arn for one in types if one.arn.split(":", 5)[5].startswith(word))
    return ":".join([*parts[:5], right + parts[5][len(word) :]]) if right else ""


@lru_cache(maxsize=4096)
def _resource_of(template: str) -> str:
    return template.split(":", 5)[5]


@lru_cache(maxsize=4096)
def _word_of(template: str) -> str:
    """The word with which a type's resources begin, as in `user/…`; empty where it varies."""
    return re.split(r"[/:$]", _resource_of(template))[0]


def _check_support(statement: Statement, catalogue: ServiceCatalogue, findings: Findings) -> None:
    """Each action needs a resource of its own among those named, and each of them an action."""
    resources = statement.resources
    if not resources or any(item.text == "*" for item in resources):
        return
    arns = [item.text.split(":", 5) for item in resources]
    if any(len(parts) < 6 for parts in arns):
        return
    fitting: dict[str, bool] = {}  # by template: whether one of the ARNs may be such a resource
    for item, service, actions in known_actions(statement, catalogue):
        types = catalogue.resource_types(service)
        templates = {
            types[name.lower()].arn
            for action in actions
            for name in action.resource_types
            if name.lower() in types
        }
        for template in templates - fitting.keys():
            fitting[template] = any(_arn_may_match(template, parts) for parts in arns)
        supported = any(fitting[template] for template in templates)
        if not supported:
            likest = partial(_likeness, resources[0].text)
            findings.add(
                "UNSUPPORTED_RESOURCE_FOR_ACTION",
                item,
                max(sorted(templates), key=likest, default="*"),
                action=item.text,
                resource=resources[0].text if len(resources) == 1 else "ARNs of this statement",
            )


def _likeness(arn: str, template: str) -> int:
    """How much of a resource's ARN could begin one of the template."""
    partition = arn.split(":", 2)[1]
    pairs = zip(arn, template.replace("${Partition}", partition), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _arn_may_match(template: str, parts: list[str]) -> bool:
    pieces = template.split(":", 5)
    if len(pieces) < 6:
        return True
    service = parts[2].lower()
    return (service == pieces[2] or "*" in service) and _may_match(pieces[5], parts[5])


def _may_match(template: str, pattern: str) -> bool:
    """Whether some text fits both a template (`${Name}` varies) and a wildcard pattern."""
    one, other = _head(template), _head(pattern)
    size = min(len(one), len(other))
    if one[:size] != other[:size]:
        return False
    # A star takes what the template still asks for, and its last part the rest of the pattern.
    if template.endswith("}") and pattern[len(other) :].startswith(("*", "${")):
        return True
    return _may_fit(template, pattern)


@lru_cache(maxsize=4096)
def _head(text: str) -> str:
    """What stands before the first part that varies: enough to tell most apart."""
    return re.split(r"\$\{|[*?]", text, maxsplit=1)[0]


@lru_cache(maxsize=4096)
def _may_fit(template: str, pattern: str) -> bool:
    left = list(_tokens(replaced(template, _star)))
    right = list(_tokens(replaced(pattern, _star)))
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


def _star(variable: re.Match[str]) -> str:
    return "*"


def _tokens(text: str) -> Iterator[str]:
    """The characters, with a run of stars as one."""
    yield from re.sub(r"\*+", "*", text)


def _skip_stars(tokens: list[str], reached: set[int]) -> set[int]:
    return reached | {at + 1 for at in reached if at < len(tokens) and tokens[at] == "*"}
