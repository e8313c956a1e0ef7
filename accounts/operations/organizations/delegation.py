"""Services that the organization trusts, and the members that administer them for it."""

from __future__ import annotations

import re
from typing import Any

from accounts.models import Account, DelegatedAdministrator, Member, Organization, ServiceAccess
from accounts.operations.organizations.accounts import account_output
from accounts.operations.organizations.faults import constraint, fault, invalid_input
from accounts.operations.organizations.scope import known_accounts, managing, named
from accounts.operations.organizations.tree import member
from iamsite.operations import Call
from iamsite.operations.paging import page_of_list
from policies.models import Service

OF_SERVICE = {"organizations:ServicePrincipal": "ServicePrincipal"}
OF_AWS = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?\.amazonaws\.com")


def _check_service(organization: Organization, principal: str) -> None:
    """AWS's services, and those that the management account has registered."""
    own = Service.objects.of(organization.account_id).filter(principal=principal)
    if not OF_AWS.fullmatch(principal) and not own.exists():
        raise invalid_input(
            "UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal."
        )


@managing("EnableAWSServiceAccess", context=OF_SERVICE, limits=False)
def enable_aws_service_access(
    call: Call, organization: Organization, ServicePrincipal: str
) -> None:
    _check_service(organization, ServicePrincipal)
    ServiceAccess.objects.get_or_create(
        account_id=organization.account_id,
        service=ServicePrincipal,
        defaults={"enabled_at": call.now},
    )


@managing("DisableAWSServiceAccess", context=OF_SERVICE, limits=False)
def disable_aws_service_access(
    call: Call, organization: Organization, ServicePrincipal: str
) -> None:
    _check_service(organization, ServicePrincipal)
    account = organization.account_id
    if DelegatedAdministrator.objects.of(account).filter(service=ServicePrincipal).exists():
        raise constraint(
            "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE",
            "You must deregister the delegated administrators of the service first.",
        )
    ServiceAccess.objects.of(account).filter(service=ServicePrincipal).delete()


@managing("ListAWSServiceAccessForOrganization", reads=True)
def list_aws_service_access_for_organization(
    call: Call, organization: Organization, **_: Any
) -> dict[str, Any]:
    rows = ServiceAccess.objects.of(organization.account_id)
    page, paging = page_of_list(call, list(rows), lambda row: row.service)
    output = [{"ServicePrincipal": row.service, "DateEnabled": row.enabled_at} for row in page]
    return {"EnabledServicePrincipals": output, **paging}


@managing(
    "RegisterDelegatedAdministrator",
    resource=named("AccountId"),
    context=OF_SERVICE,
    limits=False,
)
def register_delegated_administrator(
    call: Call, organization: Organization, AccountId: str, ServicePrincipal: str
) -> None:
    account = organization.account_id
    if AccountId == account:
        raise constraint(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            "You can't register the management account as a delegated administrator.",
        )
    row = member(organization, AccountId)
    _check_service(organization, ServicePrincipal)
    if known_accounts()[AccountId].status != Account.Status.ACTIVE:
        raise constraint(
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
            "You can't register a suspended account as a delegated administrator.",
        )
    if not ServiceAccess.objects.of(account).filter(service=ServicePrincipal).exists():
        raise constraint(
            "SERVICE_ACCESS_NOT_ENABLED",
            "You must enable service access before you register a delegated administrator.",
        )
    rows = DelegatedAdministrator.objects.of(account)
    if rows.filter(member=AccountId, service=ServicePrincipal).exists():
        raise fault("AccountAlreadyRegistered")
    DelegatedAdministrator.objects.create(
        account_id=account, member=row.member, service=ServicePrincipal, enabled_at=call.now
    )


@managing(
    "DeregisterDelegatedAdministrator",
    resource=named("AccountId"),
    context=OF_SERVICE,
    limits=False,
)
def deregister_delegated_administrator(
    call: Call, organization: Organization, AccountId: str, ServicePrincipal: str
) -> None:
    member(organization, AccountId)
    rows = DelegatedAdministrator.objects.of(organization.account_id)
    gone, _ = rows.filter(member=AccountId, service=ServicePrincipal).delete()
    if not gone:
        raise fault("AccountNotRegistered")


@managing("ListDelegatedAdministrators", reads=True, context=OF_SERVICE)
def list_delegated_administrators(
    call: Call, organization: Organization, ServicePrincipal: str | None = None, **_: Any
) -> dict[str, Any]:
    rows = DelegatedAdministrator.objects.of(organization.account_id)
    if ServicePrincipal is not None:
        rows = rows.filter(service=ServicePrincipal)
    since: dict[str, Any] = {}
    for row in rows.order_by("-enabled_at"):
        since[row.member] = row.enabled_at
    page, paging = page_of_list(call, list(since), lambda account: account)
    members = Member.objects.of(organization.account_id).in_bulk(page)
    known = known_accounts()
    output = [
        {
            **account_output(organization, members[account], known[account]),
            "DelegationEnabledDate": since[account],
        }
        for account in page
    ]
    for one in output:
        del one["Paths"]
    return {"DelegatedAdministrators": output, **paging}


@managing("ListDelegatedServicesForAccount", reads=True, resource=named("AccountId"))
def list_delegated_services_for_account(
    call: Call, organization: Organization, AccountId: str, **_: Any
) -> dict[str, Any]:
    member(organization, AccountId)
    rows = DelegatedAdministrator.objects.of(organization.account_id).filter(member=AccountId)
    if not rows.exists():
        raise fault("AccountNotRegistered")
    page, paging = page_of_list(call, list(rows), lambda row: row.service)
    output = [
        {"ServicePrincipal": row.service, "DelegationEnabledDate": row.enabled_at} for row in page
    ]
    return {"DelegatedServices": output, **paging}
