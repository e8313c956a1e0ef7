"""Who may do what to an organization, and where its rows are.

The management account manages it. A delegated administrator may read it, and whoever the
organization's resource policy names may do what it says. Any other member may only ask what
organization it is in; a stranger learns nothing. Policies are asked before all of that,
as for every operation: on the organization's ARNs, which the caller's own policies speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db.models import F

from accounts import tenancy
from accounts.models import (
    DelegatedAdministrator,
    Member,
    Organization,
    OrganizationalUnit,
    OrganizationPolicy,
    OrganizationResourcePolicy,
)
from accounts.operations.organizations.delegated import grants
from accounts.operations.organizations.faults import fault
from iamsite.operations import Call, Resource, operation
from iamsite.operations.organization import MANAGED
from iamsite.operations.registry import Authorization, KeyOf, ResourceOf, Result
from iamsite.operations.rows import fetch

Run = Callable[..., Result | None]


def managing(
    action: str,
    *,
    reads: bool = False,
    resource: ResourceOf | None = None,
    authorization: Authorization | None = None,
    context: Mapping[str, KeyOf] | None = None,
    limits: bool = True,
    differs: str = "",
) -> Callable[[Run], Run]:
    """Registers an operation that the management account performs; when it `reads`, delegated
    administrators too.

    The function is called with the call, the organization and the parameters, in the management
    account. A change raises the organization's revision, unless it `limits` nobody.
    """

    def register(function: Run) -> Run:
        def run(call: Call, **params: Any) -> Result | None:
            with managed(call, delegates=reads, changes=limits and not reads) as organization:
                return function(call, organization, **params)

        operation(
            f"organizations:{action}",
            resource=resource,
            authorizes_itself=authorization or False,
            reads=reads,
            context=context,
            differs=differs,
        )(run)
        return function

    return register


@contextmanager
def managed(call: Call, *, delegates: bool, changes: bool) -> Iterator[Organization]:
    """The organization that the caller manages or may read, its management account entered.

    Raises AWSOrganizationsNotInUseException, AccessDeniedException.
    """
    membership = call.caller.organization
    if membership is None:
        raise fault("AWSOrganizationsNotInUse")
    if membership.management == call.account:
        yield found(call.account, changes=changes)
        return
    management = membership.management
    with tenancy.entered(management, back=call.account):
        delegations = DelegatedAdministrator.objects.of(management).filter(member=call.account)
        delegated = delegates and delegations.exists()
        policy = OrganizationResourcePolicy.objects.of(management).first()
    if not delegated and not grants(call, management, policy):
        raise fault("AccessDenied")
    with tenancy.entered(management, back=call.account):
        yield found(management, changes=changes)
    if changes:
        call.shared_with.append(management)


def found(management: str, *, changes: bool) -> Organization:
    """The organization of the entered management account.

    With `changes` its revision rises, which also makes changes of one organization by several
    accounts (leaving, accepting) follow one another.
    """
    rows = Organization.objects.of(management)
    if changes:
        rows.update(revision=F("revision") + 1)
    organization = rows.first()
    if organization is None:
        raise fault("AWSOrganizationsNotInUse")
    return organization


class Known(NamedTuple):
    """What is known of a member account beyond its membership."""

    name: str
    email: str
    status: str


def known_accounts() -> dict[str, Known]:
    """The accounts of the entered management account's organization, by id."""
    rows = fetch("SELECT id, name, email, status FROM iamsite_organization_accounts()")
    return {row[0]: Known(row[1], row[2] or "", row[3]) for row in rows}


# What authorization sees. Organizations is asked by members of one organization about one
# another's rows, and the policies of the caller alone decide: so its account counts as the owner.


def arn(call: Call, kind: str, *parts: str) -> str:
    """`arn:aws:organizations::management:kind/o-…/parts`; `*` for a caller in no organization."""
    membership = call.caller.organization
    if membership is None:
        return "*"
    tail = "/".join((kind, membership.id, *parts))
    return f"arn:aws:organizations::{membership.management}:{tail}"


def node(call: Call, node_id: str) -> Resource:
    """A root, unit or account by its id."""
    kind = {"r": "root", "o": "ou"}.get(node_id[0], "account")
    return Resource(arn(call, kind, node_id), call.account, tags=_tags(call, kind, node_id))


def policy_node(call: Call, PolicyId: str, **_: Any) -> Resource:
    """A policy by its id; one that is not there has a kind of its own, which no policy names."""
    if PolicyId in MANAGED:
        return Resource(MANAGED[PolicyId].arn, call.account)
    row = policy_row(call, PolicyId)
    kind = row.kind.lower() if row is not None else "unknown"
    return Resource(arn(call, "policy", kind, PolicyId), call.account, tags=row.tags if row else {})


def resource_policy_node(call: Call, **_: Any) -> Resource:
    """The organization's resource policy, `*` for its id before there is one."""
    row = _in_management(
        call, lambda account: OrganizationResourcePolicy.objects.of(account).first()
    )
    policy_id, tags = (row.id, row.tags) if row is not None else ("*", {})
    return Resource(arn(call, "resourcepolicy", policy_id), call.account, tags=tags)


def policy_row(call: Call, policy_id: str) -> OrganizationPolicy | None:
    """The organization's own policy of that id, for the management account and its delegates."""
    key = (OrganizationPolicy, policy_id)
    if key not in call.found:
        call.found[key] = _in_management(
            call,
            lambda account: OrganizationPolicy.objects.of(account).filter(id=policy_id).first(),
        )
    row: OrganizationPolicy | None = call.found[key]
    return row


def policy_type(call: Call) -> str | None:
    """`organizations:PolicyType` of the policy that the call names."""
    policy_id = call.params.get("PolicyId", "")
    if policy_id in MANAGED:
        return MANAGED[policy_id].kind
    row = policy_row(call, policy_id)
    return row.kind if row is not None else None


def named(parameter: str) -> ResourceOf:
    """The node that a parameter names."""

    def resource(call: Call, **params: Any) -> Resource:
        return node(call, params[parameter])

    return resource


def _in_management(call: Call, look: Callable[[str], Any]) -> Any:
    membership = call.caller.organization
    if membership is None:
        return None
    if membership.management == call.account:
        return look(call.account)
    with tenancy.entered(membership.management, back=call.account):
        return look(membership.management)


def _tags(call: Call, kind: str, node_id: str) -> dict[str, str]:
    def look(account: str) -> dict[str, str]:
        if kind == "root":
            rows = Organization.objects.of(account).filter(root_id=node_id)
            return dict(rows.values_list("root_tags", flat=True).first() or {})
        if kind == "ou":
            units = OrganizationalUnit.objects.of(account).filter(id=node_id)
            return dict(units.values_list("tags", flat=True).first() or {})
        members = Member.objects.of(account).filter(member=node_id)
        return dict(members.values_list("tags", flat=True).first() or {})

    return dict(_in_management(call, look) or {})
