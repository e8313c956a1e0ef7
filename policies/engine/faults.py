"""What is wrong with a document, as data: where, what, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Position(NamedTuple):
    """A place in a document's text; both numbers count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a document.

    `stage` is the validation stage that finds it (lower runs first), `aws_code` and
    `aws_message` are what AWS answers when this fault is the first it meets.
    """

    line: int
    column: int
    code: str
    message: str
    help: str
    stage: int = 1
    aws_code: str = "MalformedPolicyDocument"
    aws_message: str = "Syntax errors in policy."

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


class PolicyErrors(ValueError):
    """A document was refused. Holds every fault, in the order of the text.

    `aws_code` and `aws_message` are AWS's answer: that of the first failing stage.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.line, fault.column)))
        first = min(self.faults, key=lambda fault: fault.stage)
        self.aws_code = first.aws_code
        self.aws_message = first.aws_message
        super().__init__("; ".join(str(fault) for fault in self.faults))
