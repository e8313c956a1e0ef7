"""Last accessed reports as rows: made, found again by who made them, forgotten.

AWS keeps a report for its maker alone (IAM User Guide, "Refine permissions in AWS using last
accessed information", Report owner) and does not say for how long; here it is as long as a
credential report.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from iamsite.operations import Call
from iamsite.operations.errors import no_such_entity
from iamsite.operations.paging import page
from identities.models import AccessReport

GOOD_FOR = timedelta(hours=4)
# Of one owner; the oldest makes room for the next.
MOST = 100


def make(call: Call, kind: str, subject: str, content: dict[str, Any]) -> dict[str, Any]:
    """Keeps a report and answers with its JobId: it is complete at once."""
    rows = AccessReport.objects.of(call.account)
    rows.filter(created_at__lt=call.now - GOOD_FOR).delete()
    mine = rows.filter(owner=_owner(call)).order_by("-created_at")
    rows.filter(id__in=list(mine.values_list("id", flat=True)[MOST - 1 :])).delete()
    row = AccessReport.objects.create(
        account_id=call.account,
        kind=kind,
        owner=_owner(call),
        subject=subject,
        content=content,
        created_at=call.now,
    )
    call.detail["JobId"] = str(row.id)
    return {"JobId": str(row.id)}


def find(call: Call, job_id: str, *kinds: str) -> AccessReport:
    """The caller's own report of that id; raises NoSuchEntity."""
    found = AccessReport.objects.of(call.account).filter(
        id=_uuid(job_id),
        kind__in=kinds,
        owner=_owner(call),
        created_at__gte=call.now - GOOD_FOR,
    )
    row: AccessReport | None = found.first()
    if row is None:
        raise no_such_entity(f"The report with job id {job_id} cannot be found.")
    return row


def dates(report: AccessReport) -> dict[str, Any]:
    return {
        "JobStatus": "COMPLETED",
        "JobCreationDate": report.created_at,
        "JobCompletionDate": report.created_at,
    }


def page_in_order(call: Call, items: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
    """One page of a list that keeps its order for as long as the report is kept."""

    def fetch(after: Any, limit: int) -> list[tuple[int, Any]]:
        start = 0 if after is None else after + 1
        return list(enumerate(items[start : start + limit], start))

    numbered, paging = page(call, fetch, lambda one: one[0])
    return [item for _, item in numbered], paging


def read_times(entry: dict[str, Any], *names: str) -> dict[str, Any]:
    """An entry of a report's content with the times that were text there."""
    times = {name: datetime.fromisoformat(entry[name]) for name in names if name in entry}
    return {**entry, **times}


def _owner(call: Call) -> str:
    """Who may read what the caller makes: the user or root user, or one session of a role or
    federated user."""
    caller = call.caller
    if caller.user_id in (caller.subject_id, caller.account):
        return caller.user_id
    return f"{caller.user_id} {caller.access_key_id}"


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
