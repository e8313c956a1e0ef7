"""Who last tried which action, when and from which region: gathered in memory, written in batches.

A call notes its own attempt in a dictionary and goes on; a thread of the process's own writes what
was noted every few seconds, when the process ends, and before a report is made in it. Only a kill
or a lost database loses the notes since the last time.
"""

from __future__ import annotations

import atexit
import logging
import re
import threading
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from accounts import tenancy
from accounts.models import Account
from iamsite.operations.caller import Caller
from iamsite.operations.namespaces import Namespaces
from iamsite.operations.rows import fetch
from policies.engine import PrincipalKind
from policies.models import Service

logger = logging.getLogger(__name__)

# IAM User Guide, "Refine permissions in AWS using last accessed information".
TRACKED_FOR = timedelta(days=400)

INTERVAL = 10.0  # seconds between two writes
PATIENCE = 5.0  # seconds that whoever needs the notes written waits for it
MANY = 10_000  # notes that are written at once
MOST = 50_000  # notes beyond which new ones are dropped: a flood must not fill the memory
FORGETTING = timedelta(hours=12)  # between two looks for rows past the tracking period

REGION = re.compile(r"[A-Za-z0-9-]{1,64}")

WRITE = """
INSERT INTO identities_lastaccess (account_id, principal_id, service, action, at, region)
SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::text[])
ON CONFLICT (account_id, principal_id, service, action) DO UPDATE
    SET at = excluded.at, region = excluded.region WHERE identities_lastaccess.at < excluded.at
"""
FORGET = "DELETE FROM identities_lastaccess WHERE account_id = %s AND at < %s"


class Key(NamedTuple):
    """What is kept of an attempt besides the newest time and region."""

    account: str
    principal: str
    service: str
    action: str


class Last(NamedTuple):
    at: datetime
    region: str


class Recorder:
    """The notes of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: dict[Key, Last] = {}
        self._dropped = 0
        self._thread: threading.Thread | None = None
        self._wanted = threading.Event()
        self._rounds = threading.Condition()
        self._begun = self._ended = 0
        self._forgotten: dict[str, datetime] = {}

    def note(self, key: Key, last: Last) -> None:
        with self._lock:
            known = self._noted.get(key)
            if known is None and len(self._noted) >= MOST:
                self._dropped += 1
                return
            self._noted[key] = last if known is None else max(last, known)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="last-access", daemon=True)
                self._thread.start()
                atexit.register(self.flush)
            if len(self._noted) == MANY:
                self._wanted.set()

    def flush(self) -> None:
        """Returns when all that was noted before is written, or could not be in PATIENCE."""
        if self._thread is None or not self._noted:
            return
        with self._rounds:
            wanted = self._begun + 1
            self._wanted.set()
            self._rounds.wait_for(lambda: self._ended >= wanted, PATIENCE)

    def _run(self) -> None:
        while True:
            self._wanted.wait(INTERVAL)
            self._wanted.clear()
            with self._rounds:
                self._begun += 1
            self._write()
            with self._rounds:
                self._ended = self._begun
                self._rounds.notify_all()

    def _write(self) -> None:
        with self._lock:
            noted, self._noted = self._noted, {}
            dropped, self._dropped = self._dropped, 0
        if dropped:
            logger.warning("%d attempts were too many at once for their last access", dropped)
        kept: dict[Key, Last] = {}
        for account, notes in _by_account(noted).items():
            try:
                if not kept:
                    self._write_account(account, notes)
                    continue
            except (OperationalError, InterfaceError) as error:
                connection.close()
                logger.warning("last access is not written yet: %s", error)
            except Exception:
                logger.exception("last access in the account %s is lost", account)
                continue
            kept.update(notes)
        if kept:
            with self._lock:  # what came meanwhile is newer
                self._noted = {**kept, **self._noted}

    def _write_account(self, account: str, notes: Mapping[Key, Last]) -> None:
        now = timezone.now()
        with transaction.atomic(durable=True):
            tenancy.enter(account)
            if not Account.objects.filter(id=account).exists():
                return  # it is gone, and what its people did with it
            rows = _rows(account, notes)
            if rows:
                # In one order everywhere, so that two processes cannot wait for each other.
                fetch(WRITE, [account, *map(list, zip(*sorted(rows), strict=True))])
            if now - self._forgotten.get(account, now - FORGETTING) >= FORGETTING:
                fetch(FORGET, [account, now - TRACKED_FOR])
        self._forgotten[account] = now


def _by_account(noted: Mapping[Key, Last]) -> dict[str, dict[Key, Last]]:
    found: dict[str, dict[Key, Last]] = defaultdict(dict)
    for key, last in noted.items():
        found[key.account][key] = last
    return found


def _rows(account: str, notes: Mapping[Key, Last]) -> list[tuple[str, str, str, datetime, str]]:
    """What is written of the notes: services that are known, actions as they are spelled there."""
    services = Namespaces()
    if unknown := {key.service for key in notes if key.service not in services}:
        services = Namespaces(Service.objects.of(account).filter(prefix__in=unknown))
    newest: dict[tuple[str, str, str], Last] = {}
    for key, last in notes.items():
        if key.service in services:
            action = services.actions(key.service).get(key.action.lower(), "")
            place = (key.principal, key.service, action)
            newest[place] = max(last, newest.get(place, last))
    return [(*place, last.at, _region(last.region)) for place, last in newest.items()]


def _region(text: str) -> str:
    """A region as it may be kept: the client chose the text."""
    return text if REGION.fullmatch(text) else ""


_recorder = Recorder()
flush = _recorder.flush


def note(caller: Caller, action: str, region: str, at: datetime) -> None:
    """Notes that `caller` tried `action` ("iam:GetUser"), whatever came of it.

    Only users, roles and root users have a last access: a service has not, nor one whom an identity
    provider vouches for.
    """
    if caller.assertion is not None or caller.kind is PrincipalKind.SERVICE:
        return
    service, _, name = action.partition(":")
    key = Key(caller.account, caller.subject_id, service.lower(), name)
    _recorder.note(key, Last(at, region))


def since(now: datetime) -> datetime:
    """The beginning of the tracking period."""
    return now - TRACKED_FOR
