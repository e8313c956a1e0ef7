"""From a simulation's parameters to what the engine is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from iamsite.operations.context import TYPES
from iamsite.operations.errors import invalid_input
from iamsite.operations.layers import Held, as_policy
from policies.engine import (
    Context,
    DocumentKind,
    Layers,
    Policy,
    PolicySet,
    Principal,
    PrincipalKind,
    compile_policies,
)
from policies.operations import find
from policies.operations.documents import input_document
from policies.operations.principals import ARN

ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9]+")
ACCOUNT = re.compile(r"(?:arn:[^:]+:iam::)?(\d{12})(?::.*)?")
ORGANIZATION_POLICY = re.compile(
    r"arn:aws:organizations::(?:aws|\d{12}):policy/(?:o-[a-z0-9]+/)?"
    r"(?:service_control_policy|resource_control_policy)/p-[0-9A-Za-z_]+"
)
# Bounds of one call: what is evaluated, and the policy text that is sent.
MOST_EVALUATIONS = 200_000
MOST_POLICY_TEXT = 2_000_000

Strings = Sequence[str]


@dataclass(frozen=True)
class Simulation:
    """One simulation: who asks, under which policies, in which context, about which resources.

    `resources` is None when none were named, which stands for `*`. `owner` owns those whose ARN
    names no account; None: whoever asks. `policies_only` says that nobody asks at all: the
    policies are tried by themselves, in the account of each resource. `organized`: an organization
    has a word in it, be it only that it limits nothing.
    """

    principal: Principal
    layers: Layers
    context: Context
    resources: tuple[str, ...] | None
    owner: str | None
    policies_only: bool
    organized: bool

    @cached_property
    def missing_keys(self) -> list[str]:
        """The keys that the policies use and nobody sent, those of organization policies aside."""
        layers = self.layers
        keys = (
            key
            for policies in (layers.identity, layers.boundary, layers.resource)
            if policies is not None
            for key in policies.context_keys()
            if key not in self.context
        )
        return list({key.lower(): key for key in keys}.values())

    def account_of(self, resource: str) -> str:
        parts = resource.split(":", 5)
        return (parts[4] if len(parts) == 6 else "") or self.owner or self.principal.account


def input_policies(texts: Strings | None, name: str, kind: DocumentKind) -> list[Policy]:
    """The documents of a list parameter, each called by its place in it."""
    return [
        Policy(input_document(text, kind, f"{name}.member.{number}"), f"{name}.{number}")
        for number, text in enumerate(texts or (), 1)
    ]


def boundary_of(texts: Strings | None) -> PolicySet | None:
    """The set of PermissionsBoundaryPolicyInputList, which takes one document."""
    if not texts:
        return None
    name = "PermissionsBoundaryPolicyInputList"
    if len(texts) > 1:
        raise invalid_input(f"{name} takes one policy.")
    return compile_policies(input_policies(texts, name, DocumentKind.MANAGED))


def resource_policy(text: str | None) -> PolicySet | None:
    if text is None:
        return None
    document = input_document(text, DocumentKind.RESOURCE, "ResourcePolicy")
    return compile_policies([Policy(document, "ResourcePolicy", None, "resource")])


def organization_levels(levels: Sequence[Mapping[str, Any]] | None) -> tuple[PolicySet, ...] | None:
    """The SCPs of each level, from the organization's root to the account."""
    if not levels:
        return None
    name = "OrderedOrganizationPolicyInputList.member.{}.ServiceControlPolicyInputList"
    return tuple(
        compile_policies(
            input_policies(
                level.get("ServiceControlPolicyInputList"), name.format(number), DocumentKind.SCP
            )
        )
        for number, level in enumerate(levels, 1)
    )


def without_excluded_scps(
    levels: Sequence[PolicySet] | None, exclusions: Sequence[Mapping[str, Any]]
) -> tuple[PolicySet, ...] | None:
    """The service control policies of each level less those that are left out by ARN."""
    arns = {one.get("PolicyArn") for one in exclusions} - {None}
    if levels is None or not arns:
        return None if levels is None else tuple(levels)
    return tuple(
        compile_policies(one for one in level.policies if one.arn not in arns) for level in levels
    )


def without_excluded(held: Iterable[Held], exclusions: Sequence[Mapping[str, Any]]) -> list[Held]:
    """`held` less what PolicyExclusionList leaves out; what it names in vain is ignored."""
    for number, one in enumerate(exclusions, 1):
        if len([value for value in one.values() if value is not None]) != 1:
            raise invalid_input(
                f"PolicyExclusionList.member.{number} names a policy by exactly one of PolicyType, "
                "PolicyArn and InlinePolicyIdentifier."
            )
        arn = one.get("PolicyArn")
        if arn is not None and not (find.ARN.fullmatch(arn) or ORGANIZATION_POLICY.fullmatch(arn)):
            raise invalid_input(f"PolicyExclusionList.member.{number}: ARN {arn} is not valid.")
    return [one for one in held if not any(_excludes(exclusion, one) for exclusion in exclusions)]


