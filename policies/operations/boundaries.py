"""Permissions boundaries: which managed policy limits a user or role."""

from __future__ import annotations

from typing import Any

from iamsite.operations import Call
from iamsite.operations.errors import no_such_entity
from policies.models import Boundary, Policy
from policies.operations.find import find_policy


def boundary_policy(call: Call, arn: str | None) -> Policy | None:
    """The policy that `arn` names as a boundary; raises NoSuchEntity if it cannot be one."""
    if arn is None:
        return None
    policy = find_policy(call, arn)
    if policy is None:
        raise no_such_entity(f"Policy {arn} does not exist or is not attachable.")
    return policy


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
