"""Whom a trust policy trusts, for reading."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

KINDS = {
    "AWS": "user",
    "Service": "box",
    "Federated": "link",
    "CanonicalUser": "user",
}


@dataclass(frozen=True, slots=True)
class Trusted:
    """One principal of a trust policy. `effect` is Allow or Deny; `is_conditional` tells of a
    Condition; `is_dead` of a unique id in place of an ARN: who it named is deleted;
    `is_kept_out` that no request of theirs was found which the policies allow.
    """

    kind: str
    principal: str
    effect: str
    is_conditional: bool
    except_for: bool = False
    home: str = ""
    is_kept_out: bool = False

    @property
    def is_open(self) -> bool:
        return self.is_anyone and not self.is_conditional and not self.is_kept_out

    @property
    def icon(self) -> str:
        if self.principal.isdigit() or self.principal.endswith(":root"):
            return "building"
        return KINDS.get(self.kind, "user")

    @property
    def is_dead(self) -> bool:
        return self.principal.startswith(("AIDA", "AROA")) and ":" not in self.principal

    @property
    def is_anyone(self) -> bool:
        return self.principal == "*"

    @property
    def label(self) -> str:
        """The principal in short: `role/Deployer`, `Account 111122223333`, a service's name."""
        if self.principal.startswith("arn:"):
            parts = self.principal.split(":", 5)
            if parts[-1] == "root":
                return self._account(parts[4])
            return parts[-1]
        return self._account(self.principal) if self.principal.isdigit() else self.principal

    def _account(self, number: str) -> str:
        return _("This account") if number == self.home else _("Account %(id)s") % {"id": number}


def trusted(document: str, home: str = "") -> list[Trusted]:
    """Every principal of every statement; [] for a document that is no policy. `home` is the
    account of the role.
    """
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
                        home,
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
