"""A case in plain data: what the reference evaluator reads and what a failure prints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Value = str | tuple[str, ...]


def load(text: str) -> dict[str, Any]:
    """The document with its numbers and booleans kept as the text that stands in the JSON."""
    document: dict[str, Any] = json.loads(text, parse_int=str, parse_float=str)
    return written(document)


def written(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: written(one) for key, one in value.items()}
    if isinstance(value, list):
        return [written(one) for one in value]
    return json.dumps(value) if isinstance(value, bool) else value


@dataclass(frozen=True)
class PlainPolicy:
    """One document; the kind decides how short ARNs are read."""

    kind: str  # identity, managed, session, trust, resource, scp, rcp
    text: str
    document: dict[str, Any] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "document", load(self.text))


Policies = tuple[PlainPolicy, ...]


@dataclass(frozen=True)
class PlainRequest:
    """Who asks for what, on what, in which context; the context's keys are lower case."""

    principal: Mapping[str, Any]  # the fields of the engine's Principal
    action: str
    resource: str
    resource_account: str
    context: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class PlainLayers:
    """The policies of each layer; ``None`` where the layer does not apply."""

    identity: Policies | None = None
    boundary: Policies | None = None
    session: Policies | None = None
    resource: Policies | None = None
    scps: tuple[Policies, ...] | None = None
    rcps: tuple[Policies, ...] | None = None
    trust: bool = False
