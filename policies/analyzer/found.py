"""What an analysis finds."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from policies.engine import Request
from policies.models import Finding

NAMESPACE = uuid.UUID("6d2b8f53-5d0e-4c9c-9c0e-2f8a61c6f1b7")

Kind, Severity = Finding.Kind, Finding.Severity


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was found.

    `resource` is the ARN of what it is about, `about` what tells it from all others for as long as
    it is the same thing: unique ids, not names. `witness` is a request that the policies allow.
    """

    kind: str
    type: str
    severity: Severity
    resource: str
    about: tuple[str, ...]
    message: str
    witness: Request | None = None
    principal: str = ""
    policy: str = ""
    key: str = ""
    services: tuple[str, ...] = ()
    used: datetime | None = None

    def id(self, account: str) -> uuid.UUID:
        return uuid.uuid5(NAMESPACE, "\n".join((account, self.kind, self.type, *self.about)))

    def content(self) -> dict[str, Any]:
        """What is kept of it besides the columns, in the members of GetFinding."""
        content: dict[str, Any] = {
            "Message": self.message,
            "Principal": self.principal,
            "PolicyName": self.policy,
            "AccessKeyId": self.key,
            "Services": list(self.services),
            "LastUsedDate": self.used.isoformat() if self.used is not None else "",
        }
        if self.witness is not None:
            content["Witness"] = _witness(self.witness)
        return {name: value for name, value in content.items() if value}


def _witness(request: Request) -> dict[str, Any]:
    return {
        "Principal": request.principal.arn,
        "Action": request.action,
        "Resource": request.resource,
        "Context": [
            {
                "ContextKeyName": key,
                "ContextKeyValues": [value] if isinstance(value, str) else list(value),
                "ContextKeyType": "string" if isinstance(value, str) else "stringList",
            }
            for key, value in request.context.items()
        ],
    }
