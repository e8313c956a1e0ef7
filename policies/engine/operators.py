"""Condition operators: one class a family, each comparing one request value with the policy's.

Every comparison answers for all values of the policy at once: a positive operator asks whether
the request's value matches any of them, a negated one whether it matches none.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from . import scalars
from .patterns import MANY, ONE, Glob, Token, fold, tokens_of
from .variables import Part, Values, has_variables, parts_of, substitute


class Comparison(ABC):
    """A policy's values, compiled. `variables`: the document's version knows variables."""

    __slots__ = ()

    @abstractmethod
    def holds(self, value: str, values: Values) -> bool:
        """Whether one request value satisfies the operator; `values` fill variables."""


class Strings(Comparison):
    """StringEquals, StringEqualsIgnoreCase, and Bool: equal texts, perhaps ignoring case."""

    __slots__ = ("_known", "_negated", "_normal", "_templates", "exact")

    def __init__(
        self,
        texts: Sequence[str],
        variables: bool,
        negated: bool,
        normal: Callable[[str], str] | None = None,
        known: frozenset[str] | None = None,
    ) -> None:
        self._normal, self._negated, self._known = normal, negated, known
        self._templates: list[list[Part]] = []
        exact = set[str]()
        for text in texts:
            parts: list[Part] = parts_of(text, wildcards=False) if variables else [text]
            if has_variables(parts):
                self._templates.append(parts)
            else:
                plain = "".join(map(str, parts))
                exact.add(normal(plain) if normal else plain)
        self.exact = frozenset(exact)

    def holds(self, value: str, values: Values) -> bool:
        if self._normal:
            value = self._normal(value)
        if self._known is not None and value not in self._known:
            return False
        return self._matches(value, values) is not self._negated

    def _matches(self, value: str, values: Values) -> bool:
        if value in self.exact:
            return True
        for template in self._templates:
            tokens = substitute(template, values)
            if tokens is not None:
                text = "".join(map(str, tokens))
                if value == (self._normal(text) if self._normal else text):
                    return True
        return False

    @property
    def plain(self) -> frozenset[str] | None:
        """The values matched exactly, if that is all there is to it."""
        simple = not self._templates and not self._normal and not self._negated
        return self.exact if simple else None


class Patterns(Comparison):
    """StringLike: a glob over the whole text."""

    __slots__ = ("_exact", "_globs", "_negated", "_prefixes", "_templates")

    def __init__(self, texts: Sequence[str], variables: bool, negated: bool) -> None:
        self._negated = negated
        self._templates: list[list[Part]] = []
        exact, prefixes = set[str](), list[str]()
        self._globs: list[Glob] = []
        for text in texts:
            parts = parts_of(text, wildcards=True) if variables else list[Part](_tokens(text))
            tokens = substitute(parts, {}) if not has_variables(parts) else None
            if tokens is None:
                self._templates.append(parts)
                continue
            glob = Glob(tokens)
            if glob.literal is not None:
                exact.add(glob.literal)
            elif glob.prefix is not None:
                prefixes.append(glob.prefix)
            else:
                self._globs.append(glob)
        self._exact, self._prefixes = frozenset(exact), tuple(prefixes)

    def holds(self, value: str, values: Values) -> bool:
        return self._matches(value, values) is not self._negated

    def _matches(self, value: str, values: Values) -> bool:
        if value in self._exact or value.startswith(self._prefixes):
            return True
        for glob in self._globs:
            if glob.matches(value):
                return True
        for template in self._templates:
            tokens = substitute(template, values)
            if tokens is not None and Glob(tokens).matches(value):
                return True
        return False


class Numbers(Comparison):
    """Numeric…: exact decimals. What is no number satisfies no operator, negated ones included."""

    __slots__ = ("_all", "_compare", "_limits")

    def __init__(
        self, texts: Sequence[str], compare: Callable[[Decimal, Decimal], bool], every: bool
    ) -> None:
        self._compare, self._all = compare, every
        self._limits = [scalars.number(text) for text in texts]

    def holds(self, value: str, values: Values) -> bool:
        found = scalars.number(value)
        if found is None:
            return False
        results = (limit is not None and self._compare(found, limit) for limit in self._limits)
        return all(results) if self._all else any(results)


class Instants(Comparison):
    """Date…: instants. What is no date satisfies no operator, negated ones included."""

    __slots__ = ("_all", "_compare", "_limits")

    def __init__(
        self, texts: Sequence[str], compare: Callable[[int, int], bool], every: bool
    ) -> None:
        self._compare, self._all = compare, every
        self._limits = [scalars.instant(text) for text in texts]

    def holds(self, value: str, values: Values) -> bool:
        found = scalars.instant(value)
        if found is None:
            return False
        results = (limit is not None and self._compare(found, limit) for limit in self._limits)
        return all(results) if self._all else any(results)


class Networks(Comparison):
    """IpAddress: membership of a CIDR range.

    A policy value that is no range satisfies neither form. A request value that is no address
    lies in no range, so it satisfies NotIpAddress.
    """

    __slots__ = ("_broken", "_negated", "_networks")

    def __init__(self, texts: Sequence[str], negated: bool) -> None:
        networks = [scalars.network(text) for text in texts]
        self._networks = [network for network in networks if network is not None]
        self._broken, self._negated = None in networks, negated

    def holds(self, value: str, values: Values) -> bool:
        if self._negated and self._broken:
            return False
        found = scalars.address(value)
        if found is None:
            return self._negated
        for network in self._networks:
            if network.holds(found):
                return not self._negated
        return self._negated


class Bytes(Comparison):
    """BinaryEquals: equal bytes behind base64; text that is not base64 compares as it stands."""

    __slots__ = ("_texts", "_values")

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = frozenset(texts)
        decoded = (scalars.binary(text) for text in texts)
        self._values = frozenset(value for value in decoded if value is not None)

    def holds(self, value: str, values: Values) -> bool:
        if value in self._texts:
            return True
        decoded = scalars.binary(value)
        return decoded is not None and decoded in self._values


class Arns(Comparison):
    """ArnEquals and ArnLike: six components, each a glob, compared case-sensitively.

    A lone `*` matches every value. A policy value that is no ARN matches nothing, and a negated
    operator with one does not hold either.
    """

    __slots__ = ("_broken", "_every", "_negated", "_patterns", "_templates")

    def __init__(self, texts: Sequence[str], variables: bool, negated: bool) -> None:
        self._negated, self._every, self._broken = negated, False, False
        self._patterns: list[tuple[Glob, ...]] = []
        self._templates: list[list[Part]] = []
        for text in texts:
            parts = parts_of(text, wildcards=True) if variables else list[Part](_tokens(text))
            tokens = substitute(parts, {}) if not has_variables(parts) else None
            if text == "*":
                self._every = True
            elif tokens is None:
                self._templates.append(parts)
            else:
                pattern = _components(tokens)
                if pattern is None:
                    self._broken = True
                else:
                    self._patterns.append(pattern)

    def holds(self, value: str, values: Values) -> bool:
        if self._every:
            return not self._negated
        broken, patterns = self._broken, self._patterns
        for template in self._templates:
            tokens = substitute(template, values)
            if tokens is not None:
                pattern = _components(tokens)
                broken = broken or pattern is None
                patterns = [*patterns, pattern] if pattern is not None else patterns
        if self._negated and broken:
            return False
        found = value.split(":", 5)
        if len(found) < 6:
            return self._negated
        for pattern in patterns:
            if all(map(Glob.matches, pattern, found)):
                return not self._negated
        return self._negated


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[Token, ...]:

    return tuple(tokens_of(text))


def _components(tokens: Sequence[Token]) -> tuple[Glob, ...] | None:
    """The six components of an ARN pattern; None if it has fewer."""
    components: list[list[Token]] = [[]]
    for token in tokens:
        if token is MANY or token is ONE or len(components) == 6:
            components[-1].append(token)
            continue
        first, *others = str(token).split(":", 6 - len(components))
        components[-1].append(first)
        components += [[other] for other in others]
    return tuple(map(Glob, components)) if len(components) == 6 else None


class Qualifier(StrEnum):
    NONE = ""
    ALL = "ForAllValues"
    ANY = "ForAnyValue"


class Operator(NamedTuple):
    """An operator's name taken apart. `base` is its documented spelling."""

    base: str
    qualifier: Qualifier
    if_exists: bool

    @property
    def negated(self) -> bool:
        return "Not" in self.base


