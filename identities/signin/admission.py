"""From what has been proved to a session, or to the next step."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core import signing
from django.db import transaction
from django.utils.crypto import salted_hmac

from accounts import tenancy, throttle
from accounts.models import Account, Person
from iamsite.operations import Origin
from iamsite.operations.authentication import session_digest
from iamsite.operations.trail import Author, record_event
from identities import candidates
from identities.candidates import Candidate
from identities.models import ConsoleSession, LoginProfile, User
from identities.signin.outcomes import (
    BEGIN_AGAIN,
    EXPIRED,
    LOCKED,
    SUSPENDED,
    TOO_MANY,
    SignedIn,
    SignInRefused,
)

SERVICE = "signin"
CODES = 10  # of one name in 15 minutes (accounts/throttle.py)
CHALLENGE_SECONDS = 300
CHALLENGE = "identities.signin"

# Proves a second factor in a transaction of its account, or raises SignInRefused.
Proof = Callable[[Candidate, datetime], None]


def admit(
    candidate: Candidate,
    origin: Origin,
    now: datetime,
    *,
    mfa_at: datetime | None = None,
    proof: Proof | None = None,
) -> SignedIn:
    """Lets in whoever has proved the password, as far as it may go; raises SignInRefused."""
    try:
        if mfa_at is None and candidate.devices:
            if proof is None:
                return SignedIn(challenge=challenge_for(candidate, None), needs_mfa=True)
            _prove(candidate, proof, now)
            mfa_at = now
        refuse_unadmitted(candidate, now, mfa_at)
        if candidate.must_change(now):
            return SignedIn(challenge=challenge_for(candidate, mfa_at), reset_required=True)
        with transaction.atomic(durable=True):
            tenancy.enter(candidate.account)
            return enter(candidate, origin, now, mfa_at)
    except SignInRefused as refusal:
        if refusal.until is None:
            record_failure(candidate, origin, now, refusal.reason)
        raise


def _prove(candidate: Candidate, proof: Proof, now: datetime) -> None:
    """Only who knows the password gets here, so the limit is the name's own."""
    about = ("code", candidate.account, candidate.author.id)
    count(CODES, now, *about)
    with transaction.atomic(durable=True):
        tenancy.enter(candidate.account)
        proof(candidate, now)
    throttle.forget(*about)


def refuse_unadmitted(candidate: Candidate, now: datetime, mfa_at: datetime | None) -> None:
    if candidate.suspended:
        raise SignInRefused(SUSPENDED.format(candidate.account))
    if candidate.devices and mfa_at is None:
        raise SignInRefused(BEGIN_AGAIN)
    if candidate.is_root and candidate.root_locked and mfa_at is None:
        raise SignInRefused(LOCKED)
    if candidate.hard_expiry and candidate.is_expired(now):
        raise SignInRefused(EXPIRED)


def enter(candidate: Candidate, origin: Origin, now: datetime, mfa_at: datetime | None) -> SignedIn:
    """Opens the session, in the current transaction, if all that was read before still holds."""
    # INVARIANT: a user is locked before its password, its sessions and the trail, as by a call that
    # notes the use of a key (iamsite_access_key) and goes on; else the two could wait in a ring.
    if candidate.user_id is None:
        Person.objects.filter(account_id=candidate.account).update(password_last_used=now)
    else:
        User.objects.filter(id=candidate.user_id).update(password_last_used=now)
    if not _still_holds(candidate, mfa_at):
        raise SignInRefused
    token = open_session(candidate.account, candidate.user_id, origin, now, mfa_at)
    used = "No" if mfa_at is None else "Yes"
    record(candidate.account, candidate.author, origin, now, "ConsoleLogin", MFAUsed=used)
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


def _session_length(account: str) -> timedelta:
    return Account.objects.get(id=account).session_length


def open_session(
    account: str, user_id: str | None, origin: Origin, now: datetime, mfa_at: datetime | None
) -> str:
    """A new session, in the current transaction, and its token."""
    token = secrets.token_urlsafe(32)
    own = ConsoleSession.objects.of(account).filter(user_id=user_id, signs_with__isnull=True)
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
        expires_at=now + _session_length(account),
    )
    return token


def open_session_with(
    signs_with: dict[str, str],
    origin: Origin,
    now: datetime,
    until: datetime,
    mfa_at: datetime | None,
) -> str:
    """As `open_session`, for whoever is signed in with temporary credentials (ConsoleSession), at
    longest `until`."""
    token = secrets.token_urlsafe(32)
    own = ConsoleSession.objects.of(signs_with["account"]).filter(signs_with__arn=signs_with["arn"])
    own.filter(expires_at__lte=now).delete()
    ConsoleSession.objects.create(
        account_id=signs_with["account"],
        digest=session_digest(token),
        source_ip=origin.source_ip,
        user_agent=origin.user_agent[:1024],
        mfa_at=mfa_at,
        signs_with=signs_with,
        created_at=now,
        seen_at=now,
        expires_at=min(until, now + _session_length(signs_with["account"])),
    )
    return token


def record_failure(candidate: Candidate, origin: Origin, now: datetime, message: str) -> None:
    with transaction.atomic(durable=True):
        tenancy.enter(candidate.account)
        record(
            candidate.account,
            candidate.author,
            origin,
            now,
            "ConsoleLogin",
            outcome="AccessDenied",
            message=message,
        )


def record(
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


def count(most: int, now: datetime, *about: str) -> None:
    """Raises SignInRefused above `most` attempts in 15 minutes."""
    try:
        throttle.count(most, now, *about)
    except throttle.TooManyAttempts as error:
        raise SignInRefused(TOO_MANY, error.until) from error


def challenge_for(candidate: Candidate, mfa_at: datetime | None) -> str:
    proved: dict[str, Any] = {
        "account": candidate.account,
        "user": candidate.user_id,
        "mfa": mfa_at.timestamp() if mfa_at is not None else None,
        "password": _fingerprint(candidate.password),
    }
    return signing.dumps(proved, salt=CHALLENGE)


def resumed(challenge: str) -> tuple[Candidate, datetime | None]:
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
