"""Roles that their account may not change (evaluation.md §9.1)."""

from __future__ import annotations

from iamsite.operations.errors import unmodifiable_entity, validation_error
from identities.models import Role

SERVICE_LINKED = "/aws-service-role/"
RESERVED = (SERVICE_LINKED, "/aws-reserved/")


def refuse_protected(role: Role) -> None:
    """Raises UnmodifiableEntity for a service-linked or reserved role."""
    if role.path.startswith(RESERVED):
        raise unmodifiable_entity(
            f"Cannot perform the operation on the protected role '{role.name}' - "
            "this role is only modifiable by AWS"
        )


def refuse_reserved_path(path: str) -> None:
    """Raises ValidationError for a path at which only the system makes roles.

    Organization policies do not bind service-linked roles, so nobody may pass a role off as one.
    """
    if path.startswith(RESERVED):
        raise validation_error(
            "The specified value for path is invalid. "
            "Paths that begin with /aws-service-role/ or /aws-reserved/ are reserved."
        )
