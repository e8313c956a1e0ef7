"""The service models' patterns, which are written for Java, as Python matchers.

A pattern must match the whole text; `\\w` and `\\d` are ASCII. All of the models' patterns match in
time linear in the text; a test holds new ones to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from unicodedata import category

Matcher = Callable[[str], bool]

# What each Unicode category holds of ASCII.
_ASCII = {"L": "A-Za-z", "Z": " ", "N": "0-9"}


@cache
def matcher(pattern: str) -> Matcher:
    """A function that tells whether a whole text matches a model's pattern.

    Raises ValueError for a pattern that uses categories in a way that no model does today.
    """
    if r"\p{" in pattern:
        return _by_category(pattern)
    # Meant as code points beyond 0xFFFF, though Java reads the first four digits only.
    python = re.sub(r"\\u([0-9A-F]{5,6})(?=[-\]])", lambda m: rf"\U{m[1]:0>8}", pattern)
    fullmatch = re.compile(python, re.ASCII).fullmatch
    return lambda text: fullmatch(text) is not None


def _by_category(pattern: str) -> Matcher:
    anchored = re.fullmatch(r"\^\((.*)\)\$", pattern)
    whole = re.fullmatch(
        r"\[((?:\\p\{[LZN]\})+)([^\[\]]*)\]([+*])", anchored[1] if anchored else pattern
    )
    if whole is None:
        raise ValueError(f"cannot translate the pattern {pattern}")
    categories = frozenset(re.findall(r"\\p\{(.)\}", whole[1]))
    plain = re.compile(f"[{''.join(_ASCII[c] for c in sorted(categories))}{whole[2]}]*").fullmatch
    required = whole[3] == "+"

    def matches(text: str) -> bool:
        if not text:
            return not required
        return plain(text) is not None or all(
            category(character)[0] in categories or plain(character) is not None
            for character in text
        )

    return matches
