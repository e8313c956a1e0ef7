"""Whom a trust policy trusts, for reading."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

KINDS = {
    "AWS": "user",
    "Service": "plug-connected",
    "Federated": "link",
    "CanonicalUser": "user",
}


@dataclass(frozen=True, slots=True)
class Trusted:
    """One principal of a trust policy. `effect` is Allow or Deny; `is_conditional` tells of a
    Condition; `is_dead` of a unique id in place of an ARN: who it named is deleted.
    """

    kind: str
    principal: str
    effect: str
    is_conditional: bool
    except_for: bool = False

    @property
    def icon(self) -> str:
        return KINDS.get(self.kind, "user")

    @property
    def is_dead(self) -> bool:
        return self.principal.startswith(("AIDA", "AROA")) and ":" not in self.principal

    @property
    def is_anyone(self) -> bool:
        return self.principal == "*"

    @property
    def label(self) -> str:
        """The principal in short: `role/Deployer`, `account 111122223333`, a service's name."""
        if self.principal.startswith("arn:"):
            parts = self.principal.split(":", 5)
            if parts[-1] == "root":
                return f"account {parts[4]}"
            return parts[-1]
        if self.principal.isdigit():
            return f"account {self.principal}"
        return self.principal


def trusted(document: str) -> list[Trusted]:
    """Every principal of every statement; [] for a document that is no policy."""
    try:
        statements = json.loads(document).get("Statement", [])
    except (AttributeError, TypeError, ValueError):
        return []
    found = []
    for statement in statements if isinstance(statements, list) else [statements]:
        for member in ("Principal", "NotPrincipal"):
            for kind, principal in _principals(statement.get(member)):
                found.append(
                    Trusted(
                        kind,
                        principal,
                        statement.get("Effect", "Allow"),
                        bool(statement.get("Condition")),
                        member == "NotPrincipal",
                    )
                )
    return found


def _principals(member: Any) -> list[tuple[str, str]]:
    if member == "*":
        return [("AWS", "*")]
    if not isinstance(member, dict):
        return []
    return [
        (kind, name)
        for kind, names in member.items()
        for name in (names if isinstance(names, list) else [names])
    ]
