"""Forms that edit a policy document."""

from __future__ import annotations

import json
from typing import Any

from iamsite.console.forms import DocumentField, OperationForm
from iamsite.operations import OperationError
from policies.engine import DocumentKind, Fault, PolicyErrors, parse


class DocumentForm(OperationForm):
    """When the operation refuses the document, the form shows every fault of it with its place,
    where the API's one message names the first.
    """

    kind = DocumentKind.IDENTITY

    def refuse(self, error: OperationError) -> bool:
        placed = super().refuse(error)
        if error.code != "MalformedPolicyDocument":
            return placed
        for name, field in self.fields.items():
            if isinstance(field, DocumentField):
                found = faults(self.cleaned_data.get(name) or self.data.get(name, ""), self.kind)
                field.widget.attrs["data-faults"] = json.dumps(found)
                field.faults = found
        return placed


def faults(text: str, kind: DocumentKind) -> list[dict[str, Any]]:
    """All that is wrong with `text` as a document of `kind`, in order; [] when nothing is."""
    try:
        parse(text, kind)
    except PolicyErrors as errors:
        return [_told(fault) for fault in errors.faults]
    return []


def _told(fault: Fault) -> dict[str, Any]:
    return {
        "line": fault.line,
        "column": fault.column,
        "message": fault.message,
        "help": fault.help,
    }
