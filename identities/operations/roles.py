"""Roles and their trust policies (IAM API Reference; api-behaviour.md §8.1, §8.2 and §8.3)."""

from __future__ import annotations

from typing import Any

from accounts.identifiers import unique_id
from accounts.quotas import quota
from iamsite.operations import Call, OperationError, Resource, operation
from iamsite.operations.errors import (
    delete_conflict,
    entity_already_exists,
    limit_exceeded,
    malformed_policy_document,
)
from iamsite.operations.last_access import TRACKED_FOR
from iamsite.operations.paging import page_by_name
from identities import trust
from identities.models import InstanceProfile, Role
from identities.operations import find
from identities.operations.protected import SERVICE_LINKED, refuse_protected, refuse_reserved_path
from identities.operations.tags import checked_tags, new_resource, tag_list, tag_operations
from policies.engine import PolicyErrors
from policies.models import Attachment, InlinePolicy
from policies.operations.boundaries import boundary_member, boundary_policy, set_boundary

DEFAULT_SESSION_SECONDS = 3600


def new_role(call: Call, RoleName: str, Path: str = "/", **_: Any) -> Resource:
    return new_resource(call, f"arn:aws:iam::{call.account}:role{Path}{RoleName}")


def brief_output(role: Role, trust_policy: str) -> dict[str, Any]:
    """The `Role` shape as live answers give a new role, and one in an instance profile: without
    description and session length."""
    return {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.created_at,
        "AssumeRolePolicyDocument": trust_policy,
    }


def role_output(role: Role, trust_policy: str) -> dict[str, Any]:
    """The `Role` shape without tags, boundary and last use, as lists give it."""
    output = brief_output(role, trust_policy)
    output["MaxSessionDuration"] = role.max_session_duration
    if role.description:
        output["Description"] = role.description
    return output


def read_trust(call: Call, text: str) -> trust.TrustPolicy:
    """The trust policy in `text`, fit to be saved.

    Raises MalformedPolicyDocument, and LimitExceeded for one that is too long.
    """
    try:
        policy = trust.read(text)
    except PolicyErrors as errors:
        raise OperationError(errors.aws_code, errors.aws_message) from errors
    except trust.UnknownPrincipal as unknown:
        raise malformed_policy_document(str(unknown)) from unknown
    limit = quota(call.account, "ACLSizePerRole")
    if policy.document.size > limit:
        raise limit_exceeded("ACLSizePerRole", limit)
    return policy