def _excludes(exclusion: Mapping[str, Any], held: Held) -> bool:
    bounds = held.holder == "boundary"
    if (kind := exclusion.get("PolicyType")) is not None:
        if bounds or kind == "permission-boundary":
            return bounds and kind == "permission-boundary"
        if held.arn is None:
            return bool(kind == "inline")
        of_aws = held.arn.startswith("arn:aws:iam::aws:")
        return bool(kind == ("aws-managed" if of_aws else "user-managed"))
    if (arn := exclusion.get("PolicyArn")) is not None:
        return bool(held.arn == arn)
    inline = exclusion["InlinePolicyIdentifier"]
    return held.arn is None and (
        held.holder,
        held.holder_name.lower(),
        held.name.lower(),
    ) == (inline["AttachmentType"], inline["AttachmentName"].lower(), inline["PolicyName"].lower())


def held_policies(held: Iterable[Held]) -> tuple[list[Policy], PolicySet | None]:
    """The identity policies, and the boundary if there is one."""
    identity: list[Policy] = []
    boundary: list[Policy] = []
    for one in held:
        (boundary if one.holder == "boundary" else identity).append(as_policy(one))
    return identity, compile_policies(boundary) if boundary else None


def principal_of(arn: str, unique_id: str = "", *, bounded: bool) -> Principal:
    """The principal behind the ARN of a user, group or role.

    Raises InvalidInput for sessions, federated users, services and the like (IAM, `CallerArn`).
    """
    match = ARN.fullmatch(arn)
    if match is None:
        raise invalid_input(f"CallerArn {arn} is not the ARN of a user, group or role.")
    account, name = match["account"], match["name"]
    if match["kind"] == "role":
        session = f"arn:aws:sts::{account}:assumed-role/{name}/simulated"
        return Principal(
            PrincipalKind.ROLE_SESSION,
            session,
            account,
            unique_id,
            role_arn=arn,
            has_boundary=bounded,
            service_linked=match["path"].startswith("/aws-service-role/"),
        )
    return Principal(PrincipalKind.USER, arn, account, unique_id, has_boundary=bounded)


def filled_keys(principal: Principal) -> dict[str, str]:
    """The keys that the simulator fills by itself, from what is known of the principal."""
    keys = {"aws:PrincipalAccount": principal.account}
    if ":group/" in principal.arn:
        return keys
    keys["aws:PrincipalType"] = keys["aws:Type"] = TYPES[principal.kind]
    if principal.id:
        keys["aws:PrincipalId"] = principal.id
    if principal.kind is PrincipalKind.USER:
        keys["aws:UserName"] = principal.arn.rpartition("/")[2]
        if principal.id:
            keys["aws:UserId"] = principal.id
    return keys


def context_of(
    entries: Sequence[Mapping[str, Any]] | None, filled: Mapping[str, str | tuple[str, ...]]
) -> Context:
    """The context that was sent, over what the simulator fills."""
    sent: dict[str, str | tuple[str, ...]] = {}
    for number, entry in enumerate(entries or (), 1):
        name, values = entry.get("ContextKeyName"), tuple(entry.get("ContextKeyValues") or ())
        if name is None:
            raise invalid_input(f"ContextEntries.member.{number} has no ContextKeyName.")
        is_list = (entry.get("ContextKeyType") or "").endswith("List")
        sent[name] = values[0] if len(values) == 1 and not is_list else values
    return Context(filled).with_values(sent)


def check_actions(names: Strings) -> None:
    """Raises InvalidInput for a name without service prefix, or with wildcards."""
    for number, name in enumerate(names, 1):
        if not ACTION.fullmatch(name):
            raise invalid_input(
                f"ActionNames.member.{number}: {name} is not an action. Write the service's prefix "
                "and the whole name, such as s3:GetObject."
            )


def check_resources(arns: Strings | None) -> tuple[str, ...] | None:
    """The resources as sent; raises InvalidInput for what is neither an ARN nor `*`."""
    for number, arn in enumerate(arns or (), 1):
        if arn != "*" and not (arn.startswith("arn:") and arn.count(":") >= 5):
            raise invalid_input(f"ResourceArns.member.{number}: {arn} is not an ARN.")
    return tuple(arns) if arns else None


def check_size(texts: Iterable[str | None]) -> None:
    """Raises InvalidInput for more policy text than a simulation takes."""
    if sum(len(text) for text in texts if text) > MOST_POLICY_TEXT:
        raise invalid_input(
            f"The policies are longer than {MOST_POLICY_TEXT} characters in all; send fewer."
        )


def check_work(policies: Iterable[PolicySet | None], pairs: int) -> None:
    """Raises InvalidInput when so many pairs of action and resource are too much for one call."""
    statements = sum(
        len(policy.document.statements) for held in policies if held for policy in held.policies
    )
    if statements * pairs > MOST_EVALUATIONS:
        raise invalid_input(
            f"Evaluating {statements} statements for {pairs} pairs of action and resource is too "
            "much for one call; name fewer resources or actions, or set MaxItems."
        )


def owner_of(text: str | None) -> str | None:
    """The account in ResourceOwner: an account id, or an ARN that holds one."""
    if text is None:
        return None
    match = ACCOUNT.fullmatch(text)
    if match is None:
        raise invalid_input(f"ResourceOwner {text} names no account.")
    return match[1]
