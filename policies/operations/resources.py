"""Resources that the account owns, whose policies decide together with those of whoever acts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from accounts.quotas import quota
from iamsite.operations import AccessDenied, Call, Resource, operation
from iamsite.operations.errors import (
    access_denied,
    entity_already_exists,
    invalid_input,
    limit_exceeded,
    no_such_entity,
)
from iamsite.operations.namespaces import namespaces_of
from iamsite.operations.paging import page_by_name
from identities import trust
from policies import registered
from policies.analyzer.external import Outside, resources_let_in
from policies.engine import DocumentKind
from policies.models import RegisteredResource

# One resource: nothing that policies read as a wildcard or a variable.
ARN = re.compile(
    r"arn:aws:(?P<service>[a-z0-9-]+):[a-z0-9-]*:(?P<account>[0-9]{12})?:(?P<name>[^*?$\s]+)"
)
# Their resources are the portal's own, and known to it.
OWN_SERVICES = frozenset(("iam", "sts", "portal"))


def resource(call: Call, ResourceArn: str, **_: Any) -> Resource:
    """What authorization sees of the resource: one that another account has is not there."""
    return Resource(ResourceArn, call.account)


def get_resource(call: Call, arn: str) -> RegisteredResource:
    """The account's resource with that ARN; raises NoSuchEntity."""
    found: RegisteredResource | None = (
        RegisteredResource.objects.of(call.account).filter(arn=arn).first()
    )
    if found is None:
        raise no_such_entity(f"The resource {arn} is not registered.")
    return found


def _output(row: RegisteredResource) -> dict[str, Any]:
    return {
        "ResourceArn": row.arn,
        "ServicePrefix": row.service,
        "HasResourcePolicy": row.policy != "",
        "CreateDate": row.created_at,
    }


@operation("portal:RegisterResource", resource=resource)
def register_resource(call: Call, ResourceArn: str) -> dict[str, Any]:
    service = _checked_service(call, ResourceArn)
    rows = RegisteredResource.objects.of(call.account)
    # A part of what another account has would take that part's decisions away from it.
    if rows.filter(arn=ResourceArn).exists() or registered.is_taken(ResourceArn, call.account):
        raise entity_already_exists(f"Resource {ResourceArn} already exists.")
    limit = quota(call.account, "ResourcesPerAccount")
    if rows.count() >= limit:
        raise limit_exceeded("ResourcesPerAccount", limit)
    row = RegisteredResource.objects.create(
        account_id=call.account, arn=ResourceArn, service=service, created_at=call.now
    )
    return {"Resource": _output(row)}


def _checked_service(call: Call, arn: str) -> str:
    """The service of a resource that the account may register.

    Raises InvalidInput for what is not the ARN of one resource of a known service, AccessDenied
    for one of another account.
    """
    match = ARN.fullmatch(arn)
    if match is None:
        raise invalid_input(f"ResourceArn: {arn} is not the ARN of a resource.")
    service = match["service"]
    if service in OWN_SERVICES:
        raise invalid_input(f"ResourceArn: the resources of {service} are the portal's own.")
    if match["account"] not in (None, call.account):
        raise access_denied("Cannot register resources outside your own account.")
    known = registered.catalogue(call.account)
    if service not in known.services():
        raise invalid_input(f"ResourceArn: there is no service {service}.")
    types = known.resource_types(service).values()
    if not any(registered.has_form(arn, one.arn) for one in types):
        raise invalid_input(f"ResourceArn: {arn} is no resource of the service {service}.")
    return service


@operation("portal:GetResource", resource=resource, reads=True)
def get_registered_resource(call: Call, ResourceArn: str) -> dict[str, Any]:
    return {"Resource": _output(get_resource(call, ResourceArn))}


@operation("portal:ListResources", reads=True)
def list_resources(
    call: Call,
    ServicePrefix: str | None = None,
    IncludePolicies: bool = False,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    rows = RegisteredResource.objects.of(call.account)
    if ServicePrefix is not None:
        rows = rows.filter(service=ServicePrefix)
    found, paging = page_by_name(call, rows, "arn")
    outputs = [_output(row) for row in found]
    if IncludePolicies:
        shown = [row for row in found if row.policy and _may_see_policy(call, row)]
        policies, outside = _policies(shown), let_in(call, shown)
        for output in outputs:
            if (text := policies.get(output["ResourceArn"])) is not None:
                output["PolicyDocument"] = text
                output["OutsidePrincipals"] = outside[output["ResourceArn"]]
    return {"Resources": outputs, **paging}


def _policies(rows: Sequence[RegisteredResource]) -> dict[str, str]:
    """Their policies, by ARN."""
    texts = trust.shown_texts([(row.policy, row.pins) for row in rows], DocumentKind.RESOURCE)
    return dict(zip((row.arn for row in rows), texts, strict=True))


def let_in(call: Call, rows: Sequence[RegisteredResource]) -> dict[str, list[str]]:
    """Those outside the account for whom a request on the resource was found that is allowed, as
    the policy names them, by the resource's ARN.
    """
    outside = Outside(call.account, call.caller.organization, call.now)
    found: dict[str, list[str]] = {row.arn: [] for row in rows}
    for one in resources_let_in(outside, rows, namespaces_of(call.account)):
        found[one.resource].append(one.principal)
    return found


def _may_see_policy(call: Call, row: RegisteredResource) -> bool:
    try:
        call.authorize("portal:GetResourcePolicy", Resource(row.arn, call.account))
    except AccessDenied:
        return False
    return True


@operation("portal:DeregisterResource", resource=resource)
def deregister_resource(call: Call, ResourceArn: str) -> None:
    """Its policy goes with it."""
    get_resource(call, ResourceArn).delete()
