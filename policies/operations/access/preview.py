"""PreviewPolicyChange: who gains and who loses what, before access is changed.

Proved twice: everything that the changed statements speak of is decided before and after for
everybody concerned, and what was asked on record is asked again of the draft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from django.db.models import Q

from accounts.models import DecisionRecord
from iamsite.operations import Call, operation
from iamsite.operations.errors import invalid_input
from iamsite.operations.layers import Held, compiled
from iamsite.operations.paging import page
from identities.models import Role, User
from identities.operations.sts.assume_role import trusting
from policies.engine import decide
from policies.operations.access.endings import endings_of
from policies.operations.access.last_uses import LastUses, last_uses
from policies.operations.access.population import START, Member, Place, members, of_rows
from policies.operations.access.preview_resource import preview_of_resource
from policies.operations.access.preview_trust import Assumer, assumers, last_assumed
from policies.operations.access.probes import Probe, probes_of
from policies.operations.access.replay import MOST_RECORDS, replayed
from policies.operations.access.standing import DENIED, Judge, differences, standing
from policies.operations.access.together import Together, together
from policies.operations.authorize import Question
from policies.registered import catalogue

MOST_DECISIONS = 40_000  # of one page; each takes some microseconds
ASSUME = "sts:AssumeRole"
# In which order rows come: users and roles with what they hold, then who can become a role.
HOLDING, BECOMING = range(2)
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
    concerned = _Concerned(call, drafted)
    probes, is_complete = probes_of(drafted.documents, catalogue(call.account))
    most = max(1, MOST_DECISIONS // (2 * len(probes) or 1))
    found, paging = page(call, concerned.behind, _at, most=max(most, len(drafted.created)))
    return {
        "AffectedCount": concerned.count,
        "IsComplete": is_complete and concerned.is_complete,
        "Principals": _outputs(call, drafted, found, probes),
        **({"Replay": _replay(call, drafted)} if Marker is None else {}),
        **paging,
    }


def _at(one: Member | Assumer) -> At:
    if isinstance(one, Assumer):
        return BECOMING, one.arn, ""
    # Who is not there yet comes before all others.
    return (HOLDING, *(START if one.row._state.adding else one.place))


@dataclass(frozen=True)
class _Concerned:
    """Everybody whom the drafts concern, in order."""

    call: Call
    drafted: Together

    @cached_property
    def created(self) -> list[Member]:
        return [Member(self.call, row, ()) for row in self.drafted.created]

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

    def behind(self, after: Any, limit: int) -> list[Member | Assumer]:
        at: At = tuple(after) if after is not None else (-1, "", "")
        found: list[Member | Assumer] = []
        if at[0] < HOLDING:
            found += self.created
        if at[0] <= HOLDING:
            place = Place(*at[1:]) if at[0] == HOLDING else START
            found += members(self.call, place, limit, self.drafted.users, self.drafted.roles)
        found += [one for one in self._assumers[0] if _at(one) > at]
        return found[:limit]


def _outputs(
    call: Call, drafted: Together, found: Sequence[Member | Assumer], probes: Sequence[Probe]
) -> list[dict[str, Any]]:
    holding = [one for one in found if isinstance(one, Member)]
    after, deleted = drafted.held_by(holding), drafted.deleted
    ids = [one.row.id for one in holding]
    uses = last_uses(call, ids)
    told = [deleted[one] for one in ids if one in deleted]
    endings = endings_of(call.account, told, deleted)
    assumed = last_assumed(call, drafted.trusts)
    outputs = []
    for one in found:
        if isinstance(one, Assumer):
            outputs.append(one.output(assumed))
            continue
        ending = endings.get(one.row.id)
        held = None if ending is not None else after[one.row.id]
        outputs.append({**_principal(one, held, probes, uses), **(ending or {})})
    return outputs


def _principal(
    member: Member, held: Sequence[Held] | None, probes: Sequence[Probe], uses: LastUses
) -> dict[str, Any]:
    """What changes for a member that would hold these policies; None for one that is no more."""
    judges: list[Judge] = [partial(standing, member), lambda _: DENIED]
    if held is not None:
        judges[1] = partial(standing, member.with_held(held))
    found = list(differences(member.keys, probes, *judges))
    return {
        "PrincipalArn": member.arn,
        "PrincipalType": "Role" if isinstance(member.row, Role) else "User",
        "Changes": [
            {**one.output(), **uses.output(member.row.id, one, found, judges)} for one in found
        ],
    }


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
