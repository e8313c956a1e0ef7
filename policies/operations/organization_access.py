"""What the accounts of an organization last accessed, of what its service control policies let them
(IAM API Reference, GenerateOrganizationsAccessReport)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from accounts.models import (
    Member,
    Organization,
    OrganizationalUnit,
    OrganizationPolicy,
    PolicyTarget,
)
from accounts.models.organization import SCP
from accounts.operations.organizations import scope
from accounts.operations.organizations.faults import fault
from iamsite.operations import Call, OperationError, Resource, last_access, operation
from iamsite.operations.errors import no_such_entity
from iamsite.operations.models import error_text
from iamsite.operations.namespaces import namespaces_of
from iamsite.operations.organization import MANAGED, document_of
from iamsite.operations.rows import fetch
from identities.models import AccessReport
from policies.granted import Granted
from policies.operations import access_reports

USES = "SELECT account, service, at, region FROM iamsite_organization_access(%s, %s) ORDER BY at"
# What the caller must be allowed to read of the entity, and of the policy if one is named (Service
# Authorization Reference, dependent actions).
OF_ENTITY = ("ListRoots", "ListChildren", "ListParents", "ListPoliciesForTarget")
OF_POLICY = ("DescribePolicy", "ListTargetsForPolicy")
FALLING = ("SERVICE_NAMESPACE_DESCENDING", "LAST_AUTHENTICATED_TIME_DESCENDING")


class Use(NamedTuple):
    """The last time that somebody of an account tried a service."""

    account: str
    service: str
    at: datetime
    region: str


@dataclass(frozen=True, slots=True)
class Entity:
    """A node of the organization by its path, `o-…/r-…/…`, without a slash at its end."""

    path: str

    @property
    def node(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes from the root down to it."""
        return tuple(self.path.split("/")[1:])


def _may_generate(call: Call, EntityPath: str, OrganizationsPolicyId: str | None = None) -> None:
    resource = Resource(f"arn:aws:iam::{call.account}:access-report/{EntityPath}", call.account)
    context = {"iam:OrganizationsPolicyId": OrganizationsPolicyId}
    call.authorize("iam:GenerateOrganizationsAccessReport", resource, context)
    entity = scope.node(call, Entity(EntityPath.rstrip("/")).node)
    for name in OF_ENTITY:
        call.authorize(f"organizations:{name}", call.anything() if name == "ListRoots" else entity)
    if OrganizationsPolicyId is not None:
        policy = scope.policy_node(call, OrganizationsPolicyId)
        for name in OF_POLICY:
            call.authorize(f"organizations:{name}", policy, {"organizations:PolicyType": SCP})


@operation(
    "iam:GenerateOrganizationsAccessReport",
    issues=True,
    authorizes_itself=_may_generate,
    differs="A report is complete at once and kept for four hours; what AWS would say in the error "
    "of a failed one is the answer of this call.",
)
def generate_organizations_access_report(
    call: Call, EntityPath: str, OrganizationsPolicyId: str | None = None
) -> dict[str, Any]:
    organization = _managed(call)
    entity = _entity(organization, EntityPath)
    last_access.flush()
    content = _report(call, organization, entity, OrganizationsPolicyId)
    return access_reports.make(call, AccessReport.Kind.ORGANIZATION, EntityPath, content)


def _managed(call: Call) -> Organization:
    """The organization that the caller's account manages, with service control policies enabled."""
    membership = call.caller.organization
    if membership is None:
        raise _fault("OrganizationNotFoundException")
    if membership.management != call.account:
        raise _fault("CallerIsNotManagementAccountException")
    organization = scope.found(call.account, changes=False)
    if organization.feature_set != Organization.FeatureSet.ALL:
        raise _fault("OrganizationNotInAllFeaturesModeException")
    if SCP not in organization.policy_types:
        raise fault("PolicyTypeNotEnabled")
    return organization


def _fault(code: str) -> OperationError:
    return OperationError(code, error_text("iam", code))


def _entity(organization: Organization, path: str) -> Entity:
    """Raises NoSuchEntity for a path that leads to no node of the organization."""
    entity = Entity(path.rstrip("/"))
    above, node = entity.path[: -len(entity.node)], entity.node
    account = organization.account_id
    if node.startswith("r-"):
        known = f"{entity.path}/" == organization.root_path
    elif node.startswith("ou-"):
        known = (
            OrganizationalUnit.objects.of(account).filter(id=node, path=f"{entity.path}/").exists()
        )
    else:
        known = Member.objects.of(account).filter(member=node, path=above).exists()
    if not known:
        raise no_such_entity(f"The organization has no entity with path {path}.")
    return entity


