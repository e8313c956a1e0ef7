"""Whom the resources and the roles of a member account name from outside, and let in.

A resource control policy limits them too: it counts for whoever asks for what is the member's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from iamsite.operations import Call
from iamsite.operations.context import organization_keys
from iamsite.operations.organization import membership_of
from identities import trust
from identities.models import Role
from identities.operations.sts.assume_role import trust_policy, trusting
from policies.engine import Document, DocumentKind, Layers, Policy, PolicySet, compile_policies
from policies.models import RegisteredResource
from policies.operations.access.asking import Side
from policies.operations.access.outsiders import (
    Directory,
    Outsider,
    allowed_principals,
    directory,
)
from policies.operations.authorize import with_resource
from policies.operations.limits.change import At, Change, Concerned
from policies.operations.limits.drafts import Draft
from policies.operations.limits.entering import entered

# Kinds of place, in their order, behind users and roles.
RESOURCE, TRUST = NAMED = ("resource", "trust")
BATCH = 200
BETWEEN = "\n"  # a resource and whom it names, in the name of a place


@dataclass(frozen=True)
class Granting:
    """A policy that lets somebody in: of a resource, or of `role`, its trust policy.

    `key` is its place among those of its kind.
    """

    key: str
    document: Document
    pins: Mapping[str, str]
    policies: PolicySet
    role: str = ""

    def layers(self, call: Call, outsider: Outsider) -> Layers:
        layers = outsider.layers(call)
        if self.role:
            return trusting(layers, self.policies)
        return with_resource(call, layers, call.account, self.policies)


def named(call: Call, draft: Draft, account: str, kind: str, name: str) -> Iterator[Concerned]:
    """Whom the account's resources or trust policies (`kind`) name, behind `name`."""
    read = _of_resources if kind == RESOURCE else _of_roles
    start, _, seen = name.partition(BETWEEN)
    reach = "gte"
    while True:
        with entered(call, draft.before.management, account) as member:
            if member is None:
                return
            change = Change(member, draft)
            if not change.is_of_resources:
                return
            batch = read(account, reach, start)
            pins = [one.pins for one in batch]
            names = directory(member, [one.document for one in batch], pins)
        for granting in batch:
            behind = seen if granting.key == start else ""
            yield from _named(change, names, kind, granting, behind)
        if len(batch) < BATCH:
            return
        start, seen, reach = batch[-1].key, "", "gt"


def _of_resources(account: str, reach: str, start: str) -> list[Granting]:
    rows = RegisteredResource.objects.of(account).exclude(policy="")
    rows = rows.filter(**{f"arn__{reach}": start}).order_by("arn")
    documents = [
        (row, trust.pinned_document(row.policy, row.pins, DocumentKind.RESOURCE))
        for row in rows[:BATCH]
    ]
    return [
        Granting(
            row.arn,
            document,
            row.pins,
            compile_policies([Policy(document, "ResourcePolicy", None, "resource")]),
        )
        for row, document in documents
    ]


def _of_roles(account: str, reach: str, start: str) -> list[Granting]:
    rows = Role.objects.of(account).filter(**{f"lower_name__{reach}": start})
    return [
        Granting(role.lower_name, trust.pinned(role), role.trust_pins, trust_policy(role), role.arn)
        for role in rows.order_by("lower_name")[:BATCH]
    ]


def _named(
    change: Change, names: Directory, kind: str, granting: Granting, behind: str
) -> Iterator[Concerned]:
    """Whom a policy names, by ARN, behind that one."""
    call, account = change.call, change.call.account
    for outsider in _outsiders(names, granting.document):
        if outsider.arn <= behind:
            continue
        keys = outsider.keys
        where = membership_of(outsider.principal.account)
        if where is not None and where.management == change.management:
            keys = {**keys, **organization_keys(where)}
        layers = granting.layers(call, outsider)
        before = Side(call, outsider.principal, keys, layers, account)
        after = replace(before, layers=replace(layers, rcps=change.after.rcps))
        at = At(account, kind, f"{granting.key}{BETWEEN}{outsider.arn}")
        role = granting.role or None
        yield Concerned(at, outsider.arn, outsider.kind, before, after, change.known, role)


def _outsiders(names: Directory, document: Document) -> list[Outsider]:
    found = (names.outsider(one) for one in allowed_principals(document))
    known = {one.arn: one for one in found if one is not None and one.is_resolvable}
    return [known[arn] for arn in sorted(known)]
