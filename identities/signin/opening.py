"""Opening an account: at once, or, where the portal sends email, once its address is proved."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts import mail, opening, throttle
from accounts.models import Person
from accounts.sealing import SealError, seal, unseal
from iamsite.operations import Origin
from identities import candidates
from identities.signin.admission import count, open_session, record
from identities.signin.outcomes import SignedIn, SignInRefused

ACCOUNTS_FROM_ONE_ADDRESS = 20  # in 15 minutes (accounts/throttle.py)
LETTERS_TO_ONE_ADDRESS = 3
LIFE = timedelta(hours=24)
SEALED = "identities.signin.opening"
NOT_A_LINK = "This link is not the portal's, or is older than a day. Fill in the form again."

LETTER = """\
Somebody, probably you, wants to open the account "{name}" at {portal} with this email address.

Confirm it within 24 hours:

{link}

If it was not you, there is nothing to do.
"""
KNOWN = """\
Somebody, probably you, wanted to open an account at {portal} with this email address, which is
that of an account's root user already. Nothing was done.

Sign in at {portal}/console/sign-in?kind=root, or choose a new password at {portal}/console/recover.
"""


def open_account(email: str, password: str, name: str, origin: Origin) -> SignedIn:
    """Opens an account and signs its root user in; raises AccountError or SignInRefused."""
    _count(origin)
    opening.check(email, password, name)
    return _open(email, make_password(password), name, origin)


def request_account(email: str, password: str, name: str, origin: Origin) -> None:
    """Sends a link that opens the account; to who has one already, a letter that says so.

    The answer is the same. Raises AccountError for what no account can have, SignInRefused.
    """
    _count(origin)
    opening.check(email, password, name)
    content = {
        "email": email,
        "name": name,
        "password": make_password(password),
        "until": (timezone.now() + LIFE).timestamp(),
    }
    sealed = base64.urlsafe_b64encode(seal(json.dumps(content).encode(), SEALED)).decode()
    known = candidates.root_user(email).exists
    portal = settings.IAMSITE_URL
    try:
        throttle.count(LETTERS_TO_ONE_ADDRESS, timezone.now(), "letters", email.lower())
    except throttle.TooManyAttempts:
        return
    if known:
        mail.send(email, "You have an account already", KNOWN.format(portal=portal))
    else:
        link = f"{portal}/console/sign-up/confirm?token={quote(sealed)}"
        text = LETTER.format(name=name, portal=portal, link=link)
        mail.send(email, "Confirm your email address", text)


def confirm_account(token: str, origin: Origin) -> SignedIn:
    """Opens the account that the link is for and signs its root user in.

    Raises AccountError where the address has got an account meanwhile, SignInRefused.
    """
    _count(origin)
    requested = requested_account(token)
    return _open(requested.email, requested.hashed, requested.name, origin)


@dataclass(frozen=True, slots=True)
class RequestedAccount:
    """What a letter's link opens; `hashed` is its root user's password."""

    email: str
    name: str
    hashed: str = field(repr=False)


def requested_account(token: str) -> RequestedAccount:
    """The account that the link is for; raises SignInRefused if it is none of ours or too old."""
    try:
        content = json.loads(unseal(base64.b64decode(token, "-_", validate=True), SEALED))
    except (ValueError, SealError) as error:
        raise SignInRefused(NOT_A_LINK) from error
    if content["until"] <= timezone.now().timestamp():
        raise SignInRefused(NOT_A_LINK)
    return RequestedAccount(content["email"], content["name"], content["password"])


def _open(email: str, hashed: str, name: str, origin: Origin) -> SignedIn:
    now = timezone.now()
    with transaction.atomic(durable=True):
        opened = opening.open_account(email, None, name)
        Person.objects.filter(pk=opened.root.pk).update(password=hashed, password_last_used=now)
        author = opening.record_opening(opened, origin)
        token = open_session(opened.account.id, None, origin, now, None)
        record(opened.account.id, author, origin, now, "ConsoleLogin", MFAUsed="No")
    return SignedIn(token)


def _count(origin: Origin) -> None:
    guesser = throttle.address(origin.source_ip)
    count(ACCOUNTS_FROM_ONE_ADDRESS, timezone.now(), "open", guesser)
