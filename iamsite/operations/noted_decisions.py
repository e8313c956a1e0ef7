"""Decisions kept without a write of the call's own (iamsite/operations/gathering.py).

Those that applications ask for, and of allowed operations as many as the account samples.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from iamsite.operations.call import Call
from iamsite.operations.caller import Origin
from iamsite.operations.decided import Decided, keep, record_of
from iamsite.operations.gathering import Gatherer
from iamsite.operations.models import operation_model
from iamsite.operations.rows import fetch_one

KEPT_ACCOUNTS = 10_000
Key = tuple[str, uuid.UUID]


@dataclass(frozen=True, slots=True)
class Noted:
    """A decision, made `count` times, at `at` the last."""

    decided: Decided
    origin: Origin
    at: datetime
    operation: str
    count: int = 1


class Decisions(Gatherer[Key, Noted]):
    """The decisions that one process has noted, by account and record."""

    name = "decisions"
    interval = 1.0
    most = 20_000

    def account_of(self, key: Key) -> str:
        return key[0]

    def merged(self, known: Noted, new: Noted) -> Noted:
        newest = max(known, new, key=lambda one: one.at)
        return replace(newest, count=known.count + new.count)

    def write(self, account: str, notes: Mapping[Key, Noted]) -> None:
        # In one order everywhere, so that two processes cannot wait for each other.
        for key in sorted(notes):
            one = notes[key]
            record = record_of(one.decided, key[1], one.origin, one.at, one.operation)
            record.count = one.count
            keep(record)


_decisions = Decisions()
flush = _decisions.flush


def note_allowed(call: Call) -> None:
    """Notes what was allowed on the way, if the account's sample takes the call."""
    if call.decided and _samples(call):
        for decided in call.decided:
            _note(call, decided)


def note_asked(call: Call, decided: Decided) -> str:
    """Notes a decision that an application asked for; the id of its record, "" for none."""
    if decided.is_allowed and not _samples(call):
        return ""
    return str(_note(call, decided))


def _note(call: Call, decided: Decided) -> uuid.UUID:
    found = decided.id()
    operation = operation_model(call.registered.name).wire_name
    _decisions.note((call.account, found), Noted(decided, call.origin, call.now, operation))
    return found


def _samples(call: Call) -> bool:
    percent = _percent(call.account, call.caller.revision)
    return bool(percent) and random.random() * 100 < percent  # noqa: S311 - not for secrets


@lru_cache(maxsize=KEPT_ACCOUNTS)
def _percent(account: str, revision: int) -> int:
    row = fetch_one("SELECT allowed_percent FROM accounts_account WHERE id = %s", [account])
    return int(row[0]) if row is not None else 0
