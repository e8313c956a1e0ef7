"""The accounts of an organization: listing, moving, leaving, closing."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

from accounts import tenancy
from accounts.models import Account, DelegatedAdministrator, Member, Organization
from accounts.operations.organizations.faults import constraint, fault
from accounts.operations.organizations.scope import (
    Known,
    found,
    known_accounts,
    managing,
    named,
    node,
)
from accounts.operations.organizations.tree import member, part, path_of
from iamsite.operations import Call, operation
from iamsite.operations.paging import page_by_name


def account_output(organization: Organization, row: Member, known: Known) -> dict[str, Any]:
    status = "ACTIVE" if known.status == Account.Status.ACTIVE else "SUSPENDED"
    return {
        "Id": row.member,
        "Arn": organization.arn_of(row.member),
        "Email": known.email,
        "Name": known.name,
        "Status": status,
        "State": status,
        "Paths": [f"{row.path}{row.member}/"],
        "JoinedMethod": row.method,
        "JoinedTimestamp": row.joined_at,
    }


def _page(call: Call, organization: Organization, rows: QuerySet[Any]) -> dict[str, Any]:
    members, paging = page_by_name(call, rows, "member")
    known = known_accounts()
    output = [account_output(organization, row, known[row.member]) for row in members]
    return {"Accounts": output, **paging}


@managing("ListAccounts", reads=True)
def list_accounts(call: Call, organization: Organization, **_: Any) -> dict[str, Any]:
    return _page(call, organization, Member.objects.of(organization.account_id))


@managing("ListAccountsForParent", reads=True, resource=named("ParentId"))
def list_accounts_for_parent(
    call: Call, organization: Organization, ParentId: str, **_: Any
) -> dict[str, Any]:
    path_of(organization, ParentId)
    rows = Member.objects.of(organization.account_id).filter(parent=ParentId)
    return _page(call, organization, rows)


@managing("DescribeAccount", reads=True, resource=named("AccountId"))
def describe_account(call: Call, organization: Organization, AccountId: str) -> dict[str, Any]:
    row = member(organization, AccountId)
    return {"Account": account_output(organization, row, known_accounts()[row.member])}


def _may_move(call: Call, AccountId: str, SourceParentId: str, DestinationParentId: str) -> None:
    for one in (AccountId, SourceParentId, DestinationParentId):
        call.authorize("organizations:MoveAccount", node(call, one))


@managing("MoveAccount", authorization=_may_move)
def move_account(
    call: Call,
    organization: Organization,
    AccountId: str,
    SourceParentId: str,
    DestinationParentId: str,
) -> None:
    row, path = check_move(organization, AccountId, SourceParentId, DestinationParentId)
    row.parent, row.path = DestinationParentId, path
    row.save(update_fields=["parent", "path"])


def check_move(
    organization: Organization, account: str, source: str, destination: str
) -> tuple[Member, str]:
    """The account that would be moved and its new parent's path; raises where it cannot be."""
    row = member(organization, account)
    path_of(organization, source, "SourceParentNotFound")
    path = path_of(organization, destination, "DestinationParentNotFound")
    if row.parent != source:
        raise fault("SourceParentNotFound")
    if row.parent == destination:
        raise fault("DuplicateAccount")
    return row, path


def _refuse_delegate(organization: Organization, account: str) -> None:
    delegations = DelegatedAdministrator.objects.of(organization.account_id)
    if delegations.filter(member=account).exists():
        raise constraint(
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
            "You can't remove an account that is a delegated administrator for a service.",
        )


@managing("RemoveAccountFromOrganization", resource=named("AccountId"))
def remove_account_from_organization(
    call: Call, organization: Organization, AccountId: str
) -> None:
    part(organization, check_removal(organization, AccountId))
    call.shared_with.append(AccountId)


def check_removal(organization: Organization, account: str) -> Member:
    """The account that would be removed; raises where it cannot be."""
    if account == organization.account_id:
        raise fault("MasterCannotLeaveOrganization")
    row = member(organization, account)
    _refuse_delegate(organization, account)
    return row


@operation("organizations:LeaveOrganization")
def leave_organization(call: Call) -> None:
    """The caller's account leaves, whose SCPs must allow it: that is how organizations keep
    their members."""
    membership = call.caller.organization
    if membership is None:
        raise fault("AWSOrganizationsNotInUse")
    if membership.management == call.account:
        raise fault("MasterCannotLeaveOrganization")
    with tenancy.entered(membership.management, back=call.account):
        organization = found(membership.management, changes=True)
        row = member(organization, call.account)
        _refuse_delegate(organization, call.account)
        part(organization, row)
    call.shared_with.append(membership.management)


@managing(
    "CloseAccount",
    resource=named("AccountId"),
    limits=False,
    differs="A closed account is suspended at once and for good: nothing is deleted after 90 days, "
    "an operator can reactivate or delete it, and there is no quota of closings.",
)
def close_account(call: Call, organization: Organization, AccountId: str) -> None:
    """No credential of the account counts from now on."""
    if AccountId == organization.account_id:
        raise constraint(
            "CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You can't close the management account."
        )
    member(organization, AccountId)
    if known_accounts()[AccountId].status != Account.Status.ACTIVE:
        raise fault("AccountAlreadyClosed")
    with tenancy.entered(AccountId, back=call.account):
        Account.objects.filter(id=AccountId).update(
            status=Account.Status.SUSPENDED, revision=F("revision") + 1
        )
    call.shared_with.append(AccountId)
