"""What to ask before and after a change, and what of it a statement speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from policies.engine import Statement
from policies.engine.actions import action_pattern
from policies.engine.lint import ServiceCatalogue

# Stands for an action that no policy names: only `*` and NotAction cover it.
ANY_ACTION = "*:*"
VARIABLE = re.compile(r"\$\{([^},]+)[^}]*\}")


class Probe(NamedTuple):
    """An action, and a resource or a pattern of resources, which stands for all that match it."""

    action: str
    resource: str

    @property
    def asked(self) -> str:
        """A resource that matches the pattern, and none of fewer letters than it might have."""
        return self.resource if self.resource == "*" else self.resource.replace("*", "*" * 9)


class Probes(NamedTuple):
    """Actions of which policies say the same, each with each of the resources."""

    actions: Sequence[str]
    resources: Sequence[str]


def filled(resource: str, keys: Mapping[str, object]) -> str:
    """A pattern with a principal's own values in place of policy variables."""
    if "${" not in resource:
        return resource
    folded = {key.lower(): value for key, value in keys.items()}
    return VARIABLE.sub(lambda one: str(folded.get(one[1].lower(), "*")), resource)


def actions_of(statement: Statement, known: ServiceCatalogue) -> Iterator[str]:
    """Every action that a statement speaks of, by name as far as names are known."""
    if statement.actions is None:
        yield ANY_ACTION
    for text in statement.actions or statement.not_actions or ():
        yield from _expanded(text, known)


def _expanded(text: str, known: ServiceCatalogue) -> Iterator[str]:
    """Every known action that a pattern covers; the pattern itself where none is known."""
    service, _, name = text.partition(":")
    if text == "*" or "*" in service or "?" in service:
        yield ANY_ACTION
        if service == "*" and name not in ("", "*"):
            yield text
        return
    if "*" not in name and "?" not in name:
        yield text
        return
    service, pattern = service.lower(), action_pattern(text)
    actions = known.actions(service)
    found = [one.name for key, one in actions.items() if pattern.covers(service, key)]
    yield from (f"{service}:{one}" for one in found or [name])


def resources_of(statement: Statement) -> Iterator[str]:
    """The resources that a statement speaks of, as written."""
    if statement.resources is None:
        yield "*"
    yield from statement.resources or statement.not_resources or ()
