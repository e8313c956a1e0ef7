"""The organization's resource policy: by it the management account lets members' principals read
and manage the organization.

Source: AWS Organizations User Guide, "Delegated administrator for AWS Organizations".
"""

from __future__ import annotations

from typing import Any

from accounts.models import Organization, OrganizationResourcePolicy
from accounts.operations.organizations.delegated import GRANTABLE
from accounts.operations.organizations.faults import fault, invalid_input
from accounts.operations.organizations.scope import managing, resource_policy_node
from accounts.operations.organizations.tags import checked_tags
from accounts.operations.organizations.tree import new_id
from iamsite.operations import Call
from identities import trust
from policies.engine import DocumentKind, PolicyErrors


def _output(organization: Organization, row: OrganizationResourcePolicy) -> dict[str, Any]:
    arn = f"{organization.arn.replace(':organization/', ':resourcepolicy/')}/{row.id}"
    content = trust.shown_text(row.content, row.pins, DocumentKind.RESOURCE)
    return {
        "ResourcePolicy": {"ResourcePolicySummary": {"Id": row.id, "Arn": arn}, "Content": content}
    }


def _read(content: str) -> trust.TrustPolicy:
    """Raises InvalidInputException for what is no policy, or allows what cannot be delegated."""
    try:
        policy = trust.read(content, DocumentKind.RESOURCE)
    except PolicyErrors as errors:
        raise invalid_input(
            "INVALID_RESOURCE_POLICY_JSON",
            f"The content of the resource policy is not valid. {errors.aws_message}",
        ) from errors
    except trust.UnknownPrincipal as unknown:
        raise invalid_input("INVALID_PRINCIPAL", str(unknown)) from unknown
    known = {f"organizations:{name}".lower() for name in GRANTABLE}
    for statement in policy.document.statements:
        actions = statement.actions
        if actions is None or not {action.lower() for action in actions} <= known:
            wanted = ", ".join(sorted(GRANTABLE))
            raise invalid_input(
                "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
                f"A resource policy names actions of Organizations one by one, of these: {wanted}.",
            )
    return policy


@managing("PutResourcePolicy", resource=resource_policy_node, limits=False)
def put_resource_policy(
    call: Call,
    organization: Organization,
    Content: str,
    Tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    if Tags:
        call.authorize("organizations:TagResource", resource_policy_node(call), call.tag_keys)
    policy = _read(Content)
    account = organization.account_id
    row = OrganizationResourcePolicy.objects.of(account).first()
    if row is None:
        row = OrganizationResourcePolicy(
            id=new_id("rp-", 10), account_id=account, tags=checked_tags(Tags or [])
        )
    elif Tags:
        raise invalid_input(
            "INVALID_LIST_MEMBER",
            "Tags can only be given with the first resource policy: use TagResource.",
        )
    row.content, row.pins = policy.document.text, policy.pins
    row.save()
    return _output(organization, row)


@managing("DescribeResourcePolicy", reads=True, resource=resource_policy_node)
def describe_resource_policy(call: Call, organization: Organization) -> dict[str, Any]:
    return _output(organization, _get(organization))


@managing("DeleteResourcePolicy", resource=resource_policy_node, limits=False)
def delete_resource_policy(call: Call, organization: Organization) -> None:
    _get(organization).delete()


def _get(organization: Organization) -> OrganizationResourcePolicy:
    row: OrganizationResourcePolicy | None = OrganizationResourcePolicy.objects.of(
        organization.account_id
    ).first()
    if row is None:
        raise fault("ResourcePolicyNotFound")
    return row
