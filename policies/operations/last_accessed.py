"""What users, groups, roles and policies last accessed (api-behaviour.md §9.4; IAM User Guide,
"Refine permissions in AWS using last accessed information")."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db.models import F

from iamsite.operations import Call, Resource, last_access, operation
from iamsite.operations.errors import no_such_entity
from iamsite.operations.layers import as_policy, document_of, held_by
from iamsite.operations.namespaces import namespaces_of
from iamsite.operations.paging import page
from iamsite.operations.rows import fetch
from identities.models import AccessReport, Role, User
from policies.engine import DocumentKind
from policies.granted import Granted
from policies.models import PolicyVersion
from policies.operations import access_reports, find
from policies.operations.principals import get_by_arn, resource_by_arn

SERVICE_LEVEL, ACTION_LEVEL = AccessReport.Kind.SERVICE_LEVEL, AccessReport.Kind.ACTION_LEVEL
NEVER = datetime(1, 1, 1, tzinfo=UTC)

# The users and roles that have what the subject grants: itself, a group's members, those whom a
# policy is attached to, by a group too.
ENTITIES = """
WITH attached AS (
    SELECT principal_id AS id FROM policies_attachment WHERE policy_id = %s
    UNION ALL SELECT %s),
entities AS (
    SELECT id FROM attached WHERE id !~ '^AGPA'
    UNION SELECT m.user_id FROM attached JOIN identities_membership m ON m.group_id = attached.id)
"""
USES = f"""{ENTITIES}
SELECT a.service, a.action, a.principal_id, a.at, a.region
    FROM entities e JOIN identities_lastaccess a ON a.principal_id = e.id
    WHERE a.account_id = %s AND a.at > %s ORDER BY a.at, a.principal_id
"""  # noqa: S608
OF_SERVICE = f"""{ENTITIES},
named AS (
    SELECT id, name, path, 'USER' AS type FROM identities_user WHERE id IN (SELECT id FROM entities)
    UNION ALL
    SELECT id, name, path, 'ROLE' FROM identities_role WHERE id IN (SELECT id FROM entities)),
used AS (
    SELECT n.*, coalesce((
        SELECT max(a.at) FROM identities_lastaccess a
            WHERE a.account_id = %s AND a.principal_id = n.id AND a.service = %s AND a.at > %s),
        %s::timestamptz) AS at
    FROM named n)
SELECT id, name, path, type, at FROM used
    WHERE (at, id) < (%s::timestamptz, %s) ORDER BY at DESC, id DESC LIMIT %s
