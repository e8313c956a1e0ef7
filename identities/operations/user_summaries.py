"""Users with what a person looks for in a list of them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from iamsite.operations import Call, operation
from iamsite.operations.paging import page
from iamsite.operations.rows import Row, fetch
from identities.models import AccessKey, LoginProfile, Membership, MFADevice
from identities.operations import find
from identities.operations.users import PAGE, listed_user


@operation("portal:ListUserSummaries", resource=find.path_of("user"), reads=True)
def list_user_summaries(
    call: Call, PathPrefix: str = "/", Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    """One page as `ListUsers` gives it, each user with its groups and the state of its credentials.

    One query for each kind of thing, however many users the page has.
    """
    prefix = "" if PathPrefix == "/" else PathPrefix

    def fetch_page(after: Any, limit: int) -> list[Row]:
        return fetch(PAGE, [call.account, after or "", prefix, limit])

    rows, paging = page(call, fetch_page, lambda row: row[-1])
    users = {row[0]: listed_user(call.account, row) for row in rows}
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
