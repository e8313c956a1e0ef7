"""ListPoliciesGrantingServiceAccess (api-behaviour.md §9.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iamsite.operations import Call, Resource, operation
from iamsite.operations.layers import Held, as_policy, held_by
from iamsite.operations.paging import page
from policies.granted import Granted
from policies.operations.principals import get_by_arn, resource_by_arn


def source(call: Call, Arn: str, **_: Any) -> Resource:
    return resource_by_arn(call, Arn)


@operation("iam:ListPoliciesGrantingServiceAccess", resource=source, reads=True)
def list_policies_granting_service_access(
    call: Call, Arn: str, ServiceNamespaces: Sequence[str], Marker: str | None = None
) -> dict[str, Any]:
    _, found = get_by_arn(call, Arn)
    # Boundaries grant nothing.
    policies = [one for one in held_by(found.id) if one.holder != "boundary"]
    held = [(one, Granted([as_policy(one).document])) for one in policies]

    def fetch(after: Any, limit: int) -> list[tuple[int, str]]:
        start = 0 if after is None else after + 1
        return list(enumerate(ServiceNamespaces))[start : start + limit]

    services, paging = page(call, fetch, lambda numbered: numbered[0])
    entries = [
        {
            "ServiceNamespace": service,
            "Policies": [
                _granting(one) for one, granted in held if granted.allows_some(service.lower())
            ],
        }
        for _, service in services
    ]
    return {"PoliciesGrantingServiceAccess": entries, **paging}


def _granting(held: Held) -> dict[str, str]:
    if held.arn is not None:
        return {"PolicyName": held.name, "PolicyType": "MANAGED", "PolicyArn": held.arn}
    return {
        "PolicyName": held.name,
        "PolicyType": "INLINE",
        "EntityType": held.holder.upper(),
        "EntityName": held.holder_name,
    }
