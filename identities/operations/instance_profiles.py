"""Instance profiles (IAM API Reference; api-behaviour.md §8.1 and §8.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from accounts.identifiers import unique_id
from accounts.quotas import quota
from iamsite.operations import Call, Resource, operation
from iamsite.operations.errors import (
    delete_conflict,
    entity_already_exists,
    limit_exceeded,
    no_such_entity,
)
from iamsite.operations.paging import page_by_name
from identities import trust
from identities.models import InstanceProfile, Role
from identities.operations import find
from identities.operations.protected import refuse_protected
from identities.operations.roles import brief_output
from identities.operations.tags import checked_tags, new_resource, tag_list, tag_operations

ROLES_PER_PROFILE = 1
EC2 = "ec2.amazonaws.com"


def instance_profile(call: Call, InstanceProfileName: str, **_: Any) -> Resource:
    return find.resource_of(call, InstanceProfile, InstanceProfileName)


def new_instance_profile(
    call: Call, InstanceProfileName: str, Path: str = "/", **_: Any
) -> Resource:
    arn = f"arn:aws:iam::{call.account}:instance-profile{Path}{InstanceProfileName}"
    return new_resource(call, arn)


def get_profile(call: Call, name: str) -> InstanceProfile:
    """Raises NoSuchEntity."""
    if (found := find.find(call, InstanceProfile, name)) is None:
        raise no_such_entity(f"Instance Profile {name} cannot be found.")
    return found


def profile_outputs(profiles: Iterable[InstanceProfile]) -> list[dict[str, Any]]:
    """The `InstanceProfile` shape of each, without tags, as lists give it."""
    profiles = list(profiles)
    roles = Role.objects.in_bulk({one.role_id for one in profiles if one.role_id is not None})
    trusts = trust.shown(roles.values())
    return [
        {
            "Path": one.path,
            "InstanceProfileName": one.name,
            "InstanceProfileId": one.id,
            "Arn": one.arn,
            "CreateDate": one.created_at,
            "Roles": [
                brief_output(roles[role_id], trusts[role_id])
                for role_id in (one.role_id,)
                if role_id is not None
            ],
        }
        for one in profiles
    ]


def profiles_of_roles(roles: Sequence[Role]) -> dict[str, list[dict[str, Any]]]:
    """The instance profiles that hold each of `roles`, by the role's unique id."""
    held: dict[str, list[dict[str, Any]]] = defaultdict(list)
    rows = InstanceProfile.objects.filter(role__in=[role.id for role in roles])
    profiles = list(rows.order_by("lower_name"))
    for profile, output in zip(profiles, profile_outputs(profiles), strict=True):
        held[profile.role_id].append(output)
    return held


@operation("iam:CreateInstanceProfile", resource=new_instance_profile)
def create_instance_profile(
    call: Call,
    InstanceProfileName: str,
    Path: str = "/",
    Tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    tags = checked_tags(call, Tags or [], ignoring_case=False)
    if Tags:
        resource = new_instance_profile(call, InstanceProfileName, Path)
        call.authorize("iam:TagInstanceProfile", resource, call.tag_keys)
    if find.find(call, InstanceProfile, InstanceProfileName) is not None:
        raise entity_already_exists(f"Instance Profile {InstanceProfileName} already exists.")
    limit = quota(call.account, "InstanceProfilesPerAccount")
    if InstanceProfile.objects.of(call.account).count() >= limit:
        raise limit_exceeded("InstanceProfilesPerAccount", limit)
    profile = InstanceProfile.objects.create(
        id=unique_id("AIPA"),
        account_id=call.account,
        name=InstanceProfileName,
        path=Path,
        tags=tags,
        created_at=call.now,
    )
    (output,) = profile_outputs([profile])
    if tags:
        output["Tags"] = tag_list(tags)
    return {"InstanceProfile": output}


@operation("iam:GetInstanceProfile", resource=instance_profile, reads=True)
def get_instance_profile(call: Call, InstanceProfileName: str) -> dict[str, Any]:
    profile = get_profile(call, InstanceProfileName)
    (output,) = profile_outputs([profile])
    return {"InstanceProfile": {**output, "Tags": tag_list(profile.tags)}}


@operation("iam:ListInstanceProfiles", resource=find.path_of("instance-profile"), reads=True)
def list_instance_profiles(
    call: Call, PathPrefix: str = "/", Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    rows = InstanceProfile.objects.of(call.account).filter(path__startswith=PathPrefix)
    profiles, paging = page_by_name(call, rows)
    return {"InstanceProfiles": profile_outputs(profiles), **paging}


@operation("iam:ListInstanceProfilesForRole", resource=find.role, reads=True)
def list_instance_profiles_for_role(
    call: Call, RoleName: str, Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    role = find.get_role(call, RoleName)
    rows = InstanceProfile.objects.of(call.account).filter(role=role)
    profiles, paging = page_by_name(call, rows)
    return {"InstanceProfiles": profile_outputs(profiles), **paging}


@operation("iam:AddRoleToInstanceProfile", resource=instance_profile)
def add_role_to_instance_profile(call: Call, InstanceProfileName: str, RoleName: str) -> None:
    _authorize_passing(call, RoleName)
    profile = get_profile(call, InstanceProfileName)
    role = find.get_role(call, RoleName)
    refuse_protected(role)
    if profile.role_id is not None:
        raise limit_exceeded("InstanceSessionsPerInstanceProfile", ROLES_PER_PROFILE)
    profile.role = role
    profile.save(update_fields=["role"])


def _authorize_passing(call: Call, role_name: str) -> None:
    """Whoever puts a role in a profile hands it to EC2 (evaluation.md §8).

    The instance is not known: its ARN is the one that the operation's documentation names.
    """
    context = {
        "iam:PassedToService": EC2,
        "iam:AssociatedResourceArn": f"arn:aws:ec2:*:{call.account}:instance/*",
    }
    arn = find.resource_of(call, Role, role_name).arn
    call.authorize("iam:PassRole", Resource(arn, call.account), context)


@operation("iam:RemoveRoleFromInstanceProfile", resource=instance_profile)
def remove_role_from_instance_profile(call: Call, InstanceProfileName: str, RoleName: str) -> None:
    profile = get_profile(call, InstanceProfileName)
    role = find.get_role(call, RoleName)
    refuse_protected(role)
    if profile.role_id != role.id:
        raise no_such_entity(
            f"Role {RoleName} in Instance Profile {InstanceProfileName} cannot be found."
        )
    profile.role = None
    profile.save(update_fields=["role"])


@operation("iam:DeleteInstanceProfile", resource=instance_profile)
def delete_instance_profile(call: Call, InstanceProfileName: str) -> None:
    profile = get_profile(call, InstanceProfileName)
    if profile.role_id is not None:
        what = "remove roles from instance profile"
        raise delete_conflict(f"Cannot delete entity, must {what} first.")
    profile.delete()


tag_operations("InstanceProfile", "InstanceProfileName", instance_profile, get_profile)
