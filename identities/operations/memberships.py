"""Who is in which group (IAM API Reference; api-behaviour.md §8.1)."""

from __future__ import annotations

from typing import Any

from accounts.quotas import quota
from iamsite.operations import Call, operation
from iamsite.operations.errors import limit_exceeded
from iamsite.operations.paging import page_by_name
from identities.models import Group, Membership
from identities.operations import find
from identities.operations.groups import group_output


@operation("iam:AddUserToGroup", resource=find.group)
def add_user_to_group(call: Call, GroupName: str, UserName: str) -> None:
    user = find.get_user(call, UserName)
    group = find.get_group(call, GroupName)
    if Membership.objects.filter(user=user, group=group).exists():
        return
    limit = quota(call.account, "GroupsPerUser")
    if Membership.objects.filter(user=user).count() >= limit:
        raise limit_exceeded("GroupsPerUser", limit)
    Membership.objects.create(account_id=call.account, user=user, group=group, created_at=call.now)


@operation("iam:RemoveUserFromGroup", resource=find.group)
def remove_user_from_group(call: Call, GroupName: str, UserName: str) -> None:
    user = find.get_user(call, UserName)
    group = find.get_group(call, GroupName)
    Membership.objects.filter(user=user, group=group).delete()


@operation("iam:ListGroupsForUser", resource=find.user, reads=True)
def list_groups_for_user(
    call: Call, UserName: str, Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    user = find.get_user(call, UserName)
    rows = Group.objects.of(call.account).filter(memberships__user=user)
    groups, paging = page_by_name(call, rows)
    return {"Groups": [group_output(group) for group in groups], **paging}
