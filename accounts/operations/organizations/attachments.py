"""Kinds of policy enabled in the root, and policies attached to its nodes."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from accounts.models import Organization, OrganizationalUnit, OrganizationPolicy, PolicyTarget
from accounts.models.organization import RCP
from accounts.operations.organizations.faults import constraint, fault, invalid_input
from accounts.operations.organizations.organization import root_output
from accounts.operations.organizations.policies import (
    OF_TYPE,
    policy_of,
    refuse_unavailable,
    short,
    summary,
)
from accounts.operations.organizations.scope import (
    known_accounts,
    managing,
    named,
    node,
    policy_node,
    policy_type,
)
from accounts.operations.organizations.tree import attach_full_access, member, nodes, path_of
from accounts.quotas import quota
from iamsite.operations import Call
from iamsite.operations.organization import FULL_ACCESS, Managed
from iamsite.operations.paging import page_of_list

KIND_ASKED = {"organizations:PolicyType": "PolicyType"}


def _check_root(organization: Organization, root: str) -> None:
    if root != organization.root_id:
        raise fault("RootNotFound")


@managing("EnablePolicyType", resource=named("RootId"), context=KIND_ASKED)
def enable_policy_type(
    call: Call, organization: Organization, RootId: str, PolicyType: str
) -> dict[str, Any]:
    """Every node begins with full access, so that nothing changes yet."""
    _check_root(organization, RootId)
    refuse_unavailable(organization, PolicyType)
    if PolicyType in organization.policy_types:
        raise fault("PolicyTypeAlreadyEnabled")
    organization.policy_types = [*organization.policy_types, PolicyType]
    organization.save(update_fields=["policy_types"])
    attach_full_access(organization, nodes(organization), [PolicyType])
    return {"Root": root_output(organization)}


@managing("DisablePolicyType", resource=named("RootId"), context=KIND_ASKED)
def disable_policy_type(
    call: Call, organization: Organization, RootId: str, PolicyType: str
) -> dict[str, Any]:
    """Every policy of the kind is detached from every node, for good."""
    check_disabling(organization, RootId, PolicyType)
    organization.policy_types = [one for one in organization.policy_types if one != PolicyType]
    organization.save(update_fields=["policy_types"])
    PolicyTarget.objects.of(organization.account_id).filter(kind=PolicyType).delete()
    return {"Root": root_output(organization)}


def check_disabling(organization: Organization, root: str, kind: str) -> None:
    """Raises for another root, and a kind that is not enabled."""
    _check_root(organization, root)
    _check_enabled(organization, kind)


def _check_enabled(organization: Organization, kind: str) -> None:
    if kind not in organization.policy_types:
        raise fault("PolicyTypeNotEnabled")


def _check_target(organization: Organization, target: str) -> None:
    if target[0] in "ro":
        path_of(organization, target, "TargetNotFound")
    else:
        member(organization, target, "TargetNotFound")


def _may_attach(call: Call, PolicyId: str, TargetId: str) -> None:
    """The policy and what it is attached to must both be allowed."""
    context = {"organizations:PolicyType": policy_type(call)}
    for resource in (policy_node(call, PolicyId), node(call, TargetId)):
        call.authorize(call.registered.action, resource, context)


@managing("AttachPolicy", authorization=_may_attach, context=OF_TYPE)
def attach_policy(call: Call, organization: Organization, PolicyId: str, TargetId: str) -> None:
    policy = check_attaching(organization, PolicyId, TargetId)
    PolicyTarget.objects.create(
        account_id=organization.account_id, policy=policy.id, kind=policy.kind, target=TargetId
    )


def check_attaching(
    organization: Organization, policy_id: str, target: str
) -> OrganizationPolicy | Managed:
    """The policy that would be attached; raises where it cannot be."""
    policy, rows = _of_target(organization, policy_id, target)
    if rows.filter(policy=policy.id).exists():
        raise fault("DuplicatePolicyAttachment")
    if rows.count() >= quota(organization.account_id, f"{short(policy.kind)}sPerTarget"):
        raise constraint(
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You have exceeded the number of policies that can be attached to a target.",
        )
    return policy


@managing("DetachPolicy", authorization=_may_attach, context=OF_TYPE)
def detach_policy(call: Call, organization: Organization, PolicyId: str, TargetId: str) -> None:
    check_detaching(organization, PolicyId, TargetId).delete()


def check_detaching(organization: Organization, policy_id: str, target: str) -> PolicyTarget:
    """The attachment that would be taken away; raises where it cannot be."""
    policy, rows = _of_target(organization, policy_id, target)
    row = rows.filter(policy=policy.id).first()
    if row is None:
        raise fault("PolicyNotAttached")
    if policy.id == FULL_ACCESS[RCP].id:
        raise invalid_input("NON_DETACHABLE_POLICY", "You can't detach this AWS managed policy.")
    if rows.count() == 1:
        raise constraint(
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You can't detach the last policy of this type: a target must have at least one.",
        )
    return row


def _of_target(
    organization: Organization, policy_id: str, target: str
) -> tuple[OrganizationPolicy | Managed, QuerySet[PolicyTarget]]:
    """The policy, and what of its kind the target has."""
    policy = policy_of(organization, policy_id)
    _check_enabled(organization, policy.kind)
    _check_target(organization, target)
    rows = PolicyTarget.objects.of(organization.account_id)
    return policy, rows.filter(target=target, kind=policy.kind)


@managing(
    "ListPoliciesForTarget",
    reads=True,
    resource=named("TargetId"),
    context={"organizations:PolicyType": "Filter"},
)
def list_policies_for_target(
    call: Call, organization: Organization, TargetId: str, Filter: str, **_: Any
) -> dict[str, Any]:
    _check_target(organization, TargetId)
    rows = PolicyTarget.objects.of(organization.account_id).filter(target=TargetId, kind=Filter)
    policies = [policy_of(organization, row.policy) for row in rows]
    page, paging = page_of_list(call, policies, lambda policy: (policy.name, policy.id))
    return {"Policies": [summary(organization, policy) for policy in page], **paging}


@managing("ListTargetsForPolicy", reads=True, resource=policy_node, context=OF_TYPE)
def list_targets_for_policy(
    call: Call, organization: Organization, PolicyId: str, **_: Any
) -> dict[str, Any]:
    policy = policy_of(organization, PolicyId)
    rows = PolicyTarget.objects.of(organization.account_id).filter(policy=policy.id)
    page, paging = page_of_list(call, list(rows), lambda row: row.target)
    units = OrganizationalUnit.objects.of(organization.account_id)
    names = {
        organization.root_id: "Root",
        **dict(units.values_list("id", "name")),
        **{account: known.name for account, known in known_accounts().items()},
    }
    output = [
        {
            "TargetId": row.target,
            "Arn": organization.arn_of(row.target),
            "Name": names.get(row.target, row.target),
            "Type": {"r": "ROOT", "o": "ORGANIZATIONAL_UNIT"}.get(row.target[0], "ACCOUNT"),
        }
        for row in page
    ]
    return {"Targets": output, **paging}
