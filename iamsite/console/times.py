"""Times as people say them, with the exact UTC time beside."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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
    for size, words in _UNITS:
        if seconds >= size:
            number = int(seconds // size)
            return words(number) % {"n": number}
    return ""


def relative(moment: datetime, now: datetime | None = None) -> str:
    """ "3 days ago", "in 2 hours", "just now"."""
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    if seconds <= -60:
        # What ends in a week says so, though the page took a moment.
        seconds = math.floor(seconds / 60) * 60
    length = span(abs(seconds))
    if not length:
        return _("just now")
    return (_("%(length)s ago") if seconds > 0 else _("in %(length)s")) % {"length": length}


def exact(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
