"""What calls note on the way, gathered in memory and written in batches.

A call notes in a dictionary and goes on; a thread of the process's own writes what was noted every
few seconds, when the process ends, and when somebody asks for it. Only a kill or a lost database
loses the notes since the last time.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections import defaultdict
from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

from accounts import tenancy
from accounts.models import Account

logger = logging.getLogger(__name__)

PATIENCE = 5.0  # seconds that whoever needs the notes written waits for it
MANY = 10_000  # notes that are written at once

Key = TypeVar("Key")
Note = TypeVar("Note")


class Gatherer(Generic[Key, Note]):
    """The notes of one process. What subclasses say: what they are, whose, and how they are kept.

    `interval` are the seconds between two writes; beyond `most` notes new ones are dropped, as a
    flood must not fill the memory.
    """

    name: ClassVar[str]
    interval: ClassVar[float] = 10.0
    most: ClassVar[int] = 50_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: dict[Key, Note] = {}
        self._dropped = 0
        self._thread: threading.Thread | None = None
        self._wanted = threading.Event()
        self._rounds = threading.Condition()
        self._begun = self._ended = 0

    # What subclasses give

    def account_of(self, key: Key) -> str:
        raise NotImplementedError

    def merged(self, known: Note, new: Note) -> Note:
        """One note for two of the same key."""
        raise NotImplementedError

    def write(self, account: str, notes: Mapping[Key, Note]) -> None:
        """Writes notes of the entered account, in the current transaction."""
        raise NotImplementedError

    # What they all do

    def note(self, key: Key, note: Note) -> None:
        with self._lock:
            known = self._noted.get(key)
            if known is None and len(self._noted) >= self.most:
                self._dropped += 1
                return
            self._noted[key] = note if known is None else self.merged(known, note)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
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
            self._wanted.wait(self.interval)
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
            logger.warning("%s: %d notes were too many at once", self.name, dropped)
        kept: dict[Key, Note] = {}
        for account, notes in self._by_account(noted).items():
            try:
                if not kept:
                    self._write_account(account, notes)
                    continue
            except (OperationalError, InterfaceError) as error:
                connection.close()
                logger.warning("%s is not written yet: %s", self.name, error)
            except Exception:
                logger.exception("%s of the account %s is lost", self.name, account)
                continue
            kept.update(notes)
        with self._lock:  # what came meanwhile is newer
            for key, note in kept.items():
                new = self._noted.get(key)
                self._noted[key] = note if new is None else self.merged(note, new)

    def _write_account(self, account: str, notes: Mapping[Key, Note]) -> None:
        with transaction.atomic(durable=True):
            tenancy.enter(account)
            if Account.objects.filter(id=account).exists():  # else all of it is gone
                self.write(account, notes)

    def _by_account(self, noted: Mapping[Key, Note]) -> dict[str, dict[Key, Note]]:
        found: dict[str, dict[Key, Note]] = defaultdict(dict)
        for key, note in noted.items():
            found[self.account_of(key)][key] = note
        return found
