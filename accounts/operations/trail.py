"""The audit trail: what happened in the account, and whether the record of it is whole."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import Event, TrailHead
from iamsite.operations import Call, operation
from iamsite.operations.paging import page_newest_first

SUCCESS = "Success"
FAILURE = "Failure"  # any outcome but success


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


@operation("portal:ListEvents", reads=True)
def list_events(
    call: Call,
    PrincipalArn: str | None = None,
    EventName: str | None = None,
    EventSource: str | None = None,
    ResourceArn: str | None = None,
    Outcome: str | None = None,
    StartTime: datetime | None = None,
    EndTime: datetime | None = None,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    """Newest first. `Outcome` is Success, Failure for any refusal, or one error's code."""
    rows = Event.objects.of(call.account)
    wanted = {
        "principal_arn": PrincipalArn,
        "operation": EventName,
        "service": EventSource,
        "resources__contains": [ResourceArn] if ResourceArn is not None else None,
        "outcome": Outcome if Outcome != FAILURE else None,
        "at__gte": StartTime,
        "at__lte": EndTime,
    }
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    if Outcome == FAILURE:
        rows = rows.exclude(outcome=SUCCESS)
    events, paging = page_newest_first(call, rows, "sequence")
    return {"Events": [event_output(event) for event in events], **paging}


@operation("portal:VerifyTrail", reads=True)
def verify_trail(call: Call) -> dict[str, Any]:
    """Computes the account's whole chain of events anew (accounts/migrations/0002_tenancy.py)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT iamsite_trail_break(%s)", [call.account])
        (broken,) = cursor.fetchone()
    head = TrailHead.objects.filter(account_id=call.account).first()
    output = {"Intact": broken is None, "EventCount": head.sequence if head is not None else 0}
    return output if broken is None else {**output, "BrokenAtSequence": broken}
