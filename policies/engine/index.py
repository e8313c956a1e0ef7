"""The statements of one effect about one action, merged.

Asked for a resource, Rules answers what is left to test: nothing, because a statement without
conditions covers it; or checks of the context, one of which must hold. Found by exact text, then
by literal beginning, then among the patterns that share a rare piece with the resource; so the
cost does not grow with the statements that are about something else.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from .alternatives import either
from .conditions import Check, Conditions
from .resources import Resource, ResourcePattern, WildPattern
from .variables import Values

# What is left to test: None, nothing (it holds); else one of the checks must hold.
Rest = tuple[Check, ...] | None

_SMALL = 8
_GRAM = 4


class Rule(NamedTuple):
    """What is left of a statement once its action is known to match.

    `covers` tests the resource of a NotResource statement, or is None.
    """

    resources: tuple[ResourcePattern, ...] | None
    covers: Callable[[Resource, Values], bool] | None
    conditions: Conditions | None


Guards = list[Conditions | None]  # None: no condition


class Rules:
    """All rules of one effect; joined by OR."""

    __slots__ = ("_everything", "_literals", "_negative", "_prefixes", "_wild")

    def __init__(self, rules: Iterable[Rule]) -> None:
        everything: Guards = []
        literals: dict[str, Guards] = {}
        prefixes: dict[str, Guards] = {}
        wild: dict[WildPattern, Guards] = {}
        self._negative: list[Rule] = []
        self._literals: dict[str, Rest] = {}
        self._prefixes: _Prefixes | None = None
        self._wild: _Pieces | None = None
        for resources, covers, conditions in rules:
            if covers is not None:
                self._negative.append(Rule(resources, covers, conditions))
                continue
            if resources is None:
                everything.append(conditions)
            for pattern in resources or ():
                if pattern.everything:
                    everything.append(conditions)
                elif pattern.literal is not None:
                    literals.setdefault(pattern.literal, []).append(conditions)
                elif pattern.prefix is not None:
                    prefixes.setdefault(pattern.prefix, []).append(conditions)
                elif isinstance(pattern, WildPattern):
                    wild.setdefault(pattern, []).append(conditions)
        self._everything: Rest = either(everything) if everything else ()
        if self._everything is None:
            return  # an unconditional rule for everything outweighs the rest
        if literals:
            self._literals = {text: either(guards) for text, guards in literals.items()}
        if prefixes:
            self._prefixes = _Prefixes({text: either(some) for text, some in prefixes.items()})
        if wild:
            self._wild = _Pieces([_Wild(one, either(some)) for one, some in wild.items()])

    def rest(self, resource: Resource) -> Rest:
        """What is left to test for a resource; an empty tuple can never hold."""
        if self._everything is None:
            return None
        rest = self._everything
        if self._literals:
            found = self._literals.get(resource.text, ())
            if found is None:
                return None
            rest += found
        for found in self._prefixes.of(resource.text) if self._prefixes else ():
            if found is None:
                return None
            rest += found
        for entry in self._wild.near(resource.text) if self._wild else ():
            if entry.pattern.depends_on:
                rest += (entry.check(resource),)
            elif entry.pattern.matches(resource, {}):
                if entry.rest is None:
                    return None
                rest += entry.rest
        for rule in self._negative:
            rest += (_negative_check(rule, resource),)
        return rest


class _Wild(NamedTuple):
    pattern: WildPattern
    rest: Rest

    def check(self, resource: Resource) -> Check:
        pattern, rest = self
        matches = pattern.bound(resource)
        if rest is None:
            return matches
        return lambda values: matches(values) and any(check(values) for check in rest)


def _negative_check(rule: Rule, resource: Resource) -> Check:
    covers, conditions = rule.covers, rule.conditions
    assert covers is not None
    if conditions is None:
        return lambda values: covers(resource, values)
    return lambda values: covers(resource, values) and conditions.hold(values)


class _Prefixes:
    """Literal beginnings, each with what is left to test."""

    __slots__ = ("_parents", "_rests", "_texts")

    def __init__(self, rests: dict[str, Rest]) -> None:
        self._texts = sorted(rests)
        self._rests = [rests[text] for text in self._texts]
        # The longest other entry that begins each entry. INVARIANT: the entries that begin a
        # text are the last entry not above it, if that begins it, and that one's parents.
        self._parents: list[int] = []
        if len(self._texts) > _SMALL:
            for index, text in enumerate(self._texts):
                parent = index - 1
                while parent >= 0 and not text.startswith(self._texts[parent]):
                    parent = self._parents[parent]
                self._parents.append(parent)

    def of(self, text: str) -> Iterator[Rest]:
        """What is left to test under every entry that begins the text."""
        if not self._parents:
            for prefix, rest in zip(self._texts, self._rests, strict=True):
                if text.startswith(prefix):
                    yield rest
            return
        index = bisect_right(self._texts, text) - 1
        while index >= 0:
            if text.startswith(self._texts[index]):
                yield self._rests[index]
            index = self._parents[index]


class _Pieces:
    """Patterns with inner wildcards, found by a rare piece of literal text that each holds."""

    __slots__ = ("_by_gram", "_others")

    def __init__(self, entries: Sequence[_Wild]) -> None:
        self._by_gram: dict[str, list[_Wild]] = {}
        if len(entries) <= _SMALL:
            self._others = list(entries)
            return
        self._others = []
        grams = [set(_grams(entry.pattern.literals())) for entry in entries]
        common = Counter(gram for found in grams for gram in found)
        for entry, found in zip(entries, grams, strict=True):
            if found:
                rarest = min(found, key=lambda gram: (common[gram], gram))
                self._by_gram.setdefault(rarest, []).append(entry)
            else:
                self._others.append(entry)

    def near(self, text: str) -> Iterator[_Wild]:
        """Every pattern that could match the text, among others."""
        yield from self._others
        if self._by_gram:
            for gram in self._by_gram.keys() & set(_grams([text])):
                yield from self._by_gram[gram]


def _grams(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for start in range(len(text) - _GRAM + 1):
            yield text[start : start + _GRAM]
