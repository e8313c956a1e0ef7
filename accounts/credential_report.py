"""What a credential report says: one line for the root user, one for each user.

Columns and values: IAM User Guide, "Generate credential reports for your AWS account"; booleans are
lower case as on the wire (api-behaviour.md §9.1).
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from accounts.models import Account, PasswordPolicy, Person
from identities import passwords
from identities.models import AccessKey, LoginProfile, MFADevice, SigningCertificate, User

# Of each kind, the first two have columns of their own.
SHOWN = 2
COLUMNS = (
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    *(
        f"access_key_{number}_{column}"
        for number in (1, 2)
        for column in (
            "active",
            "last_rotated",
            "last_used_date",
            "last_used_region",
            "last_used_service",
        )
    ),
    *(f"cert_{number}_{column}" for number in (1, 2) for column in ("active", "last_rotated")),
    "additional_credentials_info",
)
NOTHING = "N/A"
NEVER = "no_information"
NOT_OF_ROOT = "not_supported"
ROOT = "<root_account>"


def report(account: str) -> str:
    """The report of the entered account as CSV, users by name after the root user."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    held = _Held(account)
    writer.writerow(_root(held, Account.objects.get(id=account)))
    policy = PasswordPolicy.objects.filter(account_id=account).first()
    for user in User.objects.of(account).order_by("name"):
        writer.writerow(_user(held, user, policy))
    return written.getvalue().removesuffix("\n")


class _Held:
    """The credentials of every user, by unique id; the root user's under None."""

    def __init__(self, account: str) -> None:
        self.keys: dict[str | None, list[AccessKey]] = defaultdict(list)
        for key in AccessKey.objects.of(account).order_by("created_at", "id").defer("secret"):
            self.keys[key.user_id].append(key)
        self.certificates: dict[str | None, list[SigningCertificate]] = defaultdict(list)
        rows = SigningCertificate.objects.of(account).order_by("created_at", "id").defer("body")
        for certificate in rows:
            self.certificates[certificate.user_id].append(certificate)
        self.profiles = {one.user_id: one for one in LoginProfile.objects.of(account)}
        devices = MFADevice.objects.of(account).exclude(enabled_at=None)
        self.with_mfa = set(devices.values_list("holder", "user_id"))

    def columns(self, user_id: str | None) -> Iterator[str]:
        """From `access_key_1_active` to the end."""
        keys, certificates = self.keys[user_id], self.certificates[user_id]
        for key in _shown(keys):
            yield from _key(key)
        for certificate in _shown(certificates):
            yield from _changes(certificate)
        yield _further(len(keys) - SHOWN, len(certificates) - SHOWN)


def _root(held: _Held, account: Account) -> list[str]:
    root = Person.objects.get(account=account)
    has_password = root.has_usable_password()
    return [
        ROOT,
        account.root_arn,
        _time(account.created_at),
        _flag(has_password),
        (_time(root.password_last_used) or NEVER) if has_password else NOTHING,
        NOT_OF_ROOT,
        NOT_OF_ROOT,
        _flag((MFADevice.Holder.ROOT, None) in held.with_mfa),
        *held.columns(None),
    ]


def _user(held: _Held, user: User, policy: PasswordPolicy | None) -> list[str]:
    profile = held.profiles.get(user.id)
    return [
        user.name,
        user.arn,
        _time(user.created_at),
        _flag(profile is not None),
        *([NOTHING] * 3 if profile is None else _password(user, profile, policy)),
        _flag((MFADevice.Holder.USER, user.id) in held.with_mfa),
        *held.columns(user.id),
    ]


def _password(user: User, profile: LoginProfile, policy: PasswordPolicy | None) -> list[str]:
    return [
        _time(user.password_last_used) or NEVER,
        _time(profile.changed_at),
        _time(passwords.expires_at(profile, policy)) or NOTHING,
    ]


def _key(key: AccessKey | None) -> list[str]:
    if key is None:
        return [*_changes(None), NOTHING, NOTHING, NOTHING]
    return [
        *_changes(key),
        _time(key.last_used_at) or NOTHING,
        key.last_used_region or NOTHING,
        key.last_used_service or NOTHING,
    ]


def _changes(one: AccessKey | SigningCertificate | None) -> list[str]:
    """Whether it is active, and if so, since when it has been what it is."""
    if one is None or one.status != "Active":
        return [_flag(False), NOTHING]
    return [_flag(True), _time(getattr(one, "changed_at", None) or one.created_at)]


def _further(keys: int, certificates: int) -> str:
    """How many are left out, and which operation lists them."""
    left_out = (
        (keys, "access key(s)", "ListAccessKeys"),
        (certificates, "certificate(s)", "ListSigningCertificates"),
    )
    return " ".join(
        f"{number} additional {what}: call {operation}."
        for number, what, operation in left_out
        if number > 0
    )


def _shown(ones: list[Any]) -> list[Any]:
    return [*ones, *[None] * SHOWN][:SHOWN]


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _time(value: datetime | None) -> str:
    return "" if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
