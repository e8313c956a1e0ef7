"""Texts with places to be filled in: `@{name}`, of permission and role templates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

PLACE = re.compile(r"@\{([^{}]+)\}")
# What would make of a value more than text: wildcards, policy variables, other places.
MARKS = "*?$@"

Values = Mapping[str, Sequence[str]]


def names_in(text: str) -> set[str]:
    return set(PLACE.findall(text))


def is_plain(value: str) -> bool:
    """Whether a value is text and nothing else wherever it is filled in."""
    return not any(mark in value for mark in MARKS)


def fill(value: Any, values: Values) -> Any:
    """`value`, parsed JSON, with every place filled: a text with a place for a list becomes as
    many texts."""
    if isinstance(value, dict):
        return {str(_filled(key, values)): fill(one, values) for key, one in value.items()}
    if isinstance(value, list):
        return [text for one in value for text in _as_list(fill(one, values))]
    return _filled(value, values) if isinstance(value, str) else value


def _filled(text: str, values: Values) -> str | list[str]:
    texts = list(_texts(text, values))
    return texts[0] if len(texts) == 1 else texts


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _texts(text: str, values: Values) -> Iterator[str]:
    place = PLACE.search(text)
    if place is None:
        yield text
        return
    for value in values[place[1]]:
        # What is filled in holds no place, so the rest is all that is left to fill.
        for rest in _texts(text[place.end() :], values):
            yield text[: place.start()] + value + rest
