"""AssumeRoot: a quarter of an hour as the root user of a member account, for one task.

Source: api-behaviour.md §11.3; IAM User Guide, "Perform a privileged task on an AWS Organizations
member account".
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from accounts import root_access, tenancy
from iamsite.operations import Call, Resource, operation
from iamsite.operations.errors import access_denied, validation_error
from identities import root_tasks
from identities.operations.sts.packing import handed_out
from identities.temporary import TemporaryCredentials, issue

TARGET = re.compile(r"(?:arn:aws:iam::)?([0-9]{12})(?::root)?")
LONGEST = 900


def _target(principal: str) -> str:
    """The account id of a target, which is one or the ARN of a root user."""
    match = TARGET.fullmatch(principal)
    if match is None or principal not in (match[1], _root_of(match[1])):
        raise validation_error(f"{principal} is neither an account id nor the ARN of a root user.")
    return match[1]


def _root_of(account: str) -> str:
    return f"arn:aws:iam::{account}:root"


def _authorize(call: Call, TargetPrincipal: str, TaskPolicyArn: dict[str, str], **_: Any) -> None:
    """Its own policies decide: the member has no say, so the caller's account counts as owner."""
    account = _target(TargetPrincipal)
    standing = call.organization_of(account)
    context = {
        "sts:TaskPolicyArn": TaskPolicyArn.get("arn"),
        "aws:ResourceAccount": account,
        "aws:ResourceOrgID": standing.id if standing is not None else None,
        "aws:ResourceOrgPaths": (standing.path,) if standing is not None else None,
    }
    call.authorize("sts:AssumeRoot", Resource(_root_of(account), call.account), context)


@operation(
    "sts:AssumeRoot",
    issues=True,
    authorizes_itself=_authorize,
    differs="Tasks on credentials need RootCredentialsManagement, the others RootSessions. There "
    "is one endpoint, so us-east-1 is not refused as the global one. A session ends at once when "
    "the organization disables the feature, the member leaves or the delegation that it came from "
    "does. The unlocking tasks act on the policies of resources registered here, with "
    "portal:DeleteResourcePolicy and the like.",
)
def assume_root(
    call: Call,
    TargetPrincipal: str,
    TaskPolicyArn: dict[str, str],
    DurationSeconds: int = LONGEST,
    MinimumSessionTokenSize: int = 0,
) -> dict[str, Any]:
    account = _target(TargetPrincipal)
    task = root_tasks.BY_ARN.get(TaskPolicyArn.get("arn", ""))
    if task is None:
        wanted = ", ".join(sorted(root_tasks.BY_ARN))
        raise validation_error(f"TaskPolicyArn.arn must be one of {wanted}.")
    with tenancy.entered(account, back=call.account):
        since = root_access.held_since(call.account, task.feature)
    if since is None:
        # The same for an account that is not there, a stranger's, and a feature that is off.
        raise access_denied(
            f"User: {call.caller.principal.arn} is not authorized to perform: sts:AssumeRoot on "
            f"resource: {_root_of(account)} because that is no member account of an organization "
            f"which this account manages, or administers IAM for, with {task.feature} enabled"
        )
    session = call.caller.session
    source_identity = session.source_identity if session is not None else ""
    issued_at = call.now.replace(microsecond=0)
    credentials = issue(
        TemporaryCredentials(
            kind="AssumeRoot",
            account=account,
            subject_id=account,
            issued_at=issued_at,
            expires_at=issued_at + timedelta(seconds=DurationSeconds),
            name=task.name,
            policy=task.document,
            source_identity=source_identity,
            context={"aws:AssumedRoot": "true"},
            root_since=since,
            issuer=call.account,
        ),
        MinimumSessionTokenSize,
    )
    call.detail.update(credentials.as_detail())
    call.shared_with.append(account)
    return {
        **handed_out(credentials),
        **({"SourceIdentity": source_identity} if source_identity else {}),
    }
