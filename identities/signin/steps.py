"""The steps of a sign-in by password: name and password, the code of a device, a new password."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils import timezone

from accounts import tenancy, throttle
from accounts.operations.password_policy import policy_output
from iamsite.operations import OperationError, Origin, SessionCredential
from iamsite.operations.authentication import authenticate
from iamsite.operations.registry import Effect
from iamsite.operations.trail import Author, record_event
from identities import candidates, passwords, totp
from identities.candidates import Candidate
from identities.models import ConsoleSession, LoginProfile
from identities.signin.admission import (
    SERVICE,
    Proof,
    admit,
    count,
    enter,
    record,
    record_failure,
    refuse_unadmitted,
    resumed,
)
from identities.signin.outcomes import (
    BEGIN_AGAIN,
    WRONG_CODE,
    PasswordRefused,
    SignedIn,
    SignInRefused,
)

# Guesses in 15 minutes (accounts/throttle.py)
PASSWORDS_AT_ONE_NAME = 10
GUESSES_FROM_ONE_ADDRESS = 100

LONGEST_PASSWORD = 1024


def sign_in_root(
    email: str, password: str, origin: Origin, mfa_code: str | None = None
) -> SignedIn:
    """Signs in the root user with that email address; raises SignInRefused."""
    return _sign_in(
        lambda: candidates.root_user(email.strip()), _root(email), password, origin, mfa_code
    )


def _root(email: str) -> tuple[str, ...]:
    return "root", email.strip().lower()


def forget_guesses(email: str, origin: Origin) -> None:
    """What was guessed of root's password from there counts no more: its mailbox was proved."""
    throttle.forget("password", throttle.address(origin.source_ip), *_root(email))


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
    candidate, mfa_at = resumed(challenge)
    proof = _code_proof(mfa_code)
    return admit(candidate, origin, timezone.now(), mfa_at=mfa_at, proof=proof)


def change_password(challenge: str, new_password: str, origin: Origin) -> SignedIn:
    """The last step of a sign-in with an expired or temporary password.

    Every other session of the user ends. Raises PasswordRefused, SignInRefused.
    """
    now = timezone.now()
    candidate, mfa_at = _changing(challenge, now)
    with transaction.atomic(durable=True):
        tenancy.lock(candidate.account)
        # The user is locked before all else that is its own (INVARIANT in `enter`).
        rows = LoginProfile.objects.select_related("user")
        rows = rows.select_for_update(of=("user",), no_key=True)
        profile = rows.get(user_id=candidate.user_id)
        if profile.password != candidate.password:
            raise SignInRefused(BEGIN_AGAIN)
        faults = passwords.faults(new_password, candidate.account, profile)
        if not faults and check_password(new_password, profile.password):
            faults = ["Password should not be the present one"]
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
        return enter(changed, origin, now, mfa_at)


def password_policy(challenge: str) -> dict[str, Any]:
    """What the new password of that last step must be, as GetAccountPasswordPolicy tells it; {}
    where the account has no policy of its own. Raises SignInRefused."""
    candidate, _mfa_at = _changing(challenge, timezone.now())
    with transaction.atomic():
        tenancy.enter(candidate.account)
        policy = passwords.policy_of(candidate.account)
    return {} if policy is None else policy_output(policy)


def _changing(challenge: str, now: datetime) -> tuple[Candidate, datetime | None]:
    """Who may choose a new password now, and nothing before that: everything else is proved."""
    candidate, mfa_at = resumed(challenge)
    if candidate.user_id is None or not candidate.must_change(now):
        raise SignInRefused(BEGIN_AGAIN)
    refuse_unadmitted(candidate, now, mfa_at)
    return candidate, mfa_at


def sign_out(token: str, origin: Origin) -> None:
    """Ends the session with that token, if there still is one."""
    now = timezone.now()
    credential = SessionCredential(token, as_signed_in=True)
    try:
        with transaction.atomic(durable=True):
            caller = authenticate(credential, Effect.ISSUE, origin, SERVICE, now)
            assert caller.session is not None
            assert caller.session.id is not None
            ConsoleSession.objects.filter(id=caller.session.id).delete()
            author = Author(caller.kind.value, caller.principal.arn, caller.user_id)
            record(caller.account, author, origin, now, "ConsoleLogout")
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
    count(GUESSES_FROM_ONE_ADDRESS, now, "address", guesser)
    count(PASSWORDS_AT_ONE_NAME, now, "password", guesser, *label)
    candidate = find()
    # One hash is computed whatever was found, so that time tells nothing.
    right = check_password(password[:LONGEST_PASSWORD], candidate.password)
    if not right or not candidate.exists or len(password) > LONGEST_PASSWORD:
        record_failure(candidate, origin, now, "Failed authentication")
        raise SignInRefused
    throttle.take_back("address", guesser)
    throttle.forget("password", guesser, *label)
    return admit(candidate, origin, now, proof=_code_proof(mfa_code) if mfa_code else None)


def _code_proof(code: str) -> Proof:
    """Uses the code up."""

    def prove(candidate: Candidate, now: datetime) -> None:
        virtual = [device for device in candidate.devices if not device.is_key]
        if not any(totp.check(device, code.strip(), now) for device in virtual):
            raise SignInRefused(WRONG_CODE)

    return prove
