"""CreateAccount: opening an account inside the organization."""

from __future__ import annotations

import json
from typing import Any

from accounts import root_access, tenancy
from accounts.identifiers import unique_id
from accounts.models import AccountCreation, Member, Organization
from accounts.opening import AccountError, open_account
from accounts.operations.organizations.faults import fault
from accounts.operations.organizations.handshakes import refuse_too_many
from accounts.operations.organizations.scope import managing
from accounts.operations.organizations.tags import checked_tags
from accounts.operations.organizations.tree import join, new_id
from iamsite.operations import Call
from iamsite.operations.paging import page_of_list
from identities.models import Role
from policies.models import Attachment, InlinePolicy, Policy
from policies.operations.documents import digest

ACCESS_ROLE = "OrganizationAccountAccessRole"
ADMINISTRATOR = "AdministratorAccess"
FULL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
FAILURES = {"email": "EMAIL_ALREADY_EXISTS"}


def creation_output(row: AccountCreation) -> dict[str, Any]:
    output = {
        "Id": row.id,
        "AccountName": row.name,
        "State": "FAILED" if row.failure else "SUCCEEDED",
        "RequestedTimestamp": row.requested_at,
        "CompletedTimestamp": row.requested_at,
    }
    if row.failure:
        return {**output, "FailureReason": row.failure}
    return {**output, "AccountId": row.created}


@managing(
    "CreateAccount",
    differs="The account is there when the call returns. Its root user has no password until an "
    "operator recovers it, which the organization must allow once it manages root credentials. "
    "IamUserAccessToBilling means nothing here.",
)
def create_account(
    call: Call,
    organization: Organization,
    Email: str,
    AccountName: str,
    RoleName: str = ACCESS_ROLE,
    IamUserAccessToBilling: str | None = None,
    Tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    if Tags:
        call.authorize("organizations:TagResource", call.anything(), call.tag_keys)
    tags = checked_tags(Tags or [])
    refuse_too_many(organization)
    row = AccountCreation(
        id=new_id("car-", 32),
        account_id=call.account,
        name=AccountName,
        requested_at=call.now,
    )
    try:
        opened = open_account(Email, None, AccountName)
    except AccountError as error:
        row.failure = FAILURES.get(error.field, "INVALID_EMAIL")
    else:
        row.created = opened.account.id
        if root_access.CREDENTIALS in organization.features:
            opened.root.login_profile_at = None
            opened.root.save(update_fields=["login_profile_at"])
        _open_to(call, row.created, RoleName)
    tenancy.enter(call.account)
    if row.created:
        joining = Member(
            account_id=call.account,
            member=row.created,
            parent=organization.root_id,
            path=organization.root_path,
            method=Member.Method.CREATED,
            tags=tags,
            joined_at=call.now,
        )
        join(organization, joining)
        call.shared_with.append(row.created)
        call.detail["CreatedAccountId"] = row.created
    row.save(force_insert=True)
    return {"CreateAccountStatus": creation_output(row)}


def _open_to(call: Call, account: str, role_name: str) -> None:
    """The role by which administrators of the management account come into the new one."""
    trusted = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{call.account}:root"},
        "Action": "sts:AssumeRole",
    }
    role = Role.objects.create(
        id=unique_id("AROA"),
        account_id=account,
        name=role_name,
        trust_policy=json.dumps({"Version": "2012-10-17", "Statement": [trusted]}),
        created_at=call.now,
    )
    full = Policy.objects.filter(account_id=tenancy.AWS, path="/", name=ADMINISTRATOR).first()
    if full is None:  # an installation without AWS's managed policies
        InlinePolicy.objects.create(
            account_id=account,
            principal_id=role.id,
            name=ADMINISTRATOR,
            document=FULL,
            digest=digest(FULL),
        )
        return
    Attachment.objects.create(
        account_id=account,
        principal_id=role.id,
        policy=full,
        policy_account_id=tenancy.AWS,
        created_at=call.now,
    )


@managing("DescribeCreateAccountStatus", reads=True)
def describe_create_account_status(
    call: Call, organization: Organization, CreateAccountRequestId: str
) -> dict[str, Any]:
    rows = AccountCreation.objects.of(organization.account_id)
    row = rows.filter(id=CreateAccountRequestId).first()
    if row is None:
        raise fault("CreateAccountStatusNotFound")
    return {"CreateAccountStatus": creation_output(row)}


@managing("ListCreateAccountStatus", reads=True)
def list_create_account_status(
    call: Call, organization: Organization, States: list[str] | None = None, **_: Any
) -> dict[str, Any]:
    rows = AccountCreation.objects.of(organization.account_id)
    found = [(row.requested_at, creation_output(row)) for row in rows]
    wanted = [(at, one) for at, one in found if not States or one["State"] in States]
    page, paging = page_of_list(call, wanted, lambda found: (-found[0].timestamp(), found[1]["Id"]))
    return {"CreateAccountStatuses": [one for _, one in page], **paging}
