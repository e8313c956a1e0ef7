"""Access keys of users and of the root user (IAM API Reference; api-behaviour.md §8.6)."""

from __future__ import annotations

from typing import Any

from accounts.models import Account
from accounts.quotas import quota
from iamsite.operations import Call, Resource, operation
from iamsite.operations.errors import (
    access_denied,
    invalid_input,
    limit_exceeded,
    no_such_entity,
)
from iamsite.operations.paging import page_of_list
from identities.access_keys import make_access_key
from identities.models import AccessKey, User
from identities.operations import find

UNUSED = "N/A"
# Sessions that may leave the name out.
OWN_KEYS = ("Console", "AssumeRoot")


def owner(call: Call, UserName: str | None = None, **_: Any) -> Resource:
    """The user that keys are about.

    A name may be left out with a key of one's own or in the console, not with temporary
    credentials (IAM, `CreateAccessKeyRequest$UserName` and the like).
    """
    session = call.caller.session
    if UserName is None and session is not None and session.kind not in OWN_KEYS:
        raise find.must_specify_user_name()
    return find.own_user(call, UserName)


def _owner(call: Call, name: str | None) -> User | None:
    """The user whose keys they are, or None for the root user."""
    name = find.own_name(call, name)
    return None if name is None else find.get_user(call, name)


def _named(user: User | None) -> dict[str, str]:
    return {} if user is None else {"UserName": user.name}


def _get_key(call: Call, user: User | None, key_id: str) -> AccessKey:
    key = AccessKey.objects.of(call.account).filter(id=key_id, user=user).first()
    if key is None:
        raise no_such_entity(f"The Access Key with id {key_id} cannot be found.")
    return key


def _refuse_locked_root(call: Call, user: User | None) -> None:
    if user is not None:
        return
    if Account.objects.get(id=call.account).root_locked_at is not None:
        raise access_denied(
            "The root user of this account is locked away: it can have no active access keys."
        )


@operation("iam:CreateAccessKey", resource=owner)
def create_access_key(call: Call, UserName: str | None = None) -> dict[str, Any]:
    user = _owner(call, UserName)
    _refuse_locked_root(call, user)
    limit = quota(call.account, "AccessKeysPerUser")
    if AccessKey.objects.of(call.account).filter(user=user).count() >= limit:
        raise limit_exceeded("AccessKeysPerUser", limit)
    key, secret = make_access_key(call.account, user, call.now)
    call.detail["AccessKeyId"] = key.id
    return {
        "AccessKey": {
            **_named(user),
            "AccessKeyId": key.id,
            "Status": AccessKey.Status.ACTIVE.value,
            "SecretAccessKey": secret,
            "CreateDate": call.now,
        }
    }


@operation("iam:ListAccessKeys", resource=owner, reads=True)
def list_access_keys(
    call: Call,
    UserName: str | None = None,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    user = _owner(call, UserName)
    keys, paging = page_of_list(
        call,
        list(AccessKey.objects.of(call.account).filter(user=user)),
        lambda key: (key.created_at.isoformat(), key.id),
    )
    found = [
        {
            **_named(user),
            "AccessKeyId": key.id,
            "Status": key.status,
            "CreateDate": key.created_at,
        }
        for key in keys
    ]
    return {"AccessKeyMetadata": found, **paging}


@operation("iam:UpdateAccessKey", resource=owner)
def update_access_key(
    call: Call, AccessKeyId: str, Status: str, UserName: str | None = None
) -> None:
    user = _owner(call, UserName)
    key = _get_key(call, user, AccessKeyId)
    if Status not in AccessKey.Status.values:
        raise invalid_input(f"The status of an access key cannot be set to {Status}.")
    if Status == AccessKey.Status.ACTIVE:
        _refuse_locked_root(call, user)
    if key.status != Status:
        key.status, key.changed_at = Status, call.now
        key.save(update_fields=["status", "changed_at"])


@operation("iam:DeleteAccessKey", resource=owner)
def delete_access_key(call: Call, AccessKeyId: str, UserName: str | None = None) -> None:
    _get_key(call, _owner(call, UserName), AccessKeyId).delete()


def _of_key(call: Call, AccessKeyId: str) -> Resource:
    key = _find_key(call, AccessKeyId)
    if key is None:
        # AWS does not tell a key that is not there from one of another account.
        raise access_denied(
            f"User: {call.caller.principal.arn} is not authorized to perform "
            f"iam:GetAccessKeyLastUsed on resource: access key {AccessKeyId}"
        )
    if key.user is None:
        return Resource(f"arn:aws:iam::{call.account}:root", call.account)
    return find.resource_of(call, User, key.user.name)


def _find_key(call: Call, key_id: str) -> AccessKey | None:
    key = (AccessKey, key_id)
    if key not in call.found:
        rows = AccessKey.objects.of(call.account).select_related("user")
        call.found[key] = rows.filter(id=key_id).first()
    found: AccessKey | None = call.found[key]
    return found


@operation("iam:GetAccessKeyLastUsed", resource=_of_key, reads=True)
def get_access_key_last_used(call: Call, AccessKeyId: str) -> dict[str, Any]:
    key = _find_key(call, AccessKeyId)
    assert key is not None
    used: dict[str, Any] = {
        "ServiceName": key.last_used_service or UNUSED,
        "Region": key.last_used_region or UNUSED,
    }
    if key.last_used_at is not None:
        used["LastUsedDate"] = key.last_used_at
    return {**_named(key.user), "AccessKeyLastUsed": used}
