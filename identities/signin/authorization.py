"""Approving a developer tool in the browser: what it asks for, and the code that it gets.

Source: AWS Sign-In API Reference, AuthorizeOAuth2Access; RFC 6749 §4.1, RFC 7636, RFC 8252.
"""

from __future__ import annotations

import base64
import re
import secrets
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.sealing import seal
from iamsite.operations import AccessDenied, OperationError, Origin, SessionCredential
from iamsite.operations.authentication import authenticate
from iamsite.operations.caller import Caller
from iamsite.operations.registry import Effect
from identities import temporary
from identities.models import ConsoleSession
from identities.signin.admission import SERVICE, record
from identities.signin.clients import (
    AUTHORIZE,
    CLIENTS,
    SAME_DEVICE,
    author_of,
    decide,
    record_denial,
)
from policies.engine import PrincipalKind

CODE = "identities.signin.authorization"
CODE_LIFE = timedelta(minutes=10)
CONFIRMATION = "/v1/sessions/confirmation"
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
CALLBACK = re.compile(r"http://127\.0\.0\.1:([0-9]{1,5})/oauth/callback", re.ASCII)
STATE = re.compile(r"[!-~]{1,128}", re.ASCII)


class BadRequest(Exception):
    """What a tool asks for makes no sense, so that nothing is sent back to it.

    `message` is for whoever looks at the page.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Asked:
    """What a tool asks for; `challenge` is the SHA-256 of its code verifier (PKCE)."""

    client: str
    redirect_uri: str
    state: str
    challenge: str

    @property
    def is_same_device(self) -> bool:
        """Whether the tool waits on the machine of the browser."""
        return self.client == SAME_DEVICE

    def answer(self, **parameters: str) -> str:
        """Where the browser goes with the answer."""
        return f"{self.redirect_uri}?{urlencode({**parameters, 'state': self.state})}"

    def typed(self, code: str) -> str:
        """The answer as it is copied by hand into a tool on another machine."""
        text = urlencode({"state": self.state, "code": code})
        return base64.b64encode(text.encode()).decode()


def asked_for(query: Mapping[str, str], addresses: Collection[str]) -> Asked:
    """What the address of the page says. The portal is at `addresses`; raises BadRequest.

    A code goes to a port of the machine that the browser is on, or onto the page: nowhere else.
    """
    client, redirect_uri = query.get("client_id", ""), query.get("redirect_uri", "")
    if client not in CLIENTS:
        raise BadRequest(f"client_id must be one of {', '.join(sorted(CLIENTS))}.")
    if client == SAME_DEVICE:
        port = CALLBACK.fullmatch(redirect_uri)
        if port is None or not 0 < int(port[1]) < 65_536:
            raise BadRequest("redirect_uri must be http://127.0.0.1:PORT/oauth/callback.")
    elif redirect_uri not in {f"{address}{CONFIRMATION}" for address in addresses}:
        raise BadRequest(f"redirect_uri must be this portal's own address of {CONFIRMATION}.")
    if query.get("response_type") != "code":
        raise BadRequest("response_type must be code.")
    if query.get("scope") != "openid":
        raise BadRequest("scope must be openid.")
    if query.get("code_challenge_method") not in ("SHA-256", "S256"):
        raise BadRequest("code_challenge_method must be SHA-256.")
    if not CHALLENGE.fullmatch(query.get("code_challenge", "")):
        raise BadRequest("code_challenge must be a SHA-256 in base64url.")
    if not STATE.fullmatch(query.get("state", "")):
        raise BadRequest("state must have 1 to 128 printable characters.")
    return Asked(client, redirect_uri, query["state"], query["code_challenge"])


def may_authorize(token: str, asked: Asked, origin: Origin) -> OperationError | None:
    """Why whoever the browser acts as may not approve it; None for who may.

    Raises OperationError for a session that is over.
    """
    now = timezone.now()
    with transaction.atomic(durable=True):
        caller = authenticate(SessionCredential(token), Effect.READ, origin, SERVICE, now)
        try:
            decide(caller, AUTHORIZE, asked.client, origin, now)
        except AccessDenied as error:
            return error
    return None


def authorize(token: str, asked: Asked, origin: Origin) -> str:
    """Lets the tool act as whoever the browser acts as: the code that it exchanges for credentials.

    Raises AccessDenied, and OperationError for a session that is over.
    """
    now = timezone.now()
    kept = _signed_in(token, origin, now)
    caller = None
    try:
        with transaction.atomic(durable=True):
            caller = authenticate(SessionCredential(token), Effect.ISSUE, origin, SERVICE, now)
            decide(caller, AUTHORIZE, asked.client, origin, now)
            code = _code(caller.account)
            row = _opened(caller, kept, asked, code, origin, now)
            record(
                caller.account,
                author_of(caller),
                origin,
                now,
                AUTHORIZE,
                Client=CLIENTS[asked.client],
                SignInSession=row.login["session"],
            )
    except AccessDenied as error:
        if caller is not None:
            record_denial(caller, AUTHORIZE, error, origin, now)
        raise
    return code


def digest(code: str) -> bytes:
    """What is kept of a code: no SHA-256, so that no cookie can have it."""
    return salted_hmac(CODE, code, algorithm="sha256").digest()


def _code(account: str) -> str:
    content = f"{account} {secrets.token_urlsafe(16)}"
    return base64.urlsafe_b64encode(seal(content.encode(), CODE)).decode().rstrip("=")


def _signed_in(token: str, origin: Origin, now: datetime) -> ConsoleSession:
    """The session of the browser, which is in the account of whoever signed in."""
    credential = SessionCredential(token, as_signed_in=True)
    with transaction.atomic(durable=True):
        caller = authenticate(credential, Effect.READ, origin, SERVICE, now)
        assert caller.session is not None
        row: ConsoleSession = ConsoleSession.objects.get(id=caller.session.id)
    return row


def _opened(
    caller: Caller, kept: ConsoleSession, asked: Asked, code: str, origin: Origin, now: datetime
) -> ConsoleSession:
    """The session of the tool: it lasts as long as that of the browser would."""
    held: dict[str, Any] | None = kept.acts_with or kept.signs_with
    until = kept.expires_at
    if held is not None:
        until = min(until, temporary.read(held["key"], held["token"])[1].expires_at)
    row: ConsoleSession = ConsoleSession.objects.create(
        account_id=caller.account,
        user_id=caller.subject_id if caller.kind is PrincipalKind.USER else None,
        digest=digest(code),
        source_ip=origin.source_ip,
        user_agent=origin.user_agent[:1024],
        mfa_at=kept.mfa_at if held is None else None,
        signs_with=held,
        login={
            "client": asked.client,
            "session": str(uuid.uuid4()),
            "challenge": asked.challenge,
            "redirect_uri": asked.redirect_uri,
        },
        created_at=now,
        seen_at=now,
        expires_at=until,
    )
    return row
