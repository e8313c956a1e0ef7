"""Several things in one phrase."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _


def all_of(phrases: Sequence[str]) -> str:
    """`a, b and c`."""
    return _joined(phrases, _("%(first)s and %(last)s"))


def one_of(phrases: Sequence[str]) -> str:
    """`a, b or c`."""
    return _joined(phrases, _("%(first)s or %(last)s"))


def _joined(phrases: Sequence[str], last: str) -> str:
    if len(phrases) < 2:
        return "".join(phrases)
    return last % {"first": _(", ").join(phrases[:-1]), "last": phrases[-1]}
