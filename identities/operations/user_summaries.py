"""Users with what a person looks for in a list of them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, Max, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest

from iamsite.operations import Call, operation
from iamsite.operations.sorting import NEVER, containing, page_sorted
from identities.models import AccessKey, LoginProfile, Membership, MFADevice, User
from identities.operations import find
from identities.operations.users import user_output


@operation("portal:ListUserSummaries", resource=find.path_of("user"), reads=True)
def list_user_summaries(
    call: Call,
    PathPrefix: str = "/",
    Contains: str | None = None,
    GroupName: str | None = None,
    HasPassword: bool | None = None,
    MFAEnabled: bool | None = None,
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
    if NotSeenSince is not None:
        rows = rows.annotate(seen=_last_seen(call)).filter(seen__lt=NotSeenSince)
    if ActiveKeyBefore is not None:
        rows = rows.filter(Exists(_active(call).filter(created_at__lt=ActiveKeyBefore)))
    places = {
        "CreateDate": F("created_at"),
        "LastSeenDate": _last_seen(call),
        "OldestActiveKeyDate": Coalesce(
            Subquery(_extreme(_active(call), Min("created_at"))), NEVER
        ),
    }
    page, paging = page_sorted(call, rows, places)
    users = {user.id: user_output(user) for user in page}
    groups = _groups(call, list(users))
    keys = _keys(call, list(users))
    passwords = set(_of(call, LoginProfile, list(users)).values_list("user_id", flat=True))
    devices = set(_of(call, MFADevice, list(users)).values_list("user_id", flat=True))
    summaries = []
    for id_, user in users.items():
        active = [key.created_at for key in keys[id_] if key.status == AccessKey.Status.ACTIVE]
        seen = [key.last_used_at for key in keys[id_] if key.last_used_at is not None]
        if "PasswordLastUsed" in user:
            seen.append(user["PasswordLastUsed"])
        summaries.append(
            {
                **user,
                "GroupNames": groups[id_],
                "HasPassword": id_ in passwords,
                "MFAEnabled": id_ in devices,
                **({"OldestActiveKeyDate": min(active)} if active else {}),
                **({"LastSeenDate": max(seen)} if seen else {}),
            }
        )
    return {"UserSummaries": summaries, **paging}


def _of(call: Call, model: Any, users: list[str]) -> Any:
    return model.objects.of(call.account).filter(user_id__in=users)


def _each(call: Call, model: Any) -> QuerySet[Any]:
    """The rows of `model` that are of one user of an outer query."""
    found: QuerySet[Any] = model.objects.of(call.account).filter(user_id=OuterRef("id"))
    return found


def _active(call: Call) -> QuerySet[Any]:
    return _each(call, AccessKey).filter(status=AccessKey.Status.ACTIVE)


def _extreme(rows: QuerySet[Any], of: Any) -> QuerySet[Any]:
    return rows.order_by().values("user_id").annotate(extreme=of).values("extreme")


def _last_seen(call: Call) -> Coalesce:
    used = Subquery(_extreme(_each(call, AccessKey), Max("last_used_at")))
    return Coalesce(Greatest("password_last_used", used), NEVER)


def _groups(call: Call, users: list[str]) -> dict[str, list[str]]:
    found = defaultdict(list)
    rows = _of(call, Membership, users).order_by("group__lower_name")
    for user, name in rows.values_list("user_id", "group__name"):
        found[user].append(name)
    return found


def _keys(call: Call, users: list[str]) -> dict[str, list[AccessKey]]:
    found = defaultdict(list)
    for key in _of(call, AccessKey, users).defer("secret"):
        found[key.user_id].append(key)
    return found
