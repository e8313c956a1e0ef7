"""Services of the account's own: what its policies can speak of beside AWS's services."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from accounts.quotas import quota
from iamsite.operations import Call, Resource, operation
from iamsite.operations.errors import (
    delete_conflict,
    entity_already_exists,
    invalid_input,
    limit_exceeded,
    no_such_entity,
)
from iamsite.operations.paging import page_by_name
from policies import registered
from policies.engine.lint import aws_services
from policies.models import RegisteredResource, Service

Definitions = list[dict[str, Any]]
# Ours, and therefore nobody's to define.
RESERVED = frozenset(("portal", "aws"))
OF_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".aws.internal")
GLOBAL_KEY = re.compile(r"aws:", re.IGNORECASE)


def service(call: Call, ServicePrefix: str, **_: Any) -> Resource:
    """What authorization sees of the service."""
    return Resource(f"arn:aws:portal::{call.account}:service/{ServicePrefix}", call.account)


def _find(call: Call, prefix: str) -> Service | None:
    found: Service | None = Service.objects.of(call.account).filter(prefix=prefix).first()
    return found


def get_service_row(call: Call, prefix: str) -> Service:
    """Raises NoSuchEntity."""
    if (found := _find(call, prefix)) is None:
        raise no_such_entity(f"The service with prefix {prefix} cannot be found.")
    return found


def _output(row: Service) -> dict[str, Any]:
    return {
        "ServicePrefix": row.prefix,
        "ServiceName": row.name,
        "ServicePrincipal": row.principal,
        "FullServicePrincipal": registered.full_name(row.prefix, row.account_id),
        "Arn": row.arn,
        "CreateDate": row.created_at,
        "UpdateDate": row.updated_at,
    }


def _whole(row: Service) -> dict[str, Any]:
    return {
        "Service": {
            **_output(row),
            "Actions": row.actions,
            "ResourceTypes": row.resource_types,
            "ConditionKeys": row.condition_keys,
        }
    }


@operation("portal:RegisterService", resource=service)
def register_service(
    call: Call,
    ServicePrefix: str,
    ServiceName: str,
    ServicePrincipal: str,
    Actions: Definitions | None = None,
    ResourceTypes: Definitions | None = None,
    ConditionKeys: Definitions | None = None,
) -> dict[str, Any]:
    known = aws_services()
    if ServicePrefix in RESERVED or (known is not None and ServicePrefix in known.services()):
        raise invalid_input(f"ServicePrefix: {ServicePrefix} is the prefix of a service of AWS.")
    if _find(call, ServicePrefix) is not None:
        raise entity_already_exists(f"Service with prefix {ServicePrefix} already exists.")
    limit = quota(call.account, "ServicesPerAccount")
    if Service.objects.of(call.account).count() >= limit:
        raise limit_exceeded("ServicesPerAccount", limit)
    row = Service(
        account_id=call.account,
        prefix=ServicePrefix,
        name=ServiceName,
        principal=_checked_principal(call, ServicePrincipal),
        actions=Actions or [],
        resource_types=ResourceTypes or [],
        condition_keys=ConditionKeys or [],
        created_at=call.now,
        updated_at=call.now,
    )
    _check_definitions(row)
    row.save(force_insert=True)
    return _whole(row)


@operation("portal:GetService", resource=service, reads=True)
def get_service(call: Call, ServicePrefix: str) -> dict[str, Any]:
    return _whole(get_service_row(call, ServicePrefix))


@operation("portal:ListServices", reads=True)
def list_services(
    call: Call, Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    rows, paging = page_by_name(call, Service.objects.of(call.account), "prefix")
    return {"Services": [_output(row) for row in rows], **paging}


@operation("portal:UpdateService", resource=service)
def update_service(
    call: Call,
    ServicePrefix: str,
    ServiceName: str | None = None,
    ServicePrincipal: str | None = None,
    Actions: Definitions | None = None,
    ResourceTypes: Definitions | None = None,
    ConditionKeys: Definitions | None = None,
) -> dict[str, Any]:
    """Replaces what is sent, each list as a whole, and keeps the rest."""
    row = get_service_row(call, ServicePrefix)
    if ServiceName is not None:
        row.name = ServiceName
    if ServicePrincipal is not None and ServicePrincipal != row.principal:
        row.principal = _checked_principal(call, ServicePrincipal)
    row.actions = row.actions if Actions is None else Actions
    row.resource_types = row.resource_types if ResourceTypes is None else ResourceTypes
    row.condition_keys = row.condition_keys if ConditionKeys is None else ConditionKeys
    row.updated_at = call.now
    _check_definitions(row)
    row.save()
    return _whole(row)


@operation("portal:DeregisterService", resource=service)
def deregister_service(call: Call, ServicePrefix: str) -> None:
    row = get_service_row(call, ServicePrefix)
    if RegisteredResource.objects.of(call.account).filter(service=ServicePrefix).exists():
        raise delete_conflict("Cannot deregister a service that has registered resources.")
    row.delete()


def _checked_principal(call: Call, principal: str) -> str:
    """Names are the account's own: what another account calls a service is nothing to it."""
    if principal.lower().endswith(OF_AWS):
        raise invalid_input(f"ServicePrincipal: {principal} is for services of AWS only.")
    if principal.endswith(registered.FULL_NAME_ENDS):
        raise invalid_input(f"ServicePrincipal: {principal} has the form of a full name.")
    if Service.objects.of(call.account).filter(principal=principal).exists():
        raise entity_already_exists(f"Service with principal {principal} already exists.")
    return principal


def _check_definitions(row: Service) -> None:
    """Raises InvalidInput for a list that names something twice, or what is not defined."""
    keys = _names("ConditionKeys", "ConditionKeyName", row.condition_keys)
    types = _names("ResourceTypes", "ResourceTypeName", row.resource_types)
    _names("Actions", "ActionName", row.actions)
    own = f"{row.prefix}:"
    for key in (one["ConditionKeyName"] for one in row.condition_keys):
        if not key.startswith(own):
            raise invalid_input(f"ConditionKeys: {key} does not begin with {own}.")
    for one in row.resource_types:
        start = f"arn:aws:{row.prefix}:"
        if not one["ArnFormat"].startswith(start):
            raise invalid_input(f"ResourceTypes: {one['ArnFormat']} does not begin with {start}.")
        _check_known("ResourceTypes", one.get("ConditionKeys", ()), keys, "condition key")
    for one in row.actions:
        _check_known("Actions", one.get("ConditionKeys", ()), keys, "condition key")
        _check_known("Actions", one.get("ResourceTypes", ()), types, "resource type")


def _names(parameter: str, member: str, definitions: Sequence[dict[str, Any]]) -> set[str]:
    """The names that a list defines, in lower case, as policies compare them."""
    found: set[str] = set()
    for one in definitions:
        name = one[member].lower()
        if name in found:
            raise invalid_input(f"{parameter}: {one[member]} is defined twice.")
        found.add(name)
    return found


def _check_known(parameter: str, names: Iterable[str], known: set[str], what: str) -> None:
    for name in names:
        is_global = what == "condition key" and GLOBAL_KEY.match(name)
        if not is_global and name.lower() not in known:
            raise invalid_input(f"{parameter}: the {what} {name} is not defined.")
