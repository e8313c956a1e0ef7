import pytest
from django.contrib.auth.hashers import check_password
from django.db import transaction

from accounts import tenancy
from accounts.models import Event
from iamsite.operations.authentication import session_digest
from iamsite.operations.caller import SessionCredential
from identities.models import ConsoleSession, LoginProfile
from tests.cast import Actor, allow, deny
from tests.identities.operations.refusal import denied, missing, refusal
from tests.identities.operations.test_login_profiles import sessions, sign_in

OLD, NEW = "Many-words-42", "Other-words-42"


@pytest.fixture
def dora(acme) -> Actor:
    """A user with a password and no policy."""
    actor = acme.user("dora")
    acme.root.perform(
        "CreateLoginProfile", UserName="dora", Password=OLD, PasswordResetRequired=True
    )
    return actor


def change(actor: Actor, old: str = OLD, new: str = NEW) -> dict[str, object]:
    return actor.perform("ChangePassword", OldPassword=old, NewPassword=new)


def password(acme) -> LoginProfile:
    with transaction.atomic():
        tenancy.enter(acme.id)
        return LoginProfile.objects.get(user__name="dora")


def test_a_user_needs_permission_by_default(acme, dora) -> None:
    assert refusal(dora, "ChangePassword", OldPassword=OLD, NewPassword=NEW) == denied(
        dora, "iam:ChangePassword", dora.arn
    )
    acme.root.perform(
        "PutUserPolicy",
        UserName="dora",
        PolicyName="own",
        PolicyDocument=allow("iam:ChangePassword", resource=acme.arn("user/${aws:username}")),
    )
    change(dora)
    kept = password(acme)
    assert check_password(NEW, kept.password)
    assert kept.reset_required is False


def test_the_accounts_policy_may_let_everyone(acme, dora) -> None:
    acme.root.perform("UpdateAccountPasswordPolicy", AllowUsersToChangePassword=True)
    change(dora)
    assert check_password(NEW, password(acme).password)


def test_an_explicit_deny_still_wins(acme, dora) -> None:
    acme.root.perform("UpdateAccountPasswordPolicy", AllowUsersToChangePassword=True)
    acme.root.perform(
        "PutUserPolicy",
        UserName="dora",
        PolicyName="no",
        PolicyDocument=deny("iam:ChangePassword"),
    )
    assert refusal(dora, "ChangePassword", OldPassword=OLD, NewPassword=NEW) == (
        "AccessDenied",
        403,
        (
            f"User: {dora.arn} is not authorized to perform: iam:ChangePassword on resource: "
            f"{dora.arn} with an explicit deny in an identity-based policy"
        ),
    )


def test_the_old_password_must_be_right(acme, dora) -> None:
    acme.root.perform("UpdateAccountPasswordPolicy", AllowUsersToChangePassword=True)
    assert refusal(dora, "ChangePassword", OldPassword="guess", NewPassword=NEW) == (
        "AccessDenied",
        403,
        "The old password was incorrect.",
    )
    assert check_password(OLD, password(acme).password)
    with transaction.atomic():
        tenancy.enter(acme.id)
        event = Event.objects.filter(operation="ChangePassword").latest("sequence")
    assert event.outcome == "AccessDenied"
    assert event.parameters == {"OldPassword": "***", "NewPassword": "***"}


def test_the_new_password_must_meet_the_policy(acme, dora) -> None:
    acme.root.perform(
        "UpdateAccountPasswordPolicy",
        AllowUsersToChangePassword=True,
        PasswordReusePrevention=1,
        RequireNumbers=True,
    )
    assert refusal(dora, "ChangePassword", OldPassword=OLD, NewPassword="no digits") == (
        "PasswordPolicyViolation",
        400,
        "Password should have at least one number",
    )
    assert refusal(dora, "ChangePassword", OldPassword=OLD, NewPassword=OLD) == (
        "PasswordPolicyViolation",
        400,
        "Password should not be the same as one of the previous 1 passwords",
    )


def test_a_user_without_a_password_has_none_to_change(acme) -> None:
    acme.root.perform("UpdateAccountPasswordPolicy", AllowUsersToChangePassword=True)
    assert refusal(acme.carol, "ChangePassword", OldPassword=OLD, NewPassword=NEW) == missing(
        "Login Profile for User carol cannot be found."
    )


def test_root_and_sessions_have_no_such_password(acme) -> None:
    for caller in (acme.root, acme.assume(acme.alice, acme.deployer)):
        assert refusal(caller, "ChangePassword", OldPassword=OLD, NewPassword=NEW) == (
            "InvalidUserType",
            400,
            "Only IAM Users can change their own password",
        )


def test_changing_it_in_the_console_ends_every_session_but_that_one(acme, dora) -> None:
    acme.root.perform("UpdateAccountPasswordPolicy", AllowUsersToChangePassword=True)
    sign_in(acme, "dora")
    with transaction.atomic():
        tenancy.enter(acme.id)
        elsewhere = ConsoleSession.objects.get(user__name="dora")
        elsewhere.pk, elsewhere.digest = None, session_digest("here")
        elsewhere.save()
    here = Actor("dora", dora.arn, SessionCredential("here"))
    assert sessions(acme) == 2
    change(here)
    assert sessions(acme) == 1
    acme.root.perform(
        "PutUserPolicy",
        UserName="dora",
        PolicyName="see",
        PolicyDocument=allow("iam:GetUser"),
    )
    assert here.perform("GetUser")["User"]["UserName"] == "dora"
