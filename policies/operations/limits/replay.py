"""What was asked on record in the organization, asked again under the limits to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from accounts.models import DecisionRecord
from iamsite.operations import Call
from iamsite.operations.caller import Membership
from iamsite.operations.context import Keys, organization_keys
from policies.engine import Context, Request, decide
from policies.operations.access.replay import otherwise
from policies.operations.access.spending import Budget
from policies.operations.authorize import Question
from policies.operations.decisions.now import asked_again
from policies.operations.limits.drafts import Draft
from policies.operations.limits.entering import entered

MOST_OF_AN_ACCOUNT = 200
MOST_RECORDS = 1_000  # of all accounts together
MOST_OTHERS = 100  # accounts that are asked only for what they asked of those whose limits change
OF_PRINCIPAL, OF_RESOURCE = "aws:principalorg", "aws:resourceorg"


def replay(call: Call, draft: Draft, accounts: Sequence[str]) -> dict[str, Any]:
    """The portal model's DecisionReplay of `accounts`, whose limits change.

    Where their resource control policies change, also of what the rest of the organization asked
    for of theirs; of the management account's own only for itself. What an account asked before
    it joined is its own.
    """
    then = _Then(draft, accounts)
    others = then.others(call)
    asking = [*accounts, *others[:MOST_OTHERS]]
    budget = Budget(MOST_RECORDS)
    share = min(MOST_OF_AN_ACCOUNT, MOST_RECORDS // (len(asking) or 1))
    count, is_partial = 0, len(others) > MOST_OTHERS
    changes: list[dict[str, Any]] = []
    for account in asking:
        if budget.is_spent():
            is_partial = True
            break
        with entered(call, draft.before.management, account) as member:
            if member is None:
                continue
            rows = then.records(account)
            records = list(rows.order_by("-last_at", "id")[: share + 1])
            is_partial |= len(records) > share
            for record in records[:share]:
                if budget.is_spent():
                    is_partial = True
                    break
                budget.spend(1)
                count += 1
                changes += then.changed(member, record)
    return {"RecordCount": count, "IsPartial": is_partial, "Changes": changes}


class _Then:
    """The limits of some accounts as they would be."""

    def __init__(self, draft: Draft, accounts: Sequence[str]) -> None:
        self._draft = draft
        self._limits = {account: draft.after.limits(account) for account in accounts}
        self._closing = [
            account
            for account in accounts
            if draft.before.limits(account).rcps != self._limits[account].rcps
        ]

    def others(self, call: Call) -> list[str]:
        """The accounts that may have asked for what is those accounts'."""
        members, management = self._draft.before.members, self._draft.before.management
        if not self._closing:
            return []
        own = {*self._limits, *([management] if call.account != management else ())}
        return sorted(members.keys() - own)

    def records(self, account: str) -> Any:
        since = self._draft.before.joined[account]
        rows = DecisionRecord.objects.of(account).filter(last_at__gte=since)
        rows = rows.defer("ladder", "policies")
        if account in self._limits:
            return rows
        return rows.filter(resource_account__in=self._closing)

    def changed(self, member: Call, record: DecisionRecord) -> Iterator[dict[str, Any]]:
        """The model's ReplayedDecision, if it would be decided otherwise."""
        asked = asked_again(member, record)
        if asked is None:
            return
        then = self._question(member.account, asked)
        becomes = decide(then.request, then.layers).allowed
        if decide(asked.request, asked.layers).allowed != becomes:
            yield otherwise(record, asked, becomes)

    def _question(self, account: str, asked: Question) -> Question:
        layers, request = asked.layers, asked.request
        if account in self._limits:
            layers = replace(layers, scps=self._limits[account].scps)
            request = self._elsewhere(request, account, OF_PRINCIPAL)
        owner = request.resource_account
        if owner in self._limits:
            layers = replace(layers, rcps=self._limits[owner].rcps)
            request = self._elsewhere(request, owner, OF_RESOURCE)
        return Question(asked.caller, request, layers)

    def _elsewhere(self, request: Request, account: str, prefix: str) -> Request:
        """The request as its keys of that kind tell it where the account then stands."""
        becomes = self._draft.after.members.get(account)
        if becomes == self._draft.before.members[account]:
            return request
        kept = {
            key: value
            for key, value in request.context.by_key.items()
            if not key.startswith(prefix)
        }
        return replace(request, context=Context({**kept, **_keys(becomes, prefix)}))


def _keys(becomes: Membership | None, prefix: str) -> Keys:
    if becomes is None:
        return {}
    if prefix == OF_PRINCIPAL:
        return organization_keys(becomes)
    return {"aws:ResourceOrgID": becomes.id, "aws:ResourceOrgPaths": (becomes.path,)}
