"""Everybody in a member account whom a change of its limits concerns, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iamsite.operations import Call
from policies.operations.access.last_uses import Use, last_uses
from policies.operations.access.population import Place, members
from policies.operations.limits.change import ROOT, At, Change, Concerned
from policies.operations.limits.drafts import Draft
from policies.operations.limits.entering import entered
from policies.operations.limits.named import NAMED, named

BATCH = 200


def concerned(call: Call, draft: Draft, account: str, after: At | None) -> Iterator[Concerned]:
    """In order: root user, users, roles, then whom the account's resources and roles let in;
    those behind `after`."""
    kind, name = (after.kind, after.name) if after is not None else (ROOT, "")
    if kind not in NAMED:
        yield from _own(call, draft, account, Place(kind, name), is_first=after is None)
        kind, name = NAMED[0], ""
    for stage in NAMED[NAMED.index(kind) :]:
        yield from named(call, draft, account, stage, name)
        name = ""


def _own(
    call: Call, draft: Draft, account: str, place: Place, *, is_first: bool
) -> Iterator[Concerned]:
    while True:
        with entered(call, draft.before.management, account) as member:
            if member is None:
                return
            change = Change(member, draft)
            rows = members(member, place, BATCH)
            used = _Used(member, draft, [account, *(one.row.id for one in rows)])
        # One by one, as they are asked for: what there is to ask of one may be much.
        if is_first:
            yield change.root(used.by(account))
        for one in rows:
            yield change.member(one, used.by(one.row.id))
        if len(rows) < BATCH:
            return
        place, is_first = rows[-1].place, False


class _Used:
    """What those of the ids have used since their account joined: what was before is its own."""

    def __init__(self, member: Call, draft: Draft, ids: Sequence[str]) -> None:
        self._uses = last_uses(member, ids).by_principal
        self._since = draft.before.joined[member.account]

    def by(self, principal: str) -> list[Use]:
        return [use for use in self._uses.get(principal, ()) if use.at >= self._since]
