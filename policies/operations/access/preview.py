"""PreviewPolicyChange: who gains and who loses what, before access is changed.

Proved twice: everything that the changed statements may turn is decided before and after for
everybody concerned, and what was asked on record is asked again of the draft.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.models import Q

from accounts.models import DecisionRecord
from iamsite.operations import Call, operation
from iamsite.operations.errors import invalid_input
from iamsite.operations.layers import Held, compiled
from iamsite.operations.paging import page_while
from identities.models import Role, User
from identities.operations.sts.assume_role import trusting
from policies.engine import decide
from policies.operations.access.asking import Side
from policies.operations.access.comparing import Comparison
from policies.operations.access.endings import Ending, endings_of
from policies.operations.access.last_uses import Use, last_uses
from policies.operations.access.population import START, Member, Place, members, of_rows
from policies.operations.access.preview_resource import preview_of_resource
from policies.operations.access.preview_trust import Assumed, Assumer, assumers, last_assumed
from policies.operations.access.replay import MOST_RECORDS, replayed
from policies.operations.access.spending import Budget
from policies.operations.access.together import Together, together
from policies.operations.authorize import Question
from policies.operations.known import catalogue

MOST_DECISIONS = 40_000  # of one page; each takes some microseconds
ASSUME = "sts:AssumeRole"
BATCH = 100  # members read at once
# In which order rows come: users and roles with what they hold, who is not there yet before all
# others, then who can become a role.
CREATED, HOLDING, BECOMING = range(3)
At = tuple[int, str, str]


@operation("portal:PreviewPolicyChange", reads=True)
def preview_policy_change(
    call: Call,
    ChangeType: str | None = None,
    Changes: Sequence[dict[str, Any]] = (),
    Marker: str | None = None,
    MaxItems: int | None = None,
    **change: Any,
) -> dict[str, Any]:
    if bool(ChangeType) == bool(Changes):
        raise invalid_input("Either ChangeType or Changes must be given.")
    drafted = together(call, Changes or [{"ChangeType": ChangeType, **change}])
    if drafted.resource is not None:
        return preview_of_resource(call, drafted.resource)
    concerned, known = _Concerned(call, drafted), catalogue(call.account)
    budget = Budget(MOST_DECISIONS)
    comparison = Comparison(budget)
    is_complete = concerned.is_complete

    def take(one: _Holding | Assumer) -> dict[str, Any]:
        nonlocal is_complete
        if isinstance(one, Assumer):
            return one.output(concerned.assumed)
        found = comparison.of([one.sides], known)
        is_complete &= found.is_complete
        return {
            "PrincipalArn": one.member.arn,
            "PrincipalType": "Role" if isinstance(one.member.row, Role) else "User",
            "Changes": found.output(one.uses),
            **(one.ending or {}),
        }

    found, paging = page_while(call, concerned.behind, _at, take, budget.is_spent)
    return {
        "AffectedCount": concerned.count,
        "IsComplete": is_complete,
        "Principals": found,
        **({"Replay": _replay(call, drafted)} if Marker is None else {}),
        **paging,
    }


@dataclass(frozen=True)
class _Holding:
    """A user or role with what it would hold, what it has used, and what ends if it is deleted."""

    member: Member
    held: Sequence[Held]
    uses: Sequence[Use]
    ending: Ending | None

    @property
    def sides(self) -> tuple[Side, Side]:
        now, then = self.member, self.member.with_held(self.held)
        before, after = (Side(one.call, one.principal, one.keys, one.layers) for one in (now, then))
        return before, replace(after, is_gone=self.ending is not None)


def _at(one: _Holding | Assumer) -> At:
    if isinstance(one, Assumer):
        return BECOMING, one.arn, ""
    return (CREATED if one.member.row._state.adding else HOLDING, *one.member.place)


@dataclass(frozen=True)
class _Concerned:
    """Everybody whom the drafts concern, in order."""

    call: Call
    drafted: Together

    @cached_property
    def created(self) -> list[Member]:
        found = (Member(self.call, row, ()) for row in self.drafted.created)
        return sorted(found, key=lambda one: one.place)

    @cached_property
    def _assumers(self) -> tuple[list[Assumer], bool]:
        gone = {row.arn for row in self.drafted.deleted.values()}
        return assumers(self.call, self.drafted.trusts, self.created, gone)

    @property
    def is_complete(self) -> bool:
        return self._assumers[1]

    @property
    def count(self) -> int:
        users = User.objects.of(self.call.account).filter(self.drafted.users).count()
        roles = Role.objects.of(self.call.account).filter(self.drafted.roles).count()
        return int(users + roles) + len(self.created) + len(self._assumers[0])

    @cached_property
    def assumed(self) -> Assumed:
        return last_assumed(self.call, self.drafted.trusts)

    def behind(self, after: Any) -> Iterator[_Holding | Assumer]:
        at: At = tuple(after) if after is not None else (CREATED, *START)
        if at[0] == CREATED:
            yield from (one for one in self._holding(self.created) if _at(one) > at)
        if at[0] <= HOLDING:
            place = Place(*at[1:]) if at[0] == HOLDING else START
            users, roles = self.drafted.users, self.drafted.roles
            while batch := members(self.call, place, BATCH, users, roles):
                yield from self._holding(batch)
                place = batch[-1].place
        yield from (one for one in self._assumers[0] if _at(one) > at)

    def _holding(self, batch: Sequence[Member]) -> Iterator[_Holding]:
        if not batch:
            return
        after, deleted = self.drafted.held_by(batch), self.drafted.deleted
        ids = [one.row.id for one in batch]
        uses = last_uses(self.call, ids).by_principal
        told = [deleted[one] for one in ids if one in deleted]
        endings = endings_of(self.call.account, told, deleted)
        for one in batch:
            of = one.row.id
            yield _Holding(one, after[of], uses.get(of, []), endings.get(of))


def _replay(call: Call, drafted: Together) -> dict[str, Any]:
    """What was asked on record by those concerned, decided before and after."""
    users = User.objects.of(call.account).filter(drafted.users)
    roles = Role.objects.of(call.account).filter(drafted.roles)
    ids = [*users.values_list("id", flat=True)[:1000], *roles.values_list("id", flat=True)[:1000]]
    trusted = {one.role.arn: one.trusted for one in drafted.trusts}
    wanted = Q(principal_id__in=ids) | Q(resource__in=list(trusted), action=ASSUME)
    rows = DecisionRecord.objects.of(call.account).filter(wanted).order_by("-last_at", "id")
    records = list(rows[: MOST_RECORDS + 1])
    after = _compiled(call, drafted, {one.principal_id for one in records} & set(ids))

    def then(record: DecisionRecord, asked: Question) -> bool | None:
        if record.principal_id in drafted.deleted:
            return False
        layers = asked.layers
        if record.principal_id in after:
            identity, boundary = after[record.principal_id]
            layers = replace(layers, identity=identity, boundary=boundary)
        if record.action == ASSUME and record.resource in trusted:
            layers = trusting(layers, trusted[record.resource])
        return decide(asked.request, layers).allowed

    return replayed(call, records, then)


def _compiled(call: Call, drafted: Together, ids: set[str]) -> Mapping[str, Any]:
    """What each of these would hold, ready to decide with."""
    concerned: list[User | Role] = []
    for model in (User, Role):
        concerned += model.objects.of(call.account).filter(id__in=ids)
    held = drafted.held_by(of_rows(call, concerned))
    return {of: compiled(policies) for of, policies in held.items()}