_COMPARISONS: dict[str, Callable[[Sequence[str], bool], Comparison]] = {
    "StringEquals": lambda texts, v: Strings(texts, v, False),
    "StringNotEquals": lambda texts, v: Strings(texts, v, True),
    "StringEqualsIgnoreCase": lambda texts, v: Strings(texts, v, False, fold),
    "StringNotEqualsIgnoreCase": lambda texts, v: Strings(texts, v, True, fold),
    "StringLike": lambda texts, v: Patterns(texts, v, False),
    "StringNotLike": lambda texts, v: Patterns(texts, v, True),
    "NumericEquals": lambda texts, v: Numbers(texts, operator.eq, False),
    "NumericNotEquals": lambda texts, v: Numbers(texts, operator.ne, True),
    "NumericLessThan": lambda texts, v: Numbers(texts, operator.lt, False),
    "NumericLessThanEquals": lambda texts, v: Numbers(texts, operator.le, False),
    "NumericGreaterThan": lambda texts, v: Numbers(texts, operator.gt, False),
    "NumericGreaterThanEquals": lambda texts, v: Numbers(texts, operator.ge, False),
    "DateEquals": lambda texts, v: Instants(texts, operator.eq, False),
    "DateNotEquals": lambda texts, v: Instants(texts, operator.ne, True),
    "DateLessThan": lambda texts, v: Instants(texts, operator.lt, False),
    "DateLessThanEquals": lambda texts, v: Instants(texts, operator.le, False),
    "DateGreaterThan": lambda texts, v: Instants(texts, operator.gt, False),
    "DateGreaterThanEquals": lambda texts, v: Instants(texts, operator.ge, False),
    "Bool": lambda texts, v: Strings(texts, v, False, fold, frozenset({"true", "false"})),
    "BinaryEquals": lambda texts, v: Bytes(texts),
    "IpAddress": lambda texts, v: Networks(texts, False),
    "NotIpAddress": lambda texts, v: Networks(texts, True),
    "ArnEquals": lambda texts, v: Arns(texts, v, False),
    "ArnLike": lambda texts, v: Arns(texts, v, False),
    "ArnNotEquals": lambda texts, v: Arns(texts, v, True),
    "ArnNotLike": lambda texts, v: Arns(texts, v, True),
}
BASES = (*_COMPARISONS, "Null")
_BY_FOLDED = {fold(base): base for base in BASES}
_QUALIFIERS = {"forallvalues": Qualifier.ALL, "foranyvalue": Qualifier.ANY}
DATES = frozenset(base for base in BASES if base.startswith("Date"))
KNOW_VARIABLES = frozenset(
    base for base in BASES if base.startswith(("String", "Arn")) or base == "Bool"
)


@lru_cache(maxsize=1024)
def operator_named(name: str) -> Operator | None:
    """The operator of that name, ignoring case; None if there is none."""
    head, colon, rest = name.rpartition(":")
    qualifier = _QUALIFIERS.get(fold(head)) if colon else Qualifier.NONE
    if qualifier is None:
        return None
    folded = fold(rest)
    base = _BY_FOLDED.get(folded)
    if base:
        return Operator(base, qualifier, False)
    base = _BY_FOLDED.get(folded.removesuffix("ifexists"))
    return Operator(base, qualifier, True) if base and base != "Null" else None


def is_documented(name: str) -> bool:
    """Whether an operator is spelled as documented, which saving a document requires."""
    found = operator_named(name)
    if found is None:
        return False
    prefix = f"{found.qualifier}:" if found.qualifier else ""
    return name == f"{prefix}{found.base}{'IfExists' if found.if_exists else ''}"


def comparison(base: str, texts: Sequence[str], variables: bool) -> Comparison:
    """A base operator other than Null, with the policy's values compiled."""
    return _COMPARISONS[base](texts, variables)
