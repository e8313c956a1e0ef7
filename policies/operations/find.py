"""Managed policies as operations name them: by ARN."""

from __future__ import annotations

import re
from typing import Any

from accounts.tenancy import AWS
from iamsite.operations import Call, OperationError, Resource
from iamsite.operations.errors import access_denied, no_such_entity, validation_error
from policies.models import Policy

ARN = re.compile(r"arn:aws:iam::(aws|\d{12}):policy(/(?:.*/)?)([^/]+)", re.DOTALL)


def find_policy(call: Call, arn: str) -> Policy | None:
    """The account's own or AWS managed policy with that ARN, or None; kept for the call.

    Raises ValidationError for a text that is no policy ARN.
    """
    key = (Policy, arn)
    if key not in call.found:
        match = ARN.fullmatch(arn)
        if match is None:
            raise validation_error(f"ARN {arn} is not valid.")
        account, path, name = match.groups()
        call.found[key] = (
            Policy.objects.filter(
                account_id=account, lower_name=name.lower(), path=path, name=name
            ).first()
            if account in (call.account, AWS)
            else None
        )
    found: Policy | None = call.found[key]
    return found


def get_policy(call: Call, arn: str) -> Policy:
    """Raises NoSuchEntity."""
    if (found := find_policy(call, arn)) is None:
        raise no_such_entity(f"Policy {arn} was not found.")
    return found


def get_own_policy(call: Call, arn: str) -> Policy:
    """The policy, to be changed.

    Raises AccessDenied for an AWS managed one, which nobody may change (evaluation.md §9.1), and
    NoSuchEntity.
    """
    found = get_policy(call, arn)
    if found.is_aws_managed:
        raise access_denied(
            f"User: {call.caller.principal.arn} is not authorized to perform: "
            f"{call.registered.action} on resource: policy {arn}"
        )
    return found


def get_attachable_policy(call: Call, arn: str, shown_as: str = "Policy") -> Policy:
    """The policy, to be attached or set as a boundary; `shown_as` begins the refusal.

    Raises NoSuchEntity, and PolicyNotAttachable for one that belongs to service-linked roles.
    """
    if (found := find_policy(call, arn)) is None:
        raise no_such_entity(f"{shown_as} {arn} does not exist or is not attachable.")
    if not found.attachable:
        raise OperationError(
            "PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role."
        )
    return found


def policy(call: Call, PolicyArn: str, **_: Any) -> Resource:
    """What authorization sees of the policy; denials print `policy <arn>` (evaluation.md §10)."""
    found = find_policy(call, PolicyArn)
    owner = PolicyArn.split(":")[4] or call.account
    tags = found.tags if found is not None else {}
    return Resource(PolicyArn, owner, shown=f"policy {PolicyArn}", tags=tags)
