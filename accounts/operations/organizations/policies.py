"""Service control and resource control policies themselves."""

from __future__ import annotations

from typing import Any

from accounts.models import Organization, OrganizationPolicy, PolicyTarget
from accounts.models.organization import KINDS, SCP
from accounts.operations.organizations.faults import constraint, fault, invalid_input
from accounts.operations.organizations.scope import arn, managing, named, policy_node, policy_type
from accounts.operations.organizations.tags import checked_tags
from accounts.operations.organizations.tree import member, new_id
from accounts.quotas import quota
from iamsite.operations import Call, OperationError, Resource, operation
from iamsite.operations.organization import FULL_ACCESS, MANAGED, Managed
from iamsite.operations.paging import page_of_list
from policies.engine import DocumentKind, PolicyErrors, parse
from policies.operations.documents import digest

OF_TYPE = {"organizations:PolicyType": policy_type}


def short(kind: str) -> str:
    return "SCP" if kind == SCP else "RCP"


def refuse_unavailable(organization: Organization, kind: str) -> None:
    """Raises for kinds of policy that there are none of here."""
    if organization.feature_set != Organization.FeatureSet.ALL or kind not in KINDS:
        raise fault("PolicyTypeNotAvailableForOrganization")


def policy_of(organization: Organization, policy_id: str) -> OrganizationPolicy | Managed:
    """The policy of that id; raises PolicyNotFoundException."""
    if policy_id in MANAGED:
        return MANAGED[policy_id]
    row: OrganizationPolicy | None = (
        OrganizationPolicy.objects.of(organization.account_id).filter(id=policy_id).first()
    )
    if row is None:
        raise fault("PolicyNotFound")
    return row


def summary(organization: Organization, policy: OrganizationPolicy | Managed) -> dict[str, Any]:
    managed = isinstance(policy, Managed)
    own = organization.arn.replace(":organization/", ":policy/")
    return {
        "Id": policy.id,
        "Arn": policy.arn if managed else f"{own}/{policy.kind.lower()}/{policy.id}",
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.kind,
        "AwsManaged": managed,
    }


def policy_output(
    organization: Organization, policy: OrganizationPolicy | Managed
) -> dict[str, Any]:
    return {"Policy": {"PolicySummary": summary(organization, policy), "Content": policy.content}}


def check_content(organization: Organization, kind: str, content: str) -> None:
    """Raises MalformedPolicyDocumentException, ConstraintViolationException for too long a text."""
    name = f"{short(kind)}Size"
    if len(content) > quota(organization.account_id, name):
        raise constraint(
            "POLICY_CONTENT_LIMIT_EXCEEDED",
            "You have exceeded the maximum length of the content of a policy: "
            f"{quota(organization.account_id, name)} characters.",
        )
    try:
        parse(content, DocumentKind.SCP if kind == SCP else DocumentKind.RCP)
    except PolicyErrors as errors:
        raise OperationError(
            "MalformedPolicyDocumentException",
            "The provided policy document does not meet the requirements of the specified policy "
            f"type. {errors.aws_message}",
        ) from errors


def _refuse_taken(organization: Organization, kind: str, name: str) -> None:
    taken = OrganizationPolicy.objects.of(organization.account_id).filter(kind=kind, name=name)
    if name == FULL_ACCESS[kind].name or taken.exists():
        raise fault("DuplicatePolicy")


def _new(call: Call, Type: str, **_: Any) -> Resource:
    return Resource(arn(call, "policy", Type.lower(), "*"), call.account)


