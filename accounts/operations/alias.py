"""The account's alias, its name in sign-in addresses (IAM API; api-behaviour.md §8.13)."""

from __future__ import annotations

import re
from typing import Any

from django.db import connection

from accounts.models import Account
from iamsite.operations import Call, operation
from iamsite.operations.errors import entity_already_exists, no_such_entity, validation_error
from iamsite.operations.paging import page_of_list

ACCOUNT_ID = re.compile(r"[0-9]{12}")


def _owner(alias: str) -> str | None:
    """The account of the installation that has the alias."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT iamsite_account_named(%s)", [alias])
        (account,) = cursor.fetchone()
    return account


@operation("iam:CreateAccountAlias")
def create_account_alias(call: Call, AccountAlias: str) -> None:
    if ACCOUNT_ID.fullmatch(AccountAlias):
        # People sign in by account id or alias: one must never pass for another's id.
        raise validation_error("An account alias must not have the form of an account ID.")
    if _owner(AccountAlias) not in (None, call.account):
        raise entity_already_exists(f"The account alias {AccountAlias} already exists.")
    Account.objects.filter(id=call.account).update(alias=AccountAlias)


@operation("iam:DeleteAccountAlias")
def delete_account_alias(call: Call, AccountAlias: str) -> None:
    if not Account.objects.filter(id=call.account, alias=AccountAlias).update(alias=None):
        raise no_such_entity(f"The account alias {AccountAlias} cannot be found.")


@operation("iam:ListAccountAliases", reads=True)
def list_account_aliases(
    call: Call, Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    alias = Account.objects.values_list("alias", flat=True).get(id=call.account)
    aliases, paging = page_of_list(call, [alias] if alias else [], str)
    return {"AccountAliases": aliases, **paging}
