"""Who last tried which action, when and from which region (iamsite/operations/gathering.py).

What was noted is written before a report is made in the process, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from iamsite.operations.caller import Caller
from iamsite.operations.gathering import Gatherer
from iamsite.operations.namespaces import Namespaces
from iamsite.operations.rows import fetch
from policies.engine import PrincipalKind
from policies.models import Service

# IAM User Guide, "Refine permissions in AWS using last accessed information".
TRACKED_FOR = timedelta(days=400)

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


class Recorder(Gatherer[Key, Last]):
    """The attempts of one process."""

    name = "last access"

    def __init__(self) -> None:
        super().__init__()
        self._forgotten: dict[str, datetime] = {}

    def account_of(self, key: Key) -> str:
        return key.account

    def merged(self, known: Last, new: Last) -> Last:
        return max(known, new)

    def write(self, account: str, notes: Mapping[Key, Last]) -> None:
        now = timezone.now()
        rows = _rows(account, notes)
        if rows:
            # In one order everywhere, so that two processes cannot wait for each other.
            fetch(WRITE, [account, *map(list, zip(*sorted(rows), strict=True))])
        if now - self._forgotten.get(account, now - FORGETTING) >= FORGETTING:
            fetch(FORGET, [account, now - TRACKED_FOR])
            self._forgotten[account] = now


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