@managing("CreatePolicy", resource=_new, context={"organizations:PolicyType": "Type"}, limits=False)
def create_policy(
    call: Call,
    organization: Organization,
    Content: str,
    Description: str,
    Name: str,
    Type: str,
    Tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    if Tags:
        call.authorize("organizations:TagResource", _new(call, Type), call.tag_keys)
    refuse_unavailable(organization, Type)
    account, name = organization.account_id, f"{short(Type)}sPerOrganization"
    check_content(organization, Type, Content)
    _refuse_taken(organization, Type, Name)
    rows = OrganizationPolicy.objects.of(account).filter(kind=Type)
    if rows.count() >= quota(account, name):
        raise constraint(
            "POLICY_NUMBER_LIMIT_EXCEEDED",
            "You have exceeded the number of policies that you can have in an organization.",
        )
    row = OrganizationPolicy(
        id=new_id("p-", 10),
        account_id=account,
        kind=Type,
        name=Name,
        description=Description,
        content=Content,
        digest=digest(Content),
        tags=checked_tags(Tags or []),
        created_at=call.now,
    )
    row.save(force_insert=True)
    return policy_output(organization, row)


@managing("DescribePolicy", reads=True, resource=policy_node, context=OF_TYPE)
def describe_policy(call: Call, organization: Organization, PolicyId: str) -> dict[str, Any]:
    return policy_output(organization, policy_of(organization, PolicyId))


@managing("UpdatePolicy", resource=policy_node, context=OF_TYPE)
def update_policy(
    call: Call,
    organization: Organization,
    PolicyId: str,
    Name: str | None = None,
    Description: str | None = None,
    Content: str | None = None,
) -> dict[str, Any]:
    row = own_policy(organization, PolicyId)
    if Content is not None:
        check_content(organization, row.kind, Content)
        row.content, row.digest = Content, digest(Content)
    if Name is not None and Name != row.name:
        _refuse_taken(organization, row.kind, Name)
        row.name = Name
    if Description is not None:
        row.description = Description
    row.save(update_fields=["content", "digest", "name", "description"])
    return policy_output(organization, row)


@managing("DeletePolicy", resource=policy_node, context=OF_TYPE)
def delete_policy(call: Call, organization: Organization, PolicyId: str) -> None:
    row = own_policy(organization, PolicyId)
    if PolicyTarget.objects.of(organization.account_id).filter(policy=row.id).exists():
        raise fault("PolicyInUse")
    row.delete()


def own_policy(organization: Organization, policy_id: str) -> OrganizationPolicy:
    """The policy of that id, which AWS does not manage; raises PolicyNotFoundException."""
    policy = policy_of(organization, policy_id)
    if isinstance(policy, Managed):
        raise invalid_input("IMMUTABLE_POLICY", "You can't change a policy that AWS manages.")
    return policy


@managing("ListPolicies", reads=True, context={"organizations:PolicyType": "Filter"})
def list_policies(call: Call, organization: Organization, Filter: str, **_: Any) -> dict[str, Any]:
    rows = OrganizationPolicy.objects.of(organization.account_id).filter(kind=Filter)
    policies: list[OrganizationPolicy | Managed] = [*rows]
    if Filter in FULL_ACCESS and organization.feature_set == Organization.FeatureSet.ALL:
        policies.append(FULL_ACCESS[Filter])
    page, paging = page_of_list(call, policies, lambda policy: (policy.name, policy.id))
    return {"Policies": [summary(organization, policy) for policy in page], **paging}


@managing("ListAccountsWithInvalidEffectivePolicy", reads=True)
def list_accounts_with_invalid_effective_policy(
    call: Call, organization: Organization, PolicyType: str, **_: Any
) -> dict[str, Any]:
    """The kinds of policy that are merged into one document are not enabled in any organization."""
    raise fault("EffectivePolicyNotFound")


@managing("ListEffectivePolicyValidationErrors", reads=True, resource=named("AccountId"))
def list_effective_policy_validation_errors(
    call: Call, organization: Organization, AccountId: str, PolicyType: str, **_: Any
) -> dict[str, Any]:
    member(organization, AccountId)
    raise fault("EffectivePolicyNotFound")


@operation("organizations:DescribeEffectivePolicy", reads=True)
def describe_effective_policy(
    call: Call, PolicyType: str, TargetId: str | None = None
) -> dict[str, Any]:
    """The kinds of policy that are merged into one document are none of those here."""
    if call.caller.organization is None:
        raise fault("AWSOrganizationsNotInUse")
    raise fault("EffectivePolicyNotFound")
