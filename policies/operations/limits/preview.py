"""PreviewOrganizationChange: who in the member accounts gains and who loses what, before a limit of
the organization's is changed.

Proved as a change inside one account is (policies/operations/access/preview.py), account by
account: by deciding before and after, and by asking again what was asked on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from accounts import tenancy
from accounts.operations.organizations import scope
from iamsite.operations import Call, operation
from iamsite.operations.errors import invalid_input
from iamsite.operations.paging import page_while
from identities.models import Role, User
from policies.operations.access.comparing import Comparison
from policies.operations.access.spending import Budget
from policies.operations.limits.change import At, Concerned
from policies.operations.limits.concerned import concerned
from policies.operations.limits.drafts import Draft, draft_of, proposed, resources_of
from policies.operations.limits.entering import entered
from policies.operations.limits.replay import replay

ACTION = "portal:PreviewOrganizationChange"
MOST_ACCOUNTS = 100
MOST_DECISIONS = 100_000  # of one page; each takes some microseconds


def _may_preview(call: Call, **_: Any) -> None:
    """Whoever may make the change, and may look into the members, on each thing it changes."""
    change = call.found[Draft] = proposed(call)
    change.authorize_operation()
    kind = scope.policy_type(change) if "PolicyId" in change.params else None
    context = {"organizations:PolicyType": kind or change.params.get("PolicyType")}
    for resource in resources_of(change):
        call.authorize(ACTION, resource, context)


@operation(ACTION, issues=True, authorizes_itself=_may_preview)
def preview_organization_change(
    call: Call, AccountIds: Sequence[str] = (), Marker: str | None = None, **_: Any
) -> dict[str, Any]:
    draft = draft_of(call, call.found[Draft])
    changed = draft.changed()
    if AccountIds:
        _check_members(draft, AccountIds)
        changed = [one for one in changed if one in AccountIds]
    accounts = changed[:MOST_ACCOUNTS]
    names = _names(call, draft)
    budget = Budget(MOST_DECISIONS)
    comparison = Comparison(budget)
    complete = True

    def everybody(after: Any) -> Iterator[Concerned]:
        place = At(*after) if after is not None else None
        for account in accounts:
            if place is None or account >= place.account:
                behind = place if place is not None and account == place.account else None
                yield from concerned(call, draft, account, behind)

    def take(one: Concerned) -> dict[str, Any]:
        nonlocal complete
        found = one.compared(comparison)
        complete &= found.is_complete
        return {
            "AccountId": one.at.account,
            "AccountName": names.get(one.at.account, ""),
            "PrincipalArn": one.arn,
            "PrincipalType": one.kind,
            "Changes": found.output(one.uses),
        }

    found, paging = page_while(call, everybody, lambda one: one.at, take, budget.is_spent)
    _keep(call, draft, accounts)
    return {
        "AccountCount": len(changed),
        "AccountsLeftOut": len(changed) - len(accounts),
        "AffectedCount": _count(call, draft, accounts),
        "IsComplete": complete,
        "Principals": found,
        **({"Replay": replay(call, draft, accounts)} if Marker is None else {}),
        **paging,
    }


def _check_members(draft: Draft, accounts: Iterable[str]) -> None:
    for account in accounts:
        if account not in draft.before.members:
            raise invalid_input(f"AccountIds: {account} is no member of the organization.")


def _names(call: Call, draft: Draft) -> dict[str, str]:
    with tenancy.entered(draft.before.management, back=call.account):
        return {account: known.name for account, known in scope.known_accounts().items()}


def _count(call: Call, draft: Draft, accounts: Iterable[str]) -> int:
    """Root users, users and roles of the accounts."""
    count = 0
    for account in accounts:
        with entered(call, draft.before.management, account) as member:
            if member is not None:
                count += 1 + sum(model.objects.of(account).count() for model in (User, Role))
    return count


def _keep(call: Call, draft: Draft, accounts: Sequence[str]) -> None:
    """The trail names whom the caller looked at, for the management account too."""
    call.detail["AccountIds"] = list(accounts)
    if call.account != draft.before.management:
        call.shared_with.append(draft.before.management)
