"""Groups with what a person looks for in a list of them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from iamsite.operations import Call, operation
from iamsite.operations.sorting import containing, page_sorted
from identities.models import Group, Membership
from identities.operations import find
from identities.operations.groups import group_output
from policies.models import Attachment, InlinePolicy


@operation("portal:ListGroupSummaries", resource=find.path_of("group"), reads=True)
def list_group_summaries(
    call: Call, PathPrefix: str = "/", Contains: str | None = None, **_: Any
) -> dict[str, Any]:
    """One page of groups, each with how many users it has and how many policies bear on them."""
    rows = Group.objects.of(call.account).filter(containing(Contains))
    if PathPrefix != "/":
        rows = rows.filter(path__startswith=PathPrefix)
    rows = rows.annotate(
        members=_number(call, Membership, "group_id"),
        policies=_number(call, Attachment, "principal_id")
        + _number(call, InlinePolicy, "principal_id"),
    )
    places = {
        "CreateDate": F("created_at"),
        "MemberCount": F("members"),
        "PolicyCount": F("policies"),
    }
    groups, paging = page_sorted(call, rows, places)
    summaries = [
        {**group_output(group), "MemberCount": group.members, "PolicyCount": group.policies}
        for group in groups
    ]
    return {"GroupSummaries": summaries, **paging}


def _number(call: Call, model: Any, of: str) -> Coalesce:
    rows = model.objects.of(call.account).filter(**{of: OuterRef("id")}).order_by()
    number = rows.values(of).annotate(number=Count("*")).values("number")
    return Coalesce(Subquery(number, output_field=IntegerField()), Value(0))
