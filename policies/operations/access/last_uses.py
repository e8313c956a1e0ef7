"""When those who would lose something last used it (iamsite/operations/last_access.py)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from iamsite.operations import Call, last_access
from identities.models import LastAccess
from policies.operations.access.probes import ANY_ACTION, Probe
from policies.operations.access.standing import ORDER, Difference, Judge

MOST_USES = 20  # of one row, the newest


class Use(NamedTuple):
    """An action, as policies write it, and when it was last tried."""

    action: str
    at: datetime


@dataclass(frozen=True)
class LastUses:
    """The uses of some principals by unique id, the newest first."""

    by_principal: dict[str, list[Use]]

    def output(
        self,
        principal: str,
        found: Difference,
        others: Sequence[Difference],
        judges: Sequence[Judge],
    ) -> dict[str, Any]:
        """UsedActions of the portal model's AccessDifference; nothing of what is gained."""
        if found.gains:
            return {}
        uses = self.by_principal.get(principal, [])
        if ANY_ACTION in found.actions:
            used = list(_of_all(uses, found, others, judges))
        else:
            names = {one.lower() for one in found.actions}
            used = [use for use in uses if use.action.lower() in names]
        return {
            "UsedActions": [
                {"ActionName": one.action, "LastAccessedDate": one.at} for one in used[:MOST_USES]
            ]
        }


def _of_all(
    uses: Sequence[Use], found: Difference, others: Sequence[Difference], judges: Sequence[Judge]
) -> Iterator[Use]:
    """Of "every other action" those that no other row tells of and that are lost as well."""
    told = {action.lower() for one in others for action in one.actions}
    for use in uses:
        if use.action.lower() in told:
            continue
        was, becomes = (judge(Probe(use.action, found.resource)) for judge in judges)
        if ORDER.index(becomes) < ORDER.index(was):
            yield use


def last_uses(call: Call, principals: Sequence[str]) -> LastUses:
    """What these users and roles, by unique id, have tried within the tracking period."""
    last_access.flush()
    rows = LastAccess.objects.of(call.account).filter(
        principal_id__in=principals, at__gt=last_access.since(call.now)
    )
    found: dict[str, list[Use]] = {}
    values = rows.exclude(action="").order_by("-at", "service", "action")
    for of, service, action, at in values.values_list("principal_id", "service", "action", "at"):
        found.setdefault(of, []).append(Use(f"{service}:{action}", at))
    return LastUses(found)
