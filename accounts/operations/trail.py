"""The audit trail: what happened in the account, and whether the record of it is whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, DateTimeField, F, Func, Q, QuerySet, Value

from accounts.models import Event, TrailHead
from iamsite.operations import Call, operation
from iamsite.operations.errors import invalid_input
from iamsite.operations.paging import page_newest_first

SUCCESS = "Success"
FAILURE = "Failure"  # any outcome but success
# What is counted unless a time is given, and in how many intervals at most.
COUNTED = timedelta(days=30)
DAY = timedelta(days=1)
INTERVALS = (timedelta(hours=1), DAY)
MOST_INTERVALS = 60
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)  # whence days begin at midnight


def event_output(event: Event) -> dict[str, Any]:
    return {
        "EventId": str(event.id),
        "Sequence": event.sequence,
        "EventTime": event.at,
        "EventSource": event.service,
        "EventName": event.operation,
        "PrincipalType": event.principal_kind,
        "PrincipalArn": event.principal_arn,
        "PrincipalId": event.principal_id,
        "AccessKeyId": event.access_key_id,
        "Face": event.face,
        "SourceIPAddress": event.source_ip,
        "UserAgent": event.user_agent,
        "RequestId": event.request_id,
        "Resources": event.resources,
        "RequestParameters": json.dumps(event.parameters),
        "Detail": json.dumps(event.detail),
        "Outcome": event.outcome,
        "Message": event.message,
        **({"DecisionId": event.detail["DecisionId"]} if "DecisionId" in event.detail else {}),
    }


def _filtered(
    call: Call,
    PrincipalArn: str | None = None,
    EventName: str | None = None,
    EventSource: str | None = None,
    ResourceArn: str | None = None,
    RequestId: str | None = None,
    Outcome: str | None = None,
    StartTime: datetime | None = None,
    EndTime: datetime | None = None,
) -> QuerySet[Event]:
    """The account's events; `Outcome` is Success, Failure for any refusal, or one error's code."""
    rows = Event.objects.of(call.account)
    wanted = {
        "principal_arn": PrincipalArn,
        "operation": EventName,
        "service": EventSource,
        "resources__contains": [ResourceArn] if ResourceArn is not None else None,
        "request_id": RequestId,
        "outcome": Outcome if Outcome != FAILURE else None,
        "at__gte": StartTime,
        "at__lte": EndTime,
    }
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    return rows.exclude(outcome=SUCCESS) if Outcome == FAILURE else rows


@operation("portal:ListEvents", reads=True)
def list_events(
    call: Call, Marker: str | None = None, MaxItems: int | None = None, **filters: Any
) -> dict[str, Any]:
    """Newest first."""
    events, paging = page_newest_first(call, _filtered(call, **filters), "sequence")
    return {"Events": [event_output(event) for event in events], **paging}


@operation("portal:CountEvents", reads=True)
def count_events(
    call: Call, StartTime: datetime | None = None, EndTime: datetime | None = None, **filters: Any
) -> dict[str, Any]:
    """By hour or day, in UTC; every interval from the first to the last."""
    end = EndTime or call.now
    start = StartTime or end - COUNTED
    if start >= end:
        raise invalid_input("StartTime must be before EndTime.")
    step = next(
        (one for one in INTERVALS if (end - start) / one <= MOST_INTERVALS),
        timedelta(days=-((start - end) // (MOST_INTERVALS * DAY))),
    )
    first = BEGINNING + (start - BEGINNING) // step * step
    rows = _filtered(call, StartTime=first, EndTime=end, **filters)
    counted = (
        rows.annotate(
            place=Func(
                Value(step),
                F("at"),
                Value(first),
                function="date_bin",
                output_field=DateTimeField(),
            )
        )
        .values_list("place")
        .annotate(count=Count("id"), failed=Count("id", filter=~Q(outcome=SUCCESS)))
        .order_by()
    )
    found = {place: (count, failed) for place, count, failed in counted}
    counts = []
    while first <= end:
        count, failed = found.get(first, (0, 0))
        counts.append({"StartTime": first, "EventCount": count, "FailureCount": failed})
        first += step
    return {"Counts": counts, "IntervalSeconds": int(step.total_seconds())}


@operation("portal:GetTrailStatus", reads=True)
def get_trail_status(call: Call) -> dict[str, Any]:
    head = TrailHead.objects.filter(account_id=call.account).first()
    if head is None or not head.sequence:
        return {"EventCount": 0}
    ends = Event.objects.of(call.account).filter(sequence__in=(1, head.sequence))
    dates = dict(ends.values_list("sequence", "at"))
    return {
        "EventCount": head.sequence,
        "Head": bytes(head.hash).hex(),
        **({"FirstDate": dates[1]} if 1 in dates else {}),
        **({"LastDate": dates[head.sequence]} if head.sequence in dates else {}),
    }


@operation("portal:VerifyTrail", reads=True)
def verify_trail(call: Call) -> dict[str, Any]:
    """Computes the account's whole chain of events anew (accounts/migrations/0002_tenancy.py)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT iamsite_trail_break(%s)", [call.account])
        (broken,) = cursor.fetchone()
    head = TrailHead.objects.filter(account_id=call.account).first()
    output = {"Intact": broken is None, "EventCount": head.sequence if head is not None else 0}
    return output if broken is None else {**output, "BrokenAtSequence": broken}
