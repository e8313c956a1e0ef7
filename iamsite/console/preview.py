"""Who gains and who loses by a change of access that is not made yet, as pages show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from iamsite.console import limits_preview
from iamsite.console.asking import ConsoleRequest, Params, unauthenticated
from iamsite.console.changes import changes_of
from iamsite.console.errors import failure_of
from iamsite.console.principals import shown
from iamsite.console.steps import Step
from iamsite.operations import OperationError

PAGE = 25
# Of a resource's policy many are asked for whom nothing changes, and who are not shown.
LARGE_PAGE = 200
MOST_CHANGES = 40  # of one principal
MOST_TOGETHER = 100  # changes that one preview takes


def preview(request: ConsoleRequest, steps: Sequence[Step]) -> dict[str, Any]:
    """What to show of a page of PreviewPolicyChange, of the operations that a form stands for; of
    PreviewOrganizationChange, if it is one of Organizations."""
    try:
        if steps and steps[0][0].startswith(limits_preview.OPERATIONS):
            asked = limits_preview.asked_of(steps[0])
            return _asked(request, limits_preview.PREVIEW, asked, limits_preview.told)
        return _preview(request, changes_of(request.ask, steps))
    except OperationError as error:
        if unauthenticated(error):
            raise
        return {"error": failure_of(request, error)}


def preview_of_each(
    request: ConsoleRequest, acts: Mapping[str, Callable[[], Sequence[Step]]]
) -> dict[str, Any]:
    """As `preview`, of several acts, by the name of what each is about. One that cannot be looked
    at, because what it is about is gone, say, is told in `refused` and keeps no other back."""
    changes: list[Params] = []
    refused = []
    for name, steps in acts.items():
        try:
            changes += changes_of(request.ask, steps())
        except OperationError as error:
            if unauthenticated(error):
                raise
            refused.append(replace(failure_of(request, error), title=name))
    if refused and not changes:
        return {"refused": refused, "nothing": _("There is nothing left that it would change.")}
    try:
        return {**_preview(request, changes), "refused": refused}
    except OperationError as error:
        if unauthenticated(error):
            raise
        return {"error": failure_of(request, error)}


def _preview(request: ConsoleRequest, changes: list[Params]) -> dict[str, Any]:
    if not changes:
        return {"nothing": _("Saved like this, it changes nobody's access yet.")}
    size = LARGE_PAGE if "ResourceArn" in changes[0] else PAGE
    asked = {"Changes": changes[:MOST_TOGETHER], "MaxItems": size}
    return _asked(request, "PreviewPolicyChange", asked, partial(_told, count=len(changes)))


def _asked(
    request: ConsoleRequest,
    operation: str,
    asked: Params,
    told: Callable[[dict[str, Any]], dict[str, Any]],
) -> dict[str, Any]:
    marker = request.POST.get("_marker", "")
    paged = {"Marker": marker} if marker else {}
    answer = request.ask.see(found=(operation, {**asked, **paged}))["found"]
    if not answer:
        return {"denied": answer.denied}
    result = answer.result
    return {
        "count": result["AffectedCount"],
        "is_complete": result["IsComplete"],
        "replay": result.get("Replay"),
        "marker": result.get("Marker", ""),
        "is_first": not marker,
        **told(result),
    }


def _told(result: dict[str, Any], count: int) -> dict[str, Any]:
    rows = [_row(one) for one in result["Principals"] if one["Changes"] or one.get("IsDeleted")]
    replay = result.get("Replay")
    return {
        "left_out": max(0, count - MOST_TOGETHER),
        "looked_at": MOST_TOGETHER,
        "rows": rows,
        "is_outside": any(row["Shown"].kind in ("Account", "Principal") for row in rows),
        "replayed": [_replayed(one) for one in replay["Changes"]] if replay else [],
    }


def _row(found: dict[str, Any]) -> dict[str, Any]:
    changes = [_change(one) for one in found["Changes"][:MOST_CHANGES]]
    return {
        **found,
        "Shown": shown(found["PrincipalArn"], found["PrincipalType"]),
        "Changes": changes,
        "More": max(0, len(found["Changes"]) - MOST_CHANGES),
        "IsUnused": bool(changes) and not any(one.get("UsedActions", True) for one in changes),
    }


def _change(found: dict[str, Any]) -> dict[str, Any]:
    """With the actions that are in use named first."""
    used = {one["ActionName"].lower() for one in found.get("UsedActions", ())}
    names = sorted(found["ActionNames"], key=lambda name: name.lower() not in used)
    return {**found, "ActionNames": names}


def _replayed(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "Name": found["PrincipalArn"].split(":", 5)[-1]}
