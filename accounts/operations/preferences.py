"""The account's own settings: the version of its session tokens, and its properties.

Source: the service models of IAM; api-behaviour.md §8.13.
"""

from __future__ import annotations

import re
from typing import Any

from accounts.models import Account
from accounts.properties import KNOWN, account_properties
from iamsite.operations import Call, operation
from iamsite.operations.errors import invalid_input

VERSIONS = {"v1Token": 1, "v2Token": 2}
KEY = re.compile(r"[^/]+/[^/]+")


@operation(
    "iam:SetSecurityTokenServicePreferences",
    differs="An account begins with version 2. There is one endpoint, and a request signed for "
    "us-east-1 counts as one to the global endpoint: tokens of version 1 that it gets are refused "
    "in requests signed for a region that AWS does not enable by default.",
)
def set_security_token_service_preferences(call: Call, GlobalEndpointTokenVersion: str) -> None:
    version = VERSIONS[GlobalEndpointTokenVersion]
    Account.objects.filter(id=call.account).update(token_version=version)


@operation(
    "iam:GetAccountProperties",
    reads=True,
    differs="The one property is `RoleManager/Enabled`; it is true until it is set.",
)
def get_account_properties(call: Call) -> dict[str, Any]:
    return {"Properties": account_properties(call.account)}


@operation(
    "iam:PutAccountProperties",
    differs="The one property is `RoleManager/Enabled`, which turns AcquireRole on and off.",
)
def put_account_properties(call: Call, Properties: dict[str, str]) -> dict[str, Any]:
    for key in Properties:
        if KEY.fullmatch(key) is None:
            raise invalid_input(
                f"The property key {key} must have the format Namespace/PropertyName."
            )
    if len({key.partition("/")[0] for key in Properties}) > 1:
        raise invalid_input("All properties in a request must belong to the same namespace.")
    for key, value in Properties.items():
        if key not in KNOWN:
            raise invalid_input(f"The property key {key} is not known.")
        if value not in KNOWN[key].values:
            wanted = " or ".join(KNOWN[key].values)
            raise invalid_input(f"The value of the property {key} must be {wanted}.")
    account = Account.objects.get(id=call.account)
    account.properties = {**account.properties, **Properties}
    account.save(update_fields=["properties"])
    return {}
