"""Which decisions an account keeps, and how long."""

from __future__ import annotations

from typing import Any

from accounts.models import Account
from iamsite.operations import Call, operation


@operation("portal:GetDecisionSettings", reads=True)
def get_decision_settings(call: Call) -> dict[str, Any]:
    account = Account.objects.get(id=call.account)
    return {
        "RetentionDays": account.decision_days,
        "AllowedSamplePercent": account.allowed_percent,
    }


@operation("portal:UpdateDecisionSettings")
def update_decision_settings(
    call: Call, RetentionDays: int | None = None, AllowedSamplePercent: int | None = None
) -> None:
    given = {"decision_days": RetentionDays, "allowed_percent": AllowedSamplePercent}
    changes = {name: value for name, value in given.items() if value is not None}
    if changes:
        Account.objects.filter(id=call.account).update(**changes)
