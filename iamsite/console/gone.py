"""The page of a user, group or role that is there no more: when it went, and by whom."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from iamsite.console.asking import Asking, ConsoleRequest
from iamsite.operations import OperationError

LOOKED_AT = 1000  # events of each kind, the newest


def gone(request: ConsoleRequest, kind: str, name: str, error: OperationError) -> HttpResponse:
    """The page for `error`, which said that there is no such `kind` (User, Group, Role).

    Raises `error` again where the trail, as far as the viewer may see it, knows of none either.
    """
    if error.code != "NoSuchEntity":
        raise error
    deleted = _last(request.ask, f"Delete{kind}", f"{kind}Name", name)
    renamed = _last(request.ask, f"Update{kind}", f"{kind}Name", name, f"New{kind}Name")
    event = max(filter(None, (deleted, renamed)), key=lambda one: one["Sequence"], default=None)
    if event is None:
        raise error
    became = "" if event is deleted else json.loads(event["RequestParameters"])[f"New{kind}Name"]
    route = f"console:{kind.lower()}"
    context = {
        "kind": kind,
        "name": name,
        "event": event,
        "became": became,
        "became_url": reverse(route, args=[became]) if became else "",
        "list_url": reverse(f"{route}s"),
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
