"""What the console recommends to an account, as far as it is skipped or put off.

First steps of a new account may be skipped for good. What is wrong with the root user may only be
put off: it is told again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from accounts.models import Account
from iamsite.operations import Call, operation
from iamsite.operations.errors import invalid_input, no_such_entity

FINDINGS = {"RootAccessKeys", "RootMFA", "NoAdministrator", "RootNotLocked"}
LONGEST = timedelta(days=366)


def dismissed(account: Account, now: datetime) -> list[dict[str, Any]]:
    """Those that hold, in the shape of the portal model's DismissedRecommendation."""
    found = []
    for kept in account.dismissed:
        until = datetime.fromisoformat(kept["until"]) if kept["until"] else None
        if until is None or until > now:
            found.append(
                {
                    "RecommendationName": kept["name"],
                    "PrincipalArn": kept["by"],
                    "DismissDate": datetime.fromisoformat(kept["at"]),
                    **({"Until": until} if until is not None else {}),
                }
            )
    return found


@operation("portal:DismissRecommendation")
def dismiss_recommendation(
    call: Call, RecommendationName: str, Until: datetime | None = None
) -> None:
    if Until is None and RecommendationName in FINDINGS:
        raise invalid_input("Until must be given: a finding can only be put off.")
    if Until is not None and not call.now < Until <= call.now + LONGEST:
        raise invalid_input("Until must be a time within the next year.")
    row = {
        "name": RecommendationName,
        "by": call.caller.principal.arn,
        "at": call.now.isoformat(),
        "until": Until.isoformat() if Until is not None else None,
    }
    account = Account.objects.get(id=call.account)
    _save(account, [*_others(account, RecommendationName), row])


@operation("portal:RestoreRecommendation")
def restore_recommendation(call: Call, RecommendationName: str) -> None:
    account = Account.objects.get(id=call.account)
    others = _others(account, RecommendationName)
    if len(others) == len(account.dismissed):
        raise no_such_entity(f"The recommendation {RecommendationName} is not dismissed.")
    _save(account, others)


def _others(account: Account, name: str) -> list[dict[str, Any]]:
    return [kept for kept in account.dismissed if kept["name"] != name]


def _save(account: Account, rows: list[dict[str, Any]]) -> None:
    account.dismissed = rows
    account.save(update_fields=["dismissed"])
