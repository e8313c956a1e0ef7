"""Users' console passwords: what an account asks of them, how they change and when they expire.

Sources: IAM User Guide, "Set an account password policy for IAM users"; api-behaviour.md §8.7.
Without a policy of its own an account has the default one: eight characters, three of the four
classes, neither the account's name nor its root user's email address.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from accounts.models import Account, PasswordPolicy, Person
from identities.models import LoginProfile

DEFAULT_LENGTH = 8
DEFAULT_CLASSES = 3
SYMBOLS = "!@#$%^&*()_+-=[]{}|'"
# The most that a policy can ask to remember.
REMEMBERED = 24

UPPERCASE = "Password should have at least one uppercase letter"
LOWERCASE = "Password should have at least one lowercase letter"
NUMBER = "Password should have at least one number"
SYMBOL = "Password should have at least one symbol"
REUSED = "Password should not be the same as one of the previous {} passwords"
REVEALING = "Password should not be the account's name or email address"
COMMON = "Password should not be a commonly used password"

_common = CommonPasswordValidator()


def policy_of(account: str) -> PasswordPolicy | None:
    """The account's own password policy, or None where the default one holds."""
    return PasswordPolicy.objects.filter(account_id=account).first()


def faults(password: str, account: str, profile: LoginProfile | None = None) -> list[str]:
    """Everything that keeps `password` from being a user's, in AWS's words where it has some.

    `profile` is the one whose password changes: earlier passwords count when the policy says so.
    """
    policy = policy_of(account)
    found = _default_faults(password, account) if policy is None else _faults(password, policy)
    try:
        _common.validate(password)
    except ValidationError:
        found.append(COMMON)
    if profile is not None and policy is not None and policy.reuse_prevention is not None:
        # The present password is the first of those that may not come again.
        earlier = [profile.password, *profile.former][: policy.reuse_prevention]
        if any(check_password(password, one) for one in earlier):
            found.append(REUSED.format(policy.reuse_prevention))
    return found


def new_profile(user_id: str, account: str, password: str, now: datetime) -> LoginProfile:
    """A login profile, not yet saved."""
    return LoginProfile(
        user_id=user_id,
        account_id=account,
        password=make_password(password),
        created_at=now,
        changed_at=now,
    )


def change(profile: LoginProfile, password: str, now: datetime) -> None:
    """Gives `profile` another password and remembers the one before; the caller saves."""
    profile.former = [profile.password, *profile.former][:REMEMBERED]
    profile.password = make_password(password)
    profile.changed_at = now


def expires_at(profile: LoginProfile, policy: PasswordPolicy | None) -> datetime | None:
    """When the password must have changed, or None for never."""
    if policy is None or policy.max_age is None:
        return None
    return profile.changed_at + timedelta(days=policy.max_age)


def _classes(password: str) -> list[str]:
    """The class of characters that `password` lacks, as its message."""
    present = {
        UPPERCASE: any("A" <= one <= "Z" for one in password),
        LOWERCASE: any("a" <= one <= "z" for one in password),
        NUMBER: any("0" <= one <= "9" for one in password),
        SYMBOL: any(one in SYMBOLS for one in password),
    }
    return [message for message, there in present.items() if not there]


def _length(password: str, minimum: int) -> list[str]:
    if len(password) >= minimum:
        return []
    return [f"Password should have a minimum length of {minimum}"]


def _faults(password: str, policy: PasswordPolicy) -> list[str]:
    asked = {
        UPPERCASE: policy.require_uppercase,
        LOWERCASE: policy.require_lowercase,
        NUMBER: policy.require_numbers,
        SYMBOL: policy.require_symbols,
    }
    missing = [message for message in _classes(password) if asked[message]]
    return [*_length(password, policy.minimum_length), *missing]


def _default_faults(password: str, account: str) -> list[str]:
    found = _length(password, DEFAULT_LENGTH)
    missing = _classes(password)
    lacking = len(missing) - (4 - DEFAULT_CLASSES)
    if lacking > 0:
        found.append(
            f"Password should meet {lacking} more of the following requirements: "
            + ", ".join(missing)
        )
    names = {
        *Account.objects.filter(id=account).values_list("name", flat=True),
        *Person.objects.filter(account_id=account).values_list("email", flat=True),
    }
    if password.lower() in {name.lower() for name in names if name}:
        found.append(REVEALING)
    return found
