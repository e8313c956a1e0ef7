"""Console passwords of users (IAM API Reference; api-behaviour.md §8.7)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import check_password

from accounts.operations.password_policy import authorize_self_service
from iamsite.operations import Call, OperationError, operation
from iamsite.operations.errors import (
    access_denied,
    entity_already_exists,
    no_such_entity,
    validation_error,
)
from identities import passwords
from identities.models import ConsoleSession, LoginProfile, User
from identities.operations import find, root_profile
from policies.engine import PrincipalKind

COMMON = "Commonly used passwords are refused as well."


def _user(call: Call, name: str | None) -> User:
    """The named user, else the calling one; root itself has no login profile to ask for."""
    name = find.own_name(call, name)
    if name is None:
        raise find.must_specify_user_name()
    return find.get_user(call, name)


def _means_assumed_root(call: Call, name: str | None) -> bool:
    """Only a root session of AssumeRoot may leave the name out and mean the root user."""
    return name is None and call.caller.is_assumed_root


def _profile(user: User, sent: str | None = None) -> LoginProfile:
    """`sent` is the user's name as the caller wrote it."""
    profile = LoginProfile.objects.filter(user=user).first()
    if profile is None:
        raise no_such_entity(f"Login Profile for User {sent or user.name} cannot be found.")
    return profile


def _profile_output(user: User, profile: LoginProfile) -> dict[str, Any]:
    return {
        "LoginProfile": {
            "UserName": user.name,
            "CreateDate": profile.created_at,
            "PasswordResetRequired": profile.reset_required,
        }
    }


def _refuse_faults(password: str, call: Call, profile: LoginProfile | None = None) -> None:
    if found := passwords.faults(password, call.account, profile):
        raise OperationError("PasswordPolicyViolation", ", ".join(found))


def _end_sessions(call: Call, user: User) -> None:
    """A new password ends the sessions of the old one, except the one that changes it."""
    rows = ConsoleSession.objects.filter(user=user)
    session = call.caller.session
    if session is not None and session.id is not None:
        rows = rows.exclude(id=session.id)
    rows.delete()


@operation("iam:CreateLoginProfile", resource=find.own_user, differs=COMMON)
def create_login_profile(
    call: Call,
    UserName: str | None = None,
    Password: str | None = None,
    PasswordResetRequired: bool = False,
) -> dict[str, Any]:
    if _means_assumed_root(call, UserName):
        return root_profile.create(call, Password)
    user = _user(call, UserName)
    if Password is None:
        raise validation_error(
            "1 validation error detected: Value null at 'password' failed to satisfy constraint: "
            "Member must not be null"
        )
    if LoginProfile.objects.filter(user=user).exists():
        name = UserName or user.name
        raise entity_already_exists(f"Login Profile for user {name} already exists.")
    _refuse_faults(Password, call)
    profile = passwords.new_profile(user.id, call.account, Password, call.now)
    profile.reset_required = PasswordResetRequired
    profile.save(force_insert=True)
    return _profile_output(user, profile)


@operation("iam:GetLoginProfile", resource=find.own_user, reads=True)
def get_login_profile(call: Call, UserName: str | None = None) -> dict[str, Any]:
    if _means_assumed_root(call, UserName):
        return root_profile.get(call)
    user = _user(call, UserName)
    return _profile_output(user, _profile(user, UserName))


@operation("iam:UpdateLoginProfile", resource=find.user, differs=COMMON)
def update_login_profile(
    call: Call,
    UserName: str,
    Password: str | None = None,
    PasswordResetRequired: bool | None = None,
) -> None:
    user = find.get_user(call, UserName)
    profile = _profile(user, UserName)
    if Password is not None:
        _refuse_faults(Password, call, profile)
        passwords.change(profile, Password, call.now)
    if PasswordResetRequired is not None:
        profile.reset_required = PasswordResetRequired
    profile.save()
    # In the order in which a sign-in locks them: the password, then sessions.
    if Password is not None:
        _end_sessions(call, user)


@operation("iam:DeleteLoginProfile", resource=find.own_user)
def delete_login_profile(call: Call, UserName: str | None = None) -> None:
    if _means_assumed_root(call, UserName):
        root_profile.delete(call)
        return
    user = _user(call, UserName)
    _profile(user, UserName).delete()
    ConsoleSession.objects.filter(user=user).delete()


def _may_change(call: Call, **_: Any) -> None:
    if call.caller.kind is PrincipalKind.USER:
        authorize_self_service(call, "iam:ChangePassword", find.own_user(call))


@operation("iam:ChangePassword", authorizes_itself=_may_change, differs=COMMON)
def change_password(call: Call, OldPassword: str, NewPassword: str) -> None:
    if call.caller.kind is not PrincipalKind.USER:
        raise OperationError("InvalidUserType", "Only IAM Users can change their own password")
    user = find.get_user(call, call.caller.name)
    profile = _profile(user)
    if not check_password(OldPassword, profile.password):
        raise access_denied("The old password was incorrect.")
    _refuse_faults(NewPassword, call, profile)
    passwords.change(profile, NewPassword, call.now)
    profile.reset_required = False
    profile.save()
    _end_sessions(call, user)
