"""Organizational units, and walking the tree up and down."""

from __future__ import annotations

from typing import Any

from accounts.models import Member, Organization, OrganizationalUnit, PolicyTarget
from accounts.operations.organizations.faults import constraint, fault
from accounts.operations.organizations.scope import managing, named, node
from accounts.operations.organizations.tags import checked_tags
from accounts.operations.organizations.tree import attach_full_access, new_id, path_of, unit
from accounts.quotas import quota
from iamsite.operations import Call
from iamsite.operations.paging import page_by_name

DEEPEST = 5


def unit_output(organization: Organization, row: OrganizationalUnit) -> dict[str, Any]:
    return {
        "Id": row.id,
        "Arn": organization.arn_of(row.id),
        "Name": row.name,
        "Path": row.path,
    }


def _refuse_taken(organization: Organization, parent: str, name: str) -> None:
    rows = OrganizationalUnit.objects.of(organization.account_id)
    if rows.filter(parent=parent, name=name).exists():
        raise fault("DuplicateOrganizationalUnit")


@managing("CreateOrganizationalUnit", resource=named("ParentId"))
def create_organizational_unit(
    call: Call,
    organization: Organization,
    ParentId: str,
    Name: str,
    Tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    if Tags:
        call.authorize("organizations:TagResource", node(call, ParentId), call.tag_keys)
    account = organization.account_id
    above = path_of(organization, ParentId)
    if above.count("/ou-") >= DEEPEST:
        raise constraint(
            "OU_DEPTH_LIMIT_EXCEEDED",
            f"You have exceeded the depth of {DEEPEST} organizational units below the root.",
        )
    _refuse_taken(organization, ParentId, Name)
    if OrganizationalUnit.objects.of(account).count() >= quota(account, "OUsPerOrganization"):
        raise constraint(
            "OU_NUMBER_LIMIT_EXCEEDED",
            "You have exceeded the allowed number of organizational units.",
        )
    unit_id = new_id(f"ou-{organization.root_id.removeprefix('r-')}-", 8)
    row = OrganizationalUnit(
        id=unit_id,
        account_id=account,
        parent=ParentId,
        path=f"{above}{unit_id}/",
        name=Name,
        tags=checked_tags(Tags or []),
        created_at=call.now,
    )
    row.save(force_insert=True)
    attach_full_access(organization, [unit_id], organization.policy_types)
    return {"OrganizationalUnit": unit_output(organization, row)}


@managing("DescribeOrganizationalUnit", reads=True, resource=named("OrganizationalUnitId"))
def describe_organizational_unit(
    call: Call, organization: Organization, OrganizationalUnitId: str
) -> dict[str, Any]:
    return {
        "OrganizationalUnit": unit_output(organization, unit(organization, OrganizationalUnitId))
    }


@managing("UpdateOrganizationalUnit", resource=named("OrganizationalUnitId"))
def update_organizational_unit(
    call: Call, organization: Organization, OrganizationalUnitId: str, Name: str | None = None
) -> dict[str, Any]:
    row = unit(organization, OrganizationalUnitId)
    if Name is not None and Name != row.name:
        _refuse_taken(organization, row.parent, Name)
        row.name = Name
        row.save(update_fields=["name"])
    return {"OrganizationalUnit": unit_output(organization, row)}


@managing("DeleteOrganizationalUnit", resource=named("OrganizationalUnitId"))
def delete_organizational_unit(
    call: Call, organization: Organization, OrganizationalUnitId: str
) -> None:
    row = unit(organization, OrganizationalUnitId)
    account = organization.account_id
    below = OrganizationalUnit.objects.of(account).filter(parent=row.id)
    if below.exists() or Member.objects.of(account).filter(parent=row.id).exists():
        raise fault("OrganizationalUnitNotEmpty")
    PolicyTarget.objects.of(account).filter(target=row.id).delete()
    row.delete()


@managing("ListOrganizationalUnitsForParent", reads=True, resource=named("ParentId"))
def list_organizational_units_for_parent(
    call: Call, organization: Organization, ParentId: str, **_: Any
) -> dict[str, Any]:
    path_of(organization, ParentId)
    rows = OrganizationalUnit.objects.of(organization.account_id).filter(parent=ParentId)
    units, paging = page_by_name(call, rows, "name")
    return {"OrganizationalUnits": [unit_output(organization, row) for row in units], **paging}


@managing("ListChildren", reads=True, resource=named("ParentId"))
def list_children(
    call: Call, organization: Organization, ParentId: str, ChildType: str, **_: Any
) -> dict[str, Any]:
    path_of(organization, ParentId)
    if ChildType == "ACCOUNT":
        rows, key = Member.objects.of(organization.account_id), "member"
    else:
        rows, key = OrganizationalUnit.objects.of(organization.account_id), "id"
    children, paging = page_by_name(call, rows.filter(parent=ParentId), key)
    output = [{"Id": getattr(row, key), "Type": ChildType} for row in children]
    return {"Children": output, **paging}


@managing("ListParents", reads=True, resource=named("ChildId"))
def list_parents(call: Call, organization: Organization, ChildId: str, **_: Any) -> dict[str, Any]:
    account = organization.account_id
    if ChildId.startswith("ou-"):
        row = OrganizationalUnit.objects.of(account).filter(id=ChildId).first()
    else:
        row = Member.objects.of(account).filter(member=ChildId).first()
    if row is None:
        raise fault("ChildNotFound")
    kind = "ROOT" if row.parent == organization.root_id else "ORGANIZATIONAL_UNIT"
    return {"Parents": [{"Id": row.parent, "Type": kind}]}
