"""Forms that edit a policy document, and what is told beside one while it is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from iamsite.console.asking import Asking, unauthenticated
from iamsite.console.forms import DocumentField, OperationForm
from iamsite.operations import OperationError
from policies.difference import Difference
from policies.engine import DocumentKind, Effect, parse
from policies.reading import read


class DocumentForm(OperationForm):
    """A form whose document fields hold documents of one kind."""

    kind = DocumentKind.IDENTITY

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for _name, document in self.documents():
            document.kind = self.kind.value
            document.widget.attrs |= {
                "data-kind": document.kind,
                "data-terms": reverse("console:terms"),
            }

    def documents(self) -> list[tuple[str, DocumentField]]:
        return [
            (name, field) for name, field in self.fields.items() if isinstance(field, DocumentField)
        ]

    def look_at(self, ask: Asking, standing: Mapping[str, str], is_compared: bool) -> None:
        """Gives every document field what is to be told beside it.

        `standing` has the documents that those of the form are to replace, by the field's name.
        """
        for name, document in self.documents():
            document.review = review(ask, self.text(name), self.kind.value)
            if name in standing:
                document.difference = self.difference(name, standing[name])
                document.is_compared = is_compared

    def difference(self, name: str, standing: str) -> Difference:
        return Difference.between(standing, self.text(name))

    def text(self, name: str) -> str:
        return str(self[name].value() or "").replace("\r\n", "\n")


# How grave a finding is, by its type: the tone it is told in, and its name.
GRADES: dict[str, tuple[str, str | Promise]] = {
    "FAULT": ("bad", _("Refused")),
    "ERROR": ("bad", _("Error")),
    "SECURITY_WARNING": ("warn", _("Security warning")),
    "WARNING": ("warn", _("Warning")),
    "SUGGESTION": ("info", _("Suggestion")),
}


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to know about a place in a document; `grade` is a key of GRADES."""

    grade: str
    code: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    help: str

    @property
    def tone(self) -> str:
        return GRADES[self.grade][0]

    @property
    def label(self) -> str:
        return str(GRADES[self.grade][1])


@dataclass(frozen=True, slots=True)
class Reading:
    """A statement in plain words, and where it begins."""

    sentence: str
    line: int
    column: int
    tone: str


@dataclass(frozen=True, slots=True)
class Review:
    """What the validator says of a document. `size` is 0 for one that would be refused, which
    has no readings either."""

    is_valid: bool
    size: int
    notes: list[Note]
    readings: list[Reading] = field(default_factory=list)

    @property
    def marks(self) -> str:
        """The notes as the editor reads them."""
        return json.dumps(
            [
                {
                    "from": [note.line, note.column],
                    "to": [note.end_line, note.end_column],
                    "severity": {"bad": "error", "warn": "warning"}.get(note.tone, "info"),
                    "source": note.code,
                    "message": f"{note.message} {note.help}".strip(),
                }
                for note in self.notes
            ]
        )


def review(ask: Asking, text: str, kind: str) -> Review:
    """What is wrong with `text` as a document of `kind`, and what is unwise in it."""
    try:
        told = ask.perform("ValidatePolicy", {"PolicyDocument": text, "PolicyType": kind})
    except OperationError as error:
        if unauthenticated(error):
            raise
        return Review(False, 0, [Note("FAULT", error.code, 1, 1, 1, 0, error.message, "")])
    faults = [_fault(one) for one in told["Faults"]]
    places = {(note.line, note.column) for note in faults}
    findings = [_finding(one) for one in told["Findings"]]
    # Lint finds most of what is refused as well: the refusal says it once.
    others = [
        one for one in findings if one.grade != "ERROR" or (one.line, one.column) not in places
    ]
    notes = sorted([*faults, *others], key=lambda note: (note.line, note.column))
    readings = readings_of(text, kind) if told["IsValid"] else []
    return Review(told["IsValid"], told.get("Size", 0), notes, readings)


def readings_of(text: str, kind: str) -> list[Reading]:
    """Every statement of a valid document in plain words."""
    document = parse(text, DocumentKind(kind))
    return [
        Reading(
            sentence,
            statement.start.line,
            statement.start.column,
            "bad" if statement.effect is Effect.DENY else "good",
        )
        for statement, sentence in zip(document.statements, read(document), strict=True)
    ]


def _fault(fault: Mapping[str, Any]) -> Note:
    line, column = fault["Line"], fault["Column"]
    code, help_text = fault["Code"], fault.get("Help", "")
    return Note("FAULT", code, line, column, line, 0, fault["Message"], help_text)


def _finding(finding: Mapping[str, Any]) -> Note:
    right = finding.get("Suggestion", "")
    if right and " " not in right:
        right = _("Write %(text)s.") % {"text": right}
    return Note(
        finding["FindingType"],
        finding["Code"],
        finding["StartLine"],
        finding["StartColumn"],
        finding["EndLine"],
        finding["EndColumn"],
        finding["Message"],
        right,
    )
