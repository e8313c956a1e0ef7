"""What to ask before and after a change: all that the statements which differ speak of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from policies.engine import Document, Statement
from policies.engine.actions import action_pattern
from policies.engine.lint import ServiceCatalogue

# Stands for an action that no policy names: only `*` and NotAction cover it.
ANY_ACTION = "*:*"
MOST_PROBES = 3_000
VARIABLE = re.compile(r"\$\{([^},]+)[^}]*\}")


class Probe(NamedTuple):
    """An action, and a resource or a pattern of resources, which stands for all that match it."""

    action: str
    resource: str

    @property
    def service(self) -> str:
        return self.action.partition(":")[0]

    def resource_for(self, keys: Mapping[str, object]) -> str:
        """The resource with a principal's own values in place of policy variables."""
        folded = {key.lower(): value for key, value in keys.items()}
        return VARIABLE.sub(lambda one: str(folded.get(one[1].lower(), "*")), self.resource)


def probes_of(
    changed: Iterable[tuple[Document | None, Document | None]], known: ServiceCatalogue
) -> tuple[list[Probe], bool]:
    """The probes of documents before and after, and whether they are all: of too many only the
    first are asked."""
    found: dict[Probe, None] = {}
    for statement in (one for pair in changed for one in differing(*pair)):
        resources = list(resources_of(statement))
        for action in actions_of(statement, known):
            for resource in resources:
                probe = Probe(action, resource)
                if probe not in found and len(found) >= MOST_PROBES:
                    return list(found), False
                found[probe] = None
    return list(found), True


def differing(before: Document | None, after: Document | None) -> Iterator[Statement]:
    """The statements that only one of the documents has, whatever they are called."""
    kept = [_meanings(one) for one in (before, after)]
    for own, other in (kept, kept[::-1]):
        for meaning, statement in own.items():
            if meaning not in other:
                yield statement


def _meanings(document: Document | None) -> dict[str, Statement]:
    if document is None:
        return {}
    found = {}
    for statement in document.statements:
        written = {key: value for key, value in statement.as_dict().items() if key != "Sid"}
        # What `${…}` means follows from the version.
        found[json.dumps([document.knows_variables, written], sort_keys=True)] = statement
    return found


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
        return
    if "*" not in name and "?" not in name:
        yield text
        return
    pattern = action_pattern(text)
    actions = known.actions(service.lower()).values()
    found = [one.name for one in actions if pattern.covers(service.lower(), one.name.lower())]
    yield from (f"{service.lower()}:{one}" for one in found or [name])


def resources_of(statement: Statement) -> Iterator[str]:
    """The resources that a statement speaks of, as written."""
    if statement.resources is None:
        yield "*"
    yield from statement.resources or statement.not_resources or ()
