"""Access keys of registered services, with which they sign requests as themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from accounts.identifiers import access_key_id, secret_access_key
from accounts.quotas import quota
from accounts.sealing import seal
from iamsite.operations import Call, operation
from iamsite.operations.errors import invalid_input, limit_exceeded, no_such_entity
from iamsite.operations.paging import page_of_list
from identities.models import ServiceAccessKey
from policies.models import Service
from policies.operations.services import get_service_row, service

DAY = 86_400
Status = ServiceAccessKey.Status


def _keys(service: Service) -> Any:
    return ServiceAccessKey.objects.of(service.account_id).filter(service=service)


def _get_key(call: Call, prefix: str, key_id: str) -> ServiceAccessKey:
    key: ServiceAccessKey | None = _keys(get_service_row(call, prefix)).filter(id=key_id).first()
    if key is None:
        raise no_such_entity(f"The Access Key with id {key_id} cannot be found.")
    return key


def _has_expired(call: Call, key: ServiceAccessKey) -> bool:
    return key.expires_at is not None and key.expires_at <= call.now


def _made(call: Call, row: Service) -> dict[str, Any]:
    """A new key of the service. Raises LimitExceeded; keys that have ended make room."""
    _keys(row).filter(expires_at__lte=call.now).delete()
    limit = quota(call.account, "AccessKeysPerService")
    if _keys(row).count() >= limit:
        raise limit_exceeded("AccessKeysPerService", limit)
    key_id, secret = access_key_id(), secret_access_key()
    ServiceAccessKey.objects.create(
        id=key_id,
        account_id=call.account,
        service=row,
        secret=seal(secret.encode(), key_id),
        created_at=call.now,
    )
    call.detail["AccessKeyId"] = key_id
    return {
        "ServiceAccessKey": {
            "ServicePrefix": row.prefix,
            "AccessKeyId": key_id,
            "Status": Status.ACTIVE.value,
            "SecretAccessKey": secret,
            "CreateDate": call.now,
        }
    }


@operation("portal:CreateServiceAccessKey", resource=service)
def create_service_access_key(call: Call, ServicePrefix: str) -> dict[str, Any]:
    return _made(call, get_service_row(call, ServicePrefix))


@operation("portal:ListServiceAccessKeys", resource=service, reads=True)
def list_service_access_keys(
    call: Call, ServicePrefix: str, Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    keys, paging = page_of_list(
        call,
        list(_keys(get_service_row(call, ServicePrefix))),
        lambda key: (key.created_at.isoformat(), key.id),
    )
    found = [_output(call, ServicePrefix, key) for key in keys]
    return {"AccessKeyMetadata": found, **paging}


def _output(call: Call, prefix: str, key: ServiceAccessKey) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ServicePrefix": prefix,
        "AccessKeyId": key.id,
        "Status": Status.INACTIVE.value if _has_expired(call, key) else key.status,
        "CreateDate": key.created_at,
    }
    if key.expires_at is not None:
        shown["ExpirationDate"] = key.expires_at
    if key.last_used_at is not None:
        shown["LastUsedDate"] = key.last_used_at
        shown["LastUsedService"] = key.last_used_service
        shown["LastUsedRegion"] = key.last_used_region
    return shown


@operation("portal:UpdateServiceAccessKey", resource=service)
def update_service_access_key(
    call: Call, ServicePrefix: str, AccessKeyId: str, Status: str
) -> None:
    key = _get_key(call, ServicePrefix, AccessKeyId)
    if _has_expired(call, key):
        raise invalid_input(f"The Access Key with id {AccessKeyId} was rotated and has ended.")
    key.status = Status
    key.save(update_fields=["status"])


@operation("portal:RotateServiceAccessKey", resource=service)
def rotate_service_access_key(
    call: Call, ServicePrefix: str, AccessKeyId: str, GracePeriodSeconds: int = DAY
) -> dict[str, Any]:
    """The old key counts for the grace period, so that the service can be given the new one."""
    key = _get_key(call, ServicePrefix, AccessKeyId)
    if key.expires_at is not None:
        raise invalid_input(f"The Access Key with id {AccessKeyId} was rotated already.")
    key.expires_at = call.now + timedelta(seconds=GracePeriodSeconds)
    key.save(update_fields=["expires_at"])
    return _made(call, key.service)


@operation("portal:DeleteServiceAccessKey", resource=service)
def delete_service_access_key(call: Call, ServicePrefix: str, AccessKeyId: str) -> None:
    _get_key(call, ServicePrefix, AccessKeyId).delete()
