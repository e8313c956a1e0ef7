"""Security keys and passkeys: the two ceremonies of WebAuthn (Web Authentication Level 3).

What a ceremony is for travels in its state, which the portal signs; the challenge is a digest of
that state. So nothing is kept of ceremonies that never end, and one that ends is used up.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import webauthn
from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac
from webauthn.helpers import base64url_to_bytes, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import AttestationConveyancePreference as Attestation
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from accounts import throttle
from identities import attestation
from identities.models import MFADevice

NAME = "iamsite"
SALT = "identities.security_keys"
SECONDS = 300
LOOPBACK = "localhost"

REGISTER = "register"
SECOND_FACTOR = "second factor"
PASSKEY = "passkey"


class Refused(Exception):
    """What an authenticator answered does not count; the message says why, for the trail."""


class NoDomain(Exception):
    """The portal is reached by an IP address, for which browsers make no credentials."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The portal as authenticators know it: the domain `id`, and the `origin` of its pages."""

    id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Ceremony:
    """`state` comes back with the authenticator's answer; `options` are JSON for the browser."""

    state: str
    options: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose credential it is: a user by its unique id, or with None the root user."""

    account: str
    user_id: str | None

    @property
    def handle(self) -> bytes:
        """What an authenticator keeps with the credential: tells nobody's name."""
        return salted_hmac(SALT, f"{self.account}:{self.user_id}", algorithm="sha256").digest()


def is_key(serial_number: str) -> bool:
    """Whether the serial number is a security key's or passkey's."""
    return ":u2f/" in serial_number


def given_name(serial_number: str) -> str:
    """The name that a person gave an MFA device: a key's serial number adds an id to it."""
    name = serial_number.rpartition("/")[2]
    return name.rpartition("-")[0] if is_key(serial_number) else name


def relying_party() -> RelyingParty:
    """By IAMSITE_URL; on a loopback address `localhost` is meant. Raises NoDomain."""
    url = urlsplit(settings.IAMSITE_URL)
    host = url.hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return RelyingParty(host, settings.IAMSITE_URL)
    if not address.is_loopback:
        raise NoDomain
    port = "" if url.port is None else f":{url.port}"
    return RelyingParty(LOOPBACK, f"{url.scheme}://{LOOPBACK}{port}")


def begin_registration(
    holder: Holder, name: str, label: str, existing: Sequence[MFADevice]
) -> Ceremony:
    """`name` tells this holder from others in the authenticator's list, `label` is for people.

    Raises NoDomain.
    """
    party = relying_party()
    state = _state(REGISTER, holder)
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=NAME,
        user_id=holder.handle,
        user_name=name,
        user_display_name=label,
        challenge=_challenge(state),
        timeout=SECONDS * 1000,
        attestation=Attestation.DIRECT if attestation.is_asked_for() else Attestation.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(existing),
    )
    return Ceremony(state, options_to_json(options))


def finish_registration(
    holder: Holder, state: str, credential: str, now: datetime
) -> VerifiedRegistration:
    """The new credential: id, public key, sign count. Raises Refused, NoDomain."""
    verified = verify_registration(holder, state, credential)
    _use(state, now)
    return verified


def verify_registration(holder: Holder, state: str, credential: str) -> VerifiedRegistration:
    """As `finish_registration`, without using the challenge up."""
    party = relying_party()
    _check_state(state, REGISTER, holder)
    try:
        return webauthn.verify_registration_response(
            credential=_parsed(credential),
            expected_challenge=_challenge(state),
            expected_rp_id=party.id,
            expected_origin=party.origin,
        )
    except _MALFORMED as error:
        raise Refused(str(error)) from error


def transports(credential: str) -> list[str]:
    """How the browser says that the authenticator can be reached."""
    response = _parsed(credential).get("response")
    named = response.get("transports") if isinstance(response, dict) else None
    known = {one.value for one in AuthenticatorTransport}
    return [one for one in named or [] if isinstance(one, str) and one in known]


