"""How a step of a sign-in ends, and what a person is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

FAILED = "Your authentication information is incorrect. Please try again."
WRONG_CODE = "The MFA code is incorrect. Wait for the next one and try again."
WRONG_KEY = "The security key or passkey was not accepted. Please try again."
NO_KEYS = "Security keys and passkeys work where the portal is reached by a domain name only."
TOO_MANY = "Too many attempts. Wait at most 15 minutes and try again."
BEGIN_AGAIN = "The sign-in took too long. Please begin again."
EXPIRED = "Your password has expired. Ask an administrator to set a new one."
SUSPENDED = "The account {} is suspended. Whoever runs this portal can reactivate it."
LOCKED = "The root user is locked away and has no MFA device: an operator must recover it."


class SignInRefused(Exception):
    """Nobody is signed in; `message` is for the person, `until` says when to try again, if told.

    `reason` is for the trail, where it knows more.
    """

    def __init__(
        self, message: str = FAILED, until: datetime | None = None, reason: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.until = until
        self.reason = reason or message


class PasswordRefused(Exception):
    """A new password that may not be; `faults` are sentences."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(faults)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class SignedIn:
    """How far a sign-in has come.

    With `token`, the session's, it is done. Else `challenge` holds what has been proved, for five
    minutes, and goes with the second factor to `answer_mfa` or `answer_key` (`needs_mfa`), or with
    the new password to `change_password` (`reset_required`).
    """

    token: str = ""
    challenge: str = ""
    needs_mfa: bool = False
    reset_required: bool = False
