"""The organization itself and its root."""

from __future__ import annotations

from typing import Any

from accounts import tenancy
from accounts.models import (
    Handshake,
    Member,
    Organization,
    OrganizationalUnit,
    OrganizationPolicy,
    OrganizationResourcePolicy,
    PolicyTarget,
)
from accounts.models.organization import SCP
from accounts.operations.organizations.faults import fault
from accounts.operations.organizations.scope import found, known_accounts, managing
from accounts.operations.organizations.tree import new_id
from iamsite.operations import Call, operation

ALL = Organization.FeatureSet.ALL


def organization_output(organization: Organization, email: str) -> dict[str, Any]:
    account = organization.account_id
    output = {
        "Id": organization.id,
        "Arn": organization.arn,
        "FeatureSet": organization.feature_set,
        "MasterAccountArn": organization.arn_of(account),
        "MasterAccountId": account,
        "MasterAccountEmail": email,
        "AvailablePolicyTypes": [],
    }
    if organization.feature_set == ALL:
        # Whether a kind is enabled, ListRoots says; this member only ever shows SCPs.
        output["AvailablePolicyTypes"] = [{"Type": SCP, "Status": "ENABLED"}]
    return output


@operation("organizations:CreateOrganization")
def create_organization(call: Call, FeatureSet: str = "ALL") -> dict[str, Any]:
    if Member.objects.of(call.account).exists() or call.caller.organization is not None:
        raise fault("AlreadyInOrganization")
    root = new_id("r-", 4)
    while Organization.objects.filter(root_id=root).exists():
        root = new_id("r-", 4)
    organization = Organization(
        id=new_id("o-", 10),
        account_id=call.account,
        root_id=root,
        feature_set=FeatureSet,
        created_at=call.now,
    )
    organization.save(force_insert=True)
    Member(
        account_id=call.account,
        member=call.account,
        parent=root,
        path=organization.root_path,
        method=Member.Method.INVITED,
        joined_at=call.now,
    ).save(force_insert=True)
    return {"Organization": organization_output(organization, _email(call.account))}


def _email(account: str) -> str:
    return known_accounts()[account].email


@operation("organizations:DescribeOrganization", reads=True)
def describe_organization(call: Call) -> dict[str, Any]:
    """Every member may ask: who manages it, and where to reach them."""
    membership = call.caller.organization
    if membership is None:
        raise fault("AWSOrganizationsNotInUse")
    with tenancy.entered(membership.management, back=call.account):
        organization = found(membership.management, changes=False)
        email = _email(membership.management)
    return {"Organization": organization_output(organization, email)}


@managing("DeleteOrganization")
def delete_organization(call: Call, organization: Organization) -> None:
    account = organization.account_id
    if Member.objects.of(account).exclude(member=account).exists():
        raise fault("OrganizationNotEmpty")
    if OrganizationalUnit.objects.of(account).exists():
        raise fault("OrganizationNotEmpty")
    if OrganizationPolicy.objects.of(account).exists():
        raise fault("OrganizationNotEmpty")
    for kind in (PolicyTarget, Handshake, OrganizationResourcePolicy, Member):
        kind.objects.of(account).delete()
    organization.delete()


@managing("ListRoots", reads=True)
def list_roots(call: Call, organization: Organization, **_: Any) -> dict[str, Any]:
    return {"Roots": [root_output(organization)]}


def root_output(organization: Organization) -> dict[str, Any]:
    return {
        "Id": organization.root_id,
        "Arn": organization.arn_of(organization.root_id),
        "Name": "Root",
        "PolicyTypes": [
            {"Type": kind, "Status": "ENABLED"} for kind in sorted(organization.policy_types)
        ],
    }
