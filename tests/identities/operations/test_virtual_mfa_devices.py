import base64
import time
from datetime import timedelta
from urllib.parse import quote

import pyotp
import pytest
from django.db import transaction
from django.utils import timezone

from accounts import tenancy
from accounts.models import Account, Event
from identities import totp
from identities.models import MFADevice
from tests.cast import Actor, Key, allow
from tests.identities.operations.refusal import conflict, denied, exists, limit, missing, refusal

WRONG = ("InvalidAuthenticationCode", 403, "Authentication code for device is not valid.")


def create(actor: Actor, name: str = "phone", **params) -> tuple[str, pyotp.TOTP]:
    """A new device: its serial number and what generates its codes."""
    made = actor.perform("CreateVirtualMFADevice", VirtualMFADeviceName=name, **params)
    device = made["VirtualMFADevice"]
    return device["SerialNumber"], pyotp.TOTP(device["Base32StringSeed"].decode())


def pair(generator: pyotp.TOTP, steps: int = 0, at: float | None = None) -> dict[str, str]:
    """Two consecutive codes, the first `steps` steps after `at`, which is now if not given."""
    first = (time.time() if at is None else at) + 30 * steps
    return {
        "AuthenticationCode1": generator.at(int(first)),
        "AuthenticationCode2": generator.at(int(first) + 30),
    }


def enabled(acme, user: str = "bob", name: str = "phone") -> tuple[str, pyotp.TOTP]:
    serial, generator = create(acme.root, name)
    acme.root.perform("EnableMFADevice", UserName=user, SerialNumber=serial, **pair(generator))
    return serial, generator


def unknown(serial: str) -> tuple[str, int, str]:
    return missing(f"MFA Device with serial number {serial} does not exist.")


def test_a_device_is_made_unassigned_and_its_seed_shown_once(acme) -> None:
    made = acme.root.perform(
        "CreateVirtualMFADevice",
        VirtualMFADeviceName="phone",
        Path="/mobile/",
        Tags=[{"Key": "a", "Value": "b"}],
    )["VirtualMFADevice"]
    assert made["SerialNumber"] == acme.arn("mfa/mobile/phone")
    assert len(base64.b32decode(made["Base32StringSeed"])) == 40
    assert made["QRCodePNG"].startswith(b"\x89PNG\r\n\x1a\n")
    assert made["Tags"] == [{"Key": "a", "Value": "b"}]
    assert acme.root.perform("ListVirtualMFADevices")["VirtualMFADevices"] == [
        {"SerialNumber": made["SerialNumber"]}
    ]
    with transaction.atomic():
        tenancy.enter(acme.id)
        event = Event.objects.filter(operation="CreateVirtualMFADevice").latest("sequence")
    assert made["Base32StringSeed"].decode() not in repr(event.__dict__)


def test_the_qr_code_names_device_and_user_or_account() -> None:
    seed = bytes(40)
    assert totp.provisioning_uri("phone", "alice", seed) == (
        f"otpauth://totp/phone@alice?secret={quote(base64.b32encode(seed))}"
    )


def test_a_name_at_a_path_is_taken_once(acme) -> None:
    create(acme.root)
    create(acme.root, Path="/other/")
    assert refusal(acme.root, "CreateVirtualMFADevice", VirtualMFADeviceName="phone") == exists(
        "MFA device already exists."
    )


def test_a_name_too_long_to_be_used_again_is_refused(acme) -> None:
    create(acme.root, "x" * 226)
    for name, path, most in (("x" * 227, "/", 226), ("x" * 222, "/path/", 221)):
        assert refusal(
            acme.root, "CreateVirtualMFADevice", VirtualMFADeviceName=name, Path=path
        ) == (
            "ValidationError",
            400,
            (
                "1 validation error detected: Value at 'virtualMFADeviceName' failed to satisfy "
                f"constraint: Member must have length less than or equal to {most}"
            ),
        )


def test_there_are_no_more_devices_than_there_may_be_users(acme) -> None:
    with transaction.atomic():
        tenancy.enter(acme.id)
        Account.objects.filter(id=acme.id).update(quotas={"UsersPerAccount": 1})
    create(acme.root)
    assert refusal(acme.root, "CreateVirtualMFADevice", VirtualMFADeviceName="second") == limit(
        "VirtualMFADevicesPerAccount", 1
    )


def test_tags_on_a_new_device_need_their_own_permission(acme) -> None:
    dora = acme.user("dora", allow("iam:CreateVirtualMFADevice"))
    create(dora, "plain")
    assert refusal(
        dora,
        "CreateVirtualMFADevice",
        VirtualMFADeviceName="phone",
        Tags=[{"Key": "a", "Value": "b"}],
    ) == denied(dora, "iam:TagMFADevice", acme.arn("mfa/phone"))


