"""Slows guessing of passwords and codes, over all nodes of the installation.

What is counted is the guesser's own doing (an address, an address at one name), so that a stranger
cannot lock an owner out; only guesses that already prove the password count against the name alone.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta

from django.db import connection
from django.utils.crypto import salted_hmac

WINDOW = timedelta(minutes=15)
SWEPT = 5  # counts past their window that each new one takes along

COUNT = """
INSERT INTO accounts_attempts AS a (digest, count, since) VALUES (%(digest)s, 1, %(now)s)
ON CONFLICT (digest) DO UPDATE SET
    count = CASE WHEN a.since <= %(expired)s THEN 1 ELSE a.count + 1 END,
    since = CASE WHEN a.since <= %(expired)s THEN %(now)s ELSE a.since END
RETURNING count, since
"""
SWEEP = """
DELETE FROM accounts_attempts WHERE digest IN (
    SELECT digest FROM accounts_attempts WHERE since <= %(expired)s
    ORDER BY since LIMIT %(most)s FOR UPDATE SKIP LOCKED)
"""


class TooManyAttempts(Exception):
    """No further guess is looked at before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


def count(most: int, now: datetime, *about: str) -> None:
    """Counts one attempt at what `about` names; raises TooManyAttempts above `most` in 15 minutes.

    Counted before the guess is looked at, so that guesses at the same time do not slip through.
    """
    expired = now - WINDOW
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"digest": _digest(about), "now": now, "expired": expired})
        number, since = cursor.fetchone()
        if number == 1:
            cursor.execute(SWEEP, {"expired": expired, "most": SWEPT})
    if number > most:
        raise TooManyAttempts(since + WINDOW)


def first(now: datetime, *about: str) -> bool:
    """Whether what `about` names is used for the first time in 15 minutes: for what counts once,
    and is no longer good after that."""
    try:
        count(1, now, *about)
    except TooManyAttempts:
        return False
    return True


def take_back(*about: str) -> None:
    """The attempt was a right one: it alone does not count."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_attempts SET count = greatest(count - 1, 0) WHERE digest = %s",
            [_digest(about)],
        )


def forget(*about: str) -> None:
    """The guess was right: none that was counted counts any more."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_attempts WHERE digest = %s", [_digest(about)])


def address(source_ip: str) -> str:
    """What counts as one guesser's address: an IPv6 network of 64 bits is one household's."""
    try:
        parsed = ipaddress.ip_address(source_ip)
    except ValueError:
        return source_ip
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _digest(about: tuple[str, ...]) -> bytes:
    return salted_hmac("accounts.throttle", repr(about), algorithm="sha256").digest()
