"""What differs between two policy documents, line by line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

from django.utils.translation import ngettext

from policies.engine.reader import Reader, Unreadable

AROUND = 4  # lines that are shown above and below a change
LONGEST = 100_000  # characters of a document that is compared: more than any that can be saved
MOST_LINES = 2_000  # of both together, in which what stayed is looked for

Line = tuple[str, str]
Change = tuple[str, int, int, int, int]  # as SequenceMatcher's opcodes


@dataclass(frozen=True, slots=True)
class Difference:
    """A document against the one that it is to replace.

    `count` is the number of lines that change: one that takes another's place counts once.
    `lines` are as `diff` tells them; none when nothing changes or `is_too_long` to compare.
    """

    count: int
    lines: list[Line]
    is_too_long: bool = False

    @classmethod
    def between(cls, before: str, after: str) -> Difference:
        if len(after) > LONGEST:
            return cls(0, [], is_too_long=True)
        old, new = _lines(before, after)
        found = _changes(old, new)
        changes = [one for one in found if one[0] != "equal"]
        count = sum(max(i2 - i1, j2 - j1) for _tag, i1, i2, j1, j2 in changes)
        return cls(count, _told(old, new, found) if changes else [])


def diff(before: str, after: str) -> list[Line]:
    """The lines of `after` against `before`, each with "added", "removed" or "".

    Of those far from every change only the number is told, as one line "skipped".
    """
    old, new = _lines(before, after)
    return _told(old, new, _changes(old, new))


def _told(old: Sequence[str], new: Sequence[str], changes: Sequence[Change]) -> list[Line]:
    lines: list[Line] = []
    for tag, i1, i2, j1, j2 in changes:
        if tag == "equal":
            lines += [("", f"  {line}") for line in old[i1:i2]]
        else:
            lines += [("removed", f"- {line}") for line in old[i1:i2]]
            lines += [("added", f"+ {line}") for line in new[j1:j2]]
    changed = [at for at, (kind, _line) in enumerate(lines) if kind]
    near = {at + by for at in changed for by in range(-AROUND, AROUND + 1)}
    told: list[Line] = []
    for is_near, run in groupby(enumerate(lines), lambda one: one[0] in near or not changed):
        part = [line for _at, line in run]
        if is_near or len(part) <= AROUND:
            told += part
        else:
            count = len(part)
            told.append(
                ("skipped", ngettext("  %d unchanged line", "  %d unchanged lines", count) % count)
            )
    return told


def _changes(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    if old != new and len(old) + len(new) > MOST_LINES:
        return [("replace", 0, len(old), 0, len(new))]
    return list(SequenceMatcher(None, old, new).get_opcodes())


def _lines(*documents: str) -> list[list[str]]:
    """Of JSON the lines as it is indented; all as they were typed when one of them is none."""
    try:
        return [_indented(document) for document in documents]
    except ValueError:
        return [document.splitlines() for document in documents]


def _indented(document: str) -> list[str]:
    """Raises ValueError for what is no JSON, or nested so deep that it only grows by indenting."""
    faults: list[object] = []
    try:
        Reader(document, lambda *fault: faults.append(fault)).read()
    except Unreadable as error:
        raise ValueError from error
    if faults:
        raise ValueError
    return json.dumps(json.loads(document), indent=2, ensure_ascii=False).splitlines()
