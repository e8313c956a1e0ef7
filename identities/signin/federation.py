"""Signing in with temporary credentials: what AWS's tools call the federation endpoint.

Source: api-behaviour.md §13; IAM User Guide, "Enable custom identity broker access to the AWS
console".
"""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import throttle
from accounts.sealing import SealError, seal, unseal
from iamsite.json_object import json_object
from iamsite.operations import AccessKeyCredential, OperationError, Origin
from iamsite.operations.authentication import authenticate
from iamsite.operations.caller import Caller
from iamsite.operations.errors import signature_does_not_match
from iamsite.operations.registry import Effect
from iamsite.operations.trail import Author
from identities import temporary
from identities.signin.admission import SERVICE, open_session_with, record
from identities.signin.outcomes import SignedIn
from identities.temporary import TemporaryCredentials

SEALED = "identities.signin.federation"
TOKEN_LIFE = timedelta(minutes=15)  # as long as what counts once is remembered
KINDS = {"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetFederationToken"}
SHORTEST, LONGEST = 900, 43_200

NOT_A_SESSION = (
    "Session must be a JSON object with sessionId, sessionKey and sessionToken: an access key id, "
    "a secret access key and a session token."
)
NOT_VALID = "The security credentials in Session are invalid or expired."
NO_SSO = "SSO to console is not allowed with credentials of %s."
NO_DURATION = (
    "SessionDuration is for credentials of AssumeRole that a user obtained with a long-term key: "
    "others sign in for as long as they last."
)
WRONG_DURATION = f"SessionDuration must be a number of seconds from {SHORTEST} to {LONGEST}."
NOT_A_TOKEN = "The sign-in token is invalid, was used, or is older than 15 minutes."


class FederationRefused(Exception):
    """Nobody is signed in; `message` is for whoever made the request."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class _Proved:
    """Credentials that their holder has shown, and what they are."""

    key: str
    token: str
    secret: str
    held: TemporaryCredentials


def signin_token(session: str, duration: str | None, origin: Origin) -> str:
    """A token that opens the console once, within 15 minutes, with the credentials in `session`.

    `duration` is how long the console session shall last, in seconds. Raises FederationRefused.
    """
    now = timezone.now()
    proved = _proved(*_parsed(session))
    caller = _caller(proved, origin, now)
    if proved.held.kind not in KINDS:
        raise FederationRefused(NO_SSO % proved.held.kind)
    seconds = None if duration is None else _seconds(duration, proved.held)
    with transaction.atomic(durable=True):
        authenticate(_credential(proved), Effect.ISSUE, origin, SERVICE, now)
        record(caller.account, _author(caller), origin, now, "GetSigninToken")
    content = {
        "key": proved.key,
        "token": proved.token,
        "until": (now + TOKEN_LIFE).timestamp(),
        "seconds": seconds,
    }
    return base64.urlsafe_b64encode(seal(json.dumps(content).encode(), SEALED)).decode()


def sign_in_with_token(token: str, origin: Origin) -> SignedIn:
    """Signs the browser in, once; raises FederationRefused."""
    now = timezone.now()
    try:
        content = json.loads(unseal(base64.b64decode(token, "-_", validate=True), SEALED))
        secret, held = temporary.read(content["key"], content["token"])
    except (ValueError, SealError, temporary.InvalidToken) as error:
        raise FederationRefused(NOT_A_TOKEN) from error
    if content["until"] <= now.timestamp() or not throttle.first(now, SEALED, token):
        raise FederationRefused(NOT_A_TOKEN)
    proved = _Proved(content["key"], content["token"], secret, held)
    until, kept = _lasting(proved, content["seconds"], now)
    try:
        with transaction.atomic(durable=True):
            caller = authenticate(_credential(proved), Effect.ISSUE, origin, SERVICE, now)
            signs_with = {
                "account": caller.account,
                "subject": caller.subject_id,
                "arn": caller.principal.arn,
                **kept,
            }
            opened = open_session_with(signs_with, origin, now, until, held.mfa_at)
            used = "No" if held.mfa_at is None else "Yes"
            record(caller.account, _author(caller), origin, now, "ConsoleLogin", MFAUsed=used)
    except OperationError as error:
        raise FederationRefused(NOT_VALID) from error
    return SignedIn(opened)


def _parsed(session: str) -> tuple[str, str, str]:
    try:
        found = json_object(session.encode("utf-8", "replace"))
    except OperationError as error:
        raise FederationRefused(NOT_A_SESSION) from error
    values = tuple(found.get(name) for name in ("sessionId", "sessionKey", "sessionToken"))
    if not all(isinstance(value, str) and value for value in values):
        raise FederationRefused(NOT_A_SESSION)
    return values  # type: ignore[return-value]


def _proved(key: str, secret: str, token: str) -> _Proved:
    try:
        right, held = temporary.read(key, token)
    except temporary.InvalidToken as error:
        raise FederationRefused(NOT_VALID) from error
    if not _same(right, secret):
        raise FederationRefused(NOT_VALID)
    return _Proved(key, token, secret, held)


def _same(right: str, secret: str) -> bool:
    return hmac.compare_digest(right.encode(), secret.encode())


def _credential(proved: _Proved) -> AccessKeyCredential:
    def verify(secret: str) -> None:
        if not _same(secret, proved.secret):
            raise signature_does_not_match()

    return AccessKeyCredential(proved.key, proved.token, verify)


def _caller(proved: _Proved, origin: Origin, now: datetime) -> Caller:
    try:
        with transaction.atomic(durable=True):
            return authenticate(_credential(proved), Effect.READ, origin, SERVICE, now)
    except OperationError as error:
        raise FederationRefused(NOT_VALID) from error


def _seconds(duration: str, held: TemporaryCredentials) -> int:
    if not (duration.isascii() and duration.isdigit() and SHORTEST <= int(duration) <= LONGEST):
        raise FederationRefused(WRONG_DURATION)
    if not held.kind.startswith("AssumeRole") or held.chained:
        raise FederationRefused(NO_DURATION)
    return int(duration)


def _lasting(
    proved: _Proved, seconds: int | None, now: datetime
) -> tuple[datetime, dict[str, str]]:
    """When the session ends, and the credentials that last until then."""
    most = now + timedelta(seconds=settings.CONSOLE_SESSION_SECONDS)
    if seconds is None:
        return min(proved.held.expires_at, most), {"key": proved.key, "token": proved.token}
    until = min(now + timedelta(seconds=seconds), most)
    issued = temporary.issue(replace(proved.held, expires_at=until.replace(microsecond=0)))
    return until, {"key": issued.access_key_id, "token": issued.session_token}


def _author(caller: Caller) -> Author:
    return Author(caller.kind.value, caller.principal.arn, caller.user_id, caller.access_key_id)
