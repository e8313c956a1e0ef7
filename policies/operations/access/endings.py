"""What stops working with a user or a role that is deleted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from identities.models import AccessKey, LoginProfile, Role, User

Ending = dict[str, Any]


def endings_of(
    account: str, deleted: Sequence[User | Role], gone: Collection[str]
) -> dict[str, Ending]:
    """By unique id the members of the portal model's AffectedPrincipal that say it; `gone` are
    the unique ids of all who are deleted together, which need no telling of each other."""
    found: dict[str, Ending] = {}
    if not deleted:
        return found
    for row in deleted:
        ending: Ending = {"IsDeleted": True, "Credentials": []}
        if isinstance(row, Role) and row.last_used_at is not None:
            ending["LastUsedDate"] = row.last_used_at
        found[row.id] = ending
    users = {row.id: row for row in deleted if isinstance(row, User)}
    for profile in LoginProfile.objects.filter(user_id__in=list(users)):
        used = users[profile.user_id].password_last_used
        found[profile.user_id]["Credentials"].append(_credential("Password", used))
    for key in AccessKey.objects.filter(user_id__in=list(users)).order_by("created_at", "id"):
        told = _credential("AccessKey", key.last_used_at)
        told |= {"CredentialId": key.id, "Status": key.status}
        if key.last_used_service:
            told["LastUsedService"] = key.last_used_service
        found[key.user_id]["Credentials"].append(told)
    for role in Role.objects.of(account).exclude(trust_pins={}).order_by("lower_name"):
        if role.id not in gone:
            for named in found.keys() & role.trust_pins.values():
                found[named].setdefault("TrustingRoles", []).append(role.arn)
    return found


def _credential(kind: str, used: datetime | None) -> dict[str, Any]:
    return {"CredentialType": kind, **({"LastUsedDate": used} if used is not None else {})}
