"""Whether one wildcard pattern matches everything that another matches."""

from __future__ import annotations

import re

from .source import Element

MANY = 200


def covers(wide: str, narrow: str) -> bool:
    """True only when every text that `narrow` matches is matched by `wide`.

    The narrow pattern is read as text in which its `*` may be met only by `*`, and its `?` by
    `?` or `*`. It may answer False for patterns that cover in a roundabout way. The time is
    at most the product of the lengths.
    """
    found = 0  # the literal pieces must stand in the narrow one, in order: quick to refute
    for piece in re.split("[*?]+", wide):
        found = narrow.find(piece, found)
        if found < 0:
            return False
        found += len(piece)
    at = mark = 0
    star = -1
    where = 0
    while at < len(narrow):
        char = wide[where] if where < len(wide) else ""
        if char == "*":
            star, mark, where = where, at, where + 1
        elif char and (char == narrow[at] or (char == "?" and narrow[at] != "*")):
            where, at = where + 1, at + 1
        elif star >= 0:
            mark += 1
            where, at = star + 1, mark
        else:
            return False
    return all(char == "*" for char in wide[where:])


def covered_by_others(items: list[Element], ignore_case: bool) -> list[Element]:
    """The items that another item of the list covers; of equal ones all but the first."""
    texts = [item.text.lower() if ignore_case else item.text for item in items]
    wide = [(at, text) for at, text in enumerate(texts) if "*" in text or "?" in text]
    if len(wide) > MANY:  # no policy of ordinary size: keep the time linear
        wide = []
    seen: set[str] = set()
    redundant = []
    for at, text in enumerate(texts):
        covering = (one for other, one in wide if other != at and one != text)
        if text in seen or any(covers(one, text) for one in covering):
            redundant.append(items[at])
        seen.add(text)
    return redundant


def all_covered(wide: list[Element], narrow: list[Element], ignore_case: bool) -> bool:
    """Whether each of the narrow patterns is covered by one of the wide ones."""
    fold = str.lower if ignore_case else str
    return all(any(covers(fold(one.text), fold(item.text)) for one in wide) for item in narrow)
