"""Policy variables: `${key}`, `${key, 'default'}`, and the literals `${*}`, `${?}`, `${$}`.

INVARIANT: what a variable stands for is literal text. A value or default that holds `*`, `?` or
`${` never becomes a wildcard or another variable, since values are put in after the pattern has
been taken apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .patterns import Token, fold, tokens_of

Value = str | tuple[str, ...]
Values = Mapping[str, Value]  # by folded key

_WITH_DEFAULT = re.compile(r"\$\{([^,{}']*), '([^']*)'\}")
_PLAIN = re.compile(r"\$\{([^}]*)\}")
_LITERALS = frozenset("*?$")


class Variable(NamedTuple):
    key: str  # folded
    name: str  # as written
    default: str | None

    def value(self, values: Values) -> str | None:
        """Its value, its default, or None. A multivalued key has no single value."""
        found = values.get(self.key)
        return found if isinstance(found, str) else self.default


Part = Token | Variable


def parts_of(text: str, *, wildcards: bool) -> list[Part]:
    """A text with variables as literals, wildcards (if wanted) and variables."""
    parts: list[Part] = []
    offset = 0
    while True:
        start = text.find("${", offset)
        if start < 0:
            break
        match = _WITH_DEFAULT.match(text, start) or _PLAIN.match(text, start)
        if match is None:  # unterminated: literal text
            break
        parts += _literal(text[offset:start], wildcards)
        name = match.group(1)
        if match.re is _PLAIN and name in _LITERALS:
            parts.append(name)
        else:
            default = match.group(2) if match.re is _WITH_DEFAULT else None
            parts.append(Variable(fold(name), name, default))
        offset = match.end()
    parts += _literal(text[offset:], wildcards)
    return parts


def _literal(text: str, wildcards: bool) -> Sequence[Part]:
    if wildcards:
        return tokens_of(text)
    return [text] if text else []


def has_variables(parts: Sequence[Part]) -> bool:
    return any(isinstance(part, Variable) for part in parts)


def substitute(parts: Sequence[Part], values: Values) -> list[Token] | None:
    """The parts with every variable replaced by its text; None if one has no value."""
    tokens: list[Token] = []
    for part in parts:
        if isinstance(part, Variable):
            text = part.value(values)
            if text is None:
                return None
            tokens.append(text)
        else:
            tokens.append(part)
    return tokens


def names_in(text: str) -> list[str]:
    """The keys of the variables in a text, as written."""
    parts = parts_of(text, wildcards=False)
    return [part.name for part in parts if isinstance(part, Variable)]
