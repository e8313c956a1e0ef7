"""MFA devices (IAM API Reference; api-behaviour.md §8.8).

Security keys and passkeys are registered in security_keys.py; here they are listed, told and taken
away like virtual devices.

The root user enables and resynchronises a device for itself by giving its account id as the
`UserName`, which those two operations demand; everywhere else it leaves the name out.
"""

from __future__ import annotations

import io
from typing import Any

import segno
from django.db.models import QuerySet
from django.db.models.functions import Concat

from accounts.quotas import quota
from iamsite.operations import Call, OperationError, Resource, operation
from iamsite.operations.errors import (
    delete_conflict,
    entity_already_exists,
    invalid_input,
    limit_exceeded,
    no_such_entity,
    validation_error,
)
from iamsite.operations.paging import page, page_of_list
from identities import totp
from identities.models import MFADevice, User
from identities.operations import find
from identities.operations.tags import checked_tags, new_resource, tag_list, tag_operations
from identities.operations.users import root_output, user_output
from policies.engine import PrincipalKind

LONGEST_NAME = 226
LONGEST_SERIAL = 256
PIXELS_A_MODULE = 5

Holder = MFADevice.Holder


def find_device(call: Call, serial_number: str) -> MFADevice | None:
    """The account's virtual device with that serial number, or None; kept for the call."""
    key = (MFADevice, serial_number)
    if key not in call.found:
        prefix = f"arn:aws:iam::{call.account}:mfa"
        rows = virtual(call).annotate(full=Concat("path", "name"))
        call.found[key] = (
            rows.filter(full=serial_number.removeprefix(prefix)).select_related("user").first()
            if serial_number.startswith(f"{prefix}/")
            else None
        )
    found: MFADevice | None = call.found[key]
    return found


def virtual(call: Call) -> QuerySet[MFADevice]:
    rows: QuerySet[MFADevice] = MFADevice.objects.of(call.account).filter(credential_id=None)
    return rows


def get_device(call: Call, serial_number: str) -> MFADevice:
    """Raises NoSuchEntity."""
    if (found := find_device(call, serial_number)) is None:
        raise _no_such_device(serial_number)
    return found


def _no_such_device(serial_number: str) -> OperationError:
    return no_such_entity(f"MFA Device with serial number {serial_number} does not exist.")


def _get_device_of(call: Call, user: User | None, serial_number: str) -> MFADevice:
    """The device or key that is enabled for the user, or for root; raises NoSuchEntity."""
    for device in devices_of(call, user):
        if device.serial_number == serial_number:
            return device
    raise _no_such_device(serial_number)


def devices_of(call: Call, user: User | None) -> QuerySet[MFADevice]:
    """All that is enabled for the user, or for root: a few at most."""
    kind = Holder.ROOT if user is None else Holder.USER
    rows: QuerySet[MFADevice] = MFADevice.objects.of(call.account).filter(holder=kind, user=user)
    return rows.select_related("user")


def check_room(call: Call, user: User | None) -> None:
    """Raises LimitExceeded when the user, or root, can have no further device."""
    limit = quota(call.account, "MFADevicesPerUser")
    if devices_of(call, user).count() >= limit:
        raise limit_exceeded("MFADevicesPerUser", limit)


def device(call: Call, SerialNumber: str, **_: Any) -> Resource:
    found = find_device(call, SerialNumber)
    arn = SerialNumber
    if not arn.startswith("arn:"):
        arn = f"arn:aws:iam::{call.account}:mfa/{SerialNumber}"
    return Resource(arn, call.account, tags=found.tags if found is not None else {})


def new_device(call: Call, VirtualMFADeviceName: str, Path: str = "/", **_: Any) -> Resource:
    arn = f"arn:aws:iam::{call.account}:mfa{Path}{VirtualMFADeviceName}"
    return new_resource(call, arn)


def _means_root(call: Call, name: str | None) -> bool:
    if not call.caller.is_root:
        return False
    return name is None or (name == call.account and find.find(call, User, name) is None)


def holder(call: Call, UserName: str | None = None, **_: Any) -> Resource:
    return find.own_user(call, None if _means_root(call, UserName) else UserName)


def holder_of(call: Call, name: str | None) -> User | None:
    """The user that a device is for, or None for the root user."""
    if _means_root(call, name):
        return None
    name = find.own_name(call, name)
    assert name is not None
    return find.get_user(call, name)


def _assignment(call: Call, device: MFADevice) -> dict[str, Any]:
    if device.holder == Holder.NONE:
        return {}
    user = root_output(call) if device.user is None else user_output(device.user)
    return {"User": user, "EnableDate": device.enabled_at}


def _page(call: Call, rows: Any) -> tuple[list[MFADevice], dict[str, Any]]:
    ordered = rows.annotate(full=Concat("path", "name")).order_by("full")

    def fetch(after: Any, limit: int) -> list[MFADevice]:
        return list((ordered if after is None else ordered.filter(full__gt=after))[:limit])

    return page(call, fetch, lambda row: row.path + row.name)


def _invalid_code() -> OperationError:
    return OperationError(
        "InvalidAuthenticationCode", "Authentication code for device is not valid."
    )


