"""Security keys and passkeys at the door: as second step, or in place of the password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import tenancy, throttle
from iamsite.operations import Origin
from identities import candidates, security_keys
from identities.candidates import Candidate
from identities.models import MFADevice
from identities.security_keys import PASSKEY, SECOND_FACTOR, Ceremony, Holder, NoDomain, Refused
from identities.signin.admission import admit, count, record_failure, resumed
from identities.signin.outcomes import NO_KEYS, WRONG_KEY, SignedIn, SignInRefused
from identities.signin.steps import GUESSES_FROM_ONE_ADDRESS


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """What fits as the second step: codes, and the ceremony for a security key, if any."""

    codes: bool
    key: Ceremony | None


def second_factors(challenge: str) -> SecondFactors:
    """What whoever has proved the password may answer with; raises SignInRefused."""
    candidate, _mfa_at = resumed(challenge)
    keys = [device for device in candidate.devices if device.is_key]
    ceremony = None
    if keys:
        try:
            ceremony = security_keys.begin_second_factor(_holder(candidate), keys)
        except NoDomain:
            ceremony = None
    return SecondFactors(len(keys) < len(candidate.devices), ceremony)


def answer_key(challenge: str, state: str, credential: str, origin: Origin) -> SignedIn:
    """The second step with a security key; raises SignInRefused."""
    candidate, mfa_at = resumed(challenge)

    def prove(candidate: Candidate, now: datetime) -> None:
        try:
            wanted = security_keys.credential_id(credential)
            key = next((one for one in candidate.devices if _is(one, wanted)), None)
            if key is None:
                raise Refused("The credential is none of this person's.")
            row = MFADevice.objects.get(pk=key.pk)
            security_keys.check(state, SECOND_FACTOR, _holder(candidate), row, credential, now)
        except (Refused, NoDomain, MFADevice.DoesNotExist) as error:
            raise SignInRefused(WRONG_KEY, reason=f"{WRONG_KEY} {error}") from error

    return admit(candidate, origin, timezone.now(), mfa_at=mfa_at, proof=prove)


def begin_passkey() -> Ceremony | None:
    """For the sign-in page; None where browsers make no passkeys for the portal's address."""
    try:
        return security_keys.begin_passkey()
    except NoDomain:
        return None


def sign_in_with_passkey(state: str, credential: str, origin: Origin) -> SignedIn:
    """Signs in whoever holds the passkey, which must have verified its user.

    It proves two factors at once: something held, and a PIN or fingerprint. Raises SignInRefused.
    """
    now = timezone.now()
    guesser = throttle.address(origin.source_ip)
    count(GUESSES_FROM_ONE_ADDRESS, now, "address", guesser)
    candidate = Candidate(tenancy.AWS)
    try:
        wanted = security_keys.credential_id(credential)
        candidate, key = candidates.holding(wanted)
        if key is None or not candidate.has_login:
            raise Refused("The passkey is nobody's who may sign in.")
        with transaction.atomic(durable=True):
            tenancy.enter(candidate.account)
            row = MFADevice.objects.get(pk=key.pk)
            security_keys.check(state, PASSKEY, _holder(candidate), row, credential, now)
    except NoDomain as error:
        raise SignInRefused(NO_KEYS) from error
    except (Refused, MFADevice.DoesNotExist) as error:
        record_failure(candidate, origin, now, f"{WRONG_KEY} {error}")
        raise SignInRefused(WRONG_KEY) from error
    throttle.take_back("address", guesser)
    return admit(candidate, origin, now, mfa_at=now)


def _holder(candidate: Candidate) -> Holder:
    return Holder(candidate.account, candidate.user_id)


def _is(device: MFADevice, wanted: bytes) -> bool:
    return device.credential_id is not None and bytes(device.credential_id) == wanted
