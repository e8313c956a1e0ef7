"""Everything of an account that a client may leave behind."""

from __future__ import annotations

from typing import Any

from tests.cast import Account

LISTS = (
    "AccessKeys",
    "AccountAliases",
    "InstanceProfiles",
    "OpenIDConnectProviders",
    "SAMLProviders",
    "ServerCertificates",
    "VirtualMFADevices",
)


def inventory(account: Account) -> dict[str, Any]:
    found = {what: account.root.perform(f"List{what}") for what in LISTS}
    return found | account.root.perform("GetAccountAuthorizationDetails")
