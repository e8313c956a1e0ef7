"""Versions of managed policies (IAM API Reference; api-behaviour.md §8.4)."""

from __future__ import annotations

import re
from typing import Any

from accounts.quotas import quota
from iamsite.operations import Call, OperationError, operation
from iamsite.operations.errors import delete_conflict, no_such_entity
from iamsite.operations.paging import page_newest_first
from policies.models import Policy, PolicyVersion
from policies.operations import find
from policies.operations.policies import add_version, check_managed_document

NUMBER = re.compile(r"v([1-9][0-9]{0,8})")


def version_output(policy: Policy, version: PolicyVersion) -> dict[str, Any]:
    """The `PolicyVersion` shape without the document."""
    return {
        "VersionId": version.version_id,
        "IsDefaultVersion": version.number == policy.default_version,
        "CreateDate": version.created_at,
    }


def _get_version(policy: Policy, version_id: str) -> PolicyVersion:
    """Raises NoSuchEntity."""
    match = NUMBER.fullmatch(version_id)
    number = int(match[1]) if match else None
    rows = PolicyVersion.objects.of(policy.account_id)
    found: PolicyVersion | None = rows.filter(policy=policy, number=number).first()
    if found is None:
        raise _no_such_version(policy.arn, version_id)
    return found


def _no_such_version(arn: str, version_id: str) -> OperationError:
    return no_such_entity(f"Policy {arn} version {version_id} does not exist or is not attachable.")


@operation("iam:CreatePolicyVersion", resource=find.policy)
def create_policy_version(
    call: Call, PolicyArn: str, PolicyDocument: str, SetAsDefault: bool = False
) -> dict[str, Any]:
    policy = find.get_own_policy(call, PolicyArn)
    check_managed_document(call, PolicyDocument)
    limit = quota(call.account, "VersionsPerPolicy")
    if PolicyVersion.objects.of(call.account).filter(policy=policy).count() >= limit:
        raise OperationError(
            "LimitExceeded",
            f"A managed policy can have up to {limit} versions. Before you create a new version, "
            "you must delete an existing version.",
        )
    policy.latest_version += 1
    policy.updated_at = call.now
    if SetAsDefault:
        policy.default_version = policy.latest_version
    version = add_version(call, policy, PolicyDocument)
    policy.save(update_fields=["latest_version", "default_version", "updated_at"])
    return {"PolicyVersion": version_output(policy, version)}


@operation("iam:GetPolicyVersion", resource=find.policy, reads=True)
def get_policy_version(call: Call, PolicyArn: str, VersionId: str) -> dict[str, Any]:
    if (policy := find.find_policy(call, PolicyArn)) is None:
        raise _no_such_version(PolicyArn, VersionId)
    version = _get_version(policy, VersionId)
    return {
        "PolicyVersion": {"Document": version.document, **version_output(policy, version)},
    }


@operation("iam:ListPolicyVersions", resource=find.policy, reads=True)
def list_policy_versions(
    call: Call, PolicyArn: str, Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    policy = find.get_policy(call, PolicyArn)
    rows = PolicyVersion.objects.of(policy.account_id).filter(policy=policy)
    versions, paging = page_newest_first(call, rows.defer("document"), "number")
    return {"Versions": [version_output(policy, version) for version in versions], **paging}


@operation("iam:SetDefaultPolicyVersion", resource=find.policy)
def set_default_policy_version(call: Call, PolicyArn: str, VersionId: str) -> None:
    if find.find_policy(call, PolicyArn) is None:
        raise _no_such_version(PolicyArn, VersionId)
    policy = find.get_own_policy(call, PolicyArn)
    policy.default_version = _get_version(policy, VersionId).number
    policy.save(update_fields=["default_version"])


@operation("iam:DeletePolicyVersion", resource=find.policy)
def delete_policy_version(call: Call, PolicyArn: str, VersionId: str) -> None:
    policy = find.get_own_policy(call, PolicyArn)
    version = _get_version(policy, VersionId)
    if version.number == policy.default_version:
        raise delete_conflict("Cannot delete the default version of a policy.")
    version.delete()
