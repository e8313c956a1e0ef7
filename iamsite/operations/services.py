"""Service principals: an account's own services as callers.

A service has two names. The one that its account chose counts in that account alone; another
account may have given the same name to a service of its own, so abroad only the full name counts,
which says whose the service is.
"""

from __future__ import annotations

import re
from dataclasses import replace

from iamsite.operations.caller import Caller, Origin, Source
from iamsite.operations.errors import validation_error
from iamsite.operations.organization import membership_of
from policies import registered
from policies.engine import Principal, PrincipalKind

SUBJECT = "service/"
# All that a service may ask for as itself: it has no identity policies, and acts through roles.
OPERATIONS = frozenset(("AssumeRole", "GetCallerIdentity", "Authorize", "GetWorkloadCredentials"))

_ACCOUNT = re.compile(r"[0-9]{12}")
_ARN = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:(?P<account>[0-9]{12})?:[!-~]+")


def principal_of(account: str, prefix: str, name: str) -> Principal:
    """The service as a principal at home."""
    return Principal(PrincipalKind.SERVICE, name, "", registered.full_name(prefix, account))


def arn_of(principal: Principal) -> str:
    """The ARN of an account's own service, from its full name."""
    prefix, account = registered.read_full_name(principal.id) or ("", "")
    return f"arn:aws:portal::{account}:service/{prefix}"


def seen_in(caller: Caller, account: str) -> Principal:
    """The caller's principal as policies of `account` know it."""
    principal = caller.principal
    if principal.kind is PrincipalKind.SERVICE and caller.account != account:
        return replace(principal, arn=principal.id)
    return principal


def service_keys(caller: Caller, account: str) -> dict[str, str | tuple[str, ...]]:
    """The condition keys that a direct call by a service has in `account` (context-keys.md §1).

    Another account's service is no service that one trusts unseen: `aws:PrincipalIsAWSService`,
    by which policies let all services pass, is false for it.
    """
    principal = seen_in(caller, account)
    at_home = caller.account == account
    names = tuple(dict.fromkeys(name for name in (principal.arn, principal.id) if name))
    keys: dict[str, str | tuple[str, ...]] = {
        "aws:PrincipalIsAWSService": "true" if at_home else "false",
        "aws:PrincipalServiceName": principal.arn,
        "aws:PrincipalServiceNamesList": names,
    }
    if (source := caller.source) is not None:
        keys["aws:SourceAccount"] = source.account
        if source.arn:
            keys["aws:SourceArn"] = source.arn
        if source.organization is not None:
            keys["aws:SourceOrgID"] = source.organization.id
            keys["aws:SourceOrgPaths"] = (source.organization.path,)
    return keys


def source_of(origin: Origin) -> Source | None:
    """On whose behalf a service says that it calls; None when it does not say.

    Raises ValidationError for what is no ARN or account, and where the two disagree.
    """
    arn, account = origin.source_arn, origin.source_account
    if not arn and not account:
        return None
    if account and not _ACCOUNT.fullmatch(account):
        raise validation_error("x-amz-source-account must be the id of an account.")
    if arn:
        match = _ARN.fullmatch(arn)
        if match is None or len(arn) > registered.LONGEST_ARN:
            raise validation_error("x-amz-source-arn must be the ARN of a resource.")
        owner = match["account"] or registered.owner_of(registered.containing(arn)) or account
        if not owner:
            raise validation_error(
                "x-amz-source-account must be sent with an ARN that does not tell its account."
            )
        if account and account != owner:
            raise validation_error(
                "x-amz-source-account is not the account of the resource in x-amz-source-arn."
            )
        account = owner
    return Source(arn, account, membership_of(account))
