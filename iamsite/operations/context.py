"""The condition keys of a request (context-keys.md).

A key that does not apply is absent, never empty: negated operators are true of absent keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any

from iamsite.operations.caller import Caller, Membership, Origin
from iamsite.operations.registry import Resource
from policies.engine import PrincipalKind

Keys = dict[str, str | tuple[str, ...]]

TYPES = {
    PrincipalKind.ROOT: "Account",
    PrincipalKind.USER: "User",
    PrincipalKind.ROLE_SESSION: "AssumedRole",
    PrincipalKind.FEDERATED_USER: "FederatedUser",
    PrincipalKind.SERVICE: "Service",
}

# IAM and the portal have one endpoint for the world; only STS answers by region.
GLOBAL_REGION = "us-east-1"


def region_of(service: str, origin: Origin) -> str:
    """The region of the endpoint that was asked.

    Clients sign for whichever region they have configured; for IAM it means nothing.
    """
    return origin.region if service == "sts" else GLOBAL_REGION


# The actions that carry `iam:PermissionsBoundary`: the boundary asked for, where a request names
# one, else the target's own (context-keys.md §6.1).
BOUNDED_ACTIONS = frozenset(
    f"iam:{action}".lower()
    for action in (
        "CreateUser",
        "CreateRole",
        "PutUserPermissionsBoundary",
        "PutRolePermissionsBoundary",
        "DeleteUserPermissionsBoundary",
        "DeleteRolePermissionsBoundary",
        "AttachUserPolicy",
        "AttachRolePolicy",
        "DetachUserPolicy",
        "DetachRolePolicy",
        "PutUserPolicy",
        "PutRolePolicy",
        "DeleteUserPolicy",
        "DeleteRolePolicy",
        "DeleteRole",
        "GetRole",
        "UpdateAssumeRolePolicy",
        "UpdateRole",
        "UpdateRoleDescription",
    )
)

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
    principal, organization = caller.principal, caller.organization
    kind, user_id = TYPES[principal.kind], caller.user_id
    keys: Keys = {
        "aws:PrincipalArn": principal.role_arn or principal.arn,
        "aws:PrincipalAccount": caller.account,
        "aws:PrincipalType": kind,
        "aws:Type": kind,
        "aws:PrincipalIsAWSService": "false",
        "aws:userid": user_id,
        "aws:PrincipalId": user_id,
    }
    if principal.kind is PrincipalKind.SERVICE:
        del keys["aws:PrincipalArn"]  # a service has none
    return keys if organization is None else {**keys, **organization_keys(organization)}


def organization_keys(organization: Membership) -> Keys:
    """What a principal's account being in an organization adds."""
    return {
        "aws:PrincipalOrgID": organization.id,
        "aws:PrincipalOrgPaths": (organization.path,),
        "aws:PrincipalOrgMasterAccountId": organization.management,
    }


@lru_cache(maxsize=4096)
def _shown(address: str) -> str:
    """An address as policies see it: an IPv4 address that came mapped into IPv6 is IPv4."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped or parsed)


def caller_keys(caller: Caller, origin: Origin, now: datetime, region: str = GLOBAL_REGION) -> Keys:
    """What does not depend on the action: the principal, its session, the network, the time.

    `region` is that of the endpoint that was asked.
    """
    principal, session = caller.principal, caller.session
    keys: Keys = {
        **(_principal_keys(caller) if caller.assertion is None else UNSIGNED),
        "aws:SecureTransport": "true" if origin.secure else "false",
        "aws:UserAgent": origin.user_agent,
        "aws:ViaAWSService": "false",
        "aws:RequestedRegion": region,
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
    }
    if origin.source_ip:  # a command at the machine's own shell comes from no address
        keys["aws:SourceIp"] = _shown(origin.source_ip)
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


def resource_keys(resource: Resource, action: str, organization: Membership | None = None) -> Keys:
    """What the resource brings: its account and where that stands in its organization, its tags,
    its boundary where the action carries it."""
    keys: Keys = {"aws:ResourceAccount": resource.account}
    if organization is not None:
        keys["aws:ResourceOrgID"] = organization.id
        keys["aws:ResourceOrgPaths"] = (organization.path,)
    # PassRole must not rely on the role's tags: AWS leaves them out (evaluation.md §8).
    folded = action.lower()
    if folded != "iam:passrole" and resource.tags:
        of_principal = resource.arn.split(":", 5)[-1].startswith(("user/", "role/"))
        for key, value in resource.tags.items():
            keys[f"aws:ResourceTag/{key}"] = value
            if of_principal:
                keys[f"iam:ResourceTag/{key}"] = value
    if resource.boundary is not None and folded in BOUNDED_ACTIONS:
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
