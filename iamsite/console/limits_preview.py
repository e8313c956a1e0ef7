"""Who in the member accounts gains and loses by a change of an organization's limits, as pages show
it: as iamsite/console/preview.py does for changes inside one account."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from iamsite.console.asking import Params
from iamsite.console.principals import Shown
from iamsite.console.steps import Step
from iamsite.operations.models import operation_model

PREVIEW = "PreviewOrganizationChange"
OPERATIONS = "organizations:"
PAGE = 100
MOST_CHANGES = 40  # of one group of principals
MOST_SERVICES = 4  # that stand one by one
MOST_REPLAYED = 50
ANY_ACTION = "*:*"


def asked_of(step: Step) -> Params:
    """What PreviewOrganizationChange is asked, of an operation of Organizations."""
    operation, params = step
    taken = operation_model(PREVIEW).members
    return {
        "ChangeType": operation.removeprefix(OPERATIONS),
        **{key: value for key, value in params.items() if key in taken},
        "MaxItems": PAGE,
    }


def told(result: dict[str, Any]) -> dict[str, Any]:
    """What to show of a page of PreviewOrganizationChange."""
    if not result["AccountCount"]:
        return {"nothing": _("It changes no member account's limits.")}
    replay = result.get("Replay")
    return {
        "is_of_limits": True,
        "account_count": result["AccountCount"],
        "looked_into": result["AccountCount"] - result["AccountsLeftOut"],
        "left_out": result["AccountsLeftOut"],
        "accounts": _accounts(one for one in result["Principals"] if one["Changes"]),
        "replayed": [_replayed(one) for one in replay["Changes"][:MOST_REPLAYED]] if replay else [],
        "more_replayed": max(0, len(replay["Changes"]) - MOST_REPLAYED) if replay else 0,
    }


def _accounts(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Account by account; principals for whom the same changes stand together."""
    accounts = []
    for account, principals in groupby(found, lambda one: one["AccountId"]):
        rows: dict[str, dict[str, Any]] = {}
        name = account
        for one in principals:
            name = one["AccountName"] or account
            row = rows.setdefault(repr(one["Changes"]), {"Principals": []})
            # A member's principals have no page here.
            row["Principals"].append(Shown(one["PrincipalArn"], one["PrincipalType"]))
            row["Found"] = one["Changes"]
        for row in rows.values():
            changes = _together(row.pop("Found"))
            row["Changes"] = changes[:MOST_CHANGES]
            row["IsUnused"] = not any(one.get("UsedActions", True) for one in changes)
            row["More"] = max(0, len(changes) - MOST_CHANGES)
        accounts.append({"Id": account, "Name": name, "Rows": list(rows.values())})
    return accounts


def _together(changes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same of many services on one resource as one, with the services beneath."""
    alike: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for one in changes:
        what = tuple(one[key] for key in ("Effect", "Was", "Becomes", "ResourceArn"))
        # What stands for actions that nobody names is of no service.
        named = one["ActionNames"][0] != ANY_ACTION
        alike.setdefault((*what, named), []).append(one)
    return [
        shown
        for found in alike.values()
        for shown in (found if len(found) <= MOST_SERVICES else [_of_services(found)])
    ]


def _of_services(found: list[dict[str, Any]]) -> dict[str, Any]:
    used = [use for one in found for use in one.get("UsedActions", ())]
    newest = sorted(used, key=lambda use: use["LastAccessedDate"], reverse=True)
    told = {"UsedActions": newest} if "UsedActions" in found[0] else {}
    total = sum(one["ActionCount"] for one in found)
    return {**found[0], **told, "Of": found, "Total": total}


def _replayed(found: dict[str, Any]) -> dict[str, Any]:
    _, _, _, _, account, name = found["PrincipalArn"].split(":", 5)
    return {**found, "Account": account, "Name": name}
