"""Resource-based policies: always inline, with principals that exist.

Principals are kept as those of trust policies are (identities/trust.py): a recreated user or role
is not the one that the policy named.
"""

from __future__ import annotations

from typing import Any

from accounts.quotas import quota
from iamsite.operations import Call, OperationError, operation
from iamsite.operations.errors import limit_exceeded, malformed_policy_document, no_such_entity
from identities import trust
from policies.engine import DocumentKind, PolicyErrors
from policies.operations.resources import get_resource, let_in, resource


@operation("portal:PutResourcePolicy", resource=resource)
def put_resource_policy(call: Call, ResourceArn: str, PolicyDocument: str) -> None:
    row = get_resource(call, ResourceArn)
    policy = read_policy(PolicyDocument)
    limit = quota(call.account, "ResourcePolicySize")
    if policy.document.size > limit:
        raise limit_exceeded("ResourcePolicySize", limit)
    row.policy, row.pins, row.updated_at = policy.document.text, policy.pins, call.now
    row.save(update_fields=["policy", "pins", "updated_at"])


def read_policy(text: str) -> trust.TrustPolicy:
    """A resource's policy, fit to be saved; its size is the caller's to check.

    Raises MalformedPolicyDocument, or what else AWS answers to a document that is none.
    """
    try:
        return trust.read(text, DocumentKind.RESOURCE)
    except PolicyErrors as errors:
        raise OperationError(errors.aws_code, errors.aws_message) from errors
    except trust.UnknownPrincipal as unknown:
        raise malformed_policy_document(str(unknown)) from unknown


@operation("portal:GetResourcePolicy", resource=resource, reads=True)
def get_resource_policy(call: Call, ResourceArn: str) -> dict[str, Any]:
    row = get_resource(call, ResourceArn)
    if not row.policy:
        raise no_such_entity(f"The resource {ResourceArn} has no policy.")
    return {
        "ResourceArn": row.arn,
        "PolicyDocument": trust.shown_text(row.policy, row.pins, DocumentKind.RESOURCE),
        "UpdateDate": row.updated_at,
        "OutsidePrincipals": let_in(call, [row])[row.arn],
    }


@operation("portal:DeleteResourcePolicy", resource=resource)
def delete_resource_policy(call: Call, ResourceArn: str) -> None:
    row = get_resource(call, ResourceArn)
    if not row.policy:
        raise no_such_entity(f"The resource {ResourceArn} has no policy.")
    row.policy, row.pins, row.updated_at = "", {}, call.now
    row.save(update_fields=["policy", "pins", "updated_at"])
