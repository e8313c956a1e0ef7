"""Times as people say them, with the exact UTC time beside."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils.translation import ngettext

_UNITS = (
    (31_536_000, "%(n)d year", "%(n)d years"),
    (2_592_000, "%(n)d month", "%(n)d months"),
    (604_800, "%(n)d week", "%(n)d weeks"),
    (86_400, "%(n)d day", "%(n)d days"),
    (3_600, "%(n)d hour", "%(n)d hours"),
    (60, "%(n)d minute", "%(n)d minutes"),
)


def span(seconds: float) -> str:
    """A length of time in its largest whole unit: "3 days"; "" below a minute."""
    for size, one, many in _UNITS:
        if seconds >= size:
            number = int(seconds // size)
            return ngettext(one, many, number) % {"n": number}
    return ""


def relative(moment: datetime, now: datetime | None = None) -> str:
    """ "3 days ago", "in 2 hours", "just now"."""
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    length = span(abs(seconds))
    if not length:
        return "just now"
    return f"{length} ago" if seconds > 0 else f"in {length}"


def exact(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
