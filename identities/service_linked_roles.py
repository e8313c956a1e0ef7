"""Service-linked roles: which services have one, how it is called, and which policy it carries.

Source: IAM User Guide, "AWS services that work with IAM", and the services' own pages on
service-linked roles. Every name begins with AWSServiceRoleFor; every policy is an AWS managed one
at /aws-service-role/.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

PREFIX = "AWSServiceRoleFor"
DOMAIN = ".amazonaws.com"

TABLE = Path(__file__).with_suffix(".txt")


@dataclass(frozen=True, slots=True)
class ServiceLinkedRole:
    """What a service's role is called, and the name of the managed policy that it carries."""

    name: str
    policy: str
    takes_suffix: bool


def _read(file: Path) -> dict[str, ServiceLinkedRole]:
    roles = {}
    for line in file.read_text().splitlines():
        if line.startswith("#"):
            continue
        service, role, policy = line.split()
        roles[service + DOMAIN] = ServiceLinkedRole(
            PREFIX + role.removesuffix("+"), policy, role.endswith("+")
        )
    return roles


# By service principal.
ROLES = _read(TABLE)


def role_name(service: str, suffix: str | None) -> str:
    """The name that the role of `service` would have; the prefix alone for an unknown service."""
    known = ROLES.get(service)
    name = PREFIX if known is None else known.name
    return name if suffix is None else f"{name}_{suffix}"


def trust_policy(service: str) -> str:
    """The trust policy of the role: the service alone may assume it."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
