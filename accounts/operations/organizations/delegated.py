"""What the organization's resource policy lets a member's principal do.

Across accounts both sides must allow it: the member's own policies, which were asked before, and
the resource policy (evaluation.md §2).
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from accounts.models import OrganizationResourcePolicy
from iamsite.operations import Call, Resource
from identities import trust
from policies.engine import (
    Document,
    DocumentKind,
    Layers,
    Policy,
    PolicySet,
    compile_policies,
    decide,
)

KEPT = 1_000
# What a resource policy may grant: reading, and the organization's policies (AWS Organizations User
# Guide, "Delegated administrator for AWS Organizations").
GRANTABLE = frozenset(
    (
        "AttachPolicy",
        "CreatePolicy",
        "DeletePolicy",
        "DescribeAccount",
        "DescribeCreateAccountStatus",
        "DescribeOrganizationalUnit",
        "DescribePolicy",
        "DescribeResourcePolicy",
        "DetachPolicy",
        "DisablePolicyType",
        "EnablePolicyType",
        "ListAWSServiceAccessForOrganization",
        "ListAccounts",
        "ListAccountsForParent",
        "ListChildren",
        "ListCreateAccountStatus",
        "ListDelegatedAdministrators",
        "ListDelegatedServicesForAccount",
        "ListHandshakesForOrganization",
        "ListOrganizationalUnitsForParent",
        "ListParents",
        "ListPolicies",
        "ListPoliciesForTarget",
        "ListRoots",
        "ListTagsForResource",
        "ListTargetsForPolicy",
        "TagResource",
        "UntagResource",
        "UpdatePolicy",
    )
)


def grants(call: Call, management: str, row: OrganizationResourcePolicy | None) -> bool:
    """Whether the policy allows the call, on everything that the call was authorised on."""
    name = call.registered.action.partition(":")[2]
    if row is None or name not in GRANTABLE:
        return False
    layers = _granting(
        call.layers_on(management),
        trust.pinned_document(row.content, row.pins, DocumentKind.RESOURCE),
    )
    context: dict[str, Any] = dict(call.tag_keys)
    for key, source in call.registered.context.items():
        context[key] = call.params.get(source) if isinstance(source, str) else source(call)
    # A policy that is born with tags takes the permission to tag as well.
    names = {name, "TagResource"} if name == "CreatePolicy" and call.params.get("Tags") else {name}
    resources = _resources(call, management)
    return bool(resources) and all(
        decide(call.request(f"organizations:{one}", resource, context), layers).allowed
        for one in names
        for resource in resources
    )


def _resources(call: Call, management: str) -> list[Resource]:
    if call.registered.resource is not None:
        return [replace(call.registered.resource(call, **call.params), account=management)]
    return [Resource(arn, management) for arn in call.resources]


@lru_cache(maxsize=KEPT)
def _granting(layers: Layers, document: Document) -> Layers:
    return replace(layers, resource=_compiled(document))


@lru_cache(maxsize=KEPT)
def _compiled(document: Document) -> PolicySet:
    return compile_policies([Policy(document, "ResourcePolicy", None, "resource")])
