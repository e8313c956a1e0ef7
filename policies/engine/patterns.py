"""Wildcards: `*` stands for any number of characters, `?` for exactly one.

INVARIANT: matching takes time linear in the text for patterns of `*` and literals, and a
machine word's worth of pattern a step where `?` is involved. No regular expression is ever built
from a pattern, so none can backtrack.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum


class Wildcard(Enum):
    MANY = "*"
    ONE = "?"


MANY, ONE = Wildcard.MANY, Wildcard.ONE
Token = str | Wildcard

_WILDCARDS = re.compile(r"([*?])")


def fold(text: str) -> str:
    """Lower case for comparison, in which no letter becomes one of another script.

    `str.lower` turns the Kelvin sign into "k" and the Angstrom sign into "å": a look-alike
    would match. Such letters stay what they are.
    """
    if text.isascii():
        return text.lower()
    return "".join(map(_fold_letter, text))


def _fold_letter(letter: str) -> str:
    lower = letter.lower()
    return lower if len(lower) == 1 and (letter <= "\xff" or lower > "\xff") else letter


def tokens_of(text: str) -> list[Token]:
    """A pattern's text as literals and wildcards."""
    if "*" not in text and "?" not in text:
        return [text] if text else []
    return [
        MANY if piece == "*" else ONE if piece == "?" else piece
        for piece in _WILDCARDS.split(text)
        if piece
    ]


class Glob:
    """A pattern ready to match whole texts.

    `literal` is its text if it has no wildcard; `prefix` is its literal beginning if the rest
    is one `*`; else both are None. `head` is its literal beginning in any case.
    """

    __slots__ = ("_segments", "head", "literal", "prefix")

    def __init__(self, tokens: Iterable[Token]) -> None:
        # Segments lie between stars; a segment is the literals around its question marks.
        segments: list[list[str]] = [[""]]
        for token in tokens:
            if token is MANY:
                if len(segments) == 1 or segments[-1] != [""]:
                    segments.append([""])
            elif token is ONE:
                segments[-1].append("")
            elif isinstance(token, str):
                segments[-1][-1] += token
        self._segments = tuple(_Segment(tuple(pieces)) for pieces in segments)
        self.head = segments[0][0]
        simple = len(segments[0]) == 1
        self.literal = self.head if simple and len(segments) == 1 else None
        self.prefix = self.head if simple and segments[1:] == [[""]] else None

    @classmethod
    def of(cls, text: str) -> Glob:
        return cls(tokens_of(text))

    @classmethod
    def with_gaps(cls, pieces: Iterable[str]) -> Glob:
        """The literal pieces in order, with one character or more between each two."""
        tokens: list[Token] = []
        for piece in pieces:
            tokens += [ONE, MANY, piece]
        return cls(tokens[2:])

    def matches(self, text: str) -> bool:
        if self.literal is not None:
            return text == self.literal
        if self.prefix is not None:
            return text.startswith(self.prefix)
        segments = self._segments
        first, last = segments[0], segments[-1]
        if len(segments) == 1:
            return len(text) == first.length and first.stands_at(text, 0)
        start, end = first.length, len(text) - last.length
        if start > end or not first.stands_at(text, 0) or not last.stands_at(text, end):
            return False
        # The leftmost place is always as good as any later one, so there is no way back.
        for segment in segments[1:-1]:
            found = segment.find(text, start, end)
            if found < 0:
                return False
            start = found + segment.length
        return True

    def literals(self) -> list[str]:
        """Every literal piece, in order: each stands unbroken in any text that matches."""
        return [piece for segment in self._segments for piece in segment.pieces if piece]


class _Segment:
    """Literal pieces with exactly one arbitrary character between each two."""

    __slots__ = ("_any", "_masks", "length", "pieces")

    def __init__(self, pieces: tuple[str, ...]) -> None:
        self.pieces = pieces
        self.length = sum(map(len, pieces)) + len(pieces) - 1
        self._masks: dict[str, int] | None = None
        self._any = 0

    def stands_at(self, text: str, offset: int) -> bool:
        for piece in self.pieces:
            if not text.startswith(piece, offset):
                return False
            offset += len(piece) + 1
        return True

    def find(self, text: str, start: int, end: int) -> int:
        """Where the segment first stands within text[start:end], or -1."""
        if len(self.pieces) == 1:
            return text.find(self.pieces[0], start, end)
        if start + self.length > end:
            return -1
        # Shift-and: bit i of `state` says that the segment's first i+1 characters end here.
        masks = self._masks if self._masks is not None else self._build_masks()
        state, goal, everywhere = 0, 1 << (self.length - 1), self._any
        for offset in range(start, end):
            state = (state << 1 | 1) & masks.get(text[offset], everywhere)
            if state & goal:
                return offset - self.length + 1
        return -1

    def _build_masks(self) -> dict[str, int]:
        letters: dict[str, list[int]] = {}
        wild, place = 0, 0
        for index, piece in enumerate(self.pieces):
            if index:
                wild |= 1 << place
                place += 1
            for letter in piece:
                letters.setdefault(letter, []).append(place)
                place += 1
        masks = {}
        for letter, places in letters.items():
            mask = wild
            for bit in places:
                mask |= 1 << bit
            masks[letter] = mask
        self._masks, self._any = masks, wild
        return masks
