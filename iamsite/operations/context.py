"""The condition keys of a request (context-keys.md).

A key that does not apply is absent, never empty: negated operators are true of absent keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from iamsite.operations.caller import Caller, Origin
from iamsite.operations.registry import Resource
from policies.engine import PrincipalKind

Keys = dict[str, str | tuple[str, ...]]

TYPES = {
    PrincipalKind.ROOT: "Account",
    PrincipalKind.USER: "User",
    PrincipalKind.ROLE_SESSION: "AssumedRole",
    PrincipalKind.FEDERATED_USER: "FederatedUser",
}

# A request that nobody signed, whoever an identity provider says it is from.
UNSIGNED: Keys = {
    "aws:PrincipalAccount": "anonymous",
    "aws:PrincipalType": "Anonymous",
    "aws:userid": "anonymous",
}


def principal_tags(caller: Caller) -> dict[str, str]:
    """The caller's tags: session tags override its own, keys compared ignoring case."""
    if caller.session is None or not caller.session.tags:
        return dict(caller.tags)
    passed = {key.lower() for key in caller.session.tags}
    kept = {key: value for key, value in caller.tags.items() if key.lower() not in passed}
    return {**kept, **caller.session.tags}


def _principal_keys(caller: Caller) -> Keys:
    principal = caller.principal
    return {
        "aws:PrincipalArn": principal.role_arn or principal.arn,
        "aws:PrincipalAccount": caller.account,
        "aws:PrincipalType": TYPES[principal.kind],
        "aws:PrincipalIsAWSService": "false",
        "aws:userid": caller.user_id,
    }


def caller_keys(caller: Caller, origin: Origin, now: datetime) -> Keys:
    """What does not depend on the action: the principal, its session, the network, the time."""
    principal, session = caller.principal, caller.session
    keys: Keys = {
        **(_principal_keys(caller) if caller.assertion is None else UNSIGNED),
        "aws:SourceIp": origin.source_ip,
        "aws:SecureTransport": "true" if origin.secure else "false",
        "aws:UserAgent": origin.user_agent,
        "aws:ViaAWSService": "false",
        "aws:RequestedRegion": origin.region,
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
    }
    if principal.kind is PrincipalKind.USER:
        keys["aws:username"] = caller.name
    if origin.referer:
        keys["aws:referer"] = origin.referer
    if not caller.is_root:
        for key, value in principal_tags(caller).items():
            keys[f"aws:PrincipalTag/{key}"] = value
    if session is not None:
        keys["aws:TokenIssueTime"] = session.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        if session.kind not in (
            "GetFederationToken",
            "AssumeRoleWithSAML",
            "AssumeRoleWithWebIdentity",
        ):
            keys["aws:MultiFactorAuthPresent"] = "true" if session.mfa_at else "false"
            if session.mfa_at is not None:
                keys["aws:MultiFactorAuthAge"] = str(int((now - session.mfa_at).total_seconds()))
        if session.source_identity:
            keys["aws:SourceIdentity"] = session.source_identity
        keys.update(session.context)
    return keys


def resource_keys(resource: Resource, action: str) -> Keys:
    """What the resource brings: its account, its tags, and its boundary if it has one."""
    keys: Keys = {"aws:ResourceAccount": resource.account}
    # PassRole must not rely on the role's tags: AWS leaves them out (evaluation.md §8).
    if action.lower() != "iam:passrole":
        of_principal = ":user/" in resource.arn or ":role/" in resource.arn
        for key, value in resource.tags.items():
            keys[f"aws:ResourceTag/{key}"] = value
            if of_principal:
                keys[f"iam:ResourceTag/{key}"] = value
    if resource.boundary is not None:
        keys["iam:PermissionsBoundary"] = resource.boundary
    return keys


def request_tag_keys(params: Mapping[str, Any]) -> Keys:
    """`aws:RequestTag/…` and `aws:TagKeys`; both absent when no tags are sent."""
    tags = params.get("Tags")
    if tags:
        keys: Keys = {f"aws:RequestTag/{tag['Key']}": tag.get("Value", "") for tag in tags}
        keys["aws:TagKeys"] = tuple(tag["Key"] for tag in tags)
        return keys
    names = params.get("TagKeys")
    return {"aws:TagKeys": tuple(names)} if names else {}
