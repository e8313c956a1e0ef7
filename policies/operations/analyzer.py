"""The analyzer: AnalyzeAccount and its findings."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Q

from iamsite.operations import Call, Resource, last_access, operation
from iamsite.operations.errors import invalid_input, no_such_entity
from iamsite.operations.namespaces import namespaces_of
from iamsite.operations.paging import page
from identities.models import Role
from policies.analyzer.external import Outside, resources_let_in, roles_let_in
from policies.analyzer.found import Found
from policies.analyzer.unused import Period, unused
from policies.analyzer.wide import wide_policies
from policies.models import Analysis, Finding, RegisteredResource

UNUSED_DAYS = 90
ACTIVE, ARCHIVED, RESOLVED = Finding.Status.ACTIVE, Finding.Status.ARCHIVED, Finding.Status.RESOLVED

STATE = ("kind", "type", "rank", "status", "resource", "content")


@operation("portal:AnalyzeAccount", issues=True)
def analyze_account(call: Call, UnusedDays: int = UNUSED_DAYS) -> dict[str, Any]:
    last_access.flush()
    with connection.cursor() as cursor:  # one analysis of an account at a time
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"analyzer {call.account}"])
    found = {one.id(call.account): one for one in _found(call, UnusedDays)}
    _keep(call, found)
    Analysis.objects.update_or_create(
        account_id=call.account,
        defaults={"analyzed_at": call.now, "unused_days": UnusedDays},
    )
    return {"Analysis": _analysis(call)}


def _found(call: Call, days: int) -> Iterator[Found]:
    namespaces = namespaces_of(call.account)
    outside = Outside(call.account, call.caller.organization, call.now)
    yield from roles_let_in(outside, Role.objects.of(call.account).order_by("id"))
    resources = RegisteredResource.objects.of(call.account).order_by("id")
    yield from resources_let_in(outside, resources, namespaces)
    yield from unused(call.account, Period(call.now, days), namespaces)
    yield from wide_policies(call.account)


def _keep(call: Call, found: dict[uuid.UUID, Found]) -> None:
    """New findings are active, known ones stay what they are, those that are gone are resolved;
    one that comes back is active again."""
    known = {row.id: row for row in Finding.objects.of(call.account)}
    rows = []
    for finding_id, one in found.items():
        row = known.pop(finding_id, None)
        before = _state(row)
        if row is None:
            row = Finding(id=finding_id, account_id=call.account, created_at=call.now)
            row.updated_at = call.now
        elif row.status == RESOLVED:
            row.status, row.updated_at = ACTIVE, call.now
        row.kind, row.type, row.rank = one.kind, one.type, one.severity
        row.resource, row.content = one.resource, one.content()
        if _state(row) != before:
            rows.append(row)
    for row in known.values():
        if row.status != RESOLVED:
            row.status, row.updated_at = RESOLVED, call.now
            rows.append(row)
    Finding.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=[*STATE, "updated_at"],
    )


def _state(row: Finding | None) -> list[Any]:
    """What an analysis may change in a finding."""
    return [] if row is None else [getattr(row, name) for name in STATE]


@operation("portal:GetAnalysis", reads=True)
def get_analysis(call: Call) -> dict[str, Any]:
    if not Analysis.objects.of(call.account).exists():
        return {}
    return {"Analysis": _analysis(call)}


def _analysis(call: Call) -> dict[str, Any]:
    last = Analysis.objects.of(call.account).get()
    counts = Finding.objects.of(call.account).aggregate(
        **{status: Count("id", filter=Q(status=status)) for status in Finding.Status.values}
    )
    return {
        "AnalyzedDate": last.analyzed_at,
        "UnusedDays": last.unused_days,
        "ActiveFindings": counts[ACTIVE],
        "ArchivedFindings": counts[ARCHIVED],
        "ResolvedFindings": counts[RESOLVED],
    }


@operation("portal:ListFindings", reads=True)
def list_findings(
    call: Call,
    Status: str = ACTIVE,
    Kind: str | None = None,
    Severity: str | None = None,
    ResourceArn: str | None = None,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    rows = Finding.objects.of(call.account).filter(status=Status)
    rows = rows.order_by("rank", "kind", "type", "id")
    if Kind is not None:
        rows = rows.filter(kind=Kind)
    if Severity is not None:
        rows = rows.filter(rank=Finding.Severity[Severity])
    if ResourceArn is not None:
        rows = rows.filter(resource=ResourceArn)

    def fetch(after: Any, limit: int) -> list[Finding]:
        if after is None:
            return list(rows[:limit])
        rank, kind, type_, last = after
        behind = Q(rank__gt=rank) | Q(rank=rank) & (
            Q(kind__gt=kind) | Q(kind=kind, type__gt=type_) | Q(kind=kind, type=type_, id__gt=last)
        )
        return list(rows.filter(behind, rank__gte=rank)[:limit])

    found, paging = page(call, fetch, lambda row: [row.rank, row.kind, row.type, str(row.id)])
    return {"Findings": [_output(row) for row in found], **paging}


def finding(call: Call, FindingId: str, **_: Any) -> Resource:
    """What authorization sees of a finding."""
    return Resource(f"arn:aws:portal::{call.account}:finding/{FindingId}", call.account)


@operation("portal:GetFinding", resource=finding, reads=True)
def get_finding(call: Call, FindingId: str) -> dict[str, Any]:
    return {"Finding": _output(_row(call, FindingId))}


@operation("portal:ArchiveFinding", resource=finding, issues=True)
def archive_finding(call: Call, FindingId: str) -> None:
    _move(call, FindingId, ACTIVE, ARCHIVED)


@operation("portal:UnarchiveFinding", resource=finding, issues=True)
def unarchive_finding(call: Call, FindingId: str) -> None:
    _move(call, FindingId, ARCHIVED, ACTIVE)


def _move(call: Call, finding_id: str, before: str, after: str) -> None:
    row = _row(call, finding_id)
    moved = Finding.objects.of(call.account).filter(id=row.id, status=before)
    if not moved.update(status=after, updated_at=call.now):
        raise invalid_input(f"The finding {finding_id} is {row.status}, not {before}.")


def _row(call: Call, finding_id: str) -> Finding:
    """Raises NoSuchEntity."""
    try:
        wanted = uuid.UUID(finding_id)
    except ValueError:
        wanted = None
    row: Finding | None = Finding.objects.of(call.account).filter(id=wanted).first()
    if row is None:
        raise no_such_entity(f"The finding with id {finding_id} cannot be found.")
    return row


def _output(row: Finding) -> dict[str, Any]:
    content = dict(row.content)
    if "LastUsedDate" in content:
        content["LastUsedDate"] = datetime.fromisoformat(content["LastUsedDate"])
    return {
        "FindingId": str(row.id),
        "Arn": row.arn,
        "Kind": row.kind,
        "FindingType": row.type,
        "Severity": Finding.Severity(row.rank).name,
        "Status": row.status,
        "ResourceArn": row.resource,
        **content,
        "CreateDate": row.created_at,
        "UpdateDate": row.updated_at,
    }
