"""What an operator does to an account's quotas."""

from __future__ import annotations

from django.db import transaction

from accounts import tenancy
from accounts.models import Account as AccountRow
from tests.cast import Account


def set_quota(account: Account, name: str, limit: int) -> None:
    with transaction.atomic():
        tenancy.enter(account.id)
        AccountRow.objects.filter(id=account.id).update(quotas={name: limit})
