"""SimulatePrincipalPolicy and SimulateCustomPolicy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from iamsite.operations import Call, Resource, operation
from iamsite.operations.context import Keys, organization_keys
from iamsite.operations.errors import invalid_input
from iamsite.operations.layers import across, held_by, layers_held
from iamsite.operations.organization import limits_of
from iamsite.operations.paging import DEFAULT_PAGE, page
from policies.engine import DocumentKind, Layers, Principal, PrincipalKind, compile_policies
from policies.operations.principals import get_by_arn, resource_by_arn
from policies.operations.simulation import inputs
from policies.operations.simulation.inputs import Simulation, Strings
from policies.operations.simulation.results import evaluate
from policies.operations.simulation.scenarios import check_scenario

Entries = Sequence[Mapping[str, Any]]


def source(call: Call, PolicySourceArn: str, **_: Any) -> Resource:
    return resource_by_arn(call, PolicySourceArn)


@operation("iam:SimulatePrincipalPolicy", resource=source, reads=True)
def simulate_principal_policy(
    call: Call,
    PolicySourceArn: str,
    ActionNames: Strings,
    PolicyInputList: Strings = (),
    PermissionsBoundaryPolicyInputList: Strings = (),
    PolicyExclusionList: Entries = (),
    ResourceArns: Strings = (),
    ResourcePolicy: str | None = None,
    ResourceOwner: str | None = None,
    CallerArn: str | None = None,
    ContextEntries: Entries = (),
    ResourceHandlingOption: str | None = None,
    MaxItems: int | None = None,
    Marker: str | None = None,
) -> dict[str, Any]:
    _, found = get_by_arn(call, PolicySourceArn)
    if ResourcePolicy is not None and CallerArn is None and ":group/" in PolicySourceArn:
        raise invalid_input("A ResourcePolicy needs a CallerArn when the source is a group.")
    inputs.check_size([*PolicyInputList, *PermissionsBoundaryPolicyInputList, ResourcePolicy])
    layers = _layers(call, found.id, PolicyExclusionList, PolicyInputList)
    boundary = inputs.boundary_of(PermissionsBoundaryPolicyInputList)
    if boundary is not None or ResourcePolicy is not None:
        layers = replace(
            layers,
            boundary=boundary or layers.boundary,
            resource=inputs.resource_policy(ResourcePolicy),
        )
    caller = CallerArn or PolicySourceArn
    principal = inputs.principal_of(
        caller,
        found.id if caller == PolicySourceArn else "",
        bounded=layers.boundary is not None,
    )
    check_scenario(ResourceHandlingOption, ResourceArns)
    return _answer(
        call,
        Simulation(
            principal,
            layers,
            inputs.context_of(ContextEntries, _filled_keys(call, principal)),
            inputs.check_resources(ResourceArns),
            inputs.owner_of(ResourceOwner),
            policies_only=False,
            organized=call.caller.organization is not None
            and not _without_scps(PolicyExclusionList),
        ),
        ActionNames,
    )


def _filled_keys(call: Call, principal: Principal) -> Keys:
    organization = call.caller.organization
    keys: Keys = {**inputs.filled_keys(principal)}
    if organization is not None and principal.account == call.account:
        keys.update(organization_keys(organization))
    return keys


def _without_scps(exclusions: Entries) -> bool:
    return any(one.get("PolicyType") == "scp" for one in exclusions)


def _layers(call: Call, principal_id: str, exclusions: Entries, texts: Strings) -> Layers:
    """What the principal holds, less the exclusions, and the policies that were sent.

    The simulator knows no RCPs (evaluation.md §12).
    """
    if not exclusions and not texts:
        return across(layers_held(call.caller, principal_id), None)
    held = inputs.without_excluded(held_by(principal_id), exclusions)
    identity, boundary = inputs.held_policies(held)
    identity += inputs.input_policies(texts, "PolicyInputList", DocumentKind.IDENTITY)
    without_scps = _without_scps(exclusions)
    scps = None if without_scps else limits_of(call.account, call.caller.organization).scps
    scps = inputs.without_excluded_scps(scps, exclusions)
    return Layers(identity=compile_policies(identity), boundary=boundary, scps=scps)


@operation("iam:SimulateCustomPolicy", reads=True)
def simulate_custom_policy(
    call: Call,
    PolicyInputList: Strings,
    ActionNames: Strings,
    PermissionsBoundaryPolicyInputList: Strings = (),
    OrderedOrganizationPolicyInputList: Entries = (),
    ResourceArns: Strings = (),
    ResourcePolicy: str | None = None,
    ResourceOwner: str | None = None,
    CallerArn: str | None = None,
    ContextEntries: Entries = (),
    ResourceHandlingOption: str | None = None,
    MaxItems: int | None = None,
    Marker: str | None = None,
) -> dict[str, Any]:
    if ResourcePolicy is not None and CallerArn is None:
        raise invalid_input("A ResourcePolicy needs a CallerArn.")
    organizations = [
        text
        for level in OrderedOrganizationPolicyInputList
        for text in level.get("ServiceControlPolicyInputList") or ()
    ]
    inputs.check_size(
        [*PolicyInputList, *PermissionsBoundaryPolicyInputList, ResourcePolicy, *organizations]
    )
    layers = Layers(
        identity=compile_policies(
            inputs.input_policies(PolicyInputList, "PolicyInputList", DocumentKind.IDENTITY)
        ),
        boundary=inputs.boundary_of(PermissionsBoundaryPolicyInputList),
        resource=inputs.resource_policy(ResourcePolicy),
        scps=inputs.organization_levels(OrderedOrganizationPolicyInputList),
    )
    bounded = layers.boundary is not None
    if CallerArn is None:
        principal = Principal(PrincipalKind.USER, "", call.account, has_boundary=bounded)
        filled = {}
    else:
        principal = inputs.principal_of(CallerArn, bounded=bounded)
        filled = inputs.filled_keys(principal)
    check_scenario(ResourceHandlingOption, ResourceArns)
    return _answer(
        call,
        Simulation(
            principal,
            layers,
            inputs.context_of(ContextEntries, filled),
            inputs.check_resources(ResourceArns),
            inputs.owner_of(ResourceOwner),
            policies_only=CallerArn is None,
            organized=layers.scps is not None,
        ),
        ActionNames,
    )


def _answer(call: Call, simulation: Simulation, actions: Strings) -> dict[str, Any]:
    """One page of results, in the order of the actions."""
    inputs.check_actions(actions)
    on_page = min(len(actions), call.params.get("MaxItems") or DEFAULT_PAGE)
    layers = simulation.layers
    sets = (layers.identity, layers.boundary, layers.resource, *(layers.scps or ()))
    inputs.check_work(sets, on_page * len(simulation.resources or "*"))

    def fetch(after: Any, limit: int) -> list[tuple[int, str]]:
        start = 0 if after is None else after + 1
        return list(enumerate(actions))[start : start + limit]

    chosen, paging = page(call, fetch, lambda numbered: numbered[0])
    return {"EvaluationResults": [evaluate(simulation, action) for _, action in chosen], **paging}
