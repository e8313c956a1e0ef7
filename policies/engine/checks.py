"""The faults of one document as they are found, each with its place and AWS's answer."""

from __future__ import annotations

from .answers import LENGTH_LIMIT, answer_to
from .arns import TextFault
from .document import DocumentKind
from .faults import Fault, Position
from .reader import Lines, Member, Node, NodeKind


class Checks:
    """Collects faults; `found` holds them in the order of the checks.

    A text of more than `longest` characters is looked at no further than that.
    """

    def __init__(self, text: str, kind: DocumentKind, longest: int = LENGTH_LIMIT) -> None:
        self.kind = kind
        self.found: list[Fault] = []
        self._lines = Lines(text[: longest + 1])

    def position(self, offset: int) -> Position:
        return self._lines.position(offset)

    def fault(
        self, offset: int, code: str, message: str, advice: str, aws: str | None = None
    ) -> None:
        answer = answer_to(self.kind, code)
        line, column = self._lines.position(offset)
        shown = answer.message if answer.message is not None else aws
        assert shown is not None
        self.found.append(
            Fault(line, column, code, message, advice, answer.stage, answer.code, shown)
        )

    def text_fault(self, offset: int, fault: TextFault | None) -> None:
        if fault:
            self.fault(offset, fault.code, fault.message, fault.help, fault.aws_message)

    def texts(self, member: Member) -> list[Node]:
        """The strings of an element that is one string or a list of them."""
        value = member.value
        nodes = value.items if value.kind is NodeKind.ARRAY else [value]
        strings = []
        for node in nodes:
            if node.kind is NodeKind.STRING:
                strings.append(node)
                continue
            self.fault(
                node.start,
                f"{member.name.lower()}-shape",
                f"{member.name} is a string or a list of strings; here is {node.kind.value}.",
                "Write each entry in double quotes.",
            )
        return strings