@operation(
    "iam:CreateRole",
    resource=new_role,
    context={"iam:PermissionsBoundary": "PermissionsBoundary"},
)
def create_role(
    call: Call,
    RoleName: str,
    AssumeRolePolicyDocument: str,
    Path: str = "/",
    Description: str = "",
    MaxSessionDuration: int = DEFAULT_SESSION_SECONDS,
    PermissionsBoundary: str | None = None,
    Tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    if Tags:
        call.authorize("iam:TagRole", new_role(call, RoleName, Path), call.tag_keys)
    role = make_role(
        call,
        RoleName,
        AssumeRolePolicyDocument,
        Path,
        Description,
        MaxSessionDuration,
        PermissionsBoundary,
        Tags,
    )
    output = brief_output(role, role.trust_policy)
    if role.tags:
        output["Tags"] = tag_list(role.tags)
    return {"Role": {**output, **boundary_member(PermissionsBoundary)}}


def make_role(
    call: Call,
    RoleName: str,
    AssumeRolePolicyDocument: str,
    Path: str,
    Description: str,
    MaxSessionDuration: int,
    PermissionsBoundary: str | None,
    Tags: list[dict[str, str]] | None,
) -> Role:
    """A new role, for a caller that was found to be allowed all of it."""
    refuse_reserved_path(Path)
    tags = checked_tags(call, Tags or [], ignoring_case=True)
    boundary = boundary_policy(call, PermissionsBoundary)
    policy = read_trust(call, AssumeRolePolicyDocument)
    if find.find(call, Role, RoleName) is not None:
        raise entity_already_exists(f"Role with name {RoleName} already exists.")
    limit = quota(call.account, "RolesPerAccount")
    if Role.objects.of(call.account).count() >= limit:
        raise limit_exceeded("RolesPerAccount", limit)
    role = Role.objects.create(
        id=unique_id("AROA"),
        account_id=call.account,
        name=RoleName,
        path=Path,
        description=Description,
        trust_policy=policy.document.text,
        trust_pins=policy.pins,
        max_session_duration=MaxSessionDuration,
        tags=tags,
        created_at=call.now,
    )
    set_boundary(call, role.id, boundary)
    return role


@operation("iam:GetRole", resource=find.role, reads=True)
def get_role(call: Call, RoleName: str) -> dict[str, Any]:
    role: Any = find.get_role(call, RoleName)
    output = {
        **role_output(role, trust.shown([role])[role.id]),
        **boundary_member(role.boundary),
        "RoleLastUsed": last_used(call, role),
    }
    if role.tags:
        output["Tags"] = tag_list(role.tags)
    if role.template:
        output["SourceRoleTemplate"] = {
            "TemplateArn": role.template["Arn"],
            "TemplateMinorVersion": role.template["MinorVersion"],
        }
    return {"Role": output}


def last_used(call: Call, role: Role) -> dict[str, Any]:
    """The `RoleLastUsed` shape: empty for a role that nobody was within the tracking period."""
    if role.last_used_at is None or role.last_used_at < call.now - TRACKED_FOR:
        return {}
    return {"LastUsedDate": role.last_used_at, "Region": role.last_used_region}


@operation("iam:ListRoles", resource=find.path_of("role"), reads=True)
def list_roles(
    call: Call, PathPrefix: str = "/", Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    rows = Role.objects.of(call.account).filter(path__startswith=PathPrefix)
    roles, paging = page_by_name(call, rows)
    texts = trust.shown(roles)
    return {"Roles": [role_output(role, texts[role.id]) for role in roles], **paging}


@operation("iam:UpdateRole", resource=find.role)
def update_role(
    call: Call,
    RoleName: str,
    Description: str | None = None,
    MaxSessionDuration: int | None = None,
) -> dict[str, Any]:
    role = find.get_role(call, RoleName)
    if MaxSessionDuration is not None:
        refuse_protected(role)
    if Description is not None:
        role.description = Description
    # What is left out stays, on AWS too, whatever the model's documentation says of a fall-back.
    if MaxSessionDuration is not None:
        role.max_session_duration = MaxSessionDuration
    role.save(update_fields=["description", "max_session_duration"])
    return {}


@operation("iam:UpdateRoleDescription", resource=find.role)
def update_role_description(call: Call, RoleName: str, Description: str) -> dict[str, Any]:
    role = find.get_role(call, RoleName)
    role.description = Description
    role.save(update_fields=["description"])
    shown = role_output(role, trust.shown([role])[role.id])
    del shown["MaxSessionDuration"]
    return {"Role": shown}


@operation("iam:UpdateAssumeRolePolicy", resource=find.role)
def update_assume_role_policy(call: Call, RoleName: str, PolicyDocument: str) -> None:
    role = find.get_role(call, RoleName)
    refuse_protected(role)
    policy = read_trust(call, PolicyDocument)
    role.trust_policy, role.trust_pins = policy.document.text, policy.pins
    role.save(update_fields=["trust_policy", "trust_pins"])


@operation("iam:DeleteRole", resource=find.role)
def delete_role(call: Call, RoleName: str) -> None:
    role = find.get_role(call, RoleName)
    refuse_protected(role)
    hindrances = [
        ("remove roles from instance profile", InstanceProfile.objects.filter(role=role)),
        ("detach all policies", Attachment.objects.filter(principal_id=role.id)),
        ("delete policies", InlinePolicy.objects.filter(principal_id=role.id)),
    ]
    for what, rows in hindrances:
        if rows.exists():
            raise delete_conflict(f"Cannot delete entity, must {what} first.")
    role.delete()


def _taggable(call: Call, name: str) -> Role:
    """A service-linked role takes tags, as the model's documentation of TagRole says."""
    role = find.get_role(call, name)
    if not role.path.startswith(SERVICE_LINKED):
        refuse_protected(role)
    return role


tag_operations("Role", "RoleName", find.role, find.get_role, change=_taggable, ignoring_case=True)
