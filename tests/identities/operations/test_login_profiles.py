from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils import timezone

from accounts import tenancy
from accounts.models import Event
from identities.models import ConsoleSession, LoginProfile, User
from tests.cast import allow
from tests.identities.operations.refusal import denied, exists, missing, refusal

PASSWORD = "Many-words-42"


def profile(acme, name: str) -> LoginProfile:
    with transaction.atomic():
        tenancy.enter(acme.id)
        return LoginProfile.objects.get(user__name=name)


def sign_in(acme, name: str) -> None:
    """A console session of the user, as signing in leaves it."""
    now = timezone.now()
    with transaction.atomic():
        tenancy.enter(acme.id)
        ConsoleSession.objects.create(
            account_id=acme.id,
            digest=name.encode().ljust(32),
            user=User.objects.get(name=name),
            source_ip="203.0.113.7",
            user_agent="tests",
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(hours=1),
        )


def sessions(acme) -> int:
    with transaction.atomic():
        tenancy.enter(acme.id)
        return ConsoleSession.objects.of(acme.id).count()


def violation(message: str) -> tuple[str, int, str]:
    return "PasswordPolicyViolation", 400, message


def test_a_password_is_kept_as_a_hash_and_out_of_the_trail(acme) -> None:
    made = acme.root.perform(
        "CreateLoginProfile", UserName="bob", Password=PASSWORD, PasswordResetRequired=True
    )["LoginProfile"]
    assert (made["UserName"], made["PasswordResetRequired"]) == ("bob", True)
    assert acme.root.perform("GetLoginProfile", UserName="bob")["LoginProfile"] == made
    kept = profile(acme, "bob")
    assert kept.password.startswith("argon2")
    assert check_password(PASSWORD, kept.password)
    with transaction.atomic():
        tenancy.enter(acme.id)
        event = Event.objects.filter(operation="CreateLoginProfile").latest("sequence")
    assert event.parameters["Password"] == "***"


def test_a_user_has_one_password(acme) -> None:
    acme.root.perform("CreateLoginProfile", UserName="bob", Password=PASSWORD)
    assert refusal(acme.root, "CreateLoginProfile", UserName="Bob", Password=PASSWORD) == exists(
        "Login Profile for user Bob already exists."
    )


def test_a_profile_without_a_password_is_refused(acme) -> None:
    code, status, message = refusal(acme.root, "CreateLoginProfile", UserName="bob")
    assert (code, status) == ("ValidationError", 400)
    assert message == (
        "1 validation error detected: Value null at 'password' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_the_user_must_be_there_and_have_a_profile(acme) -> None:
    nobody = missing("The user with name none cannot be found.")
    assert refusal(acme.root, "CreateLoginProfile", UserName="none", Password=PASSWORD) == nobody
    none = missing("Login Profile for User CAROL cannot be found.")
    assert refusal(acme.root, "GetLoginProfile", UserName="CAROL") == none
    assert refusal(acme.root, "DeleteLoginProfile", UserName="CAROL") == none
    assert refusal(acme.root, "UpdateLoginProfile", UserName="CAROL", Password=PASSWORD) == none


def test_without_a_name_the_profile_is_the_callers_and_root_has_none(acme) -> None:
    acme.alice.perform("CreateLoginProfile", Password=PASSWORD)
    assert acme.alice.perform("GetLoginProfile")["LoginProfile"]["UserName"] == "alice"
    code, _, message = refusal(acme.root, "GetLoginProfile")
    assert code == "ValidationError"
    assert message == "Must specify userName when calling with non-User credentials"


def test_a_new_password_ends_the_sessions_of_the_old_one(acme) -> None:
    acme.root.perform("CreateLoginProfile", UserName="bob", Password=PASSWORD)
    sign_in(acme, "bob")
    sign_in(acme, "carol")
    acme.root.perform("UpdateLoginProfile", UserName="bob", PasswordResetRequired=True)
    assert sessions(acme) == 2
    acme.root.perform("UpdateLoginProfile", UserName="bob", Password="Other-words-42")
    assert sessions(acme) == 1
    kept = profile(acme, "bob")
    assert check_password("Other-words-42", kept.password)
    assert kept.reset_required is True


def test_a_deleted_password_ends_its_sessions(acme) -> None:
    acme.root.perform("CreateLoginProfile", UserName="bob", Password=PASSWORD)
    sign_in(acme, "bob")
    acme.root.perform("DeleteLoginProfile", UserName="bob")
    assert sessions(acme) == 0


def test_setting_anothers_password_needs_permission_on_that_user(acme) -> None:
    dora = acme.user("dora", allow("iam:*LoginProfile", resource=acme.arn("user/dora")))
    dora.perform("CreateLoginProfile", Password=PASSWORD)
    assert refusal(dora, "CreateLoginProfile", UserName="bob", Password=PASSWORD) == denied(
        dora, "iam:CreateLoginProfile", acme.bob.arn
    )


UPPER = "Password should have at least one uppercase letter"
LOWER = "Password should have at least one lowercase letter"
NUMBER = "Password should have at least one number"
SYMBOL = "Password should have at least one symbol"
COMMON = "Password should not be a commonly used password"
MORE = "Password should meet {} more of the following requirements: "


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("Ab1-xyz", "Password should have a minimum length of 8"),
        ("lowercase7x", MORE.format(1) + f"{UPPER}, {SYMBOL}"),
        ("hjklhjklhjkl", MORE.format(2) + f"{UPPER}, {NUMBER}, {SYMBOL}"),
        ("héhéhé~~", MORE.format(2) + f"{UPPER}, {NUMBER}, {SYMBOL}"),
        (
            "qzx",
            "Password should have a minimum length of 8, "
            + MORE.format(2)
            + f"{UPPER}, {NUMBER}, {SYMBOL}",
        ),
        ("P@ssw0rd", COMMON),
    ],
)
def test_the_default_policy_asks_for_eight_characters_of_three_classes(
    acme, password, message
) -> None:
    assert refusal(acme.root, "CreateLoginProfile", UserName="bob", Password=password) == violation(
        message
    )


