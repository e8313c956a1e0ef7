"""Credentials for a developer tool that was approved: fifteen minutes at a time.

Source: the service model of Sign-In, CreateOAuth2Token; RFC 6749 §4.1.3 and §6, RFC 9449, RFC 9700.
A refresh token is sealed and says which of its session it is: the newest, or the one before until
the newest is used, since an answer can get lost and two programs can refresh at once. An older one
was copied, and ends the session.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import jwt
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import tenancy, throttle
from accounts.sealing import SealError, seal, unseal
from iamsite.operations import AccessDenied, AccessKeyCredential, OperationError, Origin
from iamsite.operations.authentication import authenticate
from iamsite.operations.caller import Caller
from iamsite.operations.context import GLOBAL_REGION
from iamsite.operations.registry import Effect
from iamsite.operations.trail import Author
from identities import temporary
from identities.models import ConsoleSession
from identities.signin.admission import SERVICE, record
from identities.signin.authorization import CODE, CODE_LIFE, digest
from identities.signin.clients import CREATE_TOKEN, author_of, decide, record_denial
from identities.signin.dpop import Proof
from identities.temporary import IssuedCredentials, TemporaryCredentials
from policies.engine import PrincipalKind

SECONDS = 900
SHORTEST = timedelta(seconds=1)  # that credentials are worth handing out for
REFRESH = "identities.signin.tokens"
LONGEST_REFRESH = 2048
LONGEST_CODE = 512

NO_CODE = "The authorization code is invalid, was used, or is older than ten minutes."
NO_TOKEN = "The refresh token is invalid, or its session is over. Sign in again."
COPIED = "The refresh token was used before, so its session was ended. Sign in again."
USED_CODE = "The authorization code was used before, so its session was ended. Sign in again."
CHANGED = "The credentials that this session was signed in with have changed. Sign in again."
WRONG_VERIFIER = "codeVerifier, redirectUri or clientId is not that of the authorization request."
WRONG_KEY = "The DPoP proof was made with another key than the session's."
USED_PROOF = "The DPoP proof was used before."


class TokenRefused(Exception):
    """No credentials; `error` is one of the model's codes, `kind` the name of the exception."""

    def __init__(self, kind: str, error: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.error, self.message = kind, error, message


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a tool gets. `seconds` is how long the credentials last; `id_token` comes once."""

    credentials: IssuedCredentials
    seconds: int
    refresh_token: str
    id_token: str = ""


def denied(error: str, message: str) -> TokenRefused:
    return TokenRefused("AccessDeniedException", error, message)


def invalid(error: str, message: str) -> TokenRefused:
    return TokenRefused("ValidationException", error, message)


def redeem(
    client: str, code: str, redirect_uri: str, verifier: str, proof: Proof, origin: Origin
) -> Tokens:
    """The first credentials of a session, bound to the key of `proof`. Raises TokenRefused."""
    now = timezone.now()
    account = _account_of(code)
    with transaction.atomic(durable=True):
        tenancy.enter(account)
        row = _locked(digest=digest(code))
        if row is None or row.created_at + CODE_LIFE <= now:
            raise denied("AUTHCODE_EXPIRED", NO_CODE)
        given = {"client": client, "redirect_uri": redirect_uri, "challenge": _challenge(verifier)}
        if any(not _same(row.login[name], value) for name, value in given.items()):
            raise invalid("invalid_grant", WRONG_VERIFIER)
        used = "key" in row.login
        if used:
            _end(row, origin, now, USED_CODE)
    if used:
        raise denied("AUTHCODE_EXPIRED", USED_CODE)
    return _issue(account, row, proof, 1, origin, now)


def refresh(client: str, refresh_token: str, proof: Proof, origin: Origin) -> Tokens:
    """The next credentials of a session. Raises TokenRefused."""
    now = timezone.now()
    content = _content(refresh_token)
    with transaction.atomic(durable=True):
        tenancy.enter(content["account"])
        row = _locked(id=content["id"])
        if row is None:
            raise denied("TOKEN_EXPIRED", NO_TOKEN)
        if not _same(row.login["client"], client):
            raise invalid("invalid_grant", WRONG_VERIFIER)
        if not _same(row.login["key"], proof.key):
            raise invalid("invalid_grant", WRONG_KEY)
        newest: int = row.login["generation"]
        copied = content["generation"] not in (newest, newest - 1)
        if copied:
            _end(row, origin, now, COPIED)
    if copied:
        raise denied("TOKEN_EXPIRED", COPIED)
    return _issue(content["account"], row, proof, content["generation"] + 1, origin, now)


def _issue(
    account: str,
    found: ConsoleSession,
    proof: Proof,
    generation: int,
    origin: Origin,
    now: datetime,
) -> Tokens:
    caller: Caller | None = None
    try:
        with transaction.atomic(durable=True):
            tenancy.enter(account)
            row = _locked(id=found.id)
            # Of two calls with one code, the second finds it used.
            if row is None or (generation == 1 and "key" in row.login):
                raise denied("AUTHCODE_EXPIRED", NO_CODE)
            if not throttle.first(now, REFRESH, proof.key, proof.id):
                raise invalid("invalid_request", USED_PROOF)
            if row.expires_at <= now + SHORTEST:
                raise denied("TOKEN_EXPIRED", NO_TOKEN)
            until = min(now.replace(microsecond=0) + timedelta(seconds=SECONDS), row.expires_at)
            issued = temporary.issue(_held(row, until.replace(microsecond=0)))
            caller = _caller(issued, origin, now)
            decide(caller, CREATE_TOKEN, row.login["client"], origin, now)
            first = "key" not in row.login
            newest = max(generation, row.login.get("generation", 0))
            row.login = {**row.login, "key": proof.key, "generation": newest}
            row.seen_at = now
            row.source_ip, row.user_agent = origin.source_ip, origin.user_agent[:1024]
            row.save(update_fields=["login", "seen_at", "source_ip", "user_agent"])
            record(
                account,
                author_of(caller),
                origin,
                now,
                CREATE_TOKEN,
                GrantType="authorization_code" if first else "refresh_token",
                SignInSession=row.login["session"],
                **issued.as_detail(),
            )
    except AccessDenied as error:
        assert caller is not None
        record_denial(caller, CREATE_TOKEN, error, origin, now)
        raise denied("INSUFFICIENT_PERMISSIONS", error.message) from error
    except OperationError as error:
        if error.code == "OptInRequired":  # the account is suspended
            raise denied("INSUFFICIENT_PERMISSIONS", error.message) from error
        raise denied("USER_CREDENTIALS_CHANGED", CHANGED) from error
    seconds = int((issued.expires_at - now).total_seconds())
    token = _refresh_token(account, row.id, newest)
    return Tokens(issued, seconds, token, _id_token(caller, row, now) if first else "")


def _held(row: ConsoleSession, until: datetime) -> TemporaryCredentials:
    """What the credentials say: those of the role or federated user that the browser acted as, or
    the user's or root's own."""
    arn = f"arn:aws:signin:{GLOBAL_REGION}:{row.account_id}:session/{row.login['session']}"
    signed_in = {"aws:SignInSessionArn": arn}
    if row.signs_with is not None:
        _secret, held = temporary.read(row.signs_with["key"], row.signs_with["token"])
        return replace(
            held,
            expires_at=until,
            context={**held.context, **signed_in},
            sign_in=row.id,
        )
    return TemporaryCredentials(
        kind=CREATE_TOKEN,
        account=row.account_id,
        subject_id=row.user_id or row.account_id,
        # When the session began, so that revoking older ones concerns what it renews as well.
        issued_at=row.created_at.replace(microsecond=0),
        expires_at=until,
        mfa_at=row.mfa_at,
        context={**signed_in},
        root_since="" if row.user_id else temporary.root_since(row.account_id),
        sign_in=row.id,
    )


def _caller(issued: IssuedCredentials, origin: Origin, now: datetime) -> Caller:
    """Whom the credentials stand for, if they still may."""
    credential = AccessKeyCredential(
        issued.access_key_id, issued.session_token, lambda _secret: None
    )
    return authenticate(credential, Effect.ISSUE, origin, SERVICE, now)


def _account_of(code: str) -> str:
    if len(code) > LONGEST_CODE:
        raise denied("AUTHCODE_EXPIRED", NO_CODE)
    try:
        content = unseal(_decoded(code), CODE).decode()
    except (ValueError, SealError) as error:
        raise denied("AUTHCODE_EXPIRED", NO_CODE) from error
    return content.partition(" ")[0]


def _refresh_token(account: str, session_id: int, generation: int) -> str:
    content = json.dumps({"account": account, "id": session_id, "generation": generation})
    return base64.urlsafe_b64encode(seal(content.encode(), REFRESH)).decode().rstrip("=")


def _content(refresh_token: str) -> dict[str, Any]:
    if len(refresh_token) > LONGEST_REFRESH:
        raise denied("TOKEN_EXPIRED", NO_TOKEN)
    try:
        found: dict[str, Any] = json.loads(unseal(_decoded(refresh_token), REFRESH))
    except (ValueError, SealError) as error:
        raise denied("TOKEN_EXPIRED", NO_TOKEN) from error
    return found


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _locked(**wanted: Any) -> ConsoleSession | None:
    rows = ConsoleSession.objects.select_for_update(of=("self",)).filter(
        login__isnull=False, **wanted
    )
    row: ConsoleSession | None = rows.first()
    return row


def _end(row: ConsoleSession, origin: Origin, now: datetime, message: str) -> None:
    """Somebody has what only the tool should have."""
    record(
        row.account_id,
        _author(row),
        origin,
        now,
        CREATE_TOKEN,
        outcome="AccessDenied",
        message=message,
        SignInSession=row.login["session"],
    )
    row.delete()


def _author(row: ConsoleSession) -> Author:
    """Whose session it is."""
    if row.signs_with is not None:
        arn = str(row.signs_with["arn"])
        assumed = ":assumed-role/" in arn
        kind = PrincipalKind.ROLE_SESSION if assumed else PrincipalKind.FEDERATED_USER
        return Author(kind.value, arn, row.signs_with["subject"])
    if row.user is not None:
        return Author(PrincipalKind.USER.value, row.user.arn, row.user.id)
    root = f"arn:aws:iam::{row.account_id}:root"
    return Author(PrincipalKind.ROOT.value, root, row.account_id)


def _challenge(verifier: str) -> str:
    found = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    return found.rstrip(b"=").decode()


def _same(kept: str, given: str) -> bool:
    return hmac.compare_digest(kept.encode(), given.encode())


def _id_token(caller: Caller, row: ConsoleSession, now: datetime) -> str:
    """Who signed in, for the tool to show. Nobody trusts it: it is the portal's alone to verify."""
    claims = {
        "iss": settings.IAMSITE_URL,
        "sub": caller.principal.arn,
        "aud": row.login["client"],
        "iat": int(now.timestamp()),
        "exp": int(row.expires_at.timestamp()),
    }
    return jwt.encode(
        claims, salted_hmac(REFRESH, "id token", algorithm="sha256").digest(), "HS256"
    )