def test_two_consecutive_codes_enable_a_device(acme) -> None:
    serial, _ = enabled(acme)
    (device,) = acme.root.perform("ListMFADevices", UserName="bob")["MFADevices"]
    assert (device["UserName"], device["SerialNumber"]) == ("bob", serial)
    assert timezone.now() - device["EnableDate"] < timedelta(minutes=1)
    assert acme.root.perform("GetMFADevice", UserName="bob", SerialNumber=serial) == device
    (shown,) = acme.root.perform("ListVirtualMFADevices")["VirtualMFADevices"]
    assert shown["User"]["Arn"] == acme.bob.arn
    assert shown["EnableDate"] == device["EnableDate"]


def test_wrong_codes_enable_nothing(acme) -> None:
    serial, generator = create(acme.root)
    codes = pair(generator)
    same = {**codes, "AuthenticationCode2": codes["AuthenticationCode1"]}
    for wrong in (same, pair(generator, 100)):
        assert (
            refusal(acme.root, "EnableMFADevice", UserName="bob", SerialNumber=serial, **wrong)
            == WRONG
        )
    assert acme.root.perform("ListMFADevices", UserName="bob")["MFADevices"] == []


def test_a_device_in_use_cannot_be_enabled_again(acme) -> None:
    serial, generator = enabled(acme)
    assert refusal(
        acme.root, "EnableMFADevice", UserName="carol", SerialNumber=serial, **pair(generator, 2)
    ) == exists("MFA Device is already in use.")


def test_a_user_has_eight_devices_at_most(acme) -> None:
    with transaction.atomic():
        tenancy.enter(acme.id)
        Account.objects.filter(id=acme.id).update(quotas={"MFADevicesPerUser": 1})
    enabled(acme)
    serial, generator = create(acme.root, "second")
    assert refusal(
        acme.root, "EnableMFADevice", UserName="bob", SerialNumber=serial, **pair(generator)
    ) == limit("MFADevicesPerUser", 1)


def test_a_device_that_is_not_there_is_not_found(acme, evil) -> None:
    foreign, _ = create(evil.root)
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    for serial in (acme.arn("mfa/none"), foreign, "GAHT12345678"):
        assert refusal(
            acme.root, "EnableMFADevice", UserName="bob", SerialNumber=serial, **codes
        ) == unknown(serial)
        assert refusal(acme.root, "DeleteVirtualMFADevice", SerialNumber=serial) == unknown(serial)
        named = {"UserName": "bob", "SerialNumber": serial}
        for operation in ("DeactivateMFADevice", "GetMFADevice"):
            assert refusal(acme.root, operation, **named) == unknown(serial)
        assert refusal(acme.root, "ResyncMFADevice", **named, **codes) == unknown(serial)


def test_a_device_of_another_user_is_not_found(acme) -> None:
    serial, generator = enabled(acme)
    named = {"UserName": "carol", "SerialNumber": serial}
    assert refusal(acme.root, "DeactivateMFADevice", **named) == unknown(serial)
    assert refusal(acme.root, "GetMFADevice", **named) == unknown(serial)
    assert refusal(acme.root, "ResyncMFADevice", **named, **pair(generator, 2)) == unknown(serial)


def test_a_device_is_deactivated_before_it_is_deleted(acme) -> None:
    serial, _ = enabled(acme)
    assert refusal(acme.root, "DeleteVirtualMFADevice", SerialNumber=serial) == conflict(
        "MFA VirtualDevice in use. Must deactivate first."
    )
    acme.root.perform("DeactivateMFADevice", UserName="bob", SerialNumber=serial)
    assert acme.root.perform("ListMFADevices", UserName="bob")["MFADevices"] == []
    assert acme.root.perform("ListVirtualMFADevices", AssignmentStatus="Unassigned")[
        "VirtualMFADevices"
    ] == [{"SerialNumber": serial}]
    acme.root.perform("DeleteVirtualMFADevice", SerialNumber=serial)
    assert acme.root.perform("ListVirtualMFADevices")["VirtualMFADevices"] == []


def test_a_user_with_a_device_cannot_be_deleted(acme) -> None:
    acme.root.perform("CreateUser", UserName="dora")
    serial, _ = enabled(acme, "dora")
    assert refusal(acme.root, "DeleteUser", UserName="dora") == conflict(
        "Cannot delete entity, must delete MFA device first."
    )
    acme.root.perform("DeactivateMFADevice", UserName="dora", SerialNumber=serial)
    acme.root.perform("DeleteUser", UserName="dora")
    assert len(acme.root.perform("ListVirtualMFADevices")["VirtualMFADevices"]) == 1


