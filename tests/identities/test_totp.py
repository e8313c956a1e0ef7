import threading
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from django.db import connection, transaction

from accounts import tenancy
from accounts.sealing import SealError
from identities import totp
from identities.models import MFADevice
from tests.cast import Acme

NOW = datetime(2026, 11, 24, 12, 0, 15, tzinfo=UTC)


class Phone:
    """A device as its owner holds it: it knows the seed, and its clock may be wrong."""

    def __init__(self, acme: Acme) -> None:
        made = acme.root.perform("CreateVirtualMFADevice", VirtualMFADeviceName="phone")
        self.account = acme.id
        self.generator = pyotp.TOTP(made["VirtualMFADevice"]["Base32StringSeed"].decode())

    def code(self, steps: int = 0) -> str:
        """What it shows `steps` steps of 30 seconds after NOW."""
        return self.generator.at(NOW + timedelta(seconds=30 * steps))

    def check(self, code: str, steps: int = 0) -> bool:
        """Whether the portal takes the code `steps` after NOW."""
        with transaction.atomic():
            tenancy.enter(self.account)
            device = MFADevice.objects.get(name="phone")
            return totp.check(device, code, NOW + timedelta(seconds=30 * steps))

    def check_pair(self, first: str, second: str, window: int) -> bool:
        with transaction.atomic():
            tenancy.enter(self.account)
            device = MFADevice.objects.get(name="phone")
            return totp.check_pair(device, first, second, NOW, window)

    @property
    def drift(self) -> int:
        with transaction.atomic():
            tenancy.enter(self.account)
            return MFADevice.objects.get(name="phone").drift


@pytest.fixture
def phone(acme) -> Phone:
    return Phone(acme)


def test_the_code_of_the_moment_is_taken(phone) -> None:
    assert phone.check(phone.code())


def test_a_code_counts_once(phone) -> None:
    assert phone.check(phone.code())
    assert not phone.check(phone.code())
    assert phone.check(phone.code(1), 1)


def test_an_older_code_does_not_count_after_a_newer_one(phone) -> None:
    assert phone.check(phone.code(1))
    assert not phone.check(phone.code(0))


def test_a_clock_one_step_off_is_forgiven_and_remembered(phone) -> None:
    assert phone.check(phone.code(1))
    assert phone.drift == 1
    assert phone.check(phone.code(7), 5)
    assert phone.drift == 2
    assert phone.check(phone.code(10), 9)
    assert phone.drift == 1


def test_a_clock_two_steps_off_is_not_forgiven(phone) -> None:
    assert not phone.check(phone.code(2))
    assert not phone.check(phone.code(-2))
    assert phone.drift == 0


@pytest.mark.parametrize("code", ["000000", "", "1234567", "abcdef", "١٢٣٤٥٦"])
def test_anything_else_is_refused(phone, code) -> None:
    assert code != phone.code()
    assert not phone.check(code)


def test_of_two_requests_with_one_code_one_succeeds(phone) -> None:
    start = threading.Barrier(2)
    results: list[bool] = []

    def sign_in() -> None:
        try:
            with transaction.atomic():
                tenancy.enter(phone.account)
                device = MFADevice.objects.get(name="phone")
                start.wait(10)
                results.append(totp.check(device, phone.code(), NOW))
        finally:
            connection.close()

    threads = [threading.Thread(target=sign_in) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(results) == [False, True]


def test_a_pair_must_be_consecutive_and_in_order(phone) -> None:
    assert not phone.check_pair(phone.code(0), phone.code(2), totp.ENABLING)
    assert not phone.check_pair(phone.code(1), phone.code(0), totp.ENABLING)
    assert not phone.check_pair(phone.code(0), phone.code(0), totp.ENABLING)
    assert phone.check_pair(phone.code(0), phone.code(1), totp.ENABLING)


def test_a_pair_finds_a_clock_that_is_hours_off(phone) -> None:
    assert not phone.check_pair(phone.code(600), phone.code(601), totp.ENABLING)
    assert phone.check_pair(phone.code(600), phone.code(601), totp.RESYNCHRONISING)
    assert phone.drift == 601
    assert phone.check(phone.code(603), 2)


def test_both_codes_of_a_pair_are_used_up(phone) -> None:
    assert phone.check_pair(phone.code(-1), phone.code(0), totp.ENABLING)
    assert not phone.check(phone.code(0))
    assert not phone.check_pair(phone.code(-1), phone.code(0), totp.ENABLING)


def test_the_seed_is_sealed_to_its_device(acme, phone) -> None:
    acme.root.perform("CreateVirtualMFADevice", VirtualMFADeviceName="other")
    with transaction.atomic():
        tenancy.enter(acme.id)
        phone_row = MFADevice.objects.get(name="phone")
        other = MFADevice.objects.get(name="other")
        assert phone.generator.byte_secret() not in bytes(phone_row.seed)
        other.seed = phone_row.seed
        with pytest.raises(SealError):
            totp.check(other, phone.code(), NOW)
