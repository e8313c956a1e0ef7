"""Signing in to the console, and out again.

Every failure is told in the same words, after the same work, whether it was the account, the name
or the password. A session is a row that keeps only a digest of its token; every sign-in makes a new
one. Each outcome is in the trail of the account, under CloudTrail's names.
"""

from identities.signin.authorization import (
    Asked,
    asked_for,
    authorize,
    may_authorize,
)
from identities.signin.authorization import BadRequest as BadAuthorizationRequest
from identities.signin.dpop import BadProof
from identities.signin.dpop import read as read_proof
from identities.signin.federation import FederationRefused, sign_in_with_token, signin_token
from identities.signin.keys import (
    SecondFactors,
    answer_key,
    begin_passkey,
    second_factors,
    sign_in_with_passkey,
)
from identities.signin.opening import (
    confirm_account,
    open_account,
    request_account,
    requested_account,
)
from identities.signin.outcomes import (
    BEGIN_AGAIN,
    EXPIRED,
    FAILED,
    LOCKED,
    TOO_MANY,
    WRONG_CODE,
    PasswordRefused,
    SignedIn,
    SignInRefused,
)
from identities.signin.recovery import is_good as is_good_link
from identities.signin.recovery import recover, request_recovery
from identities.signin.roles import SwitchRefused, switch_back, switch_role
from identities.signin.steps import (
    answer_mfa,
    change_password,
    password_policy,
    sign_in_root,
    sign_in_user,
    sign_out,
)
from identities.signin.tokens import TokenRefused, Tokens, redeem, refresh

__all__ = [
    "BEGIN_AGAIN",
    "EXPIRED",
    "FAILED",
    "LOCKED",
    "TOO_MANY",
    "WRONG_CODE",
    "Asked",
    "BadAuthorizationRequest",
    "BadProof",
    "FederationRefused",
    "PasswordRefused",
    "SecondFactors",
    "SignInRefused",
    "SignedIn",
    "SwitchRefused",
    "TokenRefused",
    "Tokens",
    "answer_key",
    "answer_mfa",
    "asked_for",
    "authorize",
    "begin_passkey",
    "change_password",
    "confirm_account",
    "is_good_link",
    "may_authorize",
    "open_account",
    "password_policy",
    "read_proof",
    "recover",
    "redeem",
    "refresh",
    "request_account",
    "request_recovery",
    "requested_account",
    "second_factors",
    "sign_in_root",
    "sign_in_user",
    "sign_in_with_passkey",
    "sign_in_with_token",
    "sign_out",
    "signin_token",
    "switch_back",
    "switch_role",
]