def test_a_resync_finds_a_clock_again(acme) -> None:
    serial, generator = enabled(acme)
    named = {"UserName": "bob", "SerialNumber": serial}
    assert refusal(acme.root, "ResyncMFADevice", **named, **pair(generator, 5000)) == WRONG
    acme.root.perform("ResyncMFADevice", **named, **pair(generator, 120))
    with transaction.atomic():
        tenancy.enter(acme.id)
        assert MFADevice.objects.get(name="phone").drift in (120, 121)
    assert refusal(acme.root, "ResyncMFADevice", **named, **pair(generator, 100)) == WRONG


@pytest.mark.parametrize(
    ("status", "names"),
    [("Assigned", ["b"]), ("Unassigned", ["a", "c"]), ("Any", ["a", "b", "c"])],
)
def test_devices_are_listed_by_assignment_and_page_by_page(acme, status, names) -> None:
    create(acme.root, "c")
    create(acme.root, "a")
    enabled(acme, name="b")
    found, marker = [], {}
    while True:
        page = acme.root.perform(
            "ListVirtualMFADevices", AssignmentStatus=status, MaxItems=1, **marker
        )
        found += [device["SerialNumber"] for device in page["VirtualMFADevices"]]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert found == [acme.arn(f"mfa/{name}") for name in names]


def test_a_user_may_manage_just_its_own_device(acme) -> None:
    dora = acme.user(
        "dora",
        allow(
            "iam:*MFADevice*",
            resource=[acme.arn("mfa/${aws:username}"), acme.arn("user/${aws:username}")],
        ),
    )
    serial, generator = create(dora, "dora")
    dora.perform("EnableMFADevice", UserName="dora", SerialNumber=serial, **pair(generator))
    assert len(dora.perform("ListMFADevices")["MFADevices"]) == 1
    assert refusal(dora, "CreateVirtualMFADevice", VirtualMFADeviceName="bob") == denied(
        dora, "iam:CreateVirtualMFADevice", acme.arn("mfa/bob")
    )
    bobs, _ = enabled(acme)
    assert refusal(dora, "DeactivateMFADevice", UserName="bob", SerialNumber=bobs) == denied(
        dora, "iam:DeactivateMFADevice", acme.bob.arn
    )
    dora.perform("DeactivateMFADevice", SerialNumber=serial)
    dora.perform("DeleteVirtualMFADevice", SerialNumber=serial)


def test_root_enables_a_device_for_itself_under_its_account_id(acme) -> None:
    serial, generator = create(acme.root, "root-phone")
    acme.root.perform("EnableMFADevice", UserName=acme.id, SerialNumber=serial, **pair(generator))
    (device,) = acme.root.perform("ListMFADevices")["MFADevices"]
    assert device.keys() == {"SerialNumber", "EnableDate"}
    (shown,) = acme.root.perform("ListVirtualMFADevices")["VirtualMFADevices"]
    assert shown["User"]["Arn"] == acme.arn("root")
    assert acme.root.perform("GetAccountSummary")["SummaryMap"]["AccountMFAEnabled"] == 1
    acme.root.perform(
        "ResyncMFADevice", UserName=acme.id, SerialNumber=serial, **pair(generator, 5)
    )
    acme.root.perform("DeactivateMFADevice", SerialNumber=serial)
    assert acme.root.perform("GetAccountSummary")["SummaryMap"]["AccountMFAEnabled"] == 0


def test_an_administrator_cannot_touch_roots_device(acme) -> None:
    serial, generator = create(acme.root, "root-phone")
    acme.root.perform("EnableMFADevice", UserName=acme.id, SerialNumber=serial, **pair(generator))
    assert refusal(acme.alice, "DeactivateMFADevice", SerialNumber=serial) == unknown(serial)
    nobody = missing(f"The user with name {acme.id} cannot be found.")
    assert (
        refusal(acme.alice, "DeactivateMFADevice", UserName=acme.id, SerialNumber=serial) == nobody
    )
    code, _, _ = refusal(acme.alice, "DeleteVirtualMFADevice", SerialNumber=serial)
    assert code == "DeleteConflict"


def test_a_code_of_an_enabled_device_proves_the_second_factor(acme) -> None:
    acme.root.perform(
        "PutUserPolicy",
        UserName="bob",
        PolicyName="mfa",
        PolicyDocument=allow(
            "iam:CreateGroup", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        ),
    )
    serial, generator = create(acme.root)
    now = int(time.time())
    acme.root.perform(
        "EnableMFADevice", UserName="bob", SerialNumber=serial, **pair(generator, at=now)
    )
    token = {"SerialNumber": serial, "TokenCode": generator.at(now + 60)}
    key = Key.of(acme.bob.perform("GetSessionToken", **token)["Credentials"])
    Actor("bob", acme.bob.arn, key.credential, key).perform("CreateGroup", GroupName="new")
    code, status, _ = refusal(acme.bob, "GetSessionToken", **token)
    assert (code, status) == ("AccessDenied", 403)