def _report(
    call: Call, organization: Organization, entity: Entity, policy_id: str | None
) -> dict[str, Any]:
    names = namespaces_of(call.account).names()
    paths = {
        row.member: f"{row.path}{row.member}" for row in Member.objects.of(organization.account_id)
    }
    limits = _attached(organization)
    if entity.node == organization.account_id:
        # Nothing limits the management account, so a policy is not asked about either.
        allowed, accounts = list(names), [entity.node]
    else:
        accounts = [
            account
            for account, path in paths.items()
            if account != organization.account_id
            and f"{path}/".startswith(f"{entity.path}/")
            and (policy_id is None or _applies(limits, policy_id, entity, path))
        ]
        levels = (
            [Granted(limits[node].values()) for node in entity.nodes]
            if policy_id is None
            else [Granted([_document(organization, policy_id)])]
        )
        allowed = [name for name in names if all(level.service(name) for level in levels)]
    used: dict[str, list[Use]] = defaultdict(list)
    for row in fetch(USES, [accounts, last_access.since(call.now)]):
        used[row[1]].append(Use(*row))
    return {"Services": [_details(one, names[one], used[one], paths) for one in sorted(allowed)]}


def _attached(organization: Organization) -> dict[str, dict[str, Any]]:
    """The documents of the service control policies of each node, by their ids."""
    account = organization.account_id
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    texts = dict(OrganizationPolicy.objects.of(account).values_list("id", "content"))
    for row in PolicyTarget.objects.of(account).filter(kind=SCP):
        text = MANAGED[row.policy].content if row.policy in MANAGED else texts[row.policy]
        found[row.target][row.policy] = document_of(text, SCP)
    return found


def _applies(limits: dict[str, dict[str, Any]], policy_id: str, entity: Entity, path: str) -> bool:
    """Whether the policy reaches the account at `path` from the entity or from below it."""
    nodes = path.split("/")[len(entity.nodes) :]
    return any(policy_id in limits.get(node, ()) for node in nodes)


def _document(organization: Organization, policy_id: str) -> Any:
    """The service control policy of that id; raises NoSuchEntity."""
    if policy_id in MANAGED and MANAGED[policy_id].kind == SCP:
        return document_of(MANAGED[policy_id].content, SCP)
    rows = OrganizationPolicy.objects.of(organization.account_id).filter(id=policy_id, kind=SCP)
    text = rows.values_list("content", flat=True).first()
    if text is None:
        raise no_such_entity(f"The service control policy with id {policy_id} cannot be found.")
    return document_of(text, SCP)


def _details(service: str, name: str, uses: list[Use], paths: dict[str, str]) -> dict[str, Any]:
    details: dict[str, Any] = {
        "ServiceName": name,
        "ServiceNamespace": service,
        "TotalAuthenticatedEntities": len(uses),
    }
    if uses:
        last = uses[-1]
        details["Region"] = last.region
        details["EntityPath"] = paths[last.account]
        details["LastAuthenticatedTime"] = last.at.isoformat()
    return details


@operation("iam:GetOrganizationsAccessReport", reads=True)
def get_organizations_access_report(
    call: Call,
    JobId: str,
    SortKey: str = "SERVICE_NAMESPACE_ASCENDING",
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    report = access_reports.find(call, JobId, AccessReport.Kind.ORGANIZATION)
    _managed(call)
    services = _sorted(report.content["Services"], SortKey)
    entries, paging = access_reports.page_in_order(call, services)
    return {
        **access_reports.dates(report),
        "NumberOfServicesAccessible": len(services),
        "NumberOfServicesNotAccessed": sum("Region" not in one for one in services),
        "AccessDetails": [
            access_reports.read_times(one, "LastAuthenticatedTime") for one in entries
        ],
        **paging,
    }


def _sorted(services: Iterable[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """By namespace, or by time with those never accessed before all times."""
    by_time = key.startswith("LAST_AUTHENTICATED_TIME")
    member = "LastAuthenticatedTime" if by_time else "ServiceNamespace"
    return sorted(services, key=lambda one: one.get(member, ""), reverse=key in FALLING)
