"""An MFA device in a test's hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from django.db import transaction
from django.utils import timezone

from accounts import tenancy
from identities import totp
from identities.models import MFADevice, User
from tests.cast import Account


@dataclass
class Device:
    """Gives codes that follow one another, so that each counts: three before the clock moves."""

    serial: str
    seed: bytes
    next_step: int

    def code(self) -> str:
        code = HOTP(self.seed, 6, SHA1()).generate(self.next_step).decode()
        self.next_step += 1
        return code

    @property
    def params(self) -> dict[str, Any]:
        return {"SerialNumber": self.serial, "TokenCode": self.code()}


def device_for(account: Account, user: str | None = None, name: str | None = None) -> Device:
    """An enabled device of the user with that name, or of the root user for None."""
    now = timezone.now()
    name = name or f"{user or 'root'}-device"
    serial = account.arn(f"mfa/{name}")
    seed = totp.new_seed()
    with transaction.atomic():
        tenancy.enter(account.id)
        MFADevice.objects.create(
            account_id=account.id,
            name=name,
            seed=totp.seal_seed(seed, serial),
            holder=MFADevice.Holder.USER if user else MFADevice.Holder.ROOT,
            user=User.objects.get(name=user) if user else None,
            created_at=now,
            enabled_at=now,
        )
    return Device(serial, seed, int(now.timestamp()) // totp.STEP_SECONDS - 1)


def wrong(code: str) -> str:
    return str((int(code) + 1) % 1_000_000).zfill(6)
