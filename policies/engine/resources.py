"""Resource patterns: `*`, or an ARN in whose parts wildcards stay between their colons.

Source: policy-language §4. The first five parts compare ignoring case, the resource part exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from .document import DocumentKind
from .patterns import MANY, Glob, Token, fold, tokens_of
from .variables import Part, Values, Variable, has_variables, parts_of, substitute


class Resource(NamedTuple):
    """A request's resource. `text` has its first five parts folded; `parts` None: no ARN."""

    text: str
    parts: tuple[str, ...] | None


@lru_cache(maxsize=8192)
def resource_of(text: str) -> Resource:
    parts = text.split(":", 5)
    if len(parts) < 6:
        return Resource(text, None)
    front = text[: len(text) - len(parts[5])]
    folded = fold(front)
    if folded == front:
        return Resource(text, tuple(parts))
    return Resource(folded + parts[5], (*folded.split(":")[:5], parts[5]))


class ResourcePattern:
    """One entry of Resource or NotResource, compiled. Made by `resource_pattern`.

    At most one of these is so: it matches everything (`everything`), nothing (`nothing`), one
    text (`literal`), all texts with a beginning (`prefix`); else `matches` must be asked.
    `depends_on` holds the folded keys of its variables.
    """

    __slots__ = ()

    everything = False
    nothing = False
    literal: str | None = None
    prefix: str | None = None
    depends_on: frozenset[str] = frozenset()

    def matches(self, resource: Resource, values: Values) -> bool:
        """Whether the request's resource is covered. An unresolved variable covers nothing."""
        return self.everything

    def is_unresolved(self, values: Values) -> bool:
        """Whether it holds a variable that has neither value nor default."""
        return False


class _Everything(ResourcePattern):
    __slots__ = ()

    everything = True


class _Nothing(ResourcePattern):
    __slots__ = ()

    nothing = True


class _Literal(ResourcePattern):
    __slots__ = ("literal",)

    literal: str

    def __init__(self, literal: str) -> None:
        self.literal = literal

    def matches(self, resource: Resource, values: Values) -> bool:
        return resource.text == self.literal


class _Prefix(ResourcePattern):
    __slots__ = ("prefix",)

    prefix: str

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def matches(self, resource: Resource, values: Values) -> bool:
        return resource.text.startswith(self.prefix)


class WildPattern(ResourcePattern):
    """Wildcards between literals, or variables."""

    __slots__ = ("_front", "_tail", "depends_on")

    depends_on: frozenset[str]

    def __init__(self, front: str, tail: str, variables: bool) -> None:
        self._front = tuple(map(_front_glob, front.split(":", 4)))
        parts = parts_of(tail, wildcards=True) if variables else [*tokens_of(tail)]
        self._tail: Glob | tuple[Part, ...]
        if has_variables(parts):
            self._tail = tuple(parts)
        else:
            self._tail = Glob(token for token in parts if not isinstance(token, Variable))
        self.depends_on = frozenset(part.key for part in parts if isinstance(part, Variable))

    def matches(self, resource: Resource, values: Values) -> bool:
        parts = resource.parts
        if parts is None:
            return False
        for glob, part in zip(self._front, parts, strict=False):
            if not glob.matches(part):
                return False
        tail = self._tail
        if isinstance(tail, Glob):
            return tail.matches(parts[5])
        tokens = substitute(tail, values)
        return tokens is not None and _matches(tokens, parts[5])

    def bound(self, resource: Resource) -> Callable[[Values], bool]:
        """`matches` for one resource, all but its variables settled now."""
        parts, tail = resource.parts, self._tail
        if parts is None or not all(map(Glob.matches, self._front, parts)):
            return _never
        assert not isinstance(tail, Glob)
        text = parts[5]

        def matches(values: Values) -> bool:
            tokens = substitute(tail, values)
            return tokens is not None and _matches(tokens, text)

        return matches

    def is_unresolved(self, values: Values) -> bool:
        """Whether it holds a variable that has neither value nor default."""
        tail = self._tail
        return not isinstance(tail, Glob) and substitute(tail, values) is None

    def literals(self) -> list[str]:
        """Texts each of which stands in any resource it matches, wherever it stands."""
        if isinstance(self._tail, Glob):
            return [
                *(piece for glob in self._front for piece in glob.literals()),
                *self._tail.literals(),
            ]
        return [part for part in self._tail if isinstance(part, str)]


def _never(values: Values) -> bool:
    return False


def _matches(tokens: list[Token], text: str) -> bool:
    """A substituted pattern, without building a Glob for the two common forms."""
    wild = [token for token in tokens if not isinstance(token, str)]
    if not wild:
        return text == "".join(map(str, tokens))
    if len(wild) == 1 and tokens[-1] is MANY:
        return text.startswith("".join(map(str, tokens[:-1])))
    return Glob(tokens).matches(text)


_EVERYTHING, _NOTHING = _Everything(), _Nothing()
_front_glob = lru_cache(maxsize=4096)(Glob.of)
# Patterns with wildcards repeat across documents; equal ones are one object.
_wild_pattern = lru_cache(maxsize=16_384)(WildPattern)


def resource_pattern(text: str, kind: DocumentKind, variables: bool) -> ResourcePattern:
    """An entry of a document of this kind, which knows variables or does not."""
    if text == "*":
        return _EVERYTHING
    written = _completed(text.split(":", 5), kind)
    if written is None:
        return _NOTHING
    front, tail = fold(":".join(written[:5])), written[5]
    if "*" not in front and "?" not in front and not (variables and "${" in tail):
        stem = tail[:-1] if tail.endswith("*") else tail
        if "*" not in stem and "?" not in stem:
            whole = f"{front}:{stem}"
            if stem is not tail:
                return _Prefix(whole)
            return _Literal(text if whole == text else whole)
    return _wild_pattern(front, tail, variables)


def _completed(parts: list[str], kind: DocumentKind) -> list[str] | None:
    """The six parts of an ARN pattern, a short one completed where its kind of policy allows."""
    if len(parts) == 6:
        return parts
    if len(parts) < 3 or parts[0] != "arn":
        return None
    text = ":".join(parts)
    if kind in (DocumentKind.TRUST, DocumentKind.RESOURCE):
        complete = "*" in text
    elif kind is DocumentKind.SCP:
        complete = text.endswith("*")
    else:
        complete = kind in (DocumentKind.IDENTITY, DocumentKind.MANAGED)
    return parts + ["*"] * (6 - len(parts)) if complete else None
