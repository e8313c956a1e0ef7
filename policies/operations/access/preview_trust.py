"""Who could become a role before and after a change of whom it trusts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from iamsite.operations import Call
from iamsite.operations.rows import fetch
from identities.models import Role
from identities.operations.sts.assume_role import NOBODY
from identities.trust import arns_of
from policies.engine import Document, Policy, PolicySet, compile_policies
from policies.operations.access.edges import Edge
from policies.operations.access.graph import becoming
from policies.operations.access.population import Member
from policies.operations.access.standing import ALLOWED, CONDITIONAL, DENIED, Difference

# The newest events of sessions given out that are looked through for those of some roles: each
# takes a microsecond or two.
MOST_EVENTS = 100_000
ASSUMED = """
SELECT principal_id, role, max(at) FROM (
    SELECT principal_id, resources, at FROM accounts_event
        WHERE account_id = %s AND operation = 'AssumeRole' AND outcome = 'Success'
        ORDER BY sequence DESC LIMIT %s) AS newest
    JOIN unnest(%s::text[]) AS role ON newest.resources ? role
    GROUP BY principal_id, role
"""
BEYOND = """
SELECT 1 FROM accounts_event
    WHERE account_id = %s AND operation = 'AssumeRole' AND outcome = 'Success'
    ORDER BY sequence DESC OFFSET %s LIMIT 1
"""


@dataclass(frozen=True)
class Assumed:
    """When users and roles last became some roles, by both ARNs; `is_complete` is False where
    older events were not looked at."""

    at: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    is_complete: bool = True


@dataclass(frozen=True)
class TrustDraft:
    """A role's trust policy before and after, pinned: None before it is there and when it is
    gone."""

    role: Role
    before: Document | None
    after: Document | None

    @property
    def trusted(self) -> PolicySet:
        """Whom it would trust, as decisions take it."""
        if self.after is None:
            return NOBODY
        return compile_policies([Policy(self.after, "AssumeRolePolicyDocument", None, "role")])


@dataclass(frozen=True)
class Assumer:
    """Somebody for whom it changes which roles it can become."""

    arn: str
    kind: str
    changes: list[Difference] = field(default_factory=list)

    def output(self, assumed: Assumed) -> dict[str, Any]:
        changes = [{**one.output(), **self._uses(one, assumed)} for one in self.changes]
        return {"PrincipalArn": self.arn, "PrincipalType": self.kind, "Changes": changes}

    def _uses(self, change: Difference, assumed: Assumed) -> dict[str, Any]:
        """UsedActions of the portal model's AccessDifference; none where nobody can tell."""
        at = assumed.at.get((self.arn, change.resource))
        if change.gains or (at is None and not assumed.is_complete):
            return {}
        action = change.actions[0]
        return {"UsedActions": [{"ActionName": action, "LastAccessedDate": at}] if at else []}


def assumers(
    call: Call, drafts: Sequence[TrustDraft], created: Sequence[Member], gone: Collection[str]
) -> tuple[list[Assumer], bool]:
    """Everybody for whom the drafts change something, by ARN, and whether all were asked.

    `created` are those who are not there yet; `gone` the ARNs of those who are to be deleted.
    """
    before = becoming(call, {one.role.arn: one.before for one in drafts if one.before}, created)
    after = becoming(call, {one.role.arn: one.after for one in drafts if one.after}, created)
    found: dict[str, Assumer] = {}
    for source, target in {**before.edges, **after.edges}:
        old, new = before.edges.get((source, target)), after.edges.get((source, target))
        edge = new or old
        if edge is None or _way(old) == _way(new) or source in gone:
            continue
        kind = before.kinds.get(source) or after.kinds[source]
        assumer = found.setdefault(source, Assumer(source, kind))
        change = Difference("sts", target, _way(old), _way(new), [edge.action])
        assumer.changes.append(change)
    ordered = sorted(found.values(), key=lambda one: one.arn)
    return ordered, before.is_complete and after.is_complete


def _way(edge: Edge | None) -> str:
    if edge is None:
        return DENIED
    return CONDITIONAL if edge.lacks else ALLOWED


def last_assumed(call: Call, drafts: Sequence[TrustDraft]) -> Assumed:
    """When each of the account's users and roles last became one of the roles, by both ARNs, as
    far as the newest events of the trail tell."""
    roles = [one.role.arn for one in drafts]
    if not roles:
        return Assumed()
    rows = fetch(ASSUMED, [call.account, MOST_EVENTS, roles])
    arns = arns_of({str(of).partition(":")[0] for of, *_ in rows})
    found: dict[tuple[str, str], datetime] = {}
    for of, role, at in rows:
        key = arns.get(str(of).partition(":")[0], ""), role
        found[key] = max(at, found.get(key, at))
    return Assumed(found, is_complete=not fetch(BEYOND, [call.account, MOST_EVENTS]))
