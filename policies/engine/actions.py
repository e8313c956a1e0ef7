"""Action patterns: `*`, or `service:name` with wildcards in the name, ignoring case.

Source: policy-language §3. Part wildcards in the service match nothing: only the whole `*` does.
"""

from __future__ import annotations

from functools import lru_cache
from sys import intern
from typing import NamedTuple

from .patterns import Glob, fold


class ActionPattern(NamedTuple):
    """`service` None: every service. `name` None: every name."""

    service: str | None
    name: Glob | None

    def covers(self, service: str, name: str) -> bool:
        if self.service is not None and self.service != service:
            return False
        return self.name is None or self.name.matches(name)


@lru_cache(maxsize=8192)
def action_pattern(text: str) -> ActionPattern:
    if text == "*":
        return ActionPattern(None, None)
    service, _, name = fold(text).partition(":")
    return ActionPattern(
        None if service == "*" else service, None if name == "*" else Glob.of(name)
    )


name_pattern = lru_cache(maxsize=8192)(Glob.of)


def split_pattern(text: str) -> tuple[str | None, str]:
    """A pattern as folded service (None: every service) and folded name pattern."""
    if text == "*":
        return None, "*"
    service, _, name = fold(text).partition(":")
    return (None if service == "*" else intern(service)), intern(name)


@lru_cache(maxsize=8192)
def split_action(text: str) -> tuple[str, str]:
    """A request's action as folded service and name."""
    service, _, name = fold(text).partition(":")
    return service, name
