"""GetSessionToken and GetFederationToken: temporary credentials from long-term ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from accounts.models import Account
from iamsite.operations import Call, Resource, operation
from iamsite.operations.errors import access_denied
from identities.operations.sts import mfa
from identities.operations.sts.packing import handed_out, session_policies
from identities.operations.sts.tags import session_tags
from identities.operations.sts.versions import is_of_first_version
from identities.temporary import (
    IssuedCredentials,
    TemporaryCredentials,
    issue,
    root_since,
)

DEFAULT_SECONDS = 43_200
ROOT_SECONDS = 3600


@operation("sts:GetSessionToken", issues=True, authorizes_itself=True)
def get_session_token(
    call: Call,
    DurationSeconds: int = DEFAULT_SECONDS,
    SerialNumber: str | None = None,
    TokenCode: str | None = None,
    MinimumSessionTokenSize: int = 0,
) -> dict[str, Any]:
    """Needs no permission; policies have no effect on it (evaluation.md §9)."""
    _refuse_sessions(call)
    proved = mfa.proved(call, SerialNumber, TokenCode)
    credentials = _issue(
        call,
        DurationSeconds,
        MinimumSessionTokenSize,
        mfa_at=call.now.replace(microsecond=0) if proved else None,
    )
    return handed_out(credentials)


def federated_user(call: Call, Name: str, **_: Any) -> Resource:
    return Resource(f"arn:aws:sts::{call.account}:federated-user/{Name}", call.account)


@operation(
    "sts:GetFederationToken",
    issues=True,
    resource=federated_user,
    differs="PackedPolicySize is by a measure of ours, as AWS does not say how it packs.",
)
def get_federation_token(
    call: Call,
    Name: str,
    Policy: str | None = None,
    PolicyArns: list[dict[str, str]] | None = None,
    DurationSeconds: int = DEFAULT_SECONDS,
    Tags: list[dict[str, str]] | None = None,
    MinimumSessionTokenSize: int = 0,
) -> dict[str, Any]:
    _refuse_sessions(call)
    tags = session_tags(None, Tags)
    if tags:
        call.authorize("sts:TagSession", federated_user(call, Name), call.tag_keys)
    policies = session_policies(call.account, Policy, PolicyArns, tags.all)
    credentials = _issue(
        call,
        DurationSeconds,
        MinimumSessionTokenSize,
        name=Name,
        policy=policies.inline,
        policy_arns=policies.arns,
        tags=tags.all,
    )
    return {
        **handed_out(credentials),
        "FederatedUser": {
            "FederatedUserId": f"{call.account}:{Name}",
            "Arn": federated_user(call, Name).arn,
        },
        **policies.output,
    }


def _refuse_sessions(call: Call) -> None:
    """Only long-term credentials may; a console session is none."""
    if call.caller.session is not None:
        raise access_denied(f"Cannot call {call.registered.name} with session credentials")


def _issue(call: Call, seconds: int, minimum_size: int, **more: Any) -> IssuedCredentials:
    """Credentials of the caller's own; root's last an hour at most, longer ones are cut."""
    if call.caller.is_root:
        seconds = min(seconds, ROOT_SECONDS)
        more["root_since"] = root_since(call.account)
    account = Account.objects.only("token_version").get(id=call.account)
    issued_at = call.now.replace(microsecond=0)
    credentials = issue(
        TemporaryCredentials(
            kind=call.registered.name,
            account=call.account,
            subject_id=call.caller.subject_id,
            issued_at=issued_at,
            expires_at=issued_at + timedelta(seconds=seconds),
            default_regions_only=is_of_first_version(call.origin, account),
            **more,
        ),
        minimum_size,
    )
    call.detail.update(credentials.as_detail())
    return credentials
