"""Users with what a person looks for in a list of them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from iamsite.operations import Call, operation
from iamsite.operations.sorting import containing, page_sorted
from identities.models import LoginProfile, Membership, MFADevice, User
from identities.models.principals import NEVER_SEEN, NO_ACTIVE_KEY
from identities.operations import find
from identities.operations.users import user_output

PLACES = {
    "CreateDate": F("created_at"),
    "LastSeenDate": F("seen_at"),
    "OldestActiveKeyDate": F("oldest_key_at"),
}


@operation("portal:ListUserSummaries", resource=find.path_of("user"), reads=True)
def list_user_summaries(
    call: Call,
    PathPrefix: str = "/",
    Contains: str | None = None,
    GroupName: str | None = None,
    HasPassword: bool | None = None,
    MFAEnabled: bool | None = None,
    HasUsedKey: bool | None = None,
    NotSeenSince: datetime | None = None,
    ActiveKeyBefore: datetime | None = None,
    **_: Any,
) -> dict[str, Any]:
    """One page of users, each with its groups and the state of its credentials.

    One query for each kind of thing, however many users the page has.
    """
    rows = User.objects.of(call.account).filter(containing(Contains))
    if PathPrefix != "/":
        rows = rows.filter(path__startswith=PathPrefix)
    if GroupName is not None:
        group = find.get_group(call, GroupName)
        rows = rows.filter(Exists(_each(call, Membership).filter(group_id=group.id)))
    if HasPassword is not None:
        login = Exists(_each(call, LoginProfile))
        rows = rows.filter(login if HasPassword else ~login)
    if MFAEnabled is not None:
        device = Exists(_each(call, MFADevice))
        rows = rows.filter(device if MFAEnabled else ~device)
    if HasUsedKey is not None:
        rows = rows.filter(keys_used_at__isnull=not HasUsedKey)
    if NotSeenSince is not None:
        rows = rows.filter(seen_at__lt=NotSeenSince)
    if ActiveKeyBefore is not None:
        rows = rows.filter(oldest_key_at__lt=min(ActiveKeyBefore, NO_ACTIVE_KEY))
    page, paging = page_sorted(call, rows, PLACES)
    ids = [user.id for user in page]
    groups = _groups(call, ids)
    passwords = set(_of(call, LoginProfile, ids).values_list("user_id", flat=True))
    devices = set(_of(call, MFADevice, ids).values_list("user_id", flat=True))
    summaries = [
        {
            **user_output(user),
            "GroupNames": groups[user.id],
            "HasPassword": user.id in passwords,
            "MFAEnabled": user.id in devices,
            **_at("OldestActiveKeyDate", user.oldest_key_at, NO_ACTIVE_KEY),
            **_at("LastSeenDate", user.seen_at, NEVER_SEEN),
        }
        for user in page
    ]
    return {"UserSummaries": summaries, **paging}


def _at(name: str, when: datetime, none: datetime) -> dict[str, datetime]:
    """The member `name`, absent where `when` stands for `none`."""
    return {} if when == none else {name: when}


def _of(call: Call, model: Any, users: list[str]) -> Any:
    return model.objects.of(call.account).filter(user_id__in=users)


def _each(call: Call, model: Any) -> QuerySet[Any]:
    """The rows of `model` that are of one user of an outer query."""
    found: QuerySet[Any] = model.objects.of(call.account).filter(user_id=OuterRef("id"))
    return found


def _groups(call: Call, users: list[str]) -> dict[str, list[str]]:
    found = defaultdict(list)
    rows = _of(call, Membership, users).order_by("group__lower_name")
    for user, name in rows.values_list("user_id", "group__name"):
        found[user].append(name)
    return found
