"""Security keys and passkeys for the second step of a sign-in, or in place of the password.

AWS's console registers them, with `iam:EnableMFADevice` and `iam:RegisterSecurityKey` at both
steps (context-keys.md §6), but no API of its does: these operations are the portal's own.
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from accounts.identifiers import unique_id
from iamsite.operations import Call, OperationError, operation
from iamsite.operations.errors import entity_already_exists, invalid_input, validation_error
from identities import attestation, security_keys
from identities.models import MFADevice, User
from identities.operations.mfa import check_room, devices_of, holder, holder_of
from identities.security_keys import Holder, NoDomain, Refused, given_name

NO_DOMAIN = (
    "Browsers make security keys and passkeys for a domain name only, and the address of this "
    "portal (IAMSITE_URL) has an IP address in place of one."
)


def _may_create(call: Call, UserName: str | None = None, **_: Any) -> None:
    context = {"iam:RegisterSecurityKey": "Create"}
    call.authorize("iam:EnableMFADevice", holder(call, UserName), context)


def _may_activate(
    call: Call, State: str, Credential: str, UserName: str | None = None, **_: Any
) -> None:
    resource = holder(call, UserName)
    context = {"iam:RegisterSecurityKey": "Activate"}
    if attestation.is_asked_for():
        found = _certifications(call, State, Credential, UserName)
        context |= {attestation.KEYS[name]: level for name, level in found.items()}
    call.authorize("iam:EnableMFADevice", resource, context)


def _certifications(call: Call, state: str, credential: str, name: str | None) -> dict[str, str]:
    """Of a key that is not what it should be none: whoever may register keys is told why later."""
    try:
        whose = _of(call, holder_of(call, name))
        made = security_keys.verify_registration(whose, state, credential)
    except (OperationError, NoDomain, Refused):
        return {}
    return attestation.certifications(made, call.now)


@operation("portal:BeginSecurityKeyRegistration", reads=True, authorizes_itself=_may_create)
def begin_security_key_registration(call: Call, UserName: str | None = None) -> dict[str, Any]:
    user = holder_of(call, UserName)
    check_room(call, user)
    name = f"root @ {call.account}" if user is None else f"{user.name} @ {call.account}"
    keys = [device for device in devices_of(call, user) if device.is_key]
    try:
        begun = security_keys.begin_registration(_of(call, user), name, name, keys)
    except NoDomain as error:
        raise invalid_input(NO_DOMAIN) from error
    return {"State": begun.state, "CreationOptions": begun.options}


@operation("portal:CompleteSecurityKeyRegistration", authorizes_itself=_may_activate)
def complete_security_key_registration(
    call: Call, DeviceName: str, State: str, Credential: str, UserName: str | None = None
) -> dict[str, Any]:
    user = holder_of(call, UserName)
    check_room(call, user)
    if any(given_name(one.serial_number) == DeviceName for one in devices_of(call, user)):
        whose = "root user" if user is None else "user"
        raise entity_already_exists(
            f"The {whose} already has an MFA device with the name {DeviceName}."
        )
    try:
        made = security_keys.finish_registration(_of(call, user), State, Credential, call.now)
    except NoDomain as error:
        raise invalid_input(NO_DOMAIN) from error
    except Refused as error:
        raise validation_error(f"The security key was not registered: {error}") from error
    device = MFADevice(
        account_id=call.account,
        # Two people may give their keys one name; a serial number is never used again.
        name=f"{DeviceName}-{unique_id('')}",
        holder=MFADevice.Holder.ROOT if user is None else MFADevice.Holder.USER,
        user=user,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        transports=security_keys.transports(Credential),
        certifications=attestation.certifications(made, call.now),
        created_at=call.now,
        enabled_at=call.now,
    )
    try:
        with transaction.atomic():
            device.save(force_insert=True)
    except IntegrityError as error:
        raise entity_already_exists("The security key is registered already.") from error
    call.detail["SerialNumber"] = device.serial_number
    return {"SerialNumber": device.serial_number}


def _of(call: Call, user: User | None) -> Holder:
    return Holder(call.account, None if user is None else user.id)
