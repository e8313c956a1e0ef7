"""Whom a sign-in is about: what the database knows of the root user or user that was named.

A name that is nobody's takes the very same queries, in the account "aws", which has neither root
user nor users: time tells nothing of who exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.db.models import F

from accounts import tenancy
from accounts.models import Account, Person
from accounts.tenancy import AWS
from iamsite.operations.trail import Author
from identities import passwords
from identities.models import LoginProfile, MFADevice
from policies.engine import PrincipalKind

# CloudTrail's words where a name was given that is nobody's: people type passwords there.
HIDDEN = Author("", "HIDDEN_DUE_TO_SECURITY_REASONS", "")
NO_PASSWORD = make_password(None)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may turn out to be `author`; `password` is its hash.

    `user_id` is None for the root user, and `exists` False for nobody, in whose place the account
    that was named, or "aws", keeps the record. `has_login` is False for a root user whose
    organization lets it have no password.
    """

    account: str
    user_id: str | None = None
    author: Author = HIDDEN
    password: str = NO_PASSWORD
    exists: bool = False
    has_login: bool = False
    suspended: bool = False
    root_locked: bool = False
    reset_required: bool = False
    expires_at: datetime | None = None
    hard_expiry: bool = False
    devices: tuple[MFADevice, ...] = ()

    @property
    def is_root(self) -> bool:
        return self.exists and self.user_id is None

    def must_change(self, now: datetime) -> bool:
        return self.reset_required or self.is_expired(now)

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


def root_user(email: str) -> Candidate:
    """The root user with that email address."""
    return _root(_account("SELECT iamsite_account_of_root(%s)", email))


def user(account: str, name: str) -> Candidate:
    """The user `name` of the account with that id or alias."""
    number = _account("SELECT iamsite_account_named(%s)", account.strip().lower())
    return _user(number, F("user__lower_name"), name.lower())


def known(account: str, user_id: str | None) -> Candidate:
    """The root user of `account`, or its user with that unique id."""
    return _root(account) if user_id is None else _user(account, F("user_id"), user_id)


def holding(credential_id: bytes) -> tuple[Candidate, MFADevice | None]:
    """Whoever registered that passkey, with the passkey; nobody for one that is not known."""
    number = _account("SELECT iamsite_account_of_credential(%s)", credential_id)
    with transaction.atomic():
        tenancy.enter(number)
        key = MFADevice.objects.of(number).filter(credential_id=credential_id).first()
    if key is None:
        return Candidate(number), None
    return known(number, key.user_id), key


def _account(query: str, value: str | bytes) -> str:
    if isinstance(value, str) and "\0" in value:
        value = ""
    with connection.cursor() as cursor:
        cursor.execute(query, [value])
        found: str | None = cursor.fetchone()[0]
    return found or AWS


@transaction.atomic
def _root(number: str) -> Candidate:
    tenancy.enter(number)
    account = Account.objects.get(id=number)
    person = Person.objects.filter(account_id=number).first()
    rows = MFADevice.objects.of(number).filter(holder=MFADevice.Holder.ROOT)
    devices = tuple(rows.exclude(enabled_at=None))
    if person is None:
        return Candidate(number)
    return Candidate(
        number,
        None,
        Author(PrincipalKind.ROOT.value, account.root_arn, number),
        person.password,
        exists=True,
        has_login=person.login_profile_at is not None,
        suspended=account.status != Account.Status.ACTIVE,
        root_locked=account.root_locked_at is not None,
        devices=devices,
    )


@transaction.atomic
def _user(number: str, column: F, value: str) -> Candidate:
    tenancy.enter(number)
    account = Account.objects.get(id=number)
    profile = (
        LoginProfile.objects.of(number)
        .select_related("user")
        .annotate(wanted=column)
        .filter(wanted="" if "\0" in value else value)
        .first()
    )
    user_id = profile.user_id if profile is not None else ""
    rows = MFADevice.objects.of(number).filter(user_id=user_id)
    devices = tuple(rows.exclude(enabled_at=None))
    policy = passwords.policy_of(number)
    if profile is None:
        return Candidate(number)
    return Candidate(
        number,
        profile.user_id,
        Author(PrincipalKind.USER.value, profile.user.arn, profile.user_id),
        profile.password,
        exists=True,
        has_login=True,
        suspended=account.status != Account.Status.ACTIVE,
        reset_required=profile.reset_required,
        expires_at=passwords.expires_at(profile, policy),
        hard_expiry=policy is not None and policy.hard_expiry,
        devices=devices,
    )