@operation("iam:CreateVirtualMFADevice", resource=new_device)
def create_virtual_mfa_device(
    call: Call,
    VirtualMFADeviceName: str,
    Path: str = "/",
    Tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    new = MFADevice(
        account_id=call.account, name=VirtualMFADeviceName, path=Path, created_at=call.now
    )
    # A longer one could not be named in any other call.
    longest = min(LONGEST_NAME, LONGEST_SERIAL - len(new.serial_number) + len(new.name))
    if len(VirtualMFADeviceName) > longest:
        raise validation_error(
            "1 validation error detected: Value at 'virtualMFADeviceName' failed to satisfy "
            f"constraint: Member must have length less than or equal to {max(longest, 0)}"
        )
    new.tags = checked_tags(call, Tags or [], ignoring_case=False)
    if Tags:
        resource = new_device(call, VirtualMFADeviceName, Path)
        call.authorize("iam:TagMFADevice", resource, call.tag_keys)
    if find_device(call, new.serial_number) is not None:
        raise entity_already_exists("MFA device already exists.")
    # As many as there may be users (IAM User Guide, "IAM and AWS STS quotas").
    limit = quota(call.account, "UsersPerAccount")
    if virtual(call).count() >= limit:
        raise limit_exceeded("VirtualMFADevicesPerAccount", limit)
    seed = totp.new_seed()
    new.seed = totp.seal_seed(seed, new.serial_number)
    new.save()
    output = {
        "SerialNumber": new.serial_number,
        "Base32StringSeed": totp.base32(seed).encode(),
        "QRCodePNG": _qr_code(call, new, seed),
    }
    if new.tags:
        output["Tags"] = tag_list(new.tags)
    return {"VirtualMFADevice": output}


def _qr_code(call: Call, device: MFADevice, seed: bytes) -> bytes:
    account = call.caller.name if call.caller.kind is PrincipalKind.USER else call.account
    image = io.BytesIO()
    code = segno.make(totp.provisioning_uri(device.name, account, seed), micro=False)
    code.save(image, kind="png", scale=PIXELS_A_MODULE)
    return image.getvalue()


@operation("iam:DeleteVirtualMFADevice", resource=device)
def delete_virtual_mfa_device(call: Call, SerialNumber: str) -> None:
    found = get_device(call, SerialNumber)
    if found.holder != Holder.NONE:
        raise delete_conflict("MFA VirtualDevice in use. Must deactivate first.")
    found.delete()


@operation("iam:EnableMFADevice", resource=holder)
def enable_mfa_device(
    call: Call,
    UserName: str,
    SerialNumber: str,
    AuthenticationCode1: str,
    AuthenticationCode2: str,
) -> None:
    user = holder_of(call, UserName)
    found = get_device(call, SerialNumber)
    if found.holder != Holder.NONE:
        raise entity_already_exists("MFA Device is already in use.")
    check_room(call, user)
    codes = AuthenticationCode1, AuthenticationCode2
    if not totp.check_pair(found, *codes, call.now, totp.ENABLING):
        raise _invalid_code()
    found.holder = Holder.ROOT if user is None else Holder.USER
    found.user, found.enabled_at = user, call.now
    found.save(update_fields=["holder", "user", "enabled_at"])


@operation("iam:ResyncMFADevice", resource=holder)
def resync_mfa_device(
    call: Call,
    UserName: str,
    SerialNumber: str,
    AuthenticationCode1: str,
    AuthenticationCode2: str,
) -> None:
    found = _get_device_of(call, holder_of(call, UserName), SerialNumber)
    if found.is_key:
        raise invalid_input("A security key shows no codes: it has nothing to resynchronize.")
    codes = AuthenticationCode1, AuthenticationCode2
    if not totp.check_pair(found, *codes, call.now, totp.RESYNCHRONISING):
        raise _invalid_code()


@operation("iam:DeactivateMFADevice", resource=holder)
def deactivate_mfa_device(call: Call, SerialNumber: str, UserName: str | None = None) -> None:
    found = _get_device_of(call, holder_of(call, UserName), SerialNumber)
    if found.is_key:
        found.delete()
        return
    found.holder, found.user, found.enabled_at = Holder.NONE, None, None
    found.save(update_fields=["holder", "user", "enabled_at"])


@operation(
    "iam:GetMFADevice",
    resource=holder,
    reads=True,
    differs="Certifications are known where the operator supplies the FIDO Alliance's metadata "
    "(`IAMSITE_FIDO_METADATA`), and are those of the day of registration. Virtual devices are told "
    "too.",
)
def get_mfa_device(call: Call, SerialNumber: str, UserName: str | None = None) -> dict[str, Any]:
    device = _get_device_of(call, holder_of(call, UserName), SerialNumber)
    output = _enabled_output(device)
    return {**output, "Certifications": device.certifications} if device.certifications else output


@operation("iam:ListMFADevices", resource=holder, reads=True)
def list_mfa_devices(
    call: Call,
    UserName: str | None = None,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    enabled = list(devices_of(call, holder_of(call, UserName)))
    devices, paging = page_of_list(call, enabled, lambda one: one.serial_number)
    return {"MFADevices": [_enabled_output(one) for one in devices], **paging}


def _enabled_output(device: MFADevice) -> dict[str, Any]:
    named = {} if device.user is None else {"UserName": device.user.name}
    return {**named, "SerialNumber": device.serial_number, "EnableDate": device.enabled_at}


@operation("iam:ListVirtualMFADevices", resource=find.path_of("mfa"), reads=True)
def list_virtual_mfa_devices(
    call: Call,
    AssignmentStatus: str = "Any",
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    rows = virtual(call).select_related("user")
    if AssignmentStatus == "Assigned":
        rows = rows.exclude(holder=Holder.NONE)
    elif AssignmentStatus == "Unassigned":
        rows = rows.filter(holder=Holder.NONE)
    devices, paging = _page(call, rows)
    found = [{"SerialNumber": one.serial_number, **_assignment(call, one)} for one in devices]
    return {"VirtualMFADevices": found, **paging}


tag_operations("MFADevice", "SerialNumber", device, get_device)
