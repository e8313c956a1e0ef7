"""Other engines, each given the same policies and requests in its own language.

A peer is made from a workload and answers `decide(number)` for the request of that number. What
can be prepared beforehand is: parsed policies, request objects. The caller's name is put into the
policies where they ask for `${aws:username}`, which most peers could not do themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from benchmarks.decisions.workload import USER


class NotInstalled(Exception):
    """The peer cannot be loaded; the message says what is missing."""


class Peer(Protocol):
    """One engine on one workload."""

    name: str

    def decide(self, number: int) -> bool:
        """Whether the request of this number is allowed."""

    def expresses(self, number: int) -> bool:
        """Whether the engine's language can say all that this request depends on."""


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def texts(value: Any) -> list[str]:
    """The strings of an element with the caller's name put in."""
    return [text.replace("${aws:username}", USER) for text in listed(value)]


def conditions(statement: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Operator, key and value; the workload gives each key one value."""
    for operator, keys in statement.get("Condition", {}).items():
        for key, value in keys.items():
            yield operator, key, value
