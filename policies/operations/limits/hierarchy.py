"""An organization as it limits its members: where each account stands and what is attached where.

The layers that it gives are those that the evaluator is given (iamsite.operations.organization);
a change makes another hierarchy, of which nothing is kept by revision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from accounts.models import Member, Organization, OrganizationPolicy, PolicyTarget
from iamsite.operations.caller import Membership
from iamsite.operations.organization import (
    UNLIMITED,
    Attached,
    Limits,
    attached_as,
    limits_from,
)


@dataclass(frozen=True)
class Hierarchy:
    """`members` are the memberships by account, the management account's too, `joined` since when;
    `attached` is every policy on every node."""

    management: str
    members: Mapping[str, Membership]
    joined: Mapping[str, datetime]
    attached: Sequence[Attached]

    @cached_property
    def _by_node(self) -> Mapping[str, Sequence[Attached]]:
        found: dict[str, list[Attached]] = {}
        for one in self.attached:
            found.setdefault(one.target, []).append(one)
        return found

    def bearing_on(self, account: str) -> list[Attached]:
        """Every policy on the way from the root to the account."""
        return [one for node in self._nodes(account) for one in self._by_node.get(node, ())]

    def limits(self, account: str) -> Limits:
        """What limits the account: nothing one that is no member, and the management account."""
        if account == self.management or account not in self.members:
            return UNLIMITED
        return limits_from(self._nodes(account), self.bearing_on(account))

    def _nodes(self, account: str) -> tuple[str, ...]:
        if account not in self.members:
            return ()
        return (*self.members[account].nodes, account)

    def with_attached(self, attached: Sequence[Attached]) -> Hierarchy:
        return replace(self, attached=sorted(attached, key=_order))

    def moved(self, account: str, path: str | None) -> Hierarchy:
        """As it is with the account elsewhere; with None for a path, without it."""
        members = dict(self.members)
        was = members.pop(account)
        if path is not None:
            members[account] = was._replace(path=path)
        return replace(self, members=members)


def hierarchy_of(organization: Organization) -> Hierarchy:
    """The organization of the entered management account as it is."""
    account = organization.account_id
    rows = list(Member.objects.of(account))
    members = {row.member: Membership(row.path, account, organization.revision) for row in rows}
    joined = {row.member: row.joined_at for row in rows}
    texts = {
        row.id: (row.name, row.content, bytes(row.digest))
        for row in OrganizationPolicy.objects.of(account)
    }
    where = members[account]
    attached = [
        attached_as(where, row.target, row.kind, row.policy, *texts.get(row.policy, (None,) * 3))
        for row in PolicyTarget.objects.of(account)
    ]
    return Hierarchy(account, members, joined, sorted(attached, key=_order))


def _order(one: Attached) -> tuple[str, str]:
    return one.kind, one.id
