"""Several changes of access as one: whom they concern together, and what each would then hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from iamsite.operations import Call
from iamsite.operations.errors import invalid_input
from iamsite.operations.layers import Held
from identities.models import Membership, Role, User
from policies.operations.access.drafts import NOBODY, Draft, check_given, draft_of, to_be
from policies.operations.access.population import Member
from policies.operations.access.preview_resource import ResourceDraft
from policies.operations.access.preview_trust import TrustDraft


@dataclass(frozen=True)
class Together:
    """Drafts in the order in which they count; `resource` stands alone."""

    drafts: Sequence[Draft]

    @property
    def users(self) -> Q:
        return reduce(or_, (one.users for one in self.drafts), NOBODY)

    @property
    def roles(self) -> Q:
        return reduce(or_, (one.roles for one in self.drafts), NOBODY)

    @property
    def created(self) -> list[User | Role]:
        return [one.created for one in self.drafts if one.created is not None]

    @property
    def deleted(self) -> dict[str, User | Role]:
        """Those who would be no more, by id."""
        return {one.deleted.id: one.deleted for one in self.drafts if one.deleted is not None}

    @property
    def trusts(self) -> list[TrustDraft]:
        return [one.trust for one in self.drafts if one.trust is not None]

    @property
    def resource(self) -> ResourceDraft | None:
        return self.drafts[0].resource

    def held_by(self, members: Sequence[Member]) -> dict[str, list[Held]]:
        """What each of `members` would hold, by id; one query for who is in which group."""
        belonging = self._groups_of([one.row.id for one in members])
        return {one.row.id: self._held(one, belonging.get(one.row.id, set())) for one in members}

    def _held(self, member: Member, groups: set[str]) -> list[Held]:
        held = list(member.held)
        for draft in self.drafts:
            if draft.of is None or draft.of == member.row.id or draft.of in groups:
                held = draft.apply(held)
                if draft.of == member.row.id:
                    groups = (groups | {draft.joins or ""}) - {draft.leaves}
        return held

    def _groups_of(self, ids: Sequence[str]) -> dict[str, set[str]]:
        """The groups that the drafts speak of, by the users that are in them."""
        wanted = {one.of for one in self.drafts if one.of is not None}
        found: dict[str, set[str]] = {}
        if not ids:
            return found
        rows = Membership.objects.filter(user_id__in=ids, group_id__in=wanted)
        for user, group in rows.values_list("user_id", "group_id"):
            found.setdefault(user, set()).add(group)
        return found


def together(call: Call, changes: Sequence[Mapping[str, Any]]) -> Together:
    """What PolicyChanges of the portal's model describe when they are made at once.

    Raises InvalidInput, NoSuchEntity, EntityAlreadyExists, MalformedPolicyDocument.
    """
    for one in changes:
        check_given(one)
    created = {
        str(one["PrincipalArn"]): to_be(call, one)
        for one in changes
        if one["ChangeType"] in ("CreateUser", "CreateRole")
    }
    drafts = [draft_of(call, one, created) for one in changes]
    if len(drafts) > 1:
        _check_alone(drafts)
    return Together(sorted(drafts, key=lambda one: one.order))


def _check_alone(drafts: Sequence[Draft]) -> None:
    for one in drafts:
        if one.trust is not None and one.created is None and one.deleted is None:
            raise invalid_input("A change of a trust policy cannot be previewed with others.")
        if one.resource is not None:
            raise invalid_input("A change of a resource's policy cannot be previewed with others.")
