"""Managed policies attached to users, groups and roles (api-behaviour.md §8.4)."""

from __future__ import annotations

from typing import Any

from accounts.quotas import quota
from iamsite.operations import Call
from iamsite.operations.errors import limit_exceeded, no_such_entity
from iamsite.operations.paging import page_of_list
from policies.models import Attachment
from policies.operations import find
from policies.operations.principals import Kind, each_kind

POLICY_ARN = {"iam:PolicyARN": "PolicyArn"}


@each_kind("iam:Attach{}Policy", context=POLICY_ARN)
def attach_policy(call: Call, kind: Kind, principal: Any, PolicyArn: str) -> None:
    policy = find.get_attachable_policy(call, PolicyArn)
    attached = Attachment.objects.of(call.account).filter(principal_id=principal.id)
    if attached.filter(policy=policy).exists():
        return
    quota_name = f"PoliciesPer{kind.name}"
    limit = quota(call.account, quota_name)
    if attached.count() >= limit:
        raise limit_exceeded(quota_name, limit)
    Attachment.objects.create(
        account_id=call.account,
        principal_id=principal.id,
        policy=policy,
        policy_account_id=policy.account_id,
        created_at=call.now,
    )


@each_kind("iam:Detach{}Policy", context=POLICY_ARN)
def detach_policy(call: Call, kind: Kind, principal: Any, PolicyArn: str) -> None:
    policy = find.get_policy(call, PolicyArn)
    attached = Attachment.objects.of(call.account).filter(principal_id=principal.id)
    deleted, _ = attached.filter(policy=policy).delete()
    if not deleted:
        raise no_such_entity(f"Policy {PolicyArn} was not found.")


@each_kind("iam:ListAttached{}Policies", reads=True)
def list_attached_policies(
    call: Call,
    kind: Kind,
    principal: Any,
    PathPrefix: str = "/",
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    rows = Attachment.objects.of(call.account).filter(
        principal_id=principal.id, policy__path__startswith=PathPrefix
    )
    policies = [row.policy for row in rows.select_related("policy")]
    shown, paging = page_of_list(call, policies, lambda policy: (policy.name.lower(), policy.id))
    return {"AttachedPolicies": [attached_output(policy) for policy in shown], **paging}


def attached_output(policy: Any) -> dict[str, str]:
    """The `AttachedPolicy` shape."""
    return {"PolicyName": policy.name, "PolicyArn": policy.arn}
