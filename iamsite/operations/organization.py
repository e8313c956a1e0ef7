"""What an organization means for an account of it: its policies, level by level, compiled.

Kept in each process by (account, where it stands, revision of the organization): whatever changes
what a member may do raises that revision, so what is kept can be old but never wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from accounts.models.organization import RCP, SCP
from accounts.tenancy import AWS
from iamsite.operations.caller import Membership
from iamsite.operations.rows import fetch, fetch_one
from policies.engine import Document, DocumentKind, Policy, PolicySet, compile_policies, stored

KEPT = 20_000

MEMBERSHIP = "SELECT path, management, revision FROM iamsite_membership(%s)"
ATTACHED = "SELECT * FROM iamsite_organization_policies(%s)"


class Managed(NamedTuple):
    """A policy of AWS's own, there in every organization."""

    id: str
    kind: str
    name: str
    description: str
    content: str

    @property
    def arn(self) -> str:
        return f"arn:aws:organizations::aws:policy/{self.kind.lower()}/{self.id}"


def _full(**principal: str) -> str:
    allowed = {"Effect": "Allow", **principal, "Action": "*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed]}, indent=2)


FULL_ACCESS = {
    SCP: Managed(
        "p-FullAWSAccess", SCP, "FullAWSAccess", "Allows access to every operation", _full()
    ),
    RCP: Managed(
        "p-RCPFullAWSAccess",
        RCP,
        "RCPFullAWSAccess",
        "Allows access to every resource",
        _full(Principal="*"),
    ),
}
MANAGED = {policy.id: policy for policy in FULL_ACCESS.values()}


class Attached(NamedTuple):
    """A policy on the way from the organization's root to an account."""

    target: str
    kind: str
    id: str
    name: str
    arn: str
    content: str
    digest: bytes


class Limits(NamedTuple):
    """The sets of each level, from the root to the account; None: that kind does not count."""

    scps: tuple[PolicySet, ...] | None = None
    rcps: tuple[PolicySet, ...] | None = None


UNLIMITED = Limits()


def membership_of(account: str) -> Membership | None:
    """Where an account stands, whoever it is; None for one in no organization."""
    row = fetch_one(MEMBERSHIP, [account]) if account != AWS else None
    return None if row is None or row[0] is None else Membership(*row)


def limits_of(account: str, membership: Membership | None) -> Limits:
    """The policies that limit a member's principals and resources; the management account's
    are never limited (evaluation.md §5)."""
    if membership is None or membership.management == account:
        return UNLIMITED
    return _limits(account, membership)


@lru_cache(maxsize=KEPT)
def _limits(account: str, membership: Membership) -> Limits:
    return limits_from((*membership.nodes, account), attached_to(account, membership))


def limits_from(nodes: Sequence[str], attached: Sequence[Attached]) -> Limits:
    """What policies on these nodes, from the root down to an account itself, limit it to."""
    return Limits(_levels(SCP, nodes, attached), _levels(RCP, nodes, attached))


def attached_to(account: str, membership: Membership) -> list[Attached]:
    """Every policy that bears on the account, whichever node it is attached to."""
    return [attached_as(membership, *row) for row in fetch(ATTACHED, [account])]


def attached_as(
    membership: Membership,
    target: str,
    kind: str,
    policy: str,
    name: str | None,
    content: str | None,
    digest: bytes | None,
) -> Attached:
    """A policy on a node; name, content and digest are None for one of AWS's own."""
    managed = MANAGED.get(policy)
    if managed is not None:
        known = hashlib.sha256(managed.content.encode()).digest()
        return Attached(target, kind, policy, managed.name, managed.arn, managed.content, known)
    owner = f"arn:aws:organizations::{membership.management}:policy/{membership.id}"
    arn = f"{owner}/{kind.lower()}/{policy}"
    return Attached(target, kind, policy, name or "", arn, content or "", bytes(digest or b""))


def _levels(
    kind: str, nodes: Iterable[str], found: Iterable[Attached]
) -> tuple[PolicySet, ...] | None:
    of_kind = [one for one in found if one.kind == kind]
    if not of_kind:
        return None  # the kind is not enabled: an enabled one is never without a policy
    return tuple(
        _set(tuple(one._replace(target="") for one in of_kind if one.target == node))
        for node in nodes
    )


@lru_cache(maxsize=KEPT)
def _set(policies: tuple[Attached, ...]) -> PolicySet:
    """The same set for the same policies, so that what the engine works out is kept."""
    return compile_policies(
        Policy(document_of(one.content, one.kind), one.id, one.arn, "organization")
        for one in policies
    )


@lru_cache(maxsize=KEPT)
def document_of(content: str, kind: str) -> Document:
    """The parsed document of a stored policy."""
    return stored(content, DocumentKind.SCP if kind == SCP else DocumentKind.RCP)
