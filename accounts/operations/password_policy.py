"""The account's password policy (IAM API Reference; api-behaviour.md §8.7)."""

from __future__ import annotations

from typing import Any

from accounts.models import PasswordPolicy
from iamsite.operations import AccessDenied, Call, Resource, operation
from iamsite.operations.errors import no_such_entity
from policies.engine import Outcome, PrincipalKind


def _find(call: Call) -> PasswordPolicy | None:
    return PasswordPolicy.objects.filter(account_id=call.account).first()


def authorize_self_service(call: Call, action: str, resource: Resource) -> None:
    """Asks for what AllowUsersToChangePassword gives to every user of the account.

    The flag stands for an allow; an explicit deny still wins (evaluation.md §9). Raises
    AccessDenied.
    """
    try:
        call.authorize(action, resource)
    except AccessDenied as refusal:
        policy = _find(call) if call.caller.kind is PrincipalKind.USER else None
        allowed = policy is not None and policy.allow_users_to_change
        if not allowed or refusal.decision.outcome is Outcome.EXPLICIT_DENY:
            raise


@operation("iam:UpdateAccountPasswordPolicy")
def update_account_password_policy(
    call: Call,
    MinimumPasswordLength: int = 6,
    RequireSymbols: bool = False,
    RequireNumbers: bool = False,
    RequireUppercaseCharacters: bool = False,
    RequireLowercaseCharacters: bool = False,
    AllowUsersToChangePassword: bool = False,
    MaxPasswordAge: int | None = None,
    PasswordReusePrevention: int | None = None,
    HardExpiry: bool = False,
) -> None:
    # No partial updates: what is left out falls back to the defaults above.
    PasswordPolicy.objects.update_or_create(
        account_id=call.account,
        defaults={
            "minimum_length": MinimumPasswordLength,
            "require_symbols": RequireSymbols,
            "require_numbers": RequireNumbers,
            "require_uppercase": RequireUppercaseCharacters,
            "require_lowercase": RequireLowercaseCharacters,
            "allow_users_to_change": AllowUsersToChangePassword,
            "max_age": MaxPasswordAge,
            "reuse_prevention": PasswordReusePrevention,
            "hard_expiry": HardExpiry,
        },
    )


def _authorize_reading(call: Call) -> None:
    authorize_self_service(call, "iam:GetAccountPasswordPolicy", call.anything())


@operation("iam:GetAccountPasswordPolicy", reads=True, authorizes_itself=_authorize_reading)
def get_account_password_policy(call: Call) -> dict[str, Any]:
    if (policy := _find(call)) is None:
        raise no_such_entity(
            f"The Password Policy with domain name {call.account} cannot be found."
        )
    return {"PasswordPolicy": policy_output(policy)}


def policy_output(policy: PasswordPolicy) -> dict[str, Any]:
    output = {
        "MinimumPasswordLength": policy.minimum_length,
        "RequireSymbols": policy.require_symbols,
        "RequireNumbers": policy.require_numbers,
        "RequireUppercaseCharacters": policy.require_uppercase,
        "RequireLowercaseCharacters": policy.require_lowercase,
        "AllowUsersToChangePassword": policy.allow_users_to_change,
        "ExpirePasswords": policy.max_age is not None,
    }
    if policy.hard_expiry:
        output["HardExpiry"] = True
    if policy.max_age is not None:
        output["MaxPasswordAge"] = policy.max_age
    if policy.reuse_prevention is not None:
        output["PasswordReusePrevention"] = policy.reuse_prevention
    return output


@operation("iam:DeleteAccountPasswordPolicy")
def delete_account_password_policy(call: Call) -> None:
    if (policy := _find(call)) is None:
        raise no_such_entity("The account policy with name PasswordPolicy cannot be found.")
    policy.delete()
