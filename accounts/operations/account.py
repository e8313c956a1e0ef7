"""The account itself: its name, and what is first to be mended in it."""

from __future__ import annotations

from typing import Any

from accounts.models import Account, Person
from accounts.operations.recommendations import dismissed
from accounts.operations.root import root_has_mfa
from iamsite.operations import Call, operation
from iamsite.operations.errors import validation_error
from identities.administrators import has_administrator
from identities.models import AccessKey


@operation("portal:GetAccountStatus", reads=True)
def get_account_status(call: Call) -> dict[str, Any]:
    account = Account.objects.get(id=call.account)
    root = Person.objects.get(account=account)
    keys = AccessKey.objects.of(call.account).filter(user=None)
    status = {
        "AccountId": account.id,
        "AccountName": account.name,
        "CreateDate": account.created_at,
        "RootEmailAddress": root.email,
        "RootMFAEnabled": root_has_mfa(call.account),
        "RootAccessKeysActive": keys.filter(status=AccessKey.Status.ACTIVE).exists(),
        "RootLocked": account.root_locked_at is not None,
        "AdministratorPresent": has_administrator(call.account, call.caller.revision),
        "DismissedRecommendations": dismissed(account, call.now),
    }
    optional = {
        "AccountAlias": account.alias,
        "RootLockedAt": account.root_locked_at,
        "RootPasswordLastUsed": root.password_last_used,
    }
    return status | {name: value for name, value in optional.items() if value is not None}


@operation("portal:UpdateAccountName")
def update_account_name(call: Call, AccountName: str) -> None:
    name = AccountName.strip()
    if not name or not name.isprintable():
        raise validation_error("An account name has no control characters and is not empty.")
    Account.objects.filter(id=call.account).update(name=name)
