"""Policy documents as operations take them: refused in AWS's words, measured, hashed."""

from __future__ import annotations

import hashlib

from iamsite.operations import OperationError
from iamsite.operations.errors import invalid_input
from policies.engine import Document, DocumentKind, PolicyErrors, parse


def checked_document(text: str, kind: DocumentKind) -> Document:
    """The document in `text`.

    Raises what AWS answers to the first failing stage (policy-language.md §10): mostly
    MalformedPolicyDocument.
    """
    try:
        return parse(text, kind)
    except PolicyErrors as errors:
        raise OperationError(errors.aws_code, errors.aws_message) from errors


def input_document(text: str, kind: DocumentKind, place: str) -> Document:
    """As `checked_document` for the document at parameter `place` of a simulation: InvalidInput."""
    try:
        return parse(text, kind)
    except PolicyErrors as errors:
        raise invalid_input(f"{place}: {errors.aws_message}") from errors


def digest(text: str) -> bytes:
    """What the database keeps to tell equal documents."""
    return hashlib.sha256(text.encode()).digest()
