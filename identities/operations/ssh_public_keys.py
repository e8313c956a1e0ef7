"""SSH public keys of users (IAM API Reference; api-behaviour.md §8.9)."""

from __future__ import annotations

from typing import Any

from accounts.identifiers import unique_id
from accounts.quotas import quota
from iamsite.operations import Call, OperationError, operation
from iamsite.operations.errors import invalid_input, limit_exceeded, no_such_entity
from iamsite.operations.paging import page_of_list
from identities import ssh_keys
from identities.models import SSHPublicKey, User
from identities.models.service_credentials import Status as KeyStatus
from identities.operations import find, owners


def _get(call: Call, user: User, key_id: str) -> SSHPublicKey:
    rows = SSHPublicKey.objects.of(call.account).filter(user=user)
    found: SSHPublicKey | None = rows.filter(id=key_id).first()
    if found is None:
        raise no_such_entity(f"The Public Key with id {key_id} cannot be found.")
    return found


def _metadata(user: User, key: SSHPublicKey) -> dict[str, Any]:
    return {
        "UserName": user.name,
        "SSHPublicKeyId": key.id,
        "Status": key.status,
        "UploadDate": key.created_at,
    }


def _output(user: User, key: SSHPublicKey, body: str) -> dict[str, Any]:
    return {**_metadata(user, key), "Fingerprint": key.fingerprint, "SSHPublicKeyBody": body}


@operation("iam:UploadSSHPublicKey", resource=find.user)
def upload_ssh_public_key(call: Call, UserName: str, SSHPublicKeyBody: str) -> dict[str, Any]:
    user = find.get_user(call, UserName)
    try:
        key = ssh_keys.read_key(SSHPublicKeyBody)
    except ssh_keys.UnknownEncoding as error:
        raise OperationError("UnrecognizedPublicKeyEncoding", str(error)) from error
    except ssh_keys.InvalidKey as error:
        raise OperationError("InvalidPublicKey", str(error)) from error
    held = SSHPublicKey.objects.of(call.account).filter(user=user)
    digest = ssh_keys.digest(key)
    if held.filter(digest=digest).exists():
        raise OperationError(
            "DuplicateSSHPublicKey",
            f"The SSH public key is already associated with the user {UserName}.",
        )
    limit = quota(call.account, "SSHPublicKeysPerUser")
    if held.count() >= limit:
        raise limit_exceeded("SSHPublicKeysPerUser", limit)
    row = SSHPublicKey.objects.create(
        id=unique_id("APKA"),
        account_id=call.account,
        user=user,
        body=SSHPublicKeyBody,
        digest=digest,
        fingerprint=ssh_keys.fingerprint(key),
        created_at=call.now,
    )
    call.detail["SSHPublicKeyId"] = row.id
    return {"SSHPublicKey": _output(user, row, row.body)}


@operation("iam:GetSSHPublicKey", resource=find.user, reads=True)
def get_ssh_public_key(
    call: Call, UserName: str, SSHPublicKeyId: str, Encoding: str
) -> dict[str, Any]:
    user = find.get_user(call, UserName)
    row = _get(call, user, SSHPublicKeyId)
    return {"SSHPublicKey": _output(user, row, _encoded(row.body, Encoding))}


def _encoded(body: str, encoding: str) -> str:
    """The key as it was sent when that is the encoding asked for, else turned into it."""
    wants_pem = encoding == "PEM"
    if ssh_keys.is_pem(body) == wants_pem:
        return body
    key = ssh_keys.read_key(body)
    return ssh_keys.pem(key) if wants_pem else ssh_keys.openssh(key)


@operation("iam:ListSSHPublicKeys", resource=find.own_user, reads=True)
def list_ssh_public_keys(
    call: Call,
    UserName: str | None = None,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    user = owners.get_user(call, UserName)
    rows = SSHPublicKey.objects.of(call.account).filter(user=user)
    keys, paging = page_of_list(call, list(rows), lambda key: (key.created_at.isoformat(), key.id))
    return {"SSHPublicKeys": [_metadata(user, key) for key in keys], **paging}


@operation("iam:UpdateSSHPublicKey", resource=find.user)
def update_ssh_public_key(call: Call, UserName: str, SSHPublicKeyId: str, Status: str) -> None:
    key = _get(call, find.get_user(call, UserName), SSHPublicKeyId)
    if Status not in KeyStatus.values:
        raise invalid_input(f"The status of an SSH public key cannot be set to {Status}.")
    key.status = Status
    key.save(update_fields=["status"])


@operation("iam:DeleteSSHPublicKey", resource=find.user)
def delete_ssh_public_key(call: Call, UserName: str, SSHPublicKeyId: str) -> None:
    _get(call, find.get_user(call, UserName), SSHPublicKeyId).delete()
