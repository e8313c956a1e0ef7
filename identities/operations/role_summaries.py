"""Roles with what a person looks for in a list of them."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce

from iamsite.operations import Call, operation
from iamsite.operations.sorting import NEVER, containing, page_sorted
from identities import trust
from identities.models import Role
from identities.operations import find
from identities.operations.roles import last_used, role_output


@operation("portal:ListRoleSummaries", resource=find.path_of("role"), reads=True)
def list_role_summaries(
    call: Call, PathPrefix: str = "/", Contains: str | None = None, **_: Any
) -> dict[str, Any]:
    """One page of roles as `ListRoles` gives them, each with its last use."""
    rows = Role.objects.of(call.account).filter(containing(Contains))
    if PathPrefix != "/":
        rows = rows.filter(path__startswith=PathPrefix)
    places = {"CreateDate": F("created_at"), "LastUsedDate": Coalesce("last_used_at", NEVER)}
    roles, paging = page_sorted(call, rows, places)
    texts = trust.shown(roles)
    return {
        "RoleSummaries": [
            {**role_output(role, texts[role.id]), "RoleLastUsed": last_used(call, role)}
            for role in roles
        ],
        **paging,
    }
