"""To whom a managed policy is attached, or whom it bounds."""

from __future__ import annotations

from typing import Any

from iamsite.operations import Call, operation
from policies.models import Attachment, Boundary
from policies.operations import find
from policies.operations.chain import page_of_chain
from policies.operations.principals import GROUP, ROLE, USER

ORDER = (GROUP, USER, ROLE)


@operation("iam:ListEntitiesForPolicy", resource=find.policy, reads=True)
def list_entities_for_policy(
    call: Call,
    PolicyArn: str,
    EntityFilter: str | None = None,
    PathPrefix: str = "/",
    PolicyUsageFilter: str = "PermissionsPolicy",
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    policy = find.get_policy(call, PolicyArn)
    used: type[Attachment | Boundary] = (
        Boundary if PolicyUsageFilter == "PermissionsBoundary" else Attachment
    )
    holders = used.objects.of(call.account).filter(policy=policy).values("principal_id")
    lists = [
        kind.model._default_manager.filter(
            account_id=call.account, id__in=holders, path__startswith=PathPrefix
        )
        if EntityFilter in (None, kind.name)
        else kind.model._default_manager.none()
        for kind in ORDER
    ]
    found, paging = page_of_chain(call, lists)
    return {
        **{
            f"Policy{kind.name}s": [
                {kind.parameter: one.name, f"{kind.name}Id": one.id} for one in page
            ]
            for kind, page in zip(ORDER, found, strict=True)
        },
        **paging,
    }
