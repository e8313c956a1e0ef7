"""What the audit trail keeps of a call: who, from where, what, with which parameters, outcome."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from accounts import tenancy
from accounts.models import Event
from iamsite.operations.call import Call
from iamsite.operations.caller import Origin
from iamsite.operations.models import operation_model
from iamsite.operations.rows import insert
from iamsite.operations.services import seen_in

SECRET = "***"
LONGEST = 8192
# What the service models do not mark as sensitive: the codes of a second factor, and a token.
HIDDEN = {"TokenCode", "AuthenticationCode1", "AuthenticationCode2", "ContextAssertion"}


@dataclass(frozen=True, slots=True)
class Author:
    """Whoever an event is by: a principal, or an operator of the installation."""

    kind: str
    arn: str
    id: str
    access_key_id: str = ""


def record(call: Call, outcome: str = "Success", message: str = "") -> None:
    """Adds the call to the trail of the caller's account, in the current transaction.

    The accounts that the call is shared with keep it as well.
    """
    caller, model = call.caller, operation_model(call.registered.name)
    # What tells the acts of a root session from root's own (IAM User Guide, "Track privileged
    # tasks in AWS CloudTrail").
    assumed: dict[str, Any] = {"AssumedRoot": True} if caller.is_assumed_root else {}
    if caller.session is not None and caller.session.kind == "GetDelegatedAccessToken":
        assumed = {"DelegationRequestId": caller.session.name}
    if caller.session is not None and caller.session.on_behalf_of:
        assumed = {"OnBehalfOf": dict(caller.session.on_behalf_of)}
    # INVARIANT: the heads of several trails are locked in the order of their accounts, so that two
    # calls between the same accounts cannot wait for each other.
    for account in sorted({caller.account, *call.shared_with}):
        if call.shared_with:
            tenancy.enter(account)
        record_event(
            account,
            # A service's short name would be another service's there.
            Author(
                caller.kind.value,
                seen_in(caller, account).arn,
                caller.user_id,
                caller.access_key_id,
            ),
            call.origin,
            call.now,
            call.service,
            model.wire_name,
            resources=call.resources,
            parameters=_kept(call.params, model.input),
            outcome=outcome,
            message=message,
            detail=call.detail | assumed,
        )
    if call.shared_with:
        tenancy.enter(caller.account)


def record_event(
    account: str,
    author: Author,
    origin: Origin,
    at: datetime,
    service: str,
    operation: str,
    *,
    resources: Sequence[str] = (),
    parameters: Mapping[str, Any] | None = None,
    outcome: str = "Success",
    message: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Adds an event to the trail of `account`, which must be entered, in the current transaction.

    For what is no operation (sign-in, an operator's acts) this is the whole record; `parameters`
    and `detail` hold no secret.
    """
    insert(
        Event(
            id=uuid.uuid4(),
            account_id=account,
            sequence=0,
            previous=b"",
            hash=b"",
            at=at,
            request_id=origin.request_id,
            face=origin.face,
            source_ip=origin.source_ip,
            user_agent=origin.user_agent[:1024],
            principal_kind=author.kind,
            principal_arn=author.arn,
            principal_id=author.id,
            access_key_id=author.access_key_id,
            service=service,
            operation=operation,
            resources=list(resources),
            parameters=dict(parameters or {}),
            outcome=outcome,
            message=message,
            detail=dict(detail or {}),
        )
    )


def _kept(value: Any, shape: Shape | None) -> Any:
    """`value` fit for the trail: secrets hidden as the service model marks them, long text cut."""
    if getattr(shape, "metadata", {}).get("sensitive"):
        return SECRET
    if isinstance(value, dict):
        members = shape.members if isinstance(shape, StructureShape) else {}
        each = shape.value if isinstance(shape, MapShape) else None
        return {
            key: SECRET if key in HIDDEN else _kept(one, members.get(key, each))
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        member = shape.member if isinstance(shape, ListShape) else None
        return [_kept(one, member) for one in value]
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[:LONGEST] + "…"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return value
