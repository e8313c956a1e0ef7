"""Signing in to the console, and out again.

Every failure is told in the same words, after the same work, whether it was the account, the name
or the password. A session is a row that keeps only a digest of its token; every sign-in makes a new
one. Each outcome is in the trail of the account, under CloudTrail's names.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import opening, tenancy, throttle
from accounts.models import Account, Person
from iamsite.operations import OperationError, Origin, SessionCredential
from iamsite.operations.authentication import authenticate, session_digest
from iamsite.operations.registry import Effect
from iamsite.operations.trail import Author, record_event
from identities import candidates, passwords, totp
from identities.candidates import Candidate
from identities.models import ConsoleSession, LoginProfile, User

SERVICE = "signin"
FAILED = "Your authentication information is incorrect. Please try again."
WRONG_CODE = "The MFA code is incorrect. Wait for the next one and try again."
TOO_MANY = "Too many attempts. Wait a few minutes and try again."
BEGIN_AGAIN = "The sign-in took too long. Please begin again."
EXPIRED = "Your password has expired. Ask an administrator to set a new one."
LOCKED = "The root user is locked away and has no MFA device: an operator must recover it."

# Guesses in 15 minutes (accounts/throttle.py)
PASSWORDS_AT_ONE_NAME = 10
GUESSES_FROM_ONE_ADDRESS = 100
CODES = 10
ACCOUNTS_FROM_ONE_ADDRESS = 20

LONGEST_PASSWORD = 1024
CHALLENGE_SECONDS = 300
CHALLENGE = "identities.signin"


class SignInRefused(Exception):
    """Nobody is signed in; `message` is for the person, `until` says when to try again, if told."""

    def __init__(self, message: str = FAILED, until: datetime | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.until = until


class PasswordRefused(Exception):
    """A new password that may not be; `faults` are sentences."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(faults)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class SignedIn:
    """How far a sign-in has come.

    With `token`, the session's, it is done. Else `challenge` holds what has been proved, for five
    minutes, and goes with the code to `answer_mfa` (`needs_mfa`), or with the new password to
    `change_password` (`reset_required`).
    """

    token: str = ""
    challenge: str = ""
    needs_mfa: bool = False
    reset_required: bool = False


def open_account(email: str, password: str, name: str, origin: Origin) -> SignedIn:
    """Opens an account and signs its root user in; raises AccountError or SignInRefused."""
    now = timezone.now()
    _count(ACCOUNTS_FROM_ONE_ADDRESS, now, "open", throttle.address(origin.source_ip))
    with transaction.atomic(durable=True):
        opened = opening.open_account(email, password, name)
        author = opening.record_opening(opened, origin)
        token = _open_session(opened.account.id, None, origin, now, None)
        _record(opened.account.id, author, origin, now, "ConsoleLogin", MFAUsed="No")
    return SignedIn(token)


def sign_in_root(
    email: str, password: str, origin: Origin, mfa_code: str | None = None
) -> SignedIn:
    """Signs in the root user with that email address; raises SignInRefused."""
    label = ("root", email.strip().lower())
    return _sign_in(lambda: candidates.root_user(email.strip()), label, password, origin, mfa_code)


def sign_in_user(
    account_id_or_alias: str,
    name: str,
    password: str,
    origin: Origin,
    mfa_code: str | None = None,
) -> SignedIn:
    """Signs in a user of the account with that id or alias; raises SignInRefused."""
    label = ("user", account_id_or_alias.strip().lower(), name.lower())
    return _sign_in(
        lambda: candidates.user(account_id_or_alias, name), label, password, origin, mfa_code
    )


def answer_mfa(challenge: str, mfa_code: str, origin: Origin) -> SignedIn:
    """The second step of a sign-in; raises SignInRefused."""
    candidate, mfa_at = _resumed(challenge)
    return _admit(candidate, origin, timezone.now(), mfa_code, mfa_at)


