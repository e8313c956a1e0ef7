"""Documents read again: what `parse` once accepted needs no second examination.

A principal's policies are read when it is first seen; with `parse` that would cost far more than
the decision. JSON is read by Python's own reader, and where a statement stands is found only when
somebody asks.
"""

from __future__ import annotations

import json
from sys import intern
from typing import Any

from .conditions import Condition
from .document import Document, DocumentKind, Effect, Places, Statement, parse

# The kinds that name no principals, whose places in the text are always needed.
_KINDS = (
    DocumentKind.IDENTITY,
    DocumentKind.MANAGED,
    DocumentKind.SESSION,
    DocumentKind.SCP,
)
_EFFECTS = {"Allow": Effect.ALLOW, "Deny": Effect.DENY}


def stored(text: str, kind: DocumentKind) -> Document:
    """The document of a text that `parse` has accepted before; equal to what that gave.

    Raises PolicyErrors for a text that is no document at all. Any other text that was never
    accepted is read as it stands: give nothing that comes from outside.
    """
    if kind not in _KINDS:
        return parse(text, kind)
    try:
        written = json.loads(text, parse_int=str, parse_float=str)
        found = written["Statement"]
        places = Places(text, kind)
        statements = tuple(
            _statement(number, one, places)
            for number, one in enumerate(found if isinstance(found, list) else (found,))
        )
        return Document(text, kind, written.get("Version"), written.get("Id"), statements)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return parse(text, kind)


def _statement(index: int, written: dict[str, Any], places: Places) -> Statement:
    get = written.get
    action, not_action = get("Action"), get("NotAction")
    resource, not_resource = get("Resource"), get("NotResource")
    block = get("Condition")
    return Statement(
        index,
        _EFFECTS[written["Effect"]],
        get("Sid"),
        None,
        None,
        None if action is None else _texts(action),
        None if not_action is None else _texts(not_action),
        None if resource is None else _texts(resource),
        None if not_resource is None else _texts(not_resource),
        _conditions(block) if block else (),
        places,
    )


def _texts(written: str | list[str]) -> tuple[str, ...]:
    return (intern(written),) if isinstance(written, str) else tuple(map(intern, written))


def _conditions(block: dict[str, dict[str, Any]]) -> tuple[Condition, ...]:
    return tuple(
        Condition(intern(operator), intern(key), _values(values))
        for operator, keys in block.items()
        for key, values in keys.items()
    )


def _values(written: Any) -> tuple[str, ...]:
    return tuple(map(_scalar, written)) if isinstance(written, list) else (_scalar(written),)


def _scalar(value: str | bool) -> str:
    """A value's text; numbers have come as texts already."""
    if isinstance(value, str):
        return intern(value)
    return "true" if value else "false"
