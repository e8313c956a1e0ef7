from datetime import UTC, datetime, timedelta

from accounts.models import PasswordPolicy
from identities import passwords
from identities.models import LoginProfile

THEN = datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_a_password_never_expires_unless_the_policy_says_so() -> None:
    profile = LoginProfile(changed_at=THEN)
    assert passwords.expires_at(profile, None) is None
    assert passwords.expires_at(profile, PasswordPolicy()) is None


def test_a_new_expiry_counts_at_once_for_old_passwords() -> None:
    profile = LoginProfile(changed_at=THEN)
    assert passwords.expires_at(profile, PasswordPolicy(max_age=90)) == THEN + timedelta(days=90)


def test_twenty_four_earlier_passwords_are_remembered_the_newest_first() -> None:
    profile = LoginProfile(password="hash 0", former=[])
    for number in range(30):
        passwords.change(profile, f"password {number}", THEN + timedelta(days=number))
    assert len(profile.former) == 24
    assert profile.former[0] != profile.password
    assert "hash 0" not in profile.former
    assert profile.changed_at == THEN + timedelta(days=29)
