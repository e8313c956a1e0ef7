"""Replacing an access key without a break, guided: create, hand over, deactivate, delete.

The page keeps nothing: where one is in it follows from the keys as they are, so that it may be
left and taken up again, by anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.viewer import viewer_of
from iamsite.operations import OperationError, Verdict
from identities.console.keys import keys_with_use

Key = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """One of the four acts; `url` is "" while it is not its turn."""

    done: bool
    title: str
    text: str
    url: str = ""
    action: str = ""
    may: Verdict | None = None
    tone: str = ""


@require_safe
def rotate_own_key(request: ConsoleRequest, key: str) -> HttpResponse:
    viewer = viewer_of(request)
    name = viewer.name if viewer is not None and viewer.kind == "user" else ""
    return _page(request, {"UserName": name} if name else {}, "", key)


@require_safe
def rotate_key(request: ConsoleRequest, name: str, key: str) -> HttpResponse:
    return _page(request, {"UserName": name}, name, key)


def _page(request: ConsoleRequest, who: Params, name: str, key: str) -> HttpResponse:
    answer = keys_with_use(request.ask, who)
    context: dict[str, Any] = {"name": name, "key": key, "denied": answer.denied}
    if answer:
        keys = {one["AccessKeyId"]: one for one in answer.result["AccessKeyMetadata"]}
        if key not in keys:
            raise OperationError(
                "NoSuchEntity", f"The Access Key with id {key} cannot be found.", 404
            )
        old = keys.pop(key)
        other = next(iter(keys.values()), None)
        context |= {
            "old": old,
            "other": other,
            "stages": _stages(request, who, name, old, other),
        }
    return render(request, "identities/rotate_key.html", context)


def _url(verb: str, name: str, key: str = "", back_to: str = "") -> str:
    which = "key" if name else "own-key"
    parts = [one for one in (name, key) if one]
    url = reverse(f"console:{verb}-{which}", args=parts)
    return f"{url}?rotating={back_to}" if back_to else url


def _stages(
    request: ConsoleRequest, who: Params, name: str, old: Key, other: Key | None
) -> list[Stage]:
    key = old["AccessKeyId"]
    of_old = {**who, "AccessKeyId": key}
    may = request.ask.may(
        create=("CreateAccessKey", who),
        update=("UpdateAccessKey", {**of_old, "Status": "Inactive"}),
        forget=("DeleteAccessKey", of_old),
    )
    new = other if other is not None and other["CreateDate"] >= old["CreateDate"] else None
    first = _("Create the new key")
    if other is not None and new is None:
        said = _("There are two keys already, and %(other)s is the older one: delete it first.") % {
            "other": other["AccessKeyId"]
        }
        creating = Stage(
            False,
            first,
            said,
            _url("delete", name, other["AccessKeyId"], key),
            _("Delete the older key"),
            may["forget"],
        )
    elif new is None:
        said = _("Both work side by side, so that nothing breaks. The secret is shown once.")
        creating = Stage(
            False,
            first,
            said,
            _url("create", name, back_to=key),
            _("Create key"),
            may["create"],
            "primary",
        )
    else:
        said = _("%(key)s is the new one.") % {"key": new["AccessKeyId"]}
        creating = Stage(True, first, said)
    is_used = new is not None and "LastUsedDate" in new["LastUsed"]
    is_off = old["Status"] == "Inactive"
    return [
        creating,
        Stage(is_used, _("Hand it over"), _handed(old, is_used)),
        Stage(
            is_off,
            _("Deactivate the old key"),
            _off(old, new, is_used, is_off),
            _url("deactivate", name, key, key) if new is not None and not is_off else "",
            _("Deactivate"),
            may["update"],
            "primary" if is_used else "",
        ),
        Stage(
            False,
            _("Delete the old key"),
            _("When nobody has missed it for some days. Until then it can be activated again."),
            _url("delete", name, key) if is_off else "",
            _("Delete"),
            may["forget"],
            "danger",
        ),
    ]


def _handed(old: Key, is_used: bool) -> str:
    if is_used:
        return _("The new key is in use.")
    last = old["LastUsed"]
    if "LastUsedDate" not in last:
        return _("The old key was never used: find out whether anybody holds it.")
    return _(
        "Put the new key wherever the old one is. The old one was last used for %(service)s in "
        "%(region)s; come back when the new one has been used."
    ) % {"service": last["ServiceName"], "region": last["Region"]}


def _off(old: Key, new: Key | None, is_used: bool, is_off: bool) -> str:
    if is_off:
        return _("It is refused.")
    if new is None:
        return _("Requests signed with it are refused; it can be activated again.")
    if not is_used:
        return _("The new key has not been used yet: what still has the old one would stop.")
    used, begun = old["LastUsed"].get("LastUsedDate"), new["LastUsed"]["LastUsedDate"]
    if used is not None and used > begun:
        return _("The old key is still in use: it was used after the new one.")
    return _("The old key was not used since the new one was.")
