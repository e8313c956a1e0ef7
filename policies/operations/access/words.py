"""Statements and ways in the portal model's shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamsite.operations.layers import Held
from policies.engine import Policy, Statement
from policies.operations.access.edges import Edge

SOURCES = {
    "user": "User",
    "group": "Group",
    "role": "Role",
    "boundary": "PermissionsBoundary",
    "resource": "ResourcePolicy",
    "organization": "OrganizationPolicy",
}


def source_of(policy: Policy, names: Mapping[str, Held]) -> str:
    """By whom the principal has the policy, or of what kind it is."""
    held = names.get(policy.arn or policy.id)
    if held is not None:
        return SOURCES[held.holder]
    if policy.id == "AssumeRolePolicyDocument":
        return "TrustPolicy"
    return SOURCES.get(policy.source, "User")


def statement_output(
    policy: Policy, statement: Statement, names: Mapping[str, Held]
) -> dict[str, Any]:
    """Which statement it is, of which policy, and by whom the principal has that policy."""
    found: dict[str, Any] = {
        "PolicyName": policy.id,
        "Source": source_of(policy, names),
        "Effect": statement.effect.value,
        "StatementIndex": statement.index,
        "StartLine": statement.start.line,
        "EndLine": statement.end.line,
    }
    held = names.get(policy.arn or policy.id)
    if held is not None:
        found |= {"PolicyName": held.name, "SourceName": held.holder_name}
    if policy.arn is not None:
        found["PolicyArn"] = policy.arn
    if statement.sid is not None:
        found["Sid"] = statement.sid
    return found


def edge_output(edge: Edge) -> dict[str, Any]:
    """One step of becoming a role."""
    return {
        "PrincipalArn": edge.source,
        "RoleArn": edge.target,
        "ActionName": edge.action,
        "IsConditional": bool(edge.lacks),
        "MissingContextValues": list(edge.lacks),
    }
