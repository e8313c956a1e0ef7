"""A role session for somebody whom an identity provider vouches for (evaluation.md §7.4).

The role's trust policy decides alone: there is no caller's side.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from iamsite.operations import AccessDenied, Call, OperationError, Resource
from iamsite.operations.errors import invalid_identity_token
from identities.models import Role
from identities.operations.sts.assume_role import (
    NOBODY,
    TOO_LONG,
    check_duration,
    role_at,
    trust_policy,
)
from identities.operations.sts.packing import handed_out, session_policies
from identities.operations.sts.role_arn import ARN
from identities.operations.sts.tags import SessionTags, session_tags
from identities.operations.sts.versions import is_of_first_version
from identities.temporary import TemporaryCredentials, issue
from policies.engine import decide

MOST_TAGS = 50
TAG = re.compile(r"[\w\s.:/=+\-@]*")


@dataclass(frozen=True, slots=True)
class Asked:
    """The session that is asked for.

    `keys` are the condition keys of the call alone, `lasting` those of the session too. The
    provider gives it `at_most` seconds, however many are asked for; `too_long` tells who asked for
    more than the role allows.
    """

    role_arn: str
    name: str
    seconds: int
    tags: SessionTags
    source_identity: str
    keys: Mapping[str, str | tuple[str, ...]]
    lasting: Mapping[str, str | tuple[str, ...]]
    policy: str | None = None
    policy_arns: list[dict[str, str]] | None = None
    minimum_size: int = 0
    at_most: int | None = None
    too_long: str = TOO_LONG


def asserted_tags(tags: list[dict[str, str]], transitive: list[str]) -> SessionTags:
    """The session tags that a provider asserts. Raises InvalidIdentityToken."""
    fit = len(tags) <= MOST_TAGS and all(
        1 <= len(one["Key"]) <= 128
        and len(one["Value"]) <= 256
        and TAG.fullmatch(one["Key"])
        and TAG.fullmatch(one["Value"])
        for one in tags
    )
    if not fit:
        raise invalid_identity_token("The session tags of the identity provider are malformed.")
    try:
        return session_tags(None, tags, transitive)
    except OperationError as error:
        raise invalid_identity_token(error.message) from error


def assume(call: Call, asked: Asked) -> dict[str, Any]:
    """Issues the session: the members of the answer that are the same for every provider.

    Raises AccessDenied, the same whether the role refuses or there is none; ValidationError for
    the duration, and what session policies are refused with.
    """
    role = _trusting_role(call, asked)
    check_duration(role, asked.seconds, chained=False, message=asked.too_long)
    seconds = asked.seconds if asked.at_most is None else min(asked.seconds, asked.at_most)
    policies = session_policies(call.account, asked.policy, asked.policy_arns, asked.tags.all)
    issued_at = call.now.replace(microsecond=0)
    credentials = issue(
        TemporaryCredentials(
            kind=call.registered.name,
            account=call.account,
            subject_id=role.id,
            issued_at=issued_at,
            expires_at=issued_at + timedelta(seconds=seconds),
            name=asked.name,
            policy=policies.inline,
            policy_arns=policies.arns,
            tags=asked.tags.all,
            transitive_tag_keys=asked.tags.transitive,
            source_identity=asked.source_identity,
            context=dict(asked.lasting),
            default_regions_only=is_of_first_version(call.origin, role),
        ),
        asked.minimum_size,
    )
    assumed = {
        "AssumedRoleId": f"{role.id}:{asked.name}",
        "Arn": f"arn:aws:sts::{call.account}:assumed-role/{role.name}/{asked.name}",
    }
    call.detail.update(assumed, **credentials.as_detail())
    return {
        **handed_out(credentials),
        "AssumedRoleUser": assumed,
        **policies.output,
        **({"SourceIdentity": asked.source_identity} if asked.source_identity else {}),
    }


def _trusting_role(call: Call, asked: Asked) -> Role:
    call.resources.append(asked.role_arn)
    match = ARN.fullmatch(asked.role_arn)
    role = role_at(*match.groups()) if match is not None else None
    actions = [f"sts:{call.registered.name}"]
    if asked.tags:
        actions.append("sts:TagSession")
    if asked.source_identity:
        actions.append("sts:SetSourceIdentity")
    for action in actions:
        _authorize(call, role, action, asked)
    assert role is not None
    return role


def _authorize(call: Call, role: Role | None, action: str, asked: Asked) -> None:
    """Raises AccessDenied unless there is a role that trusts the caller for `action`."""
    context: dict[str, Any] = {
        **asked.keys,
        **asked.lasting,
        "sts:RoleSessionName": asked.name,
        "sts:SourceIdentity": asked.source_identity or None,
        "sts:TransitiveTagKeys": asked.tags.transitive or None,
        "aws:TagKeys": tuple(asked.tags.passed) or None,
        **{f"aws:RequestTag/{key}": value for key, value in asked.tags.passed.items()},
    }
    resource = Resource(asked.role_arn, call.account, tags=role.tags if role is not None else {})
    trusted = trust_policy(role) if role is not None else NOBODY
    layers = replace(call.layers, resource=trusted, trust=True)
    request = call.request(action, resource, context)
    decision = decide(request, layers)
    if role is None or not decision.allowed:
        raise AccessDenied(request, decision, layers, f"Not authorized to perform {action}")
