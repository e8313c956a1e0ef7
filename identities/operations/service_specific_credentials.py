"""Service-specific credentials of users (IAM API Reference; api-behaviour.md §8.9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from accounts.identifiers import unique_id
from accounts.quotas import quota
from iamsite.operations import Call, Resource, operation
from iamsite.operations.errors import (
    invalid_input,
    limit_exceeded,
    no_such_entity,
    validation_error,
)
from iamsite.operations.paging import page_by_name, page_of_list
from identities import service_credentials
from identities.models import ServiceSpecificCredential, User
from identities.models.service_credentials import Status as CredentialStatus
from identities.operations import find, owners

SERVICE_NAME = "iam:ServiceSpecificCredentialServiceName"
AGE_DAYS = "iam:ServiceSpecificCredentialAgeDays"
EXPIRED = "Expired"


def _find(call: Call, credential_id: str) -> ServiceSpecificCredential | None:
    key = (ServiceSpecificCredential, credential_id)
    if key not in call.found:
        rows = ServiceSpecificCredential.objects.of(call.account)
        call.found[key] = rows.filter(id=credential_id).first()
    found: ServiceSpecificCredential | None = call.found[key]
    return found


def _get(call: Call, user: User, credential_id: str) -> ServiceSpecificCredential:
    found = _find(call, credential_id)
    if found is None or found.user_id != user.id:
        raise no_such_entity(f"No such credential {credential_id} exists")
    return found


def _service(call: Call) -> str | None:
    """The service of the credential that is changed, if there is such a credential."""
    found = _find(call, call.params["ServiceSpecificCredentialId"])
    return None if found is None else found.service


def _age_days(call: Call) -> str | None:
    days = call.params.get("CredentialAgeDays")
    return None if days is None else str(days)


def _refuse_unknown_service(name: str) -> None:
    if name not in service_credentials.SERVICES:
        raise no_such_entity(
            f"No such service {name} is supported for Service Specific Credentials"
        )


def _metadata(call: Call, user: User, credential: ServiceSpecificCredential) -> dict[str, Any]:
    api_key = service_credentials.has_api_keys(credential.service)
    output: dict[str, Any] = {
        "UserName": user.name,
        "Status": credential.status,
        "ServiceCredentialAlias" if api_key else "ServiceUserName": credential.public_name,
        "CreateDate": credential.created_at,
        "ServiceSpecificCredentialId": credential.id,
        "ServiceName": credential.service,
    }
    if credential.expires_at is not None:
        output["ExpirationDate"] = credential.expires_at
        if credential.expires_at <= call.now:
            output["Status"] = EXPIRED
    return output


def _with_secret(
    call: Call, user: User, credential: ServiceSpecificCredential, secret: str
) -> dict[str, Any]:
    api_key = service_credentials.has_api_keys(credential.service)
    member = "ServiceCredentialSecret" if api_key else "ServicePassword"
    return {"ServiceSpecificCredential": {**_metadata(call, user, credential), member: secret}}


@operation(
    "iam:CreateServiceSpecificCredential",
    resource=find.user,
    context={SERVICE_NAME: "ServiceName", AGE_DAYS: _age_days},
)
def create_service_specific_credential(
    call: Call, UserName: str, ServiceName: str, CredentialAgeDays: int | None = None
) -> dict[str, Any]:
    user = find.get_user(call, UserName)
    _refuse_unknown_service(ServiceName)
    if CredentialAgeDays is not None and not service_credentials.has_api_keys(ServiceName):
        raise validation_error(
            f"CredentialAgeDays is only valid for services with API keys, not for {ServiceName}."
        )
    held = ServiceSpecificCredential.objects.of(call.account).filter(service=ServiceName)
    limit = quota(call.account, "ServiceSpecificCredentialsPerUser")
    if held.filter(user=user).count() >= limit:
        raise limit_exceeded("ServiceSpecificCredentialsPerUser", limit)
    public_name = next(
        name
        for name in service_credentials.public_names(ServiceName, user.name, call.account)
        if not held.filter(public_name=name).exists()
    )
    secret = service_credentials.new_secret(ServiceName, public_name)
    age = None if CredentialAgeDays is None else timedelta(days=CredentialAgeDays)
    credential = ServiceSpecificCredential.objects.create(
        id=unique_id("ACCA"),
        account_id=call.account,
        user=user,
        service=ServiceName,
        public_name=public_name,
        digest=service_credentials.digest(secret),
        created_at=call.now,
        expires_at=None if age is None else call.now + age,
    )
    call.detail["ServiceSpecificCredentialId"] = credential.id
    return _with_secret(call, user, credential, secret)


def listed(call: Call, UserName: str | None = None, AllUsers: bool = False, **_: Any) -> Resource:
    """The user whose credentials are listed; `user/*` for those of all users."""
    if AllUsers:
        return Resource(f"arn:aws:iam::{call.account}:user/*", call.account)
    return find.own_user(call, UserName)


@operation("iam:ListServiceSpecificCredentials", resource=listed, reads=True)
def list_service_specific_credentials(
    call: Call,
    UserName: str | None = None,
    ServiceName: str | None = None,
    AllUsers: bool = False,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    if AllUsers and UserName is not None:
        raise validation_error("AllUsers cannot be specified together with UserName.")
    rows = ServiceSpecificCredential.objects.of(call.account)
    if ServiceName is not None:
        _refuse_unknown_service(ServiceName)
        rows = rows.filter(service=ServiceName)
    if AllUsers:
        found, paging = page_by_name(call, rows.select_related("user"), "id")
    else:
        mine = rows.filter(user=owners.get_user(call, UserName)).select_related("user")
        found, paging = page_of_list(
            call, list(mine), lambda one: (one.created_at.isoformat(), one.id)
        )
    shown = [_metadata(call, one.user, one) for one in found]
    return {"ServiceSpecificCredentials": shown, **paging}


@operation(
    "iam:UpdateServiceSpecificCredential", resource=find.own_user, context={SERVICE_NAME: _service}
)
def update_service_specific_credential(
    call: Call, ServiceSpecificCredentialId: str, Status: str, UserName: str | None = None
) -> None:
    credential = _get(call, owners.get_user(call, UserName), ServiceSpecificCredentialId)
    if Status not in CredentialStatus.values:
        raise invalid_input(
            f"The status of a service-specific credential cannot be set to {Status}."
        )
    credential.status = Status
    credential.save(update_fields=["status"])


@operation(
    "iam:ResetServiceSpecificCredential", resource=find.own_user, context={SERVICE_NAME: _service}
)
def reset_service_specific_credential(
    call: Call, ServiceSpecificCredentialId: str, UserName: str | None = None
) -> dict[str, Any]:
    user = owners.get_user(call, UserName)
    credential = _get(call, user, ServiceSpecificCredentialId)
    secret = service_credentials.new_secret(credential.service, credential.public_name)
    credential.digest = service_credentials.digest(secret)
    credential.save(update_fields=["digest"])
    return _with_secret(call, user, credential, secret)


@operation(
    "iam:DeleteServiceSpecificCredential", resource=find.own_user, context={SERVICE_NAME: _service}
)
def delete_service_specific_credential(
    call: Call, ServiceSpecificCredentialId: str, UserName: str | None = None
) -> None:
    _get(call, owners.get_user(call, UserName), ServiceSpecificCredentialId).delete()
