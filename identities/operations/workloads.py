"""Workloads: programs and machines that get the credentials of a role.

One of a registered service is handed a role as a Lambda function is; a machine gets an instance
profile as an EC2 instance does. Whoever hands a role over must be allowed to pass it
(evaluation.md §8).
"""

from __future__ import annotations

import secrets
from typing import Any

from accounts.quotas import quota
from iamsite.operations import Call, Resource, operation
from iamsite.operations.errors import (
    access_denied,
    entity_already_exists,
    invalid_input,
    limit_exceeded,
    no_such_entity,
)
from iamsite.operations.paging import page_by_name
from identities.models import InstanceProfile, Role, Workload
from identities.operations import find
from identities.operations.instance_profiles import get_profile
from identities.operations.protected import refuse_protected
from identities.operations.sts.role_arn import ARN
from policies.models import Service
from policies.operations.services import get_service_row

ONE_OF = (
    "A workload is a service's, with ServicePrefix and RoleArn, or a machine's, with "
    "InstanceProfileName."
)


def workload(call: Call, WorkloadName: str, **_: Any) -> Resource:
    """What authorization sees of the workload."""
    return Resource(f"arn:aws:portal::{call.account}:workload/{WorkloadName}", call.account)


def find_workload(call: Call, name: str) -> Workload | None:
    rows = Workload.objects.of(call.account).select_related("service", "role", "profile__role")
    found: Workload | None = rows.filter(lower_name=name.lower()).first()
    return found


def get_workload_row(call: Call, name: str) -> Workload:
    """Raises NoSuchEntity."""
    if (found := find_workload(call, name)) is None:
        raise no_such_entity(f"The workload with name {name} cannot be found.")
    return found


def _output(row: Workload) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "WorkloadName": row.name,
        "WorkloadId": row.id,
        "Arn": row.arn,
        "ServicePrincipal": row.principal,
        "CreateDate": row.created_at,
        "UpdateDate": row.updated_at,
    }
    if row.service is not None:
        shown["ServicePrefix"] = row.service.prefix
    if row.profile is not None:
        shown["InstanceProfileName"] = row.profile.name
        shown["InstanceProfileArn"] = row.profile.arn
    if row.current_role is not None:
        shown["RoleArn"] = row.current_role.arn
    if row.issued_at is not None:
        shown["LastCredentialsDate"] = row.issued_at
    return shown


def authorize_passing(call: Call, row: Workload) -> None:
    """Raises AccessDenied unless the caller may pass the workload's role to its service."""
    if row.current_role is not None:
        _authorize_passing(call, row, row.current_role.arn)


def _authorize_passing(call: Call, row: Workload, role_arn: str) -> None:
    context = {
        "iam:PassedToService": row.principal,
        "iam:AssociatedResourceArn": row.source_arn,
    }
    call.authorize("iam:PassRole", Resource(role_arn, call.account), context)


def _passed_role(call: Call, row: Workload, arn: str) -> Role:
    """The role with that ARN, which the caller may pass. Raises AccessDenied, NoSuchEntity."""
    match = ARN.fullmatch(arn)
    if match is None:
        raise invalid_input(f"RoleArn: {arn} is not the ARN of a role.")
    if match[1] != call.account:
        raise access_denied("Cross-account pass role is not allowed.")
    _authorize_passing(call, row, arn)
    role = find.get_role(call, match[3])
    if role.arn != arn:
        raise no_such_entity(f"The role {arn} cannot be found.")
    refuse_protected(role)
    return role


def _passed_profile(call: Call, row: Workload, name: str) -> InstanceProfile:
    profile = get_profile(call, name)
    row.profile = profile
    authorize_passing(call, row)
    return profile


@operation("portal:RegisterWorkload", resource=workload)
def register_workload(
    call: Call,
    WorkloadName: str,
    ServicePrefix: str | None = None,
    RoleArn: str | None = None,
    InstanceProfileName: str | None = None,
) -> dict[str, Any]:
    of_service = ServicePrefix is not None and RoleArn is not None
    of_machine = ServicePrefix is None and RoleArn is None
    if of_machine is (InstanceProfileName is None) or not (of_service or of_machine):
        raise invalid_input(ONE_OF)
    service: Service | None = None
    if ServicePrefix is not None:
        service = get_service_row(call, ServicePrefix)
    row = Workload(
        id=f"{'w' if of_service else 'i'}-{secrets.token_hex(9)[:17]}",
        account_id=call.account,
        name=WorkloadName,
        service=service,
        created_at=call.now,
        updated_at=call.now,
    )
    _give(call, row, RoleArn, InstanceProfileName)
    if find_workload(call, WorkloadName) is not None:
        raise entity_already_exists(f"Workload with name {WorkloadName} already exists.")
    limit = quota(call.account, "WorkloadsPerAccount")
    if Workload.objects.of(call.account).count() >= limit:
        raise limit_exceeded("WorkloadsPerAccount", limit)
    row.save(force_insert=True)
    return {"Workload": _output(row)}


def _give(call: Call, row: Workload, role_arn: str | None, profile_name: str | None) -> None:
    if role_arn is not None:
        row.role = _passed_role(call, row, role_arn)
    if profile_name is not None:
        row.profile = _passed_profile(call, row, profile_name)


@operation("portal:GetWorkload", resource=workload, reads=True)
def get_workload(call: Call, WorkloadName: str) -> dict[str, Any]:
    return {"Workload": _output(get_workload_row(call, WorkloadName))}


@operation("portal:ListWorkloads", reads=True)
def list_workloads(
    call: Call,
    ServicePrefix: str | None = None,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    rows = Workload.objects.of(call.account).select_related("service", "role", "profile__role")
    if ServicePrefix is not None:
        rows = rows.filter(service__prefix=ServicePrefix)
    found, paging = page_by_name(call, rows)
    return {"Workloads": [_output(row) for row in found], **paging}


@operation("portal:UpdateWorkload", resource=workload)
def update_workload(
    call: Call,
    WorkloadName: str,
    RoleArn: str | None = None,
    InstanceProfileName: str | None = None,
) -> dict[str, Any]:
    """Hands it another role, or instance profile if it is a machine."""
    row = get_workload_row(call, WorkloadName)
    given = InstanceProfileName if row.is_machine else RoleArn
    if given is None or (RoleArn is not None and InstanceProfileName is not None):
        raise invalid_input(ONE_OF)
    _give(call, row, RoleArn, InstanceProfileName)
    row.updated_at = call.now
    row.save(update_fields=["role", "profile", "updated_at"])
    return {"Workload": _output(row)}


@operation("portal:DeregisterWorkload", resource=workload)
def deregister_workload(call: Call, WorkloadName: str) -> None:
    """Its tokens go with it, and the sessions that it got end."""
    get_workload_row(call, WorkloadName).delete()
