"""A policy document: text in, statements out, or every fault with its place.

`parse` is the one way in. A Document never changes; callers share it by the hash of its text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from .conditions import Condition
from .faults import Position
from .operators import KNOW_VARIABLES, operator_named
from .patterns import fold
from .principals import NamedPrincipal
from .variables import names_in

if TYPE_CHECKING:
    from .compile import CompiledDocument

CURRENT_VERSION = "2012-10-17"
OLD_VERSION = "2008-10-17"
_WHITE_SPACE = re.compile(r"[ \t\r\n]+")


class DocumentKind(StrEnum):
    """What a document is for, which decides its grammar. A boundary is a MANAGED document."""

    IDENTITY = "identity"
    MANAGED = "managed"
    SESSION = "session"
    TRUST = "trust"
    RESOURCE = "resource"
    SCP = "scp"
    RCP = "rcp"


class Effect(StrEnum):
    ALLOW = "Allow"
    DENY = "Deny"


class Place(NamedTuple):
    """Where a statement stands: its opening brace, one past its closing brace, and one past the
    bracket or comma before it."""

    start: Position
    end: Position
    introduced: Position


class Places:
    """Where the statements of a text stand, found when first asked."""

    __slots__ = ("_found", "_kind", "_text")

    def __init__(self, text: str, kind: DocumentKind) -> None:
        self._text, self._kind = text, kind
        self._found: tuple[Place, ...] | None = None

    def of(self, index: int) -> Place:
        if self._found is None:
            statements = parse(self._text, self._kind).statements
            self._found = tuple(one.place for one in statements)
        return self._found[index]


_SOMEWHERE = Place(Position(1, 1), Position(1, 1), Position(1, 1))


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as written. An element that is absent is None.

    Where it stands takes no part in comparison.
    """

    index: int
    effect: Effect
    sid: str | None = None
    principals: tuple[NamedPrincipal, ...] | None = None
    not_principals: tuple[NamedPrincipal, ...] | None = None
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    not_resources: tuple[str, ...] | None = None
    conditions: tuple[Condition, ...] = ()
    located: Place | Places = field(default=_SOMEWHERE, compare=False, repr=False)

    @property
    def place(self) -> Place:
        located = self.located
        return located if isinstance(located, Place) else located.of(self.index)

    @property
    def start(self) -> Position:
        """Its opening brace."""
        return self.place.start

    @property
    def end(self) -> Position:
        """One past its closing brace."""
        return self.place.end

    @property
    def introduced(self) -> Position:
        """One past the bracket or comma before it."""
        return self.place.introduced

    def as_dict(self) -> dict[str, object]:
        """The statement in the language's own form, for printing."""
        written: dict[str, object] = {}
        if self.sid is not None:
            written["Sid"] = self.sid
        written["Effect"] = str(self.effect)
        for name, principals in (
            ("Principal", self.principals),
            ("NotPrincipal", self.not_principals),
        ):
            if principals is not None:
                written[name] = _printed_principals(principals)
        for name, texts in (
            ("Action", self.actions),
            ("NotAction", self.not_actions),
            ("Resource", self.resources),
            ("NotResource", self.not_resources),
        ):
            if texts is not None:
                written[name] = texts[0] if len(texts) == 1 else list(texts)
        if self.conditions:
            block: dict[str, dict[str, object]] = {}
            for operator, key, values in self.conditions:
                shown = values[0] if len(values) == 1 else list(values)
                block.setdefault(operator, {})[key] = shown
            written["Condition"] = block
        return written


def _printed_principals(principals: tuple[NamedPrincipal, ...]) -> object:
    if principals == (NamedPrincipal("*", "*"),):
        return "*"
    by_type: dict[str, list[str]] = {}
    for principal in principals:
        by_type.setdefault(principal.type, []).append(principal.value)
    return {of: values[0] if len(values) == 1 else values for of, values in by_type.items()}


@dataclass(frozen=True, slots=True)
class PrincipalPlace:
    """A principal that a document names, and where."""

    principal: NamedPrincipal
    line: int
    column: int
    start: int  # offsets of the JSON string in the text
    end: int


@dataclass(eq=False, slots=True, weakref_slot=True)
class Document:
    """A valid document. Equal when text and kind are."""

    text: str
    kind: DocumentKind
    version: str | None
    id: str | None
    statements: tuple[Statement, ...]
    places: tuple[PrincipalPlace, ...] = ()
    compiled: CompiledDocument | None = field(default=None, repr=False)

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, Document) and self.kind is other.kind
        return same and isinstance(other, Document) and self.text == other.text

    def __hash__(self) -> int:
        return hash((self.kind.value, self.text))

    @property
    def knows_variables(self) -> bool:
        """Whether `${…}` is more than literal text in it."""
        return self.version == CURRENT_VERSION

    @property
    def size(self) -> int:
        """Characters that count towards a quota: all but white space."""
        return len(_WHITE_SPACE.sub("", self.text))

    def principals(self) -> tuple[NamedPrincipal, ...]:
        """Every principal named, once, in the order of the text."""
        return tuple(dict.fromkeys(place.principal for place in self.places))

    def with_principals(self, mapping: Mapping[str, str]) -> Document:
        """The document with these AWS principals replaced, the text otherwise as it stands.

        Pins a trust policy ({ARN: unique id}), shows a pinned one ({unique id: ARN}), or
        rewrites account ids to root ARNs. Raises PolicyErrors if a replacement is no principal.
        """
        pieces, offset = [], 0
        for place in sorted(self.places, key=lambda place: place.start):
            replacement = mapping.get(place.principal.value)
            if replacement is not None and place.principal.type == "AWS":
                pieces += [self.text[offset : place.start], json.dumps(replacement)]
                offset = place.end
        if not pieces:
            return self
        return parse("".join([*pieces, self.text[offset:]]), self.kind)

    def context_keys(self) -> tuple[str, ...]:
        """The condition keys it depends on, variables included, as first written, each once."""
        keys: dict[str, str] = {}
        for statement in self.statements:
            for name in _keys_of(statement, self.knows_variables):
                keys.setdefault(fold(name), name)
        return tuple(keys.values())

    def printed(self, indent: int | None = 2) -> str:
        """The document as canonical text; parsing that gives equal statements."""
        written: dict[str, object] = {}
        if self.version is not None:
            written["Version"] = self.version
        if self.id is not None:
            written["Id"] = self.id
        written["Statement"] = [statement.as_dict() for statement in self.statements]
        separators = (",", ":") if indent is None else None
        return json.dumps(written, indent=indent, ensure_ascii=False, separators=separators)


def _keys_of(statement: Statement, variables: bool) -> list[str]:
    names = [condition.key for condition in statement.conditions]
    if variables:
        for text in (*(statement.resources or ()), *(statement.not_resources or ())):
            names += names_in(resource_part(text))
        for condition in statement.conditions:
            operator = operator_named(condition.operator)
            if operator and operator.base in KNOW_VARIABLES:
                for value in condition.values:
                    names += names_in(value)
    return names


def resource_part(arn: str) -> str:
    """What follows an ARN's fifth colon, the only part in which variables count."""
    parts = arn.split(":", 5)
    return parts[5] if len(parts) == 6 else ""


def parse(text: str, kind: DocumentKind, longest: int | None = None) -> Document:
    """Read a document of this kind, of `longest` characters at most, AWS's limit unless given.

    Raises PolicyErrors with every fault found. Size quotas are the caller's to check, against
    `Document.size`; so is the existence of principals, against `Document.principals()`.
    """
    from .grammar import read_document

    return read_document(text, kind, longest)
