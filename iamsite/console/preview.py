"""Who gains and who loses by a change of a policy that is not made yet, as pages show it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from iamsite.console.asking import ConsoleRequest, Params, unauthenticated
from iamsite.console.errors import failure_of
from iamsite.console.principals import shown
from iamsite.operations import OperationError

PAGE = 25
MOST_CHANGES = 40  # of one principal


def preview(request: ConsoleRequest, change: Params | None) -> dict[str, Any]:
    """What to show of a page of PreviewPolicyChange; `change` None: nothing would count yet."""
    if change is None:
        return {"nothing": _("Saved like this, it does not count for anybody yet.")}
    marker = request.POST.get("_marker", "")
    asked = {**change, "MaxItems": PAGE, **({"Marker": marker} if marker else {})}
    try:
        answer = request.ask.see(found=("PreviewPolicyChange", asked))["found"]
    except OperationError as error:
        if unauthenticated(error):
            raise
        return {"error": failure_of(request, error)}
    if not answer:
        return {"denied": answer.denied}
    result = answer.result
    rows = [_row(one) for one in result["Principals"] if one["Changes"]]
    replay = result.get("Replay")
    return {
        "count": result["AffectedCount"],
        "is_complete": result["IsComplete"],
        "rows": rows,
        "replay": replay,
        "replayed": [_replayed(one) for one in replay["Changes"]] if replay else [],
        "marker": result.get("Marker", ""),
        "is_first": not marker,
    }


def _row(found: dict[str, Any]) -> dict[str, Any]:
    kind = found["PrincipalType"]
    changes = found["Changes"]
    return {
        "Shown": shown(found["PrincipalArn"], kind),
        "Changes": changes[:MOST_CHANGES],
        "More": max(0, len(changes) - MOST_CHANGES),
    }


def _replayed(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "Name": found["PrincipalArn"].split(":", 5)[-1]}
