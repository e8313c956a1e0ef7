"""Signing in through an identity provider of an account, into a role.

The way to the provider and back leaves a sealed note in the browser: what was asked for, by whom
the answer must come, and the secrets of the exchange. A note is good for ten minutes.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts import tenancy, throttle
from accounts.models import Account
from accounts.sealing import SealError, seal, unseal
from accounts.tenancy import AWS
from iamsite.operations import Anonymous, OperationError, Origin, perform
from iamsite.operations.trail import Author
from identities.models import SignInClient
from identities.signin.admission import count, open_session_with, record
from identities.signin.outcomes import SignedIn, SignInRefused
from identities.signin.roles import held_with
from policies.engine import PrincipalKind

NOTE = "identities.signin.providers"
NOTE_LIFE = timedelta(minutes=10)
BEGINNINGS_FROM_ONE_ADDRESS = 60  # in 15 minutes (accounts/throttle.py)
NO_PROVIDER = "There is no such way to sign in."
BEGIN_AGAIN = "This sign-in was not begun in this browser, was ended already, or took too long."
NOT_IN_NAMES = re.compile(r"[^\w+=,.@-]", re.ASCII)

Note = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider that the sign-in page of `account` offers."""

    account: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Journey:
    """Where the browser goes, and the sealed note that it takes along."""

    url: str
    note: str


def offers(account: str) -> list[Offer]:
    """What the account with that id or alias offers; nothing where there is none."""
    number = _number(account)
    with transaction.atomic():
        tenancy.enter(number)
        if not Account.objects.filter(id=number, status=Account.Status.ACTIVE).exists():
            return []
        rows = SignInClient.objects.of(number).order_by("name", "id")
        return [Offer(number, str(row.id), row.name) for row in rows]


def client(account: str, client_id: str) -> SignInClient:
    """Raises SignInRefused."""
    number = _number(account)
    try:
        wanted = UUID(client_id)
    except ValueError as error:
        raise SignInRefused(NO_PROVIDER) from error
    with transaction.atomic():
        tenancy.enter(number)
        active = Account.objects.filter(id=number, status=Account.Status.ACTIVE).exists()
        rows = SignInClient.objects.of(number).select_related("oidc_provider", "saml_provider")
        found: SignInClient | None = rows.filter(id=wanted).first()
    if found is None or not active:
        raise SignInRefused(NO_PROVIDER)
    return found


def count_beginning(origin: Origin) -> None:
    """Raises SignInRefused: each beginning may ask a provider where it wants people to go."""
    guesser = throttle.address(origin.source_ip)
    count(BEGINNINGS_FROM_ONE_ADDRESS, timezone.now(), "provider", guesser)


def note(content: Mapping[str, Any]) -> str:
    until = (timezone.now() + NOTE_LIFE).timestamp()
    sealed = seal(json.dumps({**content, "until": until}).encode(), NOTE)
    return base64.urlsafe_b64encode(sealed).decode()


def read_note(text: str, kind: str) -> Note:
    """Raises SignInRefused."""
    try:
        found: Note = json.loads(unseal(base64.b64decode(text, "-_", validate=True), NOTE))
    except (ValueError, SealError) as error:
        raise SignInRefused(BEGIN_AGAIN) from error
    if found["kind"] != kind or found["until"] <= timezone.now().timestamp():
        raise SignInRefused(BEGIN_AGAIN)
    return found


def use_once(text: str) -> None:
    """Raises SignInRefused the second time."""
    if not throttle.first(timezone.now(), NOTE, text):
        raise SignInRefused(BEGIN_AGAIN)


def session_name(*wanted: object) -> str:
    """The first of the names that there is, as a role session's name may be."""
    for one in wanted:
        if isinstance(one, str) and one.strip():
            name = NOT_IN_NAMES.sub("-", one.strip())[:64]
            return name if len(name) > 1 else f"{name}-"
    return "federated"


def assume(operation: str, params: Mapping[str, Any], origin: Origin) -> SignedIn:
    """Signs in to the role by the operation of STS, which authorises and records it.

    Raises SignInRefused with the operation's own words.
    """
    try:
        assumed = perform(Anonymous(), operation, dict(params), origin)
    except OperationError as error:
        raise SignInRefused(error.message) from error
    now = timezone.now()
    user, credentials = assumed["AssumedRoleUser"], assumed["Credentials"]
    signs_with = held_with(credentials, user)
    until = min(
        credentials["Expiration"], now + timedelta(seconds=settings.CONSOLE_SESSION_SECONDS)
    )
    author = Author(PrincipalKind.ROLE_SESSION.value, user["Arn"], user["AssumedRoleId"])
    with transaction.atomic(durable=True):
        tenancy.enter(signs_with["account"])
        token = open_session_with(signs_with, origin, now, until, None)
        record(signs_with["account"], author, origin, now, "ConsoleLogin", MFAUsed="No")
    return SignedIn(token)


def _number(account: str) -> str:
    wanted = account.strip().lower()
    with connection.cursor() as cursor:
        cursor.execute("SELECT iamsite_account_named(%s)", ["" if "\0" in wanted else wanted])
        found: str | None = cursor.fetchone()[0]
    return found or AWS
