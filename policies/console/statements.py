"""Statements of a policy document as rows for reading."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One statement. `actions_except` and `resources_except` tell of NotAction and NotResource."""

    sid: str
    effect: str
    actions: list[str]
    resources: list[str]
    conditions: list[str]
    actions_except: bool
    resources_except: bool

    @property
    def is_deny(self) -> bool:
        return self.effect == "Deny"

    @property
    def is_wide(self) -> bool:
        """Everything on everything."""
        return not self.is_deny and "*" in self.actions and "*" in self.resources


def statements(document: str) -> list[Row]:
    """The statements of `document`; [] when it is no policy."""
    try:
        found = json.loads(document).get("Statement", [])
    except (AttributeError, TypeError, ValueError):
        return []
    return [_row(one) for one in (found if isinstance(found, list) else [found])]


def _row(statement: dict[str, Any]) -> Row:
    return Row(
        sid=statement.get("Sid", ""),
        effect=statement.get("Effect", ""),
        actions=_many(statement.get("Action", statement.get("NotAction", []))),
        resources=_many(statement.get("Resource", statement.get("NotResource", []))),
        conditions=[
            f"{operator} {key} {_joined(value)}"
            for operator, keys in statement.get("Condition", {}).items()
            for key, value in keys.items()
        ],
        actions_except="NotAction" in statement,
        resources_except="NotResource" in statement,
    )


def _many(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _joined(value: Any) -> str:
    return " or ".join(_many(value))
