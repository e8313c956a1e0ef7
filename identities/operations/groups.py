"""Groups (IAM API Reference; api-behaviour.md §8.1 and §8.2)."""

from __future__ import annotations

from typing import Any

from accounts.identifiers import unique_id
from accounts.quotas import quota
from iamsite.operations import Call, Resource, operation
from iamsite.operations.errors import delete_conflict, entity_already_exists, limit_exceeded
from iamsite.operations.paging import page_by_name
from identities.models import Group, Membership, User
from identities.operations import find
from identities.operations.renaming import rename
from identities.operations.users import user_output
from policies.models import Attachment, InlinePolicy


def new_group(call: Call, GroupName: str, Path: str = "/") -> Resource:
    return Resource(f"arn:aws:iam::{call.account}:group{Path}{GroupName}", call.account)


def group_output(group: Group) -> dict[str, Any]:
    """The `Group` shape."""
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": group.arn,
        "CreateDate": group.created_at,
    }


@operation("iam:CreateGroup", resource=new_group)
def create_group(call: Call, GroupName: str, Path: str = "/") -> dict[str, Any]:
    if find.find(call, Group, GroupName) is not None:
        raise entity_already_exists(f"Group with name {GroupName} already exists.")
    limit = quota(call.account, "GroupsPerAccount")
    if Group.objects.of(call.account).count() >= limit:
        raise limit_exceeded("GroupsPerAccount", limit)
    group = Group.objects.create(
        id=unique_id("AGPA"),
        account_id=call.account,
        name=GroupName,
        path=Path,
        created_at=call.now,
    )
    return {"Group": group_output(group)}


@operation("iam:GetGroup", resource=find.group, reads=True)
def get_group(
    call: Call, GroupName: str, Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    group = find.get_group(call, GroupName)
    members = User.objects.of(call.account).filter(memberships__group=group)
    users, paging = page_by_name(call, members)
    return {
        "Group": group_output(group),
        "Users": [user_output(user) for user in users],
        **paging,
    }


@operation("iam:ListGroups", resource=find.path_of("group"), reads=True)
def list_groups(
    call: Call, PathPrefix: str = "/", Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    rows = Group.objects.of(call.account).filter(path__startswith=PathPrefix)
    groups, paging = page_by_name(call, rows)
    return {"Groups": [group_output(group) for group in groups], **paging}


@operation("iam:UpdateGroup", resource=find.group)
def update_group(
    call: Call, GroupName: str, NewPath: str | None = None, NewGroupName: str | None = None
) -> None:
    rename(call, find.get_group(call, GroupName), "iam:UpdateGroup", NewGroupName, NewPath)


@operation("iam:DeleteGroup", resource=find.group)
def delete_group(call: Call, GroupName: str) -> None:
    group = find.get_group(call, GroupName)
    hindrances = [
        ("detach all policies", Attachment.objects.filter(principal_id=group.id)),
        ("delete policies", InlinePolicy.objects.filter(principal_id=group.id)),
        ("remove users from group", Membership.objects.filter(group=group)),
    ]
    for what, rows in hindrances:
        if rows.exists():
            raise delete_conflict(f"Cannot delete entity, must {what} first.")
    group.delete()
