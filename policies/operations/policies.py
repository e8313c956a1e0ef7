"""Managed policies (IAM API Reference; api-behaviour.md §8.2 and §8.4)."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.identifiers import unique_id
from accounts.quotas import quota
from accounts.tenancy import AWS
from iamsite.operations import Call, Resource, operation
from iamsite.operations.errors import (
    access_denied,
    delete_conflict,
    entity_already_exists,
    limit_exceeded,
)
from identities.operations.tags import checked_tags, new_resource, tag_list
from policies.engine import DocumentKind
from policies.models import Attachment, Boundary, Policy, PolicyVersion
from policies.operations import find
from policies.operations.chain import page_of_chain
from policies.operations.documents import checked_document, digest

SCOPES = {"All": Q(), "AWS": Q(account_id=AWS), "Local": ~Q(account_id=AWS)}


def new_policy(call: Call, PolicyName: str, Path: str = "/", **_: Any) -> Resource:
    arn = f"arn:aws:iam::{call.account}:policy{Path}{PolicyName}"
    return new_resource(call, arn, shown=f"policy {PolicyName}")


def listed(call: Call, PathPrefix: str = "/", **_: Any) -> Resource:
    arn = f"arn:aws:iam::{call.account}:policy/{PathPrefix.removeprefix('/')}"
    return Resource(arn, call.account, shown=f"policy path {PathPrefix}")


def _own(call: Call, PolicyArn: str, **_: Any) -> Resource:
    """DeletePolicy refuses a foreign policy in words of its own, once the caller may delete."""
    resource = find.policy(call, PolicyArn)
    return Resource(resource.arn, call.account, shown=resource.shown, tags=resource.tags)


def counted(call: Call, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Policies with `attached` and `bounding`: how many principals of the account they bear on."""

    def uses(model: type[Attachment | Boundary]) -> Coalesce:
        of_policy = model.objects.of(call.account).filter(policy=OuterRef("id"))
        number = of_policy.order_by().values("policy").annotate(number=Count("pk"))
        return Coalesce(Subquery(number.values("number")), Value(0))

    found: QuerySet[Any] = rows.annotate(attached=uses(Attachment), bounding=uses(Boundary))
    return found


def visible(call: Call) -> QuerySet[Any]:
    """The account's own policies and the AWS managed ones."""
    return Policy.objects.filter(account_id__in=(call.account, AWS))


def chosen(call: Call, scope: str, path_prefix: str, attached: bool) -> QuerySet[Any]:
    """The policies of a scope below a path, or only those attached in the account."""
    rows = visible(call).filter(SCOPES[scope], path__startswith=path_prefix)
    if attached:
        rows = rows.filter(id__in=Attachment.objects.of(call.account).values("policy"))
    return rows


def policy_output(policy: Any) -> dict[str, Any]:
    """The `Policy` shape without description and tags; `policy` comes from `counted`."""
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": f"v{policy.default_version}",
        "AttachmentCount": policy.attached,
        "PermissionsBoundaryUsageCount": policy.bounding,
        "IsAttachable": policy.attachable,
        "CreateDate": policy.created_at,
        "UpdateDate": policy.updated_at,
    }


@operation("iam:CreatePolicy", resource=new_policy)
def create_policy(
    call: Call,
    PolicyName: str,
    PolicyDocument: str,
    Path: str = "/",
    Description: str = "",
    Tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    tags = checked_tags(call, Tags or [], ignoring_case=False)
    if Tags:
        call.authorize("iam:TagPolicy", new_policy(call, PolicyName, Path), call.tag_keys)
    check_managed_document(call, PolicyDocument)
    own = Policy.objects.of(call.account)
    if own.filter(lower_name=PolicyName.lower()).exists():
        raise entity_already_exists(
            f"A policy called {PolicyName} already exists. Duplicate names are not allowed."
        )
    limit = quota(call.account, "PoliciesPerAccount")
    if own.count() >= limit:
        raise limit_exceeded("PoliciesPerAccount", limit)
    policy: Any = Policy.objects.create(
        id=unique_id("ANPA"),
        account_id=call.account,
        name=PolicyName,
        path=Path,
        description=Description,
        tags=tags,
        created_at=call.now,
        updated_at=call.now,
    )
    add_version(call, policy, PolicyDocument)
    policy.attached = policy.bounding = 0
    output = policy_output(policy)
    if tags:
        output["Tags"] = tag_list(tags)
    return {"Policy": output}


def check_managed_document(call: Call, text: str) -> None:
    """Raises MalformedPolicyDocument, or LimitExceeded for a document that is too long."""
    document = checked_document(text, DocumentKind.MANAGED)
    limit = quota(call.account, "PolicySize")
    if document.size > limit:
        raise limit_exceeded("PolicySize", limit)


def add_version(call: Call, policy: Policy, text: str) -> PolicyVersion:
    """A row for the policy's latest version."""
    return PolicyVersion.objects.create(
        account_id=call.account,
        policy=policy,
        number=policy.latest_version,
        document=text,
        digest=digest(text),
        created_at=call.now,
    )


@operation("iam:GetPolicy", resource=find.policy, reads=True)
def get_policy(call: Call, PolicyArn: str) -> dict[str, Any]:
    policy = counted(call, visible(call)).get(id=find.get_policy(call, PolicyArn).id)
    output = policy_output(policy)
    if policy.description:
        output["Description"] = policy.description
    return {"Policy": {**output, "Tags": tag_list(policy.tags)}}


@operation(
    "iam:ListPolicies",
    resource=listed,
    reads=True,
    differs="Of AWS's managed policies there are the essential ones, until `make managed` loads "
    "all.",
)
def list_policies(
    call: Call,
    Scope: str = "All",
    OnlyAttached: bool = False,
    PathPrefix: str = "/",
    PolicyUsageFilter: str | None = None,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    attached = OnlyAttached or PolicyUsageFilter == "PermissionsPolicy"
    rows = chosen(call, Scope, PathPrefix, attached and PolicyUsageFilter != "PermissionsBoundary")
    if PolicyUsageFilter == "PermissionsBoundary":
        rows = rows.filter(id__in=Boundary.objects.of(call.account).values("policy"))
    # Names are unique in an account only, and AWS's policies stand beside the account's own.
    (policies,), paging = page_of_chain(call, [counted(call, rows)])
    return {"Policies": [policy_output(policy) for policy in policies], **paging}


@operation("iam:DeletePolicy", resource=_own)
def delete_policy(call: Call, PolicyArn: str) -> None:
    if PolicyArn.split(":")[4] != call.account:
        raise access_denied("Cannot delete policies outside your own account.")
    policy = find.get_policy(call, PolicyArn)
    uses = (Attachment, Boundary)
    if any(model.objects.of(call.account).filter(policy=policy).exists() for model in uses):
        raise delete_conflict("Cannot delete a policy attached to entities.")
    if PolicyVersion.objects.of(call.account).filter(policy=policy).count() > 1:
        raise delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete "
            "the policy's versions. The default version is deleted with the policy."
        )
    policy.delete()
