"""Permission templates: managed policies of the provider's account, with `@{name}` in the place of
what each request fills in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from iamsite.operations.errors import OperationError, invalid_input
from identities import placeholders
from policies.engine import Document, DocumentKind, Effect, PolicyErrors, parse


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


def filled(template: str, values: placeholders.Values) -> str:
    """The policy that `template` becomes: a text with a place for a list becomes as many texts.

    A value is text and nothing else: no wildcard, no variable, no other statement. Raises
    InvalidInput for missing, unknown and forbidden values, MalformedPolicyDocument.
    """
    wanted = placeholders.names_in(template)
    for name in sorted(wanted ^ values.keys()):
        what = "needs a value" if name in wanted else "is not in the template"
        raise invalid_input(f"The policy parameter {name} {what}.")
    for name, given in values.items():
        if not all(placeholders.is_plain(value) for value in given):
            raise invalid_input(f"The policy parameter {name} must have no wildcard or variable.")
    text = json.dumps(placeholders.fill(json.loads(template), values), indent=2)
    try:
        parse(text, DocumentKind.SESSION)
    except PolicyErrors as error:
        raise OperationError(error.aws_code, error.aws_message) from error
    return text


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
