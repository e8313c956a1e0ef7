"""A new password for the root user, by a link sent to its email address.

The answer is the same whether there is such a root user, after the same work. The link proves the
mailbox and nothing else: a second factor, or root being locked away, counts as before.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import mail, opening, tenancy, throttle
from accounts.models import Account, Person, RootRecovery
from iamsite.operations import Origin
from iamsite.operations.trail import Author
from identities import candidates
from identities.models import ConsoleSession
from identities.signin.admission import count, record
from identities.signin.outcomes import PasswordRefused, SignInRefused
from identities.signin.steps import forget_guesses
from policies.engine import PrincipalKind

LIFE = timedelta(minutes=30)
REQUESTS_FROM_ONE_ADDRESS = 20  # in 15 minutes (accounts/throttle.py)
LETTERS_TO_ONE_ADDRESS = 3
TOKEN = re.compile(r"([0-9]{12})-([A-Za-z0-9_-]{43})", re.ASCII)
NOT_A_LINK = "This link was used, has expired, or was never sent. Ask for a new one."

LETTER = """\
Somebody, probably you, asked for a new password of the root user of the account {account} at
{portal}.

Choose it within 30 minutes:

{link}

The link works once. If it was not you, there is nothing to do: your password stays as it is.
"""
CHANGED = """\
The password of the root user of the account {account} at {portal} was changed just now, by a link
sent to this address. Every browser in which root was signed in is signed out.

If it was not you, somebody reads your email: see to that first, then ask for another password at
{portal}/console/recover, or ask whoever runs the portal.
"""


def request_recovery(email: str, origin: Origin) -> None:
    """Sends the link, if the address is a root user's. Raises SignInRefused after too many."""
    now, email = timezone.now(), email.strip()
    count(REQUESTS_FROM_ONE_ADDRESS, now, "recover", throttle.address(origin.source_ip))
    candidate = candidates.root_user(email)
    meant = candidate.has_login and not candidate.suspended
    try:
        throttle.count(LETTERS_TO_ONE_ADDRESS, now, "letters", email.lower())
    except throttle.TooManyAttempts:
        meant = False  # the links that were sent are still good
    secret = secrets.token_urlsafe(32)
    with transaction.atomic(durable=True):
        tenancy.enter(candidate.account)
        rows = RootRecovery.objects.of(candidate.account)
        rows.filter(expires_at__lte=now).delete()
        # What is nobody's is written too, and gone with the next request.
        rows.create(
            account_id=candidate.account,
            digest=_digest(secret),
            created_at=now,
            expires_at=now + LIFE if meant else now,
        )
        about = candidate.account, candidate.author, origin, now
        record(*about, "PasswordRecoveryRequested")
    if meant:
        link = f"{settings.IAMSITE_URL}/console/recover/{candidate.account}-{secret}"
        _write(email, "Choose a new password", LETTER, candidate.account, link=link)


def is_good(token: str) -> bool:
    """Whether the link may still be used; says nothing else of it."""
    match = TOKEN.fullmatch(token)
    if match is None:
        return False
    with transaction.atomic():
        tenancy.enter(match[1])
        return _find(match[1], match[2], timezone.now()) is not None


def recover(token: str, new_password: str, origin: Origin) -> None:
    """Sets root's password, uses the link up, and ends root's sessions.

    Raises PasswordRefused, which leaves the link as it is, and SignInRefused.
    """
    now = timezone.now()
    count(REQUESTS_FROM_ONE_ADDRESS, now, "recover", throttle.address(origin.source_ip))
    match = TOKEN.fullmatch(token)
    if match is None:
        raise SignInRefused(NOT_A_LINK)
    account, secret = match.groups()
    with transaction.atomic(durable=True):
        tenancy.enter(account)
        if _find(account, secret, now) is None:
            raise SignInRefused(NOT_A_LINK)
        tenancy.lock(account)
        # Read again behind the lock: of two at once the second finds nothing.
        root = _find(account, secret, now)
        if root is None:
            raise SignInRefused(NOT_A_LINK)
        try:
            opening.check_password(new_password, root.email)
        except opening.AccountError as error:
            raise PasswordRefused([error.message]) from error
        root.set_password(new_password)
        root.password_changed_at = now
        root.save(update_fields=["password", "password_changed_at"])
        RootRecovery.objects.of(account).delete()
        ConsoleSession.objects.of_root(account).delete()
        author = Author(PrincipalKind.ROOT.value, f"arn:aws:iam::{account}:root", account)
        record(account, author, origin, now, "PasswordRecoveryCompleted")
    forget_guesses(root.email, origin)
    _write(root.email, "Your password was changed", CHANGED, account)


def _find(account: str, secret: str, now: datetime) -> Person | None:
    """The root user that the link is for; None unless it is good."""
    row = (
        RootRecovery.objects.of(account)
        .filter(digest=_digest(secret), expires_at__gt=now)
        .order_by("-id")
        .first()
    )
    active = Account.objects.filter(id=account, status=Account.Status.ACTIVE).exists()
    root = Person.objects.filter(account_id=account).first()
    if row is None or root is None or root.login_profile_at is None or not active:
        return None
    changed_at = root.password_changed_at
    return root if changed_at is None or changed_at < row.created_at else None


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _write(email: str, subject: str, text: str, account: str, **more: str) -> None:
    mail.send(email, subject, text.format(account=account, portal=settings.IAMSITE_URL, **more))
