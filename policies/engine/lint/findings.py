"""A finding, and how grave it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FindingType(StrEnum):
    """What a finding means, gravest first."""

    ERROR = "ERROR"
    SECURITY_WARNING = "SECURITY_WARNING"
    WARNING = "WARNING"
    SUGGESTION = "SUGGESTION"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth changing.

    Lines and columns count from 1; the end is the place just past the last character. `path`
    leads from the document to the value: names and list indexes. `suggestion` is the text that
    would be right, or what to do; empty when the message says it all.
    """

    code: str
    type: FindingType
    message: str
    line: int
    column: int
    end_line: int
    end_column: int
    path: tuple[str | int, ...]
    suggestion: str = ""

    def __str__(self) -> str:
        place = f"{self.line}:{self.column}"
        hint = f" ({self.suggestion})" if self.suggestion else ""
        return f"{place}: {self.type} {self.code}: {self.message}{hint}"
