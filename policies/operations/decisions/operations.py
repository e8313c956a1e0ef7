"""ListDecisions, GetDecision and EvaluateDecision."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Account, DecisionRecord
from iamsite.operations import AccessDenied, Call, Resource, operation
from iamsite.operations.decided import OF_RESOURCE, Decided, kept_context, policies_of
from iamsite.operations.errors import no_such_entity
from iamsite.operations.paging import page
from policies.operations.authorize import policies_of_session, question
from policies.operations.decisions.evaluation import context_entries, evaluation
from policies.operations.decisions.now import asked_again
from policies.operations.principals import resource_by_arn

Entries = Sequence[Mapping[str, Any]]
DENIED = "denied"


def kept_since(call: Call) -> datetime:
    """Decisions last made before are not kept any more, whether they are still there or not."""
    days = Account.objects.values_list("decision_days", flat=True).get(id=call.account)
    return call.now - timedelta(days=days)


@operation("portal:ListDecisions", reads=True)
def list_decisions(
    call: Call,
    PrincipalArn: str | None = None,
    ActionName: str | None = None,
    ResourceArn: str | None = None,
    Decision: str = DENIED,
    DecidingLayer: str | None = None,
    StartTime: datetime | None = None,
    EndTime: datetime | None = None,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    since = kept_since(call)
    rows = DecisionRecord.objects.of(call.account).filter(
        last_at__gte=max(since, StartTime or since)
    )
    rows = rows.filter(is_allowed=Decision == "allowed").defer("ladder", "policies", "context")
    if Decision not in ("allowed", DENIED):
        rows = rows.filter(outcome=Decision)
    if DecidingLayer is not None:
        rows = rows.filter(layer=DecidingLayer)
    if EndTime is not None:
        rows = rows.filter(last_at__lte=EndTime)
    if PrincipalArn is not None:
        rows = rows.filter(Q(principal_arn=PrincipalArn) | Q(principal__role_arn=PrincipalArn))
    if ActionName is not None:
        rows = rows.filter(action__iexact=ActionName)
    if ResourceArn is not None:
        rows = rows.filter(resource=ResourceArn)
    found, paging = _page(call, rows)
    return {"Decisions": [_summary(one) for one in found], "RetainedSince": since, **paging}


def _page(
    call: Call, rows: QuerySet[DecisionRecord]
) -> tuple[list[DecisionRecord], dict[str, Any]]:
    def fetch(after: Any, limit: int) -> list[DecisionRecord]:
        found = rows
        if after is not None:
            at, last = datetime.fromisoformat(after[0]), after[1]
            found = rows.filter(last_at__lte=at).filter(Q(last_at__lt=at) | Q(id__gt=last))
        return list(found.order_by("-last_at", "id")[:limit])

    return page(call, fetch, lambda row: [row.last_at.isoformat(), str(row.id)])


def _summary(record: DecisionRecord) -> dict[str, Any]:
    optional = {"DecidingLayer": record.layer, "Message": record.message}
    return {
        "DecisionId": str(record.id),
        "Decision": record.outcome,
        "PrincipalType": record.principal_kind,
        "PrincipalArn": record.principal_arn,
        "ActionName": record.action,
        "ResourceArn": record.resource,
        "EventName": record.operation,
        "Face": record.face,
        "FirstDate": record.first_at,
        "LastDate": record.last_at,
        "Count": record.count,
        **{name: value for name, value in optional.items() if value},
    }


def _may_get(call: Call, DecisionId: str) -> None:
    """Who was denied may see its own; raises AccessDenied for any other without permission.

    Whether there is such a decision makes no difference to who may not see it.
    """
    record = _found(call, DecisionId)
    resource = Resource(f"arn:aws:portal::{call.account}:decision/{DecisionId}", call.account)
    try:
        call.authorize("portal:GetDecision", resource)
        call.found["complete"] = True
    except AccessDenied:
        if record is None or not _is_own(call, record):
            raise


def _found(call: Call, decision_id: str) -> DecisionRecord | None:
    if DecisionRecord not in call.found:
        try:
            wanted = uuid.UUID(decision_id)
        except ValueError:
            return None
        rows = DecisionRecord.objects.of(call.account).filter(last_at__gte=kept_since(call))
        call.found[DecisionRecord] = rows.filter(id=wanted).first()
    found: DecisionRecord | None = call.found[DecisionRecord]
    return found


def _is_own(call: Call, record: DecisionRecord) -> bool:
    caller = call.caller
    asked = record.principal_arn, record.principal_id
    return not record.is_allowed and asked == (caller.principal.arn, caller.subject_id)


@operation("portal:GetDecision", reads=True, authorizes_itself=_may_get)
def get_decision(call: Call, DecisionId: str) -> dict[str, Any]:
    record = _found(call, DecisionId)
    if record is None:
        raise no_such_entity(
            f"The decision with id {DecisionId} cannot be found: there is none, or it is not kept "
            "any more."
        )
    is_complete = "complete" in call.found
    days = call.now - kept_since(call)
    output = {
        **_summary(record),
        "Context": context_entries(record.context),
        "RequestId": record.request_id,
        "ExpireDate": record.last_at + days,
        "IsComplete": is_complete,
    }
    if not is_complete:
        # No more than the denial itself has told.
        output.pop("DecidingLayer", None)
        output["Context"] = [
            one for one in output["Context"] if not one["ContextKeyName"].startswith(OF_RESOURCE)
        ]
        return output
    if record.ladder:
        output["Ladder"] = record.ladder
    asked = asked_again(call, record) if record.layer else None
    if asked is not None:
        output["Now"] = evaluation(call, asked)
        now = Decided(asked.caller, asked.request, layers=asked.layers)
        if record.ladder:
            output["Differences"] = list(_differences(record.policies, policies_of(now)))
    return output


def _differences(then: list[dict[str, Any]], now: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Which policies were added, removed or changed."""

    def key(one: dict[str, Any]) -> tuple[str, str]:
        return one["Layer"], one.get("PolicyArn") or one.get("PolicyName", "")

    before, after = ({key(one): one for one in policies} for policies in (then, now))
    for known in sorted(before.keys() | after.keys()):
        was, now_is = before.get(known), after.get(known)
        if was is None or now_is is None:
            difference = "removed" if now_is is None else "added"
        elif was["Digest"] != now_is["Digest"]:
            difference = "changed"
        else:
            continue
        told = {name: one for name, one in (now_is or was or {}).items() if name != "Digest"}
        yield {**told, "Difference": difference}


def _about(call: Call, PrincipalArn: str | None = None, **_: Any) -> Resource:
    """The principal that is asked about."""
    if PrincipalArn is None or PrincipalArn == call.caller.principal.arn:
        arn = call.caller.principal.role_arn or call.caller.principal.arn
        return Resource(arn, call.account, tags=call.caller.tags)
    return resource_by_arn(call, PrincipalArn)


@operation("portal:EvaluateDecision", resource=_about, reads=True)
def evaluate_decision(
    call: Call,
    ActionName: str,
    ResourceArn: str = "*",
    PrincipalArn: str | None = None,
    ContextEntries: Entries = (),
    SessionPolicy: str | None = None,
    SessionPolicyArns: Sequence[str] = (),
) -> dict[str, Any]:
    session = policies_of_session(call, SessionPolicy, SessionPolicyArns)
    asked = question(call, ActionName, ResourceArn, PrincipalArn, ContextEntries, session)
    return {
        "PrincipalArn": asked.request.principal.arn,
        "ActionName": ActionName,
        "ResourceArn": ResourceArn,
        "Context": context_entries(kept_context(Decided(asked.caller, asked.request))),
        "Now": evaluation(call, asked),
    }
