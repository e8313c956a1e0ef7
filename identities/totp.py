"""Codes of virtual MFA devices: TOTP with SHA-1, 30-second steps and six digits (RFC 6238).

A device's `drift` is how many steps its clock runs ahead of ours, learned from the codes that it
gives; a code counts once, and so does every older one (RFC 6238, sections 5.2 and 6).
"""

from __future__ import annotations

import base64
import hmac
import os
from datetime import datetime
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from accounts.sealing import seal, unseal
from identities.models import MFADevice

STEP_SECONDS = 30
DIGITS = 6
SEED_BYTES = 40

# Steps on either side of the expected one: for a sign-in, for a device's first pair of codes, and
# for a pair that is there to find a lost clock again.
NEAR = 1
ENABLING = 20
RESYNCHRONISING = 1440


def new_seed() -> bytes:
    return os.urandom(SEED_BYTES)


def seal_seed(seed: bytes, serial_number: str) -> bytes:
    """The seed as `MFADevice.seed` keeps it."""
    return seal(seed, serial_number)


def base32(seed: bytes) -> str:
    """The seed as people type it into an authenticator."""
    return base64.b32encode(seed).decode()


def provisioning_uri(device_name: str, account: str, seed: bytes) -> str:
    """What the QR code holds (IAM, `VirtualMFADevice$QRCodePNG`)."""
    return f"otpauth://totp/{quote(device_name)}@{quote(account)}?secret={base32(seed)}"


def check(device: MFADevice, code: str, now: datetime) -> bool:
    """Whether `code` is the device's at `now`; if so it is used up.

    Two requests with the same code cannot both get True: the row decides.
    """
    expected = _step(now) + device.drift
    for step in _outwards(expected, NEAR):
        if step > device.last_step and _matches(_generator(device), step, code):
            return _use(device, step, now)
    return False


def check_pair(device: MFADevice, first: str, second: str, now: datetime, window: int) -> bool:
    """Whether the codes are two consecutive ones within `window` steps of now; learns the drift.

    If so both are used up.
    """
    generator = _generator(device)
    for step in _outwards(_step(now), window):
        if (
            step + 1 > device.last_step
            and _matches(generator, step, first)
            and _matches(generator, step + 1, second)
        ):
            return _use(device, step + 1, now)
    return False


def _use(device: MFADevice, step: int, now: datetime) -> bool:
    drift = step - _step(now)
    used = MFADevice.objects.filter(pk=device.pk, last_step__lt=step).update(
        last_step=step, drift=drift
    )
    if used:
        device.last_step, device.drift = step, drift
    return bool(used)


def _generator(device: MFADevice) -> HOTP:
    return HOTP(unseal(bytes(device.seed), device.serial_number), DIGITS, SHA1())  # noqa: S303  RFC 6238


def _matches(generator: HOTP, step: int, code: str) -> bool:
    return step >= 0 and hmac.compare_digest(generator.generate(step), code.encode())


def _step(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def _outwards(middle: int, reach: int) -> list[int]:
    """The steps around `middle`, the nearest first."""
    return sorted(range(middle - reach, middle + reach + 1), key=lambda step: abs(step - middle))
