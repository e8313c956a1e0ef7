"""GetEffectivePermissions: what bears on a principal, where it comes from, what it decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from iamsite.operations import Call, Resource, operation
from iamsite.operations.context import Keys
from iamsite.operations.errors import invalid_input
from iamsite.operations.layers import Held, held_by
from iamsite.operations.organization import limits_of
from iamsite.operations.paging import page
from policies.effective import EffectivePolicies, Permission, Word
from policies.engine import Layers, Request
from policies.engine.lint import ServiceCatalogue
from policies.operations.access.grid import NONE, access_to
from policies.operations.principals import get_by_arn, resource_by_arn
from policies.operations.simulation import inputs
from policies.registered import catalogue

SOURCES = {
    "user": "User",
    "group": "Group",
    "role": "Role",
    "boundary": "PermissionsBoundary",
}


def source(call: Call, PrincipalArn: str, **_: Any) -> Resource:
    return resource_by_arn(call, PrincipalArn)


@operation("portal:GetEffectivePermissions", resource=source, reads=True)
def get_effective_permissions(
    call: Call,
    PrincipalArn: str,
    ActionNames: Sequence[str] = (),
    ServiceNamespaces: Sequence[str] = (),
    ResourceArns: Sequence[str] = (),
    ContextEntries: Sequence[Mapping[str, Any]] = (),
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    _, found = get_by_arn(call, PrincipalArn)
    limits = limits_of(call.account, call.caller.organization)
    policies = EffectivePolicies(held_by(found.id), limits)
    known = catalogue(call.account)
    inputs.check_actions(ActionNames)
    resources = inputs.check_resources(ResourceArns) or ("*",)
    principal = inputs.principal_of(PrincipalArn, found.id, bounded=policies.is_bounded)
    filled: Keys = {**inputs.filled_keys(principal), "aws:PrincipalArn": PrincipalArn}
    filled |= {f"aws:PrincipalTag/{key}": tag for key, tag in getattr(found, "tags", {}).items()}
    context = inputs.context_of(ContextEntries, filled)
    asked = [*ActionNames, *(one for name in ServiceNamespaces for one in _actions(known, name))]
    pairs = [(action, resource) for action in dict.fromkeys(asked) for resource in resources]

    def fetch(after: Any, limit: int) -> list[tuple[int, tuple[str, str]]]:
        start = 0 if after is None else after + 1
        return list(enumerate(pairs))[start : start + limit]

    chosen, paging = page(call, fetch, lambda numbered: numbered[0])
    layers = policies.layers
    inputs.check_work((layers.identity, layers.boundary), len(chosen))
    requests = (
        Request(principal, action, resource, _owner(resource, call.account), context)
        for _, (action, resource) in chosen
    )
    return {
        "Policies": [_policy(held) for held in policies.held],
        "Permissions": [
            _permission(policies.permission(request), layers, known) for request in requests
        ],
        **paging,
    }


def _actions(known: ServiceCatalogue, service: str) -> list[str]:
    name = service.lower()
    found = sorted(f"{name}:{one.name}" for one in known.actions(name).values())
    if not found:
        raise invalid_input(
            f"ServiceNamespaces: the actions of {service} are not known; name them in ActionNames."
        )
    return found


def _owner(resource: str, account: str) -> str:
    parts = resource.split(":", 5)
    return (parts[4] if len(parts) == 6 else "") or account


def _origin(held: Held) -> dict[str, str]:
    """Which policy it is, and whose."""
    output = {"PolicyName": held.name, "Source": SOURCES[held.holder]}
    if held.arn is not None:
        output["PolicyArn"] = held.arn
    if held.holder_name:
        output["SourceName"] = held.holder_name
    return output


def _policy(held: Held) -> dict[str, str]:
    kind = "Inline"
    if held.arn is not None:
        kind = "AWSManaged" if held.arn.startswith("arn:aws:iam::aws:") else "CustomerManaged"
    return {**_origin(held), "PolicyType": kind, "PolicyDocument": held.document}


def _permission(permission: Permission, layers: Layers, known: ServiceCatalogue) -> dict[str, Any]:
    action, allowed = permission.request.action, permission.decision.allowed
    output = {
        "ActionName": action,
        "ResourceArn": permission.request.resource,
        "Decision": permission.decision.outcome.value,
        "DecidingLayer": permission.decision.layer.value,
        "IsConditional": not allowed and access_to(layers, action) != NONE,
        "Statements": [_statement(word) for word in permission.words],
        "MissingContextValues": permission.missing_keys(),
    }
    service, _, name = action.partition(":")
    if (described := known.actions(service).get(name.lower())) and described.access_level:
        output["AccessLevel"] = described.access_level
    return output


def _statement(word: Word) -> dict[str, Any]:
    statement = word.statement
    output = {
        **_origin(word.held),
        "Effect": statement.effect.value,
        "StatementIndex": statement.index,
        "StartLine": statement.start.line,
        "StartColumn": statement.start.column,
        "EndLine": statement.end.line,
        "EndColumn": statement.end.column,
        "Decides": word.decides,
    }
    if statement.sid is not None:
        output["Sid"] = statement.sid
    return output
