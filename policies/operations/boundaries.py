"""Permissions boundaries: which managed policy limits a user or role."""

from __future__ import annotations

from typing import Any

from iamsite.operations import Call
from iamsite.operations.errors import invalid_input
from policies.models import Boundary, Policy
from policies.operations.find import ARN, get_attachable_policy


def boundary_policy(call: Call, arn: str | None) -> Policy | None:
    """The policy that `arn` names as a boundary.

    Raises InvalidInput for a text that is no policy ARN, NoSuchEntity, and PolicyNotAttachable for
    a policy that belongs to service-linked roles.
    """
    if arn is None:
        return None
    if not ARN.fullmatch(arn):
        raise invalid_input(f"ARN {arn} is not valid.")
    return get_attachable_policy(call, arn, "Scope ARN:")


def set_boundary(call: Call, principal_id: str, policy: Policy | None) -> None:
    """Makes `policy` the boundary of the user or role with that unique id; None changes nothing."""
    if policy is not None:
        Boundary.objects.update_or_create(
            principal_id=principal_id,
            defaults={
                "account_id": call.account,
                "policy": policy,
                "policy_account_id": policy.account_id,
            },
        )


def boundary_member(arn: str | None) -> dict[str, Any]:
    """The `PermissionsBoundary` member, or nothing.

    Live answers say `Policy` where the model's enum has `PermissionsBoundaryPolicy`.
    """
    if arn is None:
        return {}
    return {
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": arn,
        }
    }
