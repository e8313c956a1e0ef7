"""The page of a user, group, role or policy that is there no more: when it went, and by whom."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from iamsite.console.asking import Asking, ConsoleRequest
from iamsite.operations import OperationError

LOOKED_AT = 1000  # events of each kind, the newest
LISTS = {"User": "users", "Group": "groups", "Role": "roles", "Policy": "policies"}


def gone(request: ConsoleRequest, kind: str, name: str, error: OperationError) -> HttpResponse:
    """The page for `error`, which said that there is no such `kind` (User, Group, Role, Policy).

    `name` is what its address holds: of a policy its ARN.

    Raises `error` again where the trail, as far as the viewer may see it, knows of none either.
    """
    if error.code != "NoSuchEntity":
        raise error
    parameter = "PolicyArn" if kind == "Policy" else f"{kind}Name"
    deleted = _last(request.ask, f"Delete{kind}", parameter, name)
    renamed = None  # only users and groups can be
    if kind in ("User", "Group"):
        renamed = _last(request.ask, f"Update{kind}", parameter, name, f"New{kind}Name")
    event = max(filter(None, (deleted, renamed)), key=lambda one: one["Sequence"], default=None)
    if event is None:
        raise error
    became = "" if event is deleted else json.loads(event["RequestParameters"])[f"New{kind}Name"]
    context = {
        "kind": kind,
        "name": name.rpartition("/")[2],
        "event": event,
        "became": became,
        "became_url": reverse(f"console:{kind.lower()}", args=[became]) if became else "",
        "list_url": reverse(f"console:{LISTS[kind]}"),
        "error": error,
    }
    return render(request, "console/gone.html", context, status=404)


def _last(
    ask: Asking, operation: str, parameter: str, name: str, demanded: str = ""
) -> dict[str, Any] | None:
    """The newest success of `operation` on the one of that name, with the parameter `demanded`."""
    asked = {"EventName": operation, "Outcome": "Success", "MaxItems": LOOKED_AT}
    for event in ask.see(events=("ListEvents", asked))["events"].result.get("Events", ()):
        given = json.loads(event["RequestParameters"])
        if str(given.get(parameter, "")).lower() == name.lower() and (
            not demanded or given.get(demanded)
        ):
            found: dict[str, Any] = event
            return found
    return None
