"""A document's text as statements whose every value knows its place and path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..faults import Fault
from ..reader import Lines, Node, NodeKind
from .catalogue import ConditionKey, ResourceType, nearest
from .codes import CODES
from .findings import Finding

Path = tuple[str | int, ...]
# Names looked up among thousands for one text; a document of mistakes is not worth more.
_NEAREST = 100


@dataclass(frozen=True, slots=True)
class Element:
    """One value of the document and the path that leads to it."""

    node: Node
    path: Path

    @property
    def text(self) -> str:
        """The value's text; empty for objects and lists."""
        return self.node.text

    @property
    def is_text(self) -> bool:
        return self.node.kind is NodeKind.STRING

    @property
    def is_object(self) -> bool:
        return self.node.kind is NodeKind.OBJECT

    @property
    def is_list(self) -> bool:
        return self.node.kind is NodeKind.ARRAY

    def items(self) -> Iterator[Element]:
        """A list's items; any other value is its own only item."""
        if self.is_list:
            for at, node in enumerate(self.node.items):
                yield Element(node, (*self.path, at))
        else:
            yield self

    def members(self) -> Iterator[tuple[str, Element]]:
        for name, _, value in self.node.members:
            yield name, Element(value, (*self.path, name))

    def texts(self) -> Iterator[Element]:
        """The items that are strings."""
        return (item for item in self.items() if item.is_text)


@dataclass(slots=True)
class Condition:
    """One key under one operator."""

    operator: str
    key: str
    values: Element
    block: Element

    @property
    def base(self) -> str:
        """The operator without qualifier and suffix, in lower case."""
        name = self.operator.lower().rpartition(":")[2]
        return name.removesuffix("ifexists")

    @property
    def qualifier(self) -> str:
        """`forallvalues`, `foranyvalue`, or empty."""
        return self.operator.lower().rpartition(":")[0]


@dataclass(slots=True)
class Statement:
    """One statement's elements, as far as they have the shape of one."""

    whole: Element
    elements: dict[str, Element]

    @property
    def effect(self) -> str:
        return self.elements["Effect"].text if "Effect" in self.elements else ""

    def texts(self, *names: str) -> list[Element]:
        """The string values of these elements."""
        return [
            item for name in names if name in self.elements for item in self.elements[name].texts()
        ]

    @property
    def actions(self) -> list[Element]:
        return self.texts("Action")

    @property
    def resources(self) -> list[Element]:
        return self.texts("Resource")

    @property
    def conditional(self) -> bool:
        return any(True for _ in self.conditions())

    def conditions(self) -> Iterator[Condition]:
        block = self.elements.get("Condition")
        for operator, keys in block.members() if block else ():
            for key, values in keys.members():
                yield Condition(operator, key, values, keys)


@dataclass(slots=True)
class Findings:
    """What has been found so far in one text."""

    lines: Lines
    found: list[Finding] = field(default_factory=list)
    # Every service's condition keys by prefix, once one is sought that its own does not describe.
    keys: dict[str, dict[str, ConditionKey]] | None = None
    # Resource types by the service that stands in an ARN: of the service's own, and of every other.
    types: dict[str, list[ResourceType]] = field(default_factory=dict)
    every_type: dict[str, list[ResourceType]] | None = None
    _nearest: int = 0

    def nearest(self, name: str, known: Iterable[str]) -> str:
        """The known name most like this one; empty when none is near, or too many were sought."""
        self._nearest += 1
        return nearest(name, known) if self._nearest <= _NEAREST else ""

    def add(self, code: str, at: Element, suggestion: str = "", **values: object) -> None:
        self.add_at(code, at.node.start, at.node.end, at.path, suggestion, **values)

    def add_at(
        self,
        code: str,
        start: int,
        end: int,
        path: Path = (),
        suggestion: str = "",
        **values: object,
    ) -> None:
        type_, message = CODES[code]
        line, column = self.lines.position(start)
        end_line, end_column = self.lines.position(end)
        self.found.append(
            Finding(
                code,
                type_,
                message.format(**values),
                line,
                column,
                end_line,
                end_column,
                path,
                suggestion,
            )
        )

    def add_fault(self, fault: Fault) -> None:
        """A fault for which a document is refused."""
        type_, message = CODES["REFUSED"]
        place = (fault.line, fault.column)
        end = (fault.line, fault.column + 1)
        text = message.format(detail=fault.message)
        self.found.append(Finding("REFUSED", type_, text, *place, *end, (), fault.help))
