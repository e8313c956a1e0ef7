"""Into a member account and out again.

What is a member's own is behind the wall between accounts (accounts/tenancy.py): one account is
entered at a time, for as long as it takes to read some of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from accounts import tenancy
from accounts.models import Account
from iamsite.operations import Call
from iamsite.operations.caller import Caller
from iamsite.operations.organization import membership_of
from policies.engine import Principal, PrincipalKind


@contextmanager
def entered(call: Call, management: str, account: str) -> Iterator[Call | None]:
    """A call as of the account's own root user, the account entered; None for one that is closed.

    INVARIANT: only what the database says to be in the organization at this very moment is
    entered.
    """
    membership = membership_of(account)
    if membership is None or membership.management != management:
        yield None
        return
    with tenancy.entered(account, back=call.account):
        active = Account.objects.filter(id=account, status=Account.Status.ACTIVE)
        revision = active.values_list("revision", flat=True).first()
        if revision is None:
            yield None
            return
        arn = f"arn:aws:iam::{account}:root"
        root = Caller(
            account=account,
            principal=Principal(PrincipalKind.ROOT, arn, account, account),
            revision=revision,
            subject_id=account,
            organization=membership,
        )
        yield Call(root, call.origin, call.registered, call.service, call.params, call.now)
