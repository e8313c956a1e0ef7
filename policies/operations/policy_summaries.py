"""Managed policies in the order that a person looks for."""

from __future__ import annotations

from typing import Any

from django.db.models import F

from iamsite.operations import Call, operation
from iamsite.operations.sorting import containing, page_sorted
from policies.operations.lint_counts import finding_counts
from policies.operations.policies import chosen, counted, listed, policy_output

PLACES = {
    "CreateDate": F("created_at"),
    "UpdateDate": F("updated_at"),
    "AttachmentCount": F("attached"),
}


@operation("portal:ListPolicySummaries", resource=listed, reads=True)
def list_policy_summaries(
    call: Call,
    Scope: str = "All",
    OnlyAttached: bool = False,
    PathPrefix: str = "/",
    Contains: str | None = None,
    IncludeFindings: bool = False,
    **_: Any,
) -> dict[str, Any]:
    """One page of policies as `ListPolicies` gives them."""
    rows = chosen(call, Scope, PathPrefix, OnlyAttached).filter(containing(Contains))
    policies, paging = page_sorted(call, counted(call, rows), PLACES)
    found = [policy_output(policy) for policy in policies]
    if IncludeFindings:
        counts = finding_counts(call.account, policies)
        for policy, output in zip(policies, found, strict=True):
            if policy.id in counts:
                output["FindingCounts"] = counts[policy.id]
    return {"PolicySummaries": found, **paging}
