"""Filters of a list that the address holds: texts and days that become parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.principals import named

DAYS = {"from": "StartTime", "to": "EndTime"}


@dataclass(frozen=True, slots=True)
class Filters:
    """`params` are what the operation is asked with, `chosen` what the address says, `problem`
    what it says wrongly."""

    params: Params
    chosen: dict[str, str]
    problem: str

    @property
    def any(self) -> bool:
        return any(self.chosen.values())


def filters_of(
    request: ConsoleRequest, names: Mapping[str, str], principals: Collection[str]
) -> Filters:
    """What the address's parameters `names` and its days `from` and `to` say; `names` maps each to
    the operation's parameter that it fills.

    `principal` may be the name of a user, or whatever else `principals` are the kinds of.
    """
    params: Params = {}
    problem = ""
    chosen = {name: request.GET.get(name, "").strip() for name in (*names, *DAYS)}
    for name, parameter in names.items():
        if chosen[name]:
            params[parameter] = chosen[name]
    if "PrincipalArn" in params:
        params["PrincipalArn"] = named(request.ask, params["PrincipalArn"], principals)
    for name, parameter in DAYS.items():
        if not chosen[name]:
            continue
        try:
            params[parameter] = _day(chosen[name], is_end=name == "to")
        except (ValueError, OverflowError):
            problem = _("%(text)s is not a date: write YYYY-MM-DD.") % {"text": chosen[name][:40]}
    if params.get("StartTime", datetime.min.replace(tzinfo=UTC)) >= params.get(
        "EndTime", datetime.max.replace(tzinfo=UTC)
    ):
        problem = _("The first day comes after the last.")
        del params["StartTime"], params["EndTime"]
    return Filters(params, chosen, problem)


def _day(text: str, *, is_end: bool) -> datetime:
    """The beginning of a day in UTC, or its end; or a whole time."""
    at = datetime.fromisoformat(text)
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    whole_day = is_end and len(text) <= len("YYYY-MM-DD")
    return at + timedelta(days=1) - timedelta(microseconds=1) if whole_day else at
