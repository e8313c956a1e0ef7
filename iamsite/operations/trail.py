"""What the audit trail keeps of a call: who, from where, what, with which parameters, outcome."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from accounts.models import Event
from iamsite.operations.call import Call
from iamsite.operations.models import operation_model

SECRET = "***"
LONGEST = 8192


def record(call: Call, outcome: str = "Success", message: str = "") -> None:
    """Adds the call to the trail of the caller's account, in the current transaction."""
    caller, origin = call.caller, call.origin
    shape = operation_model(call.registered.name).input
    Event.objects.bulk_create(
        [
            Event(
                id=uuid.uuid4(),
                account_id=caller.account,
                sequence=0,
                previous=b"",
                hash=b"",
                at=call.now,
                request_id=origin.request_id,
                face=origin.face,
                source_ip=origin.source_ip,
                user_agent=origin.user_agent[:1024],
                principal_kind=caller.kind.value,
                principal_arn=caller.principal.arn,
                principal_id=caller.user_id,
                access_key_id=caller.access_key_id,
                service=call.service,
                operation=call.registered.name,
                resources=call.resources,
                parameters=_kept(call.params, shape),
                outcome=outcome,
                message=message,
                detail=call.detail,
            )
        ]
    )


def _kept(value: Any, shape: Shape | None) -> Any:
    """`value` fit for the trail: secrets hidden as the service model marks them, long text cut."""
    if getattr(shape, "metadata", {}).get("sensitive"):
        return SECRET
    if isinstance(value, dict):
        members = shape.members if isinstance(shape, StructureShape) else {}
        each = shape.value if isinstance(shape, MapShape) else None
        return {key: _kept(one, members.get(key, each)) for key, one in value.items()}
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
