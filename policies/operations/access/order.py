"""Users and roles in one order of the caller's choice: keyset like every list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, Value

from iamsite.operations import Call
from iamsite.operations.rows import planned_anew
from iamsite.operations.sorting import behind, containing, kept
from identities.models import Membership, Role, User
from identities.operations import find
from policies.operations.access.population import EVERYBODY, Member, of_ids

BY_TYPE = "PrincipalType"
KEYS: dict[str, tuple[str, ...]] = {
    BY_TYPE: ("rank", "lower_name"),
    "Name": ("lower_name", "rank"),
    "CreateDate": ("created_at", "lower_name", "rank"),
}


@dataclass(frozen=True)
class Wanted:
    """Which users and which roles; None where none of them."""

    users: Q | None = EVERYBODY
    roles: Q | None = EVERYBODY

    def of(self, users: set[str] | None, roles: set[str] | None) -> Wanted:
        """Of each those with these unique ids alone, if they are given."""
        return Wanted(_of(self.users, users), _of(self.roles, roles))


def _of(wanted: Q | None, ids: set[str] | None) -> Q | None:
    return wanted if wanted is None or ids is None else wanted & Q(id__among=ids)


def wanted(
    call: Call, types: Sequence[str] = (), contains: str | None = None, group: str | None = None
) -> Wanted:
    """Those of `types` (all, if there are none) whose name or path contains the text, who belong to
    the group, which roles never do. Raises NoSuchEntity for a group that there is not."""
    text = containing(contains)
    users, roles = (text if not types or kind in types else None for kind in ("User", "Role"))
    if group is not None:
        row, roles = find.get_group(call, group), None
        belonging = Membership.objects.of(call.account).filter(group_id=row.id).values("user_id")
        users = users & Q(id__in=belonging) if users is not None else None
    return Wanted(users, roles)


@dataclass(frozen=True)
class Order:
    by: str
    falling: bool

    def key(self, member: Member) -> list[Any]:
        row = member.row
        values = {
            "rank": 1 + isinstance(row, Role),
            "lower_name": row.lower_name,
            "created_at": kept(row.created_at),
        }
        return [values[name] for name in KEYS[self.by]]

    def members(
        self, call: Call, wanted: Wanted, after: Sequence[Any] | None, limit: int
    ) -> list[Member]:
        """At most `limit` members behind the one of the key `after`."""
        keys = KEYS[self.by]
        order = [f"-{key}" for key in keys] if self.falling else [*keys]
        sides = []
        for rank, (model, only) in enumerate(((User, wanted.users), (Role, wanted.roles)), 1):
            if only is None:
                continue
            rows = model.objects.of(call.account).filter(only).annotate(rank=Value(rank))
            if after is not None:
                rows = rows.filter(behind(keys, after, self.falling))
            sides.append(rows.order_by(*order).values_list("id", *keys)[:limit])
        if not sides:
            return []
        found = sides[0]
        if len(sides) == 2:
            found = found.union(sides[1], all=True).order_by(*order)[:limit]
        with planned_anew():
            ids = [row[0] for row in found]
        return of_ids(call, ids)


def order_of(call: Call) -> Order:
    """What SortBy and SortOrder ask for."""
    by = call.params.get("SortBy") or BY_TYPE
    return Order(by, call.params.get("SortOrder") == "descending")
