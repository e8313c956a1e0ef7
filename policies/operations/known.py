"""The services that policies of an account can speak of: its own, the portal itself, AWS's."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from iamsite.operations.models import operation_model
from iamsite.operations.registry import Effect, Registered, all_registered
from policies import registered
from policies.engine import DocumentKind
from policies.engine.lint import (
    Catalogues,
    ConditionKey,
    RegisteredService,
    RegisteredServices,
    ResourceType,
    ServiceAction,
    ServiceCatalogue,
)
from policies.models import Service

PORTAL = "portal"
OF_ORGANIZATIONS = (DocumentKind.SCP, DocumentKind.RCP)
TAG = "aws:ResourceTag/${TagKey}"
# What the portal's own operations act on, by the parameter that names it.
NAMED = {
    "ServicePrefix": "service",
    "WorkloadName": "workload",
    "FindingId": "finding",
    "DecisionId": "decision",
    "TestName": "access-test",
}
# An operation may act on whatever else there is: a user, a provider, a registered resource.
ANY = ResourceType("any", "*", (TAG,))


def catalogue(account: str, kind: DocumentKind = DocumentKind.IDENTITY) -> ServiceCatalogue:
    """As `catalogue_of` for the entered account; for a policy of an organization with the services
    of every account that it may limit."""
    found = list(Service.objects.of(account))
    if kind in OF_ORGANIZATIONS:
        found += Service.objects.raw("SELECT * FROM iamsite_organization_services()")
    return catalogue_of(_merged(found))


def catalogue_of(services: Iterable[Service]) -> ServiceCatalogue:
    """These services beside the portal itself and AWS's."""
    return Catalogues(portal(), registered.catalogue_of(services))


def _merged(services: Iterable[Service]) -> Iterable[Service]:
    """One service for each prefix, with all that several accounts mean by it."""
    found: dict[str, Service] = {}
    for one in services:
        merged = Service(prefix=one.prefix, principal=one.principal)
        merged = found.setdefault(one.prefix, merged)
        for name in ("actions", "resource_types", "condition_keys"):
            setattr(merged, name, [*getattr(merged, name), *getattr(one, name)])
    return found.values()


@cache
def portal() -> ServiceCatalogue:
    """The portal as a service: its actions are its own operations."""
    actions = [
        _action(one) for one in all_registered().values() if one.action.startswith(f"{PORTAL}:")
    ]
    types = [
        ResourceType(name, f"arn:${{Partition}}:{PORTAL}::${{Account}}:{name}/${{Name}}", (TAG,))
        for name in NAMED.values()
    ]
    types.append(ANY)
    keys = [ConditionKey(key, "String") for key in dict.fromkeys(_keys(actions))]
    return RegisteredServices(
        [RegisteredService(PORTAL, tuple(actions), tuple(types), tuple(keys))]
    )


def _action(operation: Registered) -> ServiceAction:
    name = operation.action.partition(":")[2]
    members = operation_model(operation.name).members
    types: tuple[str, ...] = ()
    if operation.resource is not None or operation.authorization is not None:
        types = tuple(NAMED[one] for one in members if one in NAMED) or (ANY.name,)
    level = "Write"
    if operation.effect is Effect.READ:
        level = "List" if name.startswith("List") else "Read"
    return ServiceAction(name, level, types, tuple(operation.context))


def _keys(actions: Iterable[ServiceAction]) -> Iterable[str]:
    return (key for one in actions for key in one.condition_keys)
