"""Reading in an account before the transaction of a call, as when an issuer is to be asked."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts import tenancy
from accounts.models import Account


class Reading:
    """Reads in an account, before the transaction of the call and apart from it.

    `is_open` tells whether there is such an account, and it is not suspended.
    """

    def __init__(self, account: str) -> None:
        self._account = account
        self._transaction = transaction.atomic(durable=True)
        self.is_open = False

    def __enter__(self) -> Reading:
        self._transaction.__enter__()
        tenancy.enter(self._account)
        rows = Account.objects.filter(id=self._account, status=Account.Status.ACTIVE)
        self.is_open = rows.exists()
        return self

    def __exit__(self, *raised: Any) -> None:
        self._transaction.__exit__(*raised)
