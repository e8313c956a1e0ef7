"""Times as people say them, with the exact UTC time beside."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

LENGTHS = 1024  # that a process keeps, of a page's many that are the same

_UNITS: tuple[tuple[int, Callable[[int], str]], ...] = (
    (31_536_000, lambda n: ngettext("%(n)d year", "%(n)d years", n)),
    (2_592_000, lambda n: ngettext("%(n)d month", "%(n)d months", n)),
    (604_800, lambda n: ngettext("%(n)d week", "%(n)d weeks", n)),
    (86_400, lambda n: ngettext("%(n)d day", "%(n)d days", n)),
    (3_600, lambda n: ngettext("%(n)d hour", "%(n)d hours", n)),
    (60, lambda n: ngettext("%(n)d minute", "%(n)d minutes", n)),
)


def span(seconds: float) -> str:
    """A length of time in its largest whole unit: "3 days"; "" below a minute."""
    for unit, (size, _words) in enumerate(_UNITS):
        if seconds >= size:
            return _length(get_language(), unit, int(seconds // size))
    return ""


@lru_cache(LENGTHS)
def _length(language: str, unit: int, number: int) -> str:
    return _UNITS[unit][1](number) % {"n": number}


def relative(moment: datetime, now: datetime | None = None) -> str:
    """ "3 days ago", "in 2 hours", "just now"."""
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    if seconds <= -60:
        # What ends in a week says so, though the page took a moment.
        seconds = math.floor(seconds / 60) * 60
    return _from_now(get_language(), span(abs(seconds)), seconds > 0)


@lru_cache(LENGTHS)
def _from_now(language: str, length: str, is_past: bool) -> str:
    if not length:
        return _("just now")
    return (_("%(length)s ago") if is_past else _("in %(length)s")) % {"length": length}


def exact(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