def change_password(challenge: str, new_password: str, origin: Origin) -> SignedIn:
    """The last step of a sign-in with an expired or temporary password.

    Every other session of the user ends. Raises PasswordRefused, SignInRefused.
    """
    candidate, mfa_at = _resumed(challenge)
    now = timezone.now()
    if candidate.user_id is None or not candidate.must_change(now):
        raise SignInRefused(BEGIN_AGAIN)
    _refuse_unadmitted(candidate, now, mfa_at)
    with transaction.atomic(durable=True):
        tenancy.lock(candidate.account)
        profile = LoginProfile.objects.get(user_id=candidate.user_id)
        if profile.password != candidate.password:
            raise SignInRefused(BEGIN_AGAIN)
        faults = passwords.faults(new_password, candidate.account, profile)
        if check_password(new_password, profile.password):
            faults.append("Password should not be the present one")
        if faults:
            raise PasswordRefused(faults)
        passwords.change(profile, new_password, now)
        profile.reset_required = False
        profile.save()
        ConsoleSession.objects.of(candidate.account).filter(user_id=candidate.user_id).delete()
        record_event(
            candidate.account,
            candidate.author,
            origin,
            now,
            "iam",
            "ChangePassword",
            resources=[candidate.author.arn],
        )
        changed = replace(
            candidate, password=profile.password, reset_required=False, expires_at=None
        )
        return _enter(changed, origin, now, mfa_at)


def sign_out(token: str, origin: Origin) -> None:
    """Ends the session with that token, if there still is one."""
    now = timezone.now()
    try:
        with transaction.atomic(durable=True):
            caller = authenticate(SessionCredential(token), Effect.ISSUE, origin, SERVICE, now)
            assert caller.session is not None
            assert caller.session.id is not None
            ConsoleSession.objects.filter(id=caller.session.id).delete()
            author = Author(caller.kind.value, caller.principal.arn, caller.user_id)
            _record(caller.account, author, origin, now, "ConsoleLogout")
    except OperationError:
        return  # over already


def _sign_in(
    find: Callable[[], Candidate],
    label: tuple[str, ...],
    password: str,
    origin: Origin,
    mfa_code: str | None,
) -> SignedIn:
    now = timezone.now()
    guesser = throttle.address(origin.source_ip)
    _count(GUESSES_FROM_ONE_ADDRESS, now, "address", guesser)
    _count(PASSWORDS_AT_ONE_NAME, now, "password", guesser, *label)
    candidate = find()
    # One hash is computed whatever was found, so that time tells nothing.
    right = check_password(password[:LONGEST_PASSWORD], candidate.password)
    if not right or not candidate.exists or len(password) > LONGEST_PASSWORD:
        _record_failure(candidate, origin, now, "Failed authentication")
        raise SignInRefused
    throttle.take_back("address", guesser)
    throttle.forget("password", guesser, *label)
    return _admit(candidate, origin, now, mfa_code, None)


def _admit(
    candidate: Candidate,
    origin: Origin,
    now: datetime,
    mfa_code: str | None,
    mfa_at: datetime | None,
) -> SignedIn:
    """Lets in whoever has proved the password, as far as it may go."""
    try:
        if mfa_at is None and candidate.devices:
            if not mfa_code:
                return SignedIn(challenge=_challenge(candidate, None), needs_mfa=True)
            _check_code(candidate, mfa_code, now)
            mfa_at = now
        _refuse_unadmitted(candidate, now, mfa_at)
        if candidate.must_change(now):
            return SignedIn(challenge=_challenge(candidate, mfa_at), reset_required=True)
        with transaction.atomic(durable=True):
            tenancy.enter(candidate.account)
            return _enter(candidate, origin, now, mfa_at)
    except SignInRefused as refusal:
        if refusal.until is None:
            _record_failure(candidate, origin, now, refusal.message)
        raise


def _refuse_unadmitted(candidate: Candidate, now: datetime, mfa_at: datetime | None) -> None:
    if candidate.suspended:
        raise SignInRefused(f"The account {candidate.account} is suspended.")
    if candidate.devices and mfa_at is None:
        raise SignInRefused(BEGIN_AGAIN)
    if candidate.is_root and candidate.root_locked and mfa_at is None:
        raise SignInRefused(LOCKED)
    if candidate.hard_expiry and candidate.is_expired(now):
        raise SignInRefused(EXPIRED)


def _check_code(candidate: Candidate, code: str, now: datetime) -> None:
    """Uses the code up. Only who knows the password gets here, so the limit is the name's own."""
    about = ("code", candidate.account, candidate.author.id)
    _count(CODES, now, *about)
    with transaction.atomic(durable=True):
        tenancy.enter(candidate.account)
        right = any(totp.check(device, code.strip(), now) for device in candidate.devices)
    if not right:
        raise SignInRefused(WRONG_CODE)
    throttle.forget(*about)