def begin_second_factor(holder: Holder, keys: Sequence[MFADevice]) -> Ceremony:
    """For whoever has proved the password. Raises NoDomain."""
    state = _state(SECOND_FACTOR, holder)
    return _request(state, keys, UserVerificationRequirement.PREFERRED)


def begin_passkey() -> Ceremony:
    """For whoever has proved nothing yet: the authenticator says who it is. Raises NoDomain."""
    return _request(_state(PASSKEY, None), [], UserVerificationRequirement.REQUIRED)


def credential_id(credential: str) -> bytes:
    """Which credential an answer is of. Raises Refused."""
    named = _parsed(credential).get("id")
    try:
        return base64url_to_bytes(named) if isinstance(named, str) else b""
    except ValueError as error:
        raise Refused("The credential's id is malformed.") from error


def check(
    state: str, purpose: str, holder: Holder, key: MFADevice, credential: str, now: datetime
) -> None:
    """Checks the answer of `key`, a row of the current transaction, and uses it up.

    Raises Refused, NoDomain. Two answers with one count cannot both pass: the row decides.
    """
    party = relying_party()
    _check_state(state, purpose, None if purpose == PASSKEY else holder)
    parsed = _parsed(credential)
    if purpose == PASSKEY:
        _check_handle(parsed, holder)
    try:
        verified = webauthn.verify_authentication_response(
            credential=parsed,
            expected_challenge=_challenge(state),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=bytes(key.public_key),
            credential_current_sign_count=key.sign_count,
            require_user_verification=purpose == PASSKEY,
        )
    except _MALFORMED as error:
        raise Refused(str(error)) from error
    _use(state, now)
    rows = MFADevice.objects.filter(pk=key.pk, sign_count=key.sign_count)
    if not rows.update(sign_count=verified.new_sign_count):
        raise Refused("The credential was used at the same time.")


# What the library raises for an answer that is malformed in a way it did not foresee.
_MALFORMED = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, OverflowError)


def _request(
    state: str, keys: Sequence[MFADevice], verification: UserVerificationRequirement
) -> Ceremony:
    options = webauthn.generate_authentication_options(
        rp_id=relying_party().id,
        challenge=_challenge(state),
        timeout=SECONDS * 1000,
        allow_credentials=_descriptors(keys),
        user_verification=verification,
    )
    return Ceremony(state, options_to_json(options))


def _descriptors(keys: Sequence[MFADevice]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=bytes(key.credential_id),
            transports=[AuthenticatorTransport(one) for one in key.transports] or None,
        )
        for key in keys
    ]


def _state(purpose: str, holder: Holder | None) -> str:
    whose = None if holder is None else [holder.account, holder.user_id]
    return signing.dumps([purpose, whose, secrets.token_urlsafe(32)], salt=SALT)


def _challenge(state: str) -> bytes:
    return hashlib.sha256(state.encode()).digest()


def _check_state(state: str, purpose: str, holder: Holder | None) -> None:
    try:
        said, whose, _nonce = signing.loads(state, salt=SALT, max_age=SECONDS)
    except signing.BadSignature as error:
        raise Refused("The challenge is not the portal's, or took too long.") from error
    if said != purpose or whose != (holder and [holder.account, holder.user_id]):
        raise Refused("The challenge was made for something else.")


def _use(state: str, now: datetime) -> None:
    if not throttle.first(now, SALT, state):
        raise Refused("The challenge was answered before.")


def _parsed(credential: str) -> dict[str, Any]:
    try:
        parsed = json.loads(credential)
    except (ValueError, RecursionError) as error:
        raise Refused("The answer is not JSON.") from error
    if not isinstance(parsed, dict):
        raise Refused("The answer is not a JSON object.")
    return parsed


def _check_handle(parsed: dict[str, Any], holder: Holder) -> None:
    response = parsed.get("response")
    handle = response.get("userHandle") if isinstance(response, dict) else None
    try:
        told = base64url_to_bytes(handle) if isinstance(handle, str) else b""
    except ValueError:
        told = b""
    if not secrets.compare_digest(told, holder.handle):
        raise Refused("The credential was made for somebody else.")
