"""Forms that edit a policy document, and what is told beside one while it is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from iamsite.console.asking import Asking, unauthenticated
from iamsite.console.constraints import in_words
from iamsite.console.fixes import VERSION, VERSIONS, Change, Fixes
from iamsite.console.forms import DocumentField, OperationForm
from iamsite.operations import OperationError
from iamsite.operations.namespaces import Namespaces
from policies.difference import Difference
from policies.engine import Document, DocumentKind, Effect, parse
from policies.reading import read, services_of


class DocumentForm(OperationForm):
    """A form whose document fields hold documents of one kind; `holder` is the kind of principal
    whose inline policy they are, if they are one, or ORGANIZATION. `target` is what else the
    operation takes that saves them."""

    kind = DocumentKind.IDENTITY
    holder = ""
    target: Mapping[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for _name, document in self.documents():
            document.kind = self.kind.value
            document.widget.attrs |= {
                "data-kind": document.kind,
                "data-terms": reverse("console:terms"),
                "data-principals": reverse("console:terms-of-principals"),
            }

    def documents(self) -> list[tuple[str, DocumentField]]:
        return [
            (name, field) for name, field in self.fields.items() if isinstance(field, DocumentField)
        ]

    def look_at(self, ask: Asking, standing: Mapping[str, str], is_compared: bool) -> None:
        """Gives every document field what is to be told beside it.

        `standing` has the documents that those of the form are to replace, by the field's name.
        """
        place = Place.of(self.kind.value, self.holder, self.target)
        for name, document in self.documents():
            document.place = place
            document.review = review(ask, self.text(name), place)
            if name in standing:
                document.difference = self.difference(name, standing[name])
                document.is_compared = is_compared

    def difference(self, name: str, standing: str) -> Difference:
        return Difference.between(standing, self.text(name))

    def text(self, name: str) -> str:
        return str(self[name].value() or "").replace("\r\n", "\n")


class Place(NamedTuple):
    """What a document is for, as far as that tells whether it may be saved: its kind, whose it is
    (as `holder` of a form), the principal's name and the policy's, the resource."""

    kind: str
    holder: str = ""
    principal: str = ""
    policy: str = ""
    resource: str = ""

    @classmethod
    def of(cls, kind: str, holder: str, target: Mapping[str, Any]) -> Place:
        principal = next((target[one] for one in PRINCIPALS if one in target), "")
        policy, resource = (target.get(one, "") for one in ("PolicyName", "ResourceArn"))
        return cls(kind, holder, principal, policy, resource)

    @property
    def asked(self) -> dict[str, str]:
        """What ValidatePolicy takes of it."""
        holder = self.holder if self.holder != ORGANIZATION else ""
        found = {
            "PolicyType": self.kind,
            "PrincipalType": holder,
            "PrincipalName": self.principal,
            "PolicyName": self.policy,
            "ResourceArn": self.resource,
        }
        return {name: value for name, value in found.items() if value}

    @property
    def values(self) -> str:
        """What is posted of it with a document to look at."""
        return json.dumps({f"_{name}": value for name, value in self._asdict().items()})


# How grave a finding is, by its type: the tone it is told in, and its name.
GRADES: dict[str, tuple[str, str | Promise]] = {
    "FAULT": ("bad", gettext_lazy("Refused")),
    "ERROR": ("bad", gettext_lazy("Error")),
    "SECURITY_WARNING": ("warn", gettext_lazy("Security warning")),
    "WARNING": ("warn", gettext_lazy("Warning")),
    "SUGGESTION": ("info", gettext_lazy("Suggestion")),
}


ORGANIZATION = "Organization"  # the holder of a resource policy that no resource's quota limits
PRINCIPALS = ("UserName", "GroupName", "RoleName")
SIZES = "POLICY_SIZE_EXCEEDS"  # told by the account's own quota


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to know about a place in a document; `grade` is a key of GRADES, `fix` what puts
    it right, if the text itself tells that."""

    grade: str
    code: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    help: str
    fix: tuple[Change, ...] = ()

    @property
    def changes(self) -> str:
        """The fix as the editor reads it."""
        return json.dumps(self.fix) if self.fix else ""

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
    has no readings either; `most` is the largest that it may have, 0 if none is known, together
    with the `others` of its principal."""

    is_valid: bool
    size: int
    notes: list[Note]
    readings: list[Reading] = field(default_factory=list)
    most: int = 0
    is_linted: bool = True
    counts_spaces: bool = False
    others: int = 0

    @property
    def all(self) -> int:
        """What counts towards the quota."""
        return self.size + self.others

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
                    "fix": note.fix,
                }
                for note in self.notes
            ]
        )


def review(ask: Asking, text: str, place: Place) -> Review:
    """What is wrong with `text` as a document in its place, and what is unwise in it."""
    if not text.strip():
        begin = _('Write one, such as {"Version": "2012-10-17", "Statement": [...]}.')
        empty = Note("FAULT", "empty", 1, 1, 1, 0, _("The document is empty."), begin)
        return Review(False, 0, [empty])
    try:
        told = ask.perform("ValidatePolicy", {"PolicyDocument": text, **place.asked})
    except OperationError as error:
        if unauthenticated(error):
            raise
        told = in_words(error.message)
        return Review(False, 0, [Note("FAULT", error.code, 1, 1, 1, 0, told, "")])
    size, most, others = (told.get(one, 0) for one in ("Size", "SizeQuota", "OtherSize"))
    if place.holder == ORGANIZATION:
        most = 0
    notes = _notes(text, told)
    if is_too_long := bool(most) and size + others > most:
        notes.insert(0, _too_long(size, others, most))
    is_valid = told["IsValid"] and not is_too_long
    readings = readings_of(ask, text, place.kind) if told["IsValid"] else []
    counts_spaces = DocumentKind(place.kind) in (DocumentKind.SCP, DocumentKind.RCP)
    return Review(is_valid, size, notes, readings, most, told["IsLinted"], counts_spaces, others)


def _notes(text: str, told: Mapping[str, Any]) -> list[Note]:
    """Faults and findings in the order of the text. Lint finds most of what is refused as well: the
    refusal says it once, with the fix that lint knows."""
    fixes = Fixes(text)
    faults = [_fault(one, fixes) for one in told["Faults"]]
    of_place = {fixes.offset(one.line, one.column): at for at, one in enumerate(faults)}
    is_old = any(one["Code"] in VERSIONS for one in told["Faults"])
    others = []
    for one in told["Findings"]:
        note = _finding(one, fixes)
        places = (fixes.name_before(one), fixes.offset(note.line, note.column))
        at = next((of_place[place] for place in places if place in of_place), None)
        if note.grade == "ERROR" and at is not None:
            if note.fix and not faults[at].fix:
                faults[at] = replace(faults[at], fix=note.fix, help=note.help)
        elif not (is_old and note.code in VERSIONS) and not note.code.startswith(SIZES):
            others.append(note)
    return sorted([*faults, *others], key=lambda note: (note.line, note.column))


def _too_long(size: int, others: int, most: int) -> Note:
    message = _("The document has %(size)d characters, of which %(most)d may be.")
    right = _("Take wildcards for lists of names, or make several policies of it.")
    if others:
        message = _(
            "The document has %(size)d characters and the other inline policies %(others)d, of "
            "which %(most)d may be in all."
        )
        right = _("Take wildcards for lists of names, or attach a managed policy.")
    message %= {"size": size, "others": others, "most": most}
    return Note("FAULT", "LimitExceeded", 1, 1, 1, 2, message, right)


def sentences(ask: Asking, document: Document) -> tuple[str, ...]:
    """Each statement in plain words; the services of the account by the names that the viewer may
    list."""
    names = Namespaces().names()
    if services_of(document) - names.keys():
        services = ask.see(services=("ListServices", {"MaxItems": 1000}))["services"].result
        own = services.get("Services", [])
        names |= {one["ServicePrefix"]: one["ServiceName"] for one in own}
    return read(document, names)


def readings_of(ask: Asking, text: str, kind: str) -> list[Reading]:
    """Every statement of a valid document in plain words."""
    document = parse(text, DocumentKind(kind))
    return [
        Reading(
            sentence,
            statement.start.line,
            statement.start.column,
            "bad" if statement.effect is Effect.DENY else "good",
        )
        for statement, sentence in zip(document.statements, sentences(ask, document), strict=True)
    ]


def _fault(fault: Mapping[str, Any], fixes: Fixes) -> Note:
    line, column = fault["Line"], fault["Column"]
    code, help_text = fault["Code"], fault.get("Help", "")
    fix = tuple(fixes.of_fault(fault))
    return Note("FAULT", code, line, column, line, 0, fault["Message"], help_text, fix)


def _finding(finding: Mapping[str, Any], fixes: Fixes) -> Note:
    right = finding.get("Suggestion", "").replace("${Partition}", "aws")
    if finding["Code"] in VERSIONS:
        right = f'"Version": "{VERSION}"'
    if right and (" " not in right or finding["Code"] in VERSIONS):
        right = _("Write %(text)s.") % {"text": right}
    elif right:  # what to do, in words
        right = f"{right[0].upper()}{right[1:]}."
    return Note(
        finding["FindingType"],
        finding["Code"],
        finding["StartLine"],
        finding["StartColumn"],
        finding["EndLine"],
        finding["EndColumn"],
        finding["Message"],
        right,
        tuple(fixes.of_finding(finding)),
    )
