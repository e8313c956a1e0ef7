"""GetAccountAuthorizationDetails: everything that says who may do what (api-behaviour.md §9.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from accounts.tenancy import AWS
from iamsite.operations import Call, operation
from identities import trust
from identities.models import Group, Membership, Role, User
from identities.operations.instance_profiles import profiles_of_roles
from identities.operations.roles import last_used
from identities.operations.tags import tag_list
from policies.models import Attachment, Boundary, InlinePolicy, Policy, PolicyVersion
from policies.operations.attachments import attached_output
from policies.operations.boundaries import boundary_member
from policies.operations.chain import page_of_chain
from policies.operations.policies import counted, policy_output
from policies.operations.versions import version_output


@operation("iam:GetAccountAuthorizationDetails", reads=True)
def get_account_authorization_details(
    call: Call,
    Filter: Sequence[str] | None = None,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    wanted = set(Filter or ("User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy"))
    lists: list[QuerySet[Any]] = [
        model.objects.of(call.account) if name in wanted else model.objects.none()
        for name, model in (("User", User), ("Group", Group), ("Role", Role))
    ]
    (users, groups, roles, policies), paging = page_of_chain(
        call, [*lists, _policies(call, wanted)]
    )
    held = _Held(call, [one.id for one in (*users, *groups, *roles)], roles)
    trusts = trust.shown(roles)
    versions = _versions(policies)
    return {
        "UserDetailList": [_user(held, user) for user in users],
        "GroupDetailList": [_group(held, group) for group in groups],
        "RoleDetailList": [
            {**_role(held, role, trusts[role.id]), "RoleLastUsed": last_used(call, role)}
            for role in roles
        ],
        "Policies": [
            {**_policy(policy), "PolicyVersionList": versions[policy.id]} for policy in policies
        ],
        **paging,
    }


def _policies(call: Call, wanted: set[str]) -> QuerySet[Any]:
    """The account's own policies, and of AWS's those that it uses."""
    chosen = Q(pk__in=[])
    if "LocalManagedPolicy" in wanted:
        chosen |= Q(account_id=call.account)
    if "AWSManagedPolicy" in wanted:
        for model in (Attachment, Boundary):
            used = model.objects.of(call.account).filter(policy_account_id=AWS)
            chosen |= Q(id__in=used.values("policy"))
    return counted(call, Policy.objects.filter(chosen))


class _Held:
    """What the principals on one page hold and are in, each kind in one query."""

    def __init__(self, call: Call, ids: Iterable[str], roles: Sequence[Role]) -> None:
        mine = {"account_id": call.account, "principal_id__in": list(ids)}
        self.inline: dict[str, list[dict[str, str]]] = defaultdict(list)
        for inline in InlinePolicy.objects.filter(**mine).order_by("lower_name"):
            self.inline[inline.principal_id].append(
                {"PolicyName": inline.name, "PolicyDocument": inline.document}
            )
        self.attached: dict[str, list[dict[str, str]]] = defaultdict(list)
        attachments = Attachment.objects.filter(**mine).select_related("policy")
        for attachment in attachments.order_by("policy__lower_name", "policy_id"):
            self.attached[attachment.principal_id].append(attached_output(attachment.policy))
        self.boundary = {
            boundary.principal_id: boundary.policy.arn
            for boundary in Boundary.objects.filter(**mine).select_related("policy")
        }
        self.profiles = profiles_of_roles(roles)
        self.groups: dict[str, list[str]] = defaultdict(list)
        memberships = Membership.objects.of(call.account).filter(
            user_id__in=mine["principal_id__in"]
        )
        named = memberships.order_by("group__lower_name").values_list("user", "group__name")
        for user, group in named:
            self.groups[user].append(group)


def _named(kind: str, one: Any) -> dict[str, Any]:
    return {
        "Path": one.path,
        f"{kind}Name": one.name,
        f"{kind}Id": one.id,
        "Arn": one.arn,
        "CreateDate": one.created_at,
    }


def _user(held: _Held, user: User) -> dict[str, Any]:
    return {
        **_named("User", user),
        "UserPolicyList": held.inline[user.id],
        "GroupList": held.groups[user.id],
        "AttachedManagedPolicies": held.attached[user.id],
        **boundary_member(held.boundary.get(user.id)),
        "Tags": tag_list(user.tags),
    }


def _group(held: _Held, group: Group) -> dict[str, Any]:
    return {
        **_named("Group", group),
        "GroupPolicyList": held.inline[group.id],
        "AttachedManagedPolicies": held.attached[group.id],
    }


def _role(held: _Held, role: Role, trust_policy: str) -> dict[str, Any]:
    return {
        **_named("Role", role),
        "AssumeRolePolicyDocument": trust_policy,
        "InstanceProfileList": held.profiles[role.id],
        "RolePolicyList": held.inline[role.id],
        "AttachedManagedPolicies": held.attached[role.id],
        **boundary_member(held.boundary.get(role.id)),
        "Tags": tag_list(role.tags),
    }


def _policy(policy: Any) -> dict[str, Any]:
    output = policy_output(policy)
    return {**output, "Description": policy.description} if policy.description else output


def _versions(policies: Sequence[Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {policy.id: [] for policy in policies}
    by_id = {policy.id: policy for policy in policies}
    for version in PolicyVersion.objects.filter(policy_id__in=found).order_by("-number"):
        output = version_output(by_id[version.policy_id], version)
        found[version.policy_id].append({"Document": version.document, **output})
    return found
