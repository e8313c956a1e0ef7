"""Where what a principal may do comes from: each policy, by which path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from iamsite.console.asking import Asking

AWS_MANAGED = "arn:aws:iam::aws:"


@dataclass(frozen=True, slots=True)
class Source:
    """A policy that counts for a principal.

    `via` is "" for its own, else the group it comes through; `arn` is "" for an inline policy.
    """

    name: str
    arn: str = ""
    via: str = ""

    @property
    def kind(self) -> str:
        if not self.arn:
            return "inline"
        return "aws" if self.arn.startswith(AWS_MANAGED) else "customer"


@dataclass(frozen=True, slots=True)
class Sources:
    """All that counts; `hidden` says why a part of it is not shown to this viewer."""

    policies: Sequence[Source]
    boundary: str = ""
    hidden: Sequence[str] = ()


def user_sources(ask: Asking, name: str) -> Sources:
    """The user's own policies and those of its groups (ten at most, by quota)."""
    who = {"UserName": name}
    own = ask.see(
        attached=("ListAttachedUserPolicies", who),
        inline=("ListUserPolicies", who),
        groups=("ListGroupsForUser", who),
        user=("GetUser", who),
    )
    found, hidden = _sources(own["attached"], own["inline"], "")
    if own["groups"].denied:
        hidden.append(own["groups"].denied)
    for group in own["groups"].result.get("Groups", []):
        through = group["GroupName"]
        parts = ask.see(
            attached=("ListAttachedGroupPolicies", {"GroupName": through}),
            inline=("ListGroupPolicies", {"GroupName": through}),
        )
        more, unseen = _sources(parts["attached"], parts["inline"], through)
        found += more
        hidden += unseen
    boundary = own["user"].result.get("User", {}).get("PermissionsBoundary", {})
    return Sources(found, boundary.get("PermissionsBoundaryArn", ""), hidden)


def group_sources(ask: Asking, name: str) -> Sources:
    who = {"GroupName": name}
    parts = ask.see(attached=("ListAttachedGroupPolicies", who), inline=("ListGroupPolicies", who))
    return Sources(*_pair(parts))


def role_sources(ask: Asking, name: str) -> Sources:
    who = {"RoleName": name}
    parts = ask.see(
        attached=("ListAttachedRolePolicies", who),
        inline=("ListRolePolicies", who),
        role=("GetRole", who),
    )
    found, hidden = _sources(parts["attached"], parts["inline"], "")
    boundary = parts["role"].result.get("Role", {}).get("PermissionsBoundary", {})
    return Sources(found, boundary.get("PermissionsBoundaryArn", ""), hidden)


def _pair(parts: dict[str, Any]) -> tuple[list[Source], str, list[str]]:
    found, hidden = _sources(parts["attached"], parts["inline"], "")
    return found, "", hidden


def _sources(attached: Any, inline: Any, via: str) -> tuple[list[Source], list[str]]:
    found = [
        Source(policy["PolicyName"], policy["PolicyArn"], via)
        for policy in attached.result.get("AttachedPolicies", [])
    ]
    found += [Source(name, "", via) for name in inline.result.get("PolicyNames", [])]
    return found, [answer.denied for answer in (attached, inline) if answer.denied]