@pytest.mark.parametrize("password", ["lowercase-7x", "UPPER-case", "lowerUPPER7", "ABC-12345"])
def test_any_three_classes_will_do(acme, password) -> None:
    acme.root.perform("CreateLoginProfile", UserName="bob", Password=password)


def test_the_default_policy_refuses_the_accounts_email_address(acme) -> None:
    password = acme.email.capitalize()
    assert refusal(acme.root, "CreateLoginProfile", UserName="bob", Password=password) == violation(
        "Password should not be the account's name or email address"
    )


def test_the_accounts_own_policy_takes_the_place_of_the_default_one(acme) -> None:
    acme.root.perform("UpdateAccountPasswordPolicy")
    acme.root.perform("CreateLoginProfile", UserName="bob", Password="kqzwvx")
    assert refusal(acme.root, "UpdateLoginProfile", UserName="bob", Password="kqzwv") == violation(
        "Password should have a minimum length of 6"
    )


def test_every_fault_of_a_password_is_named_at_once(acme) -> None:
    acme.root.perform(
        "UpdateAccountPasswordPolicy",
        MinimumPasswordLength=20,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
        RequireNumbers=True,
        RequireSymbols=True,
    )
    expected = ["Password should have a minimum length of 20", UPPER, LOWER, NUMBER, SYMBOL]
    assert refusal(acme.root, "CreateLoginProfile", UserName="bob", Password="~ ~ ~") == violation(
        ", ".join(expected)
    )
    acme.root.perform(
        "CreateLoginProfile", UserName="bob", Password="A long enough one, with 1 digit | more"
    )


def test_the_last_passwords_do_not_come_again(acme) -> None:
    acme.root.perform("UpdateAccountPasswordPolicy", PasswordReusePrevention=2)
    acme.root.perform("CreateLoginProfile", UserName="bob", Password="first one")
    acme.root.perform("UpdateLoginProfile", UserName="bob", Password="second one")
    reused = violation("Password should not be the same as one of the previous 2 passwords")
    for password in ("first one", "second one"):
        assert refusal(acme.root, "UpdateLoginProfile", UserName="bob", Password=password) == reused
    acme.root.perform("UpdateLoginProfile", UserName="bob", Password="third one")
    acme.root.perform("UpdateLoginProfile", UserName="bob", Password="first one")


def test_passwords_from_before_the_policy_count_too(acme) -> None:
    acme.root.perform("CreateLoginProfile", UserName="bob", Password="First-words-1")
    acme.root.perform("UpdateLoginProfile", UserName="bob", Password="Second-words-2")
    acme.root.perform("UpdateAccountPasswordPolicy", PasswordReusePrevention=24)
    code, _, _ = refusal(acme.root, "UpdateLoginProfile", UserName="bob", Password="First-words-1")
    assert code == "PasswordPolicyViolation"
