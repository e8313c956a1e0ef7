"""Everybody of an account, with the policies that bear on each, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from django.db.models import Q

from iamsite.operations import Call
from iamsite.operations.caller import Caller
from iamsite.operations.context import Keys
from iamsite.operations.layers import Held, held_by_each, layers_of, layers_over
from iamsite.operations.rows import planned_anew
from identities.models import Role, User
from policies.engine import Layers, Principal, PrincipalKind
from policies.operations.authorize import keys_of
from policies.operations.simulation import inputs

EVERYBODY = Q()
NOBODY = Q(id__in=())


class Place(NamedTuple):
    """Where a member stands in the order of all: users by name, then roles by name."""

    kind: str
    lower_name: str


START = Place("", "")


@dataclass(frozen=True)
class Member:
    """A user or role of the account as the one who asks.

    `keys` are the condition keys that follow from it; `trust` is the row of a role.
    """

    call: Call
    row: User | Role
    held: tuple[Held, ...]

    @cached_property
    def arn(self) -> str:
        return str(self.row.arn)

    @property
    def place(self) -> Place:
        return Place("role" if isinstance(self.row, Role) else "user", self.row.lower_name)

    @property
    def boundary(self) -> str | None:
        return next((one.arn for one in self.held if one.holder == "boundary"), None)

    @cached_property
    def principal(self) -> Principal:
        bounded = self.boundary is not None
        return inputs.principal_of(self.arn, self.row.id, bounded=bounded)

    @cached_property
    def keys(self) -> Keys:
        caller = self.call.caller
        return keys_of(
            self.call,
            Caller(
                account=caller.account,
                principal=self.principal,
                revision=caller.revision,
                subject_id=self.row.id,
                name=self.row.name,
                tags=self.row.tags,
                boundary=self.boundary,
                organization=caller.organization,
            ),
        )

    @cached_property
    def layers(self) -> Layers:
        return layers_over(self.call.account, self.held, self.call.caller.organization)

    @cached_property
    def likeness(self) -> tuple[bytes, ...]:
        """Equal for members whose policies say the same, whatever they are called: what is decided
        by the layers of one holds for the other's."""
        boundary = next((one.digest for one in self.held if one.holder == "boundary"), b"")
        identity = {one.digest for one in self.held if one.holder != "boundary"}
        kinds = self.principal.kind.value.encode(), b"linked" * self.principal.service_linked
        return (*kinds, boundary, *sorted(identity))

    def in_session(self, arn: str) -> Member:
        """The same role in a session of this ARN."""
        found = Member(self.call, self.row, self.held)
        found.__dict__["principal"] = replace(self.principal, arn=arn)
        return found

    def with_held(self, held: Sequence[Held]) -> Member:
        """The same member, had it these policies."""
        return Member(self.call, self.row, tuple(held))


def members(
    call: Call,
    after: Place = START,
    limit: int | None = None,
    users: Q = EVERYBODY,
    roles: Q = EVERYBODY,
) -> list[Member]:
    """The members behind `after`, at most `limit`; of `users` and `roles` alone."""
    rows: list[User | Role] = []
    for model, wanted in ((User, users), (Role, roles)):
        kind = model.KIND
        if (kind == "user" and after.kind == "role") or (limit is not None and len(rows) >= limit):
            continue
        found = model.objects.of(call.account).filter(wanted).order_by("lower_name")
        if after.kind == kind:
            found = found.filter(lower_name__gt=after.lower_name)
        with planned_anew():
            rows += found if limit is None else found[: limit - len(rows)]
    return of_rows(call, rows)


def of_ids(call: Call, ids: Collection[str]) -> list[Member]:
    """The users and roles that have these unique ids, in this order."""
    found: dict[str, User | Role] = {}
    with planned_anew():
        for model, prefix in ((User, "AIDA"), (Role, "AROA")):
            if some := [one for one in ids if one.startswith(prefix)]:
                rows = model.objects.of(call.account).filter(id__among=some)
                found |= {row.id: row for row in rows}
    return of_rows(call, [found[one] for one in ids if one in found])


def of_rows(call: Call, rows: Sequence[User | Role]) -> list[Member]:
    """These users and roles with what each holds."""
    held = held_by_each([row.id for row in rows]) if rows else {}
    return [Member(call, row, tuple(held.get(row.id, ()))) for row in rows]


def root_of(call: Call) -> tuple[Principal, Keys, Layers]:
    """The account's root user as one who asks: who it is, the keys that follow, what limits it."""
    arn = f"arn:aws:iam::{call.account}:root"
    principal = Principal(PrincipalKind.ROOT, arn, call.account, call.account)
    caller = replace(
        call.caller,
        principal=principal,
        subject_id=call.account,
        tags={},
        boundary=None,
        session=None,
        assertion=None,
    )
    keys: Keys = {"aws:PrincipalArn": arn, "aws:PrincipalAccount": call.account}
    return principal, keys, layers_of(caller)


def population(call: Call) -> int:
    """How many users and roles the account has."""
    return int(User.objects.of(call.account).count() + Role.objects.of(call.account).count())
