"""Who else would be allowed the same by a change of one policy, each decided before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q

from iamsite.operations import Call
from iamsite.operations.layers import Held, compiled, held_by_each
from identities.models import Group, Membership, Role, User
from policies.engine import Principal, Request, decide
from policies.models import Attachment, Boundary, Policy
from policies.operations.authorize import Question
from policies.operations.decisions.sides import own_side
from policies.operations.simulation import inputs

MOST_CANDIDATES = 1_000
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Gains:
    """Principals that gain: `count` of them, the first of their ARNs; `is_partial` when there
    were more to look at than are looked at."""

    arns: tuple[str, ...] = ()
    count: int = 0
    is_partial: bool = False


NOBODY_ELSE = Gains()


class Gainers:
    """Looks for those who gain by a change; the one who asked is not among them."""

    def __init__(self, call: Call, asked: Question) -> None:
        across = asked.request.resource_account not in (call.account, "aws")
        self.call = call
        self.asked = asked
        self._layers = own_side(asked.layers, across=across)

    def of_policy(self, held: Held, after: str | None) -> Gains:
        """Who gains when the policy's document becomes `after`, or when it is detached (None)."""
        if held.arn is None or after is None:
            candidates = self._members(held)
        else:
            candidates = self._attached(held.arn)
        if not candidates:
            return NOBODY_ELSE
        everyone = held_by_each(list(candidates))
        found = [
            arn
            for principal_id, arn in candidates.items()
            if self._gains(principal_id, arn, everyone.get(principal_id, []), held, after)
        ]
        is_partial = len(candidates) >= MOST_CANDIDATES
        return Gains(tuple(sorted(found)[:MOST_SHOWN]), len(found), is_partial)

    def _members(self, held: Held) -> dict[str, str]:
        """Whoever else has the policy by the same holder: the members of a group."""
        if held.holder != "group":
            return {}
        groups = Group.objects.of(self.call.account).filter(lower_name=held.holder_name.lower())
        return self._users(Q(group__in=groups))

    def _attached(self, arn: str) -> dict[str, str]:
        """Whoever else has a managed policy of the account, as a policy or as its boundary."""
        name = arn.rpartition("/")[2]
        policy = Policy.objects.of(self.call.account).filter(lower_name=name.lower()).first()
        if policy is None:
            return {}
        attached = Attachment.objects.of(self.call.account).filter(policy=policy)
        bounded = Boundary.objects.of(self.call.account).filter(policy=policy)
        ids = [
            *attached.values_list("principal_id", flat=True)[:MOST_CANDIDATES],
            *bounded.values_list("principal_id", flat=True)[:MOST_CANDIDATES],
        ]
        found = self._users(Q(group__in=[one for one in ids if one.startswith("AGPA")]))
        for model in (User, Role):
            rows = model.objects.of(self.call.account).filter(id__in=ids)
            found |= {row.id: row.arn for row in rows[:MOST_CANDIDATES]}
        return self._others(found)

    def _users(self, belonging: Q) -> dict[str, str]:
        rows = Membership.objects.of(self.call.account).filter(belonging).select_related("user")
        return self._others({row.user.id: row.user.arn for row in rows[:MOST_CANDIDATES]})

    def _others(self, found: Mapping[str, str]) -> dict[str, str]:
        asking = self.asked.caller.subject_id
        return dict([(one, arn) for one, arn in found.items() if one != asking][:MOST_CANDIDATES])

    def _gains(
        self, principal_id: str, arn: str, held: list[Held], changed: Held, after: str | None
    ) -> bool:
        before = self._decides(principal_id, arn, held)
        return not before and self._decides(principal_id, arn, list(_with(held, changed, after)))

    def _decides(self, principal_id: str, arn: str, held: list[Held]) -> bool:
        identity, boundary = compiled(held)
        own = replace(self._layers, identity=identity, boundary=boundary, session=None)
        principal = inputs.principal_of(arn, principal_id, bounded=boundary is not None)
        return decide(self._request(principal, arn), own).allowed

    def _request(self, principal: Principal, arn: str) -> Request:
        request = self.asked.request
        keys: dict[str, Any] = {**inputs.filled_keys(principal), "aws:PrincipalArn": arn}
        keys = {key: value for key, value in keys.items() if value}
        return replace(request, principal=principal, context=request.context.with_values(keys))


def _with(held: Iterable[Held], changed: Held, after: str | None) -> Iterable[Held]:
    for one in held:
        same = (one.arn, one.name) == (changed.arn, changed.name) and (
            one.arn is not None
            or (one.holder, one.holder_name) == (changed.holder, changed.holder_name)
        )
        if not same:
            yield one
        elif after is not None:
            yield one._replace(document=after, digest=after.encode())
        elif (one.holder, one.holder_name) != (changed.holder, changed.holder_name):
            yield one
