"""Permission templates: managed policies of the provider's account, with `@{name}` in the place of
what each request fills in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from iamsite.operations.errors import OperationError, invalid_input
from policies.engine import Document, DocumentKind, Effect, PolicyErrors, parse

PLACE = re.compile(r"@\{([^{}]+)\}")

Values = Mapping[str, Sequence[str]]


def values_of(parameters: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The values of a request's parameters by name. Raises InvalidInput."""
    values: dict[str, list[str]] = {}
    for one in parameters:
        name, given = one.get("Name"), list(one.get("Values") or ())
        if name is None or not given:
            raise invalid_input("A policy parameter must have a name and a value.")
        if name in values:
            raise invalid_input(f"The policy parameter {name} is given twice.")
        if one.get("Type", "string") == "string" and len(given) > 1:
            raise invalid_input(f"The policy parameter {name} must have one value.")
        values[name] = given
    return values


def filled(template: str, values: Values) -> str:
    """The policy that `template` becomes: a text with a place for a list becomes as many texts.

    A value is text and nothing else: no wildcard, no variable, no other statement. Raises
    InvalidInput for missing, unknown and forbidden values, MalformedPolicyDocument.
    """
    wanted = set(PLACE.findall(template))
    for name in sorted(wanted ^ values.keys()):
        what = "needs a value" if name in wanted else "is not in the template"
        raise invalid_input(f"The policy parameter {name} {what}.")
    for name, given in values.items():
        if any(mark in value for value in given for mark in "*?$@"):
            raise invalid_input(f"The policy parameter {name} must have no wildcard or variable.")
    text = json.dumps(_fill(json.loads(template), values), indent=2)
    try:
        parse(text, DocumentKind.SESSION)
    except PolicyErrors as error:
        raise OperationError(error.aws_code, error.aws_message) from error
    return text


def _fill(value: Any, values: Values) -> Any:
    if isinstance(value, dict):
        return {key: _fill(one, values) for key, one in value.items()}
    if isinstance(value, list):
        return [text for one in value for text in _as_list(_fill(one, values))]
    if not isinstance(value, str):
        return value
    texts = list(_texts(value, values))
    return texts[0] if len(texts) == 1 else texts


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _texts(text: str, values: Values) -> Iterator[str]:
    place = PLACE.search(text)
    if place is None:
        yield text
        return
    for value in values[place[1]]:
        # What is filled in holds no place, so the rest is all that is left to fill.
        for rest in _texts(text[place.end() :], values):
            yield text[: place.start()] + value + rest


def boundaries_of(document: Document) -> list[str]:
    """The permissions boundaries that roles made under the policy must have."""
    found: dict[str, None] = {}
    for statement in document.statements:
        actions = {action.lower() for action in statement.actions or ()}
        if statement.effect is Effect.ALLOW and "iam:createrole" in actions:
            for condition in statement.conditions:
                if condition.key.lower() == "iam:permissionsboundary":
                    found.update(dict.fromkeys(condition.values))
    return list(found)