def _enter(
    candidate: Candidate, origin: Origin, now: datetime, mfa_at: datetime | None
) -> SignedIn:
    """Opens the session, in the current transaction, if all that was read before still holds."""
    if not _still_holds(candidate, mfa_at):
        raise SignInRefused
    token = _open_session(candidate.account, candidate.user_id, origin, now, mfa_at)
    if candidate.user_id is None:
        Person.objects.filter(account_id=candidate.account).update(password_last_used=now)
    else:
        User.objects.filter(id=candidate.user_id).update(password_last_used=now)
    used = "No" if mfa_at is None else "Yes"
    _record(candidate.account, candidate.author, origin, now, "ConsoleLogin", MFAUsed=used)
    return SignedIn(token)


def _still_holds(candidate: Candidate, mfa_at: datetime | None) -> bool:
    """Whether account, lock and password are as they were read; locks the password's row."""
    account = Account.objects.filter(id=candidate.account, status=Account.Status.ACTIVE)
    if candidate.user_id is None:
        if mfa_at is None:
            account = account.filter(root_locked_at=None)
        password = (
            Person.objects.select_for_update()
            .filter(account_id=candidate.account)
            .values_list("password", flat=True)
            .first()
        )
    else:
        password = (
            LoginProfile.objects.select_for_update()
            .filter(user_id=candidate.user_id)
            .values_list("password", flat=True)
            .first()
        )
    return password == candidate.password and account.exists()


def _open_session(
    account: str, user_id: str | None, origin: Origin, now: datetime, mfa_at: datetime | None
) -> str:
    token = secrets.token_urlsafe(32)
    own = ConsoleSession.objects.of(account).filter(user_id=user_id)
    own.filter(expires_at__lte=now).delete()
    ConsoleSession.objects.create(
        account_id=account,
        user_id=user_id,
        digest=session_digest(token),
        source_ip=origin.source_ip,
        user_agent=origin.user_agent[:1024],
        mfa_at=mfa_at,
        created_at=now,
        seen_at=now,
        expires_at=now + timedelta(seconds=settings.CONSOLE_SESSION_SECONDS),
    )
    return token


def _record_failure(candidate: Candidate, origin: Origin, now: datetime, message: str) -> None:
    with transaction.atomic(durable=True):
        tenancy.enter(candidate.account)
        _record(
            candidate.account,
            candidate.author,
            origin,
            now,
            "ConsoleLogin",
            outcome="AccessDenied",
            message=message,
        )


def _record(
    account: str,
    author: Author,
    origin: Origin,
    now: datetime,
    operation: str,
    outcome: str = "Success",
    message: str = "",
    **detail: str,
) -> None:
    record_event(
        account,
        author,
        origin,
        now,
        SERVICE,
        operation,
        outcome=outcome,
        message=message,
        detail=detail,
    )


def _count(most: int, now: datetime, *about: str) -> None:
    try:
        throttle.count(most, now, *about)
    except throttle.TooManyAttempts as error:
        raise SignInRefused(TOO_MANY, error.until) from error


def _challenge(candidate: Candidate, mfa_at: datetime | None) -> str:
    proved: dict[str, Any] = {
        "account": candidate.account,
        "user": candidate.user_id,
        "mfa": mfa_at.timestamp() if mfa_at is not None else None,
        "password": _fingerprint(candidate.password),
    }
    return signing.dumps(proved, salt=CHALLENGE)


def _resumed(challenge: str) -> tuple[Candidate, datetime | None]:
    """Whom a challenge is about, and when MFA was proved; the password must still be the same."""
    try:
        proved = signing.loads(challenge, salt=CHALLENGE, max_age=CHALLENGE_SECONDS)
    except signing.BadSignature as error:
        raise SignInRefused(BEGIN_AGAIN) from error
    candidate = candidates.known(proved["account"], proved["user"])
    same = hmac.compare_digest(proved["password"], _fingerprint(candidate.password))
    if not candidate.exists or not same:
        raise SignInRefused(BEGIN_AGAIN)
    mfa = proved["mfa"]
    return candidate, None if mfa is None else datetime.fromtimestamp(mfa, UTC)


def _fingerprint(password: str) -> str:
    return salted_hmac(CHALLENGE, password, algorithm="sha256").hexdigest()
