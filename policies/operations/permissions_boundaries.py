"""Setting and removing permissions boundaries of users and roles."""

from __future__ import annotations

from typing import Any

from iamsite.operations import Call
from policies.models import Boundary
from policies.operations.boundaries import boundary_policy, set_boundary
from policies.operations.principals import ROLE, USER, Kind, each_kind

BOUNDED = (USER, ROLE)


@each_kind(
    "iam:Put{}PermissionsBoundary",
    kinds=BOUNDED,
    context={"iam:PermissionsBoundary": "PermissionsBoundary"},
)
def put_permissions_boundary(
    call: Call, kind: Kind, principal: Any, PermissionsBoundary: str
) -> None:
    set_boundary(call, principal.id, boundary_policy(call, PermissionsBoundary))


@each_kind("iam:Delete{}PermissionsBoundary", kinds=BOUNDED)
def delete_permissions_boundary(call: Call, kind: Kind, principal: Any) -> None:
    Boundary.objects.of(call.account).filter(principal_id=principal.id).delete()
