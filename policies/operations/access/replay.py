"""What was asked on record, decided before and after a change that is not made yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from accounts.models import DecisionRecord
from iamsite.operations import Call
from policies.engine import decide
from policies.operations.access.standing import ALLOWED, DENIED
from policies.operations.authorize import Question
from policies.operations.decisions.now import asked_again

MOST_RECORDS = 200
# Whether a recorded request would be allowed after the change; None where it bears on it not.
Then = Callable[[DecisionRecord, Question], bool | None]


def replayed(call: Call, records: Sequence[DecisionRecord], then: Then) -> dict[str, Any]:
    """The portal model's DecisionReplay of `records`, newest first; one more than MOST_RECORDS
    says that there are older ones."""
    changes = []
    for record in records[:MOST_RECORDS]:
        again = asked_again(call, record)
        becomes = then(record, again) if again is not None else None
        if again is None or becomes is None:
            continue
        if decide(again.request, again.layers).allowed != becomes:
            changes.append({"DecisionId": str(record.id), **otherwise(record, again, becomes)})
    return {
        "RecordCount": min(len(records), MOST_RECORDS),
        "IsPartial": len(records) > MOST_RECORDS,
        "Changes": changes,
    }


def otherwise(record: DecisionRecord, again: Question, becomes: bool) -> dict[str, Any]:
    """What the portal model's ReplayedDecision tells of a request that would be decided otherwise:
    allowed, if `becomes` says so."""
    was, then = (DENIED, ALLOWED) if becomes else (ALLOWED, DENIED)
    return {
        "PrincipalArn": again.request.principal.arn,
        "ActionName": record.action,
        "ResourceArn": record.resource,
        "Was": was,
        "Becomes": then,
        "RequestCount": record.count,
        "LastTime": record.last_at,
    }