"""  # noqa: S608
LATEST = datetime(9999, 1, 1, tzinfo=UTC).isoformat()


@dataclass(frozen=True, slots=True)
class Subject:
    """What a report is about: a principal by its unique id, or a managed policy by its own."""

    principal: str = ""
    policy: str = ""

    def granted(self) -> Granted:
        """What it grants; a policy by its default version."""
        if self.principal:
            held = [one for one in held_by(self.principal) if one.holder != "boundary"]
            return Granted(as_policy(one).document for one in held)
        version = PolicyVersion.objects.get(
            policy_id=self.policy, number=F("policy__default_version")
        )
        return Granted([document_of(version.document, DocumentKind.MANAGED)])

    def uses(self, call: Call) -> list[Use]:
        """What its entities have tried within the tracking period, newest last."""
        values = [self.policy, self.principal, call.account, last_access.since(call.now)]
        return [Use(*row) for row in fetch(USES, values)]


class Use(NamedTuple):
    """The last time that a principal tried an action."""

    service: str
    action: str
    principal: str
    at: datetime
    region: str


def _subject(call: Call, arn: str) -> Subject:
    """Raises NoSuchEntity, and InvalidInput for the ARN of something else."""
    if find.ARN.fullmatch(arn) is not None:
        return Subject(policy=find.get_policy(call, arn).id)
    return Subject(principal=get_by_arn(call, arn)[1].id)


def resource(call: Call, Arn: str, **_: Any) -> Resource:
    if find.ARN.fullmatch(Arn) is not None:
        return find.policy(call, Arn)
    return resource_by_arn(call, Arn)


@operation(
    "iam:GenerateServiceLastAccessedDetails",
    resource=resource,
    issues=True,
    differs="A report is complete at once, with what happened up to the call; it is kept for four "
    "hours. Attempts of a node appear within ten seconds on the others.",
)
def generate_service_last_accessed_details(
    call: Call, Arn: str, Granularity: str = SERVICE_LEVEL
) -> dict[str, Any]:
    subject = _subject(call, Arn)
    last_access.flush()
    services = _services(call, subject, with_actions=Granularity == ACTION_LEVEL)
    content = {"Principal": subject.principal, "Policy": subject.policy, "Services": services}
    return access_reports.make(call, Granularity, Arn, content)


def _services(call: Call, subject: Subject, *, with_actions: bool) -> list[dict[str, Any]]:
    """Every service that the subject grants, by namespace, with its last attempt."""
    granted, known = subject.granted(), namespaces_of(call.account)
    used: dict[str, list[Use]] = defaultdict(list)
    for use in subject.uses(call):
        used[use.service].append(use)
    arns = _arns(use.principal for uses in used.values() for use in uses)
    found = []
    for service, name in sorted(known.names().items()):
        if not granted.service(service):
            continue
        uses = used.get(service, [])
        entry: dict[str, Any] = {
            "ServiceName": name,
            "ServiceNamespace": service,
            "TotalAuthenticatedEntities": len({use.principal for use in uses}),
        }
        if uses:
            last = uses[-1]
            entry["LastAuthenticated"] = last.at.isoformat()
            entry["LastAuthenticatedEntity"] = arns[last.principal]
            entry["LastAuthenticatedRegion"] = last.region
        last_of_each = {use.action: use for use in uses if use.action}
        if with_actions and last_of_each:
            actions = known.actions(service)
            entry |= _tracked(
                last_of_each,
                [shown for action, shown in actions.items() if granted.action(service, action)],
                arns,
            )
        found.append(entry)
    return found


def _tracked(last: dict[str, Use], granted: list[str], arns: dict[str, str]) -> dict[str, Any]:
    """Every tracked action that is granted, those that nobody tried by name alone; nothing of a
    service in which none was tried."""
    if not last.keys() & set(granted):
        return {}
    actions = []
    for name in sorted(granted):
        action = {"ActionName": name}
        if (use := last.get(name)) is not None:
            action["LastAccessedEntity"] = arns[use.principal]
            action["LastAccessedTime"] = use.at.isoformat()
            action["LastAccessedRegion"] = use.region
        actions.append(action)
    return {"TrackedActionsLastAccessed": actions}


def _arns(ids: Iterable[str]) -> dict[str, str]:
    wanted = set(ids)
    rows = (row for model in (User, Role) for row in model.objects.filter(id__in=wanted))
    return {row.id: row.arn for row in rows}


@operation("iam:GetServiceLastAccessedDetails", reads=True)
def get_service_last_accessed_details(
    call: Call, JobId: str, Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    report = access_reports.find(call, JobId, SERVICE_LEVEL, ACTION_LEVEL)
    entries, paging = access_reports.page_in_order(call, report.content["Services"])
    return {
        **access_reports.dates(report),
        "JobType": report.kind,
        "ServicesLastAccessed": [_entry(one) for one in entries],
        **paging,
    }


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    read = access_reports.read_times
    entry = read(entry, "LastAuthenticated")
    if "TrackedActionsLastAccessed" in entry:
        actions = entry["TrackedActionsLastAccessed"]
        entry["TrackedActionsLastAccessed"] = [read(one, "LastAccessedTime") for one in actions]
    return entry


@operation(
    "iam:GetServiceLastAccessedDetailsWithEntities",
    reads=True,
    differs="The entities are those of the moment, not of the time of the report.",
)
def get_service_last_accessed_details_with_entities(
    call: Call,
    JobId: str,
    ServiceNamespace: str,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    report = access_reports.find(call, JobId, SERVICE_LEVEL, ACTION_LEVEL)
    content, service = report.content, ServiceNamespace.lower()
    if all(one["ServiceNamespace"] != service for one in content["Services"]):
        raise no_such_entity(
            f"The report with job id {JobId} has no service with namespace {ServiceNamespace}."
        )
    start = last_access.since(call.now)
    values = [content["Policy"], content["Principal"], call.account, service, start, NEVER]

    def fetch_page(after: Any, limit: int) -> list[Any]:
        return fetch(OF_SERVICE, [*values, *(after or (LATEST, "")), limit])

    rows, paging = page(call, fetch_page, lambda row: [row[4].isoformat(), row[0]])
    return {
        **access_reports.dates(report),
        "EntityDetailsList": [_details(call, *row) for row in rows],
        **paging,
    }


def _details(
    call: Call, unique_id: str, name: str, path: str, kind: str, at: datetime
) -> dict[str, Any]:
    arn = f"arn:aws:iam::{call.account}:{kind.lower()}{path}{name}"
    info = {"Arn": arn, "Name": name, "Type": kind, "Id": unique_id, "Path": path}
    return {"EntityInfo": info, **({"LastAuthenticated": at} if at > NEVER else {})}
