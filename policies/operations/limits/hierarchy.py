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
    document_of,
    limits_from,
)
from policies.engine import Document

Documents = tuple[Document | None, Document | None]


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


def documents_between(before: Hierarchy, after: Hierarchy, account: str) -> list[Documents]:
    """The documents that bear on the account otherwise than before: before and after, None for
    none."""
    was, becomes = (
        {(one.target, one.id): one for one in of.bearing_on(account)} for of in (before, after)
    )
    found = {
        (_document(was.get(key)), _document(becomes.get(key))): None
        for key in {**was, **becomes}
        if was.get(key) != becomes.get(key)
    }
    return list(found)


def documents_throughout(before: Hierarchy, after: Hierarchy, account: str) -> set[Document]:
    """The documents that bear on the account before and after, wherever."""
    was, becomes = (
        {document_of(one.content, one.kind) for one in of.bearing_on(account)}
        for of in (before, after)
    )
    return was & becomes


def _document(attached: Attached | None) -> Document | None:
    return document_of(attached.content, attached.kind) if attached is not None else None
