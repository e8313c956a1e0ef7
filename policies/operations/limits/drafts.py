"""A change of an organization's limits that is not made yet.

Each is an operation of Organizations, is authorised as that operation is, and refused what that
would be refused, in the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from accounts.models import DelegatedAdministrator, Organization
from accounts.models.organization import SCP
from accounts.operations.organizations import scope
from accounts.operations.organizations.accounts import check_move, check_removal
from accounts.operations.organizations.attachments import (
    check_attaching,
    check_detaching,
    check_disabling,
)
from accounts.operations.organizations.faults import fault
from accounts.operations.organizations.policies import (
    check_content,
    own_policy,
    refuse_unavailable,
)
from iamsite.operations import Call, Resource
from iamsite.operations.errors import invalid_input
from iamsite.operations.models import operation_model
from iamsite.operations.organization import Attached, Managed, attached_as
from iamsite.operations.registry import Params, registered
from iamsite.operations.validation import validate
from policies.operations.documents import digest
from policies.operations.limits.hierarchy import Hierarchy, hierarchy_of

# Whoever administers IAM for the organization may act as members' root users, and so sees them.
SEES_MEMBERS = "iam.amazonaws.com"
NODES = ("TargetId", "RootId", "AccountId", "SourceParentId", "DestinationParentId")
Changed = Callable[[Organization, Hierarchy, Params], Hierarchy]


@dataclass(frozen=True)
class Draft:
    """The organization as it is and as it would be."""

    before: Hierarchy
    after: Hierarchy

    def changed(self) -> list[str]:
        """The member accounts whose limits change, in order; the management account has none."""
        return sorted(
            account
            for account, where in self.before.members.items()
            if account != self.before.management
            and (self.before.limits(account), where)
            != (self.after.limits(account), self.after.members.get(account))
        )


def proposed(call: Call) -> Call:
    """The call that would make the change, by the same caller.

    Raises InvalidInput for a parameter that is missing, ValidationError as the operation itself.
    """
    name = f"organizations:{call.params['ChangeType']}"
    model, found = operation_model(name), registered(name)
    assert found is not None
    for parameter in model.required:
        if call.params.get(parameter) is None:
            raise invalid_input(
                f"{parameter} must be given with ChangeType {call.params['ChangeType']}."
            )
    if name == "organizations:UpdatePolicy" and call.params.get("Content") is None:
        raise invalid_input("Content must be given with ChangeType UpdatePolicy.")
    taken = {key: value for key, value in call.params.items() if key in model.members}
    validate(model, taken)
    return Call(call.caller, call.origin, found, model.service, taken, call.now)


def resources_of(change: Call) -> list[Resource]:
    """What the change is a change of: the policy, and the nodes of the tree."""
    params = change.params
    found = [scope.policy_node(change, params["PolicyId"])] if "PolicyId" in params else []
    return found + [scope.node(change, params[one]) for one in NODES if one in params]


def draft_of(call: Call, change: Call) -> Draft:
    """What `change` would do to the organization that the caller manages, or manages by its
    resource policy.

    Raises what the operation of the change raises, and AccessDeniedException for a delegate that
    does not see the members.
    """
    with scope.managed(change, delegates=False, changes=False) as organization:
        management = organization.account_id
        if call.account != management:
            delegated = DelegatedAdministrator.objects.of(management)
            if not delegated.filter(member=call.account, service=SEES_MEMBERS).exists():
                raise fault("AccessDenied")
        refuse_unavailable(organization, SCP)
        before = hierarchy_of(organization)
        name = change.registered.action.partition(":")[2]
        return Draft(before, CHANGES[name](organization, before, change.params))


def _update(organization: Organization, now: Hierarchy, params: Params) -> Hierarchy:
    policy, content = own_policy(organization, params["PolicyId"]), params["Content"]
    check_content(organization, policy.kind, content)
    new = {"content": content, "digest": digest(content)}
    return now.with_attached(
        [one._replace(**new) if one.id == policy.id else one for one in now.attached]
    )


def _attach(organization: Organization, now: Hierarchy, params: Params) -> Hierarchy:
    target = params["TargetId"]
    policy = check_attaching(organization, params["PolicyId"], target)
    known = (
        (None, None, None)
        if isinstance(policy, Managed)
        else (policy.name, policy.content, bytes(policy.digest))
    )
    where = now.members[now.management]
    return now.with_attached(
        [*now.attached, attached_as(where, target, policy.kind, policy.id, *known)]
    )


def _detach(organization: Organization, now: Hierarchy, params: Params) -> Hierarchy:
    row = check_detaching(organization, params["PolicyId"], params["TargetId"])
    return _without(now, lambda one: (one.target, one.id) == (row.target, row.policy))


def _disable(organization: Organization, now: Hierarchy, params: Params) -> Hierarchy:
    check_disabling(organization, params["RootId"], params["PolicyType"])
    return _without(now, lambda one: one.kind == params["PolicyType"])


def _without(now: Hierarchy, gone: Callable[[Attached], bool]) -> Hierarchy:
    return now.with_attached([one for one in now.attached if not gone(one)])


def _move(organization: Organization, now: Hierarchy, params: Params) -> Hierarchy:
    named = (params[one] for one in ("AccountId", "SourceParentId", "DestinationParentId"))
    row, path = check_move(organization, *named)
    return now.moved(row.member, path)


def _remove(organization: Organization, now: Hierarchy, params: Params) -> Hierarchy:
    return now.moved(check_removal(organization, params["AccountId"]).member, None)


CHANGES: Mapping[str, Changed] = {
    "UpdatePolicy": _update,
    "AttachPolicy": _attach,
    "DetachPolicy": _detach,
    "DisablePolicyType": _disable,
    "MoveAccount": _move,
    "RemoveAccountFromOrganization": _remove,
}
