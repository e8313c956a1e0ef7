"""Service-linked roles and their deletion (IAM API Reference; api-behaviour.md §8.3).

A deletion here is decided at once, so its task is never found waiting or under way.
"""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

from accounts.identifiers import unique_id
from accounts.tenancy import AWS
from iamsite.operations import Call, Resource, operation
from iamsite.operations.errors import invalid_input, no_such_entity
from identities import service_linked_roles as catalogue
from identities.models import DeletionTask, Role
from identities.operations import find
from identities.operations.protected import SERVICE_LINKED
from identities.operations.roles import brief_output
from policies.models import Attachment, Policy

LONGEST_NAME = 64
TASK = re.compile(r"task/aws-service-role/(?P<service>[^/]+)/(?P<role>[^/]+)/(?P<id>[^/]+)")


def new_role(
    call: Call, AWSServiceName: str, CustomSuffix: str | None = None, **_: Any
) -> Resource:
    name = catalogue.role_name(AWSServiceName, CustomSuffix)
    return _role_at(call, AWSServiceName, name)


def _role_at(call: Call, service: str, name: str) -> Resource:
    found = find.find(call, Role, name)
    arn = f"arn:aws:iam::{call.account}:role{SERVICE_LINKED}{service}/{name}"
    if found is None or found.arn != arn:
        return Resource(arn, call.account)
    return find.resource_of(call, Role, name)


@operation(
    "iam:CreateServiceLinkedRole",
    resource=new_role,
    context={"iam:AWSServiceName": "AWSServiceName"},
)
def create_service_linked_role(
    call: Call, AWSServiceName: str, Description: str = "", CustomSuffix: str | None = None
) -> dict[str, Any]:
    known = catalogue.ROLES.get(AWSServiceName)
    if known is None:
        raise invalid_input(f"{AWSServiceName} is not a service with service-linked roles.")
    if CustomSuffix is not None and not known.takes_suffix:
        raise invalid_input(f"Custom suffix is not allowed for {AWSServiceName}")
    name = catalogue.role_name(AWSServiceName, CustomSuffix)
    if len(name) > LONGEST_NAME:
        raise invalid_input(f"The role name {name} has more than {LONGEST_NAME} characters.")
    if find.find(call, Role, name) is not None:
        raise invalid_input(
            f"Service role name {name} has been taken in this account, "
            "please try a different suffix."
        )
    # Only service-linked roles may exceed the quota of roles (IAM User Guide, "Create a
    # service-linked role").
    role = Role.objects.create(
        id=unique_id("AROA"),
        account_id=call.account,
        name=name,
        path=f"{SERVICE_LINKED}{AWSServiceName}/",
        description=Description,
        trust_policy=catalogue.trust_policy(AWSServiceName),
        created_at=call.now,
    )
    _attach(call, role, known.policy)
    return {"Role": brief_output(role, role.trust_policy)}


def _attach(call: Call, role: Role, name: str) -> None:
    """Attaches the service's own policy, when the installation has loaded it."""
    policy = Policy.objects.filter(account_id=AWS, path=SERVICE_LINKED, name=name).first()
    if policy is not None:
        Attachment.objects.create(
            account_id=call.account,
            principal_id=role.id,
            policy=policy,
            policy_account_id=AWS,
            created_at=call.now,
        )


@operation(
    "iam:DeleteServiceLinkedRole",
    resource=find.role,
    differs="The task is done when the call returns. As nothing can ask the service, it fails "
    "while sessions of the role may be alive.",
)
def delete_service_linked_role(call: Call, RoleName: str) -> dict[str, Any]:
    role = find.get_role(call, RoleName)
    if not role.path.startswith(SERVICE_LINKED):
        raise no_such_entity(f"The service-linked role with name {RoleName} cannot be found.")
    service = role.path.removeprefix(SERVICE_LINKED).rstrip("/")
    task = DeletionTask(
        id=uuid.uuid4(),
        account_id=call.account,
        service=service,
        role_name=role.name,
        status=DeletionTask.Status.SUCCEEDED,
        created_at=call.now,
    )
    if _may_have_sessions(call, role):
        task.status = DeletionTask.Status.FAILED
        task.reason = (
            f"The role {role.name} was used less than {role.max_session_duration} seconds ago and "
            "may have active sessions."
        )
        task.usage = [{"Region": role.last_used_region}]
    else:
        Attachment.objects.of(call.account).filter(principal_id=role.id).delete()
        role.delete()
    task.save()
    call.detail["Status"] = task.status
    return {"DeletionTaskId": f"task{SERVICE_LINKED}{service}/{task.role_name}/{task.id}"}


def _may_have_sessions(call: Call, role: Role) -> bool:
    """Whether a session may still be in use, which keeps the role from being deleted."""
    if role.last_used_at is None:
        return False
    return call.now - role.last_used_at < timedelta(seconds=role.max_session_duration)


def _role_of_task(call: Call, DeletionTaskId: str) -> Resource:
    match = TASK.fullmatch(DeletionTaskId)
    if match is None:
        raise invalid_input(f"The deletion task id {DeletionTaskId} is invalid.")
    return _role_at(call, match["service"], match["role"])


@operation("iam:GetServiceLinkedRoleDeletionStatus", resource=_role_of_task, reads=True)
def get_service_linked_role_deletion_status(call: Call, DeletionTaskId: str) -> dict[str, Any]:
    task = _find_task(call, DeletionTaskId)
    if task is None:
        raise no_such_entity(f"The deletion task {DeletionTaskId} cannot be found.")
    output: dict[str, Any] = {"Status": task.status}
    if task.reason:
        output["Reason"] = {"Reason": task.reason, "RoleUsageList": task.usage}
    return output


def _find_task(call: Call, task_id: str) -> DeletionTask | None:
    match = TASK.fullmatch(task_id)
    assert match is not None
    try:
        number = uuid.UUID(match["id"])
    except ValueError:
        return None
    rows = DeletionTask.objects.of(call.account)
    found: DeletionTask | None = rows.filter(
        id=number, service=match["service"], role_name=match["role"]
    ).first()
    return found
