"""Decisions as they are kept: what was asked, what each layer said, which policies counted.

A record belongs to the account of whoever asked, and holds nothing of another's: what the other
side of a request across accounts says, and what an organization's policies say, is left out.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.utils.crypto import salted_hmac

from accounts.models import DecisionRecord
from iamsite.operations.caller import Caller, Origin
from iamsite.operations.layers import held_by, names_of
from iamsite.operations.rows import fetch, fetch_one
from policies.engine import (
    Context,
    Decision,
    Layer,
    Layers,
    Outcome,
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
    explain,
)
from policies.engine.layers import LAYERS_IN_DENY_ORDER
from policies.ladder import hide_found, hides_from, ladder_of

# Of each account so many, allowed and denied apart: the newest stay.
MOST_RECORDS = 10_000
SWEPT = 256  # records that go at a time
LONGEST_LADDER = 32_768
KEPT_DIGESTS = 20_000
LONGEST_VALUE = 2_048
MOST_VALUES = 100
# What differs from one moment to the next makes no new record.
CLOCK = frozenset(("aws:currenttime", "aws:epochtime", "aws:multifactorauthage"))
# What a caller learns of a resource of its own account only.
OTHER_SIDE = (Layer.RESOURCE, Layer.TRUST, Layer.RCP)
OF_RESOURCE = ("aws:resource", "iam:resourcetag/", "iam:permissionsboundary")


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with all that it was made from.

    `layers` is None where a rule of the service refused, whatever the policies say; `decision` is
    None with it.
    """

    caller: Caller
    request: Request
    decision: Decision | None = None
    layers: Layers | None = None
    message: str = ""

    @property
    def is_allowed(self) -> bool:
        return self.decision is not None and self.decision.allowed

    @property
    def outcome(self) -> str:
        if self.decision is None:
            return Outcome.EXPLICIT_DENY.value
        if is_across(self) and not self.is_allowed and self.decision.layer in OTHER_SIDE:
            # Whether the other side is silent or says no is not the caller's to know.
            return Outcome.IMPLICIT_DENY.value
        return self.decision.outcome.value

    @property
    def layer(self) -> str:
        return self.decision.layer.value if self.decision is not None else ""

    def id(self) -> uuid.UUID:
        """The id of its record: the same for the same request under the same policies.

        Allowed ones go by who, what, on what and which keys were there, whatever their values.
        """
        caller, request, principal = self.caller, self.request, self.request.principal
        asked: list[Any] = [caller.account, caller.subject_id, request.action, request.resource]
        if self.is_allowed:
            asked += [principal.role_arn or principal.arn, sorted(request.context.by_key)]
        else:
            values = sorted(
                (key, value) for key, value in kept_context(self).items() if key not in CLOCK
            )
            asked += [principal.arn, values, self.outcome, self.layer, policies_of(self)]
        text = json.dumps(asked, separators=(",", ":"))
        digest = salted_hmac("iamsite.decision", text, algorithm="sha256").digest()
        return uuid.UUID(bytes=digest[:16], version=4)


def kept_context(decided: Decided) -> dict[str, str | list[str]]:
    """The request's condition keys, in lower case, fit to be kept."""
    across = is_across(decided)
    return {
        key: _kept(key, value)
        for key, value in decided.request.context.by_key.items()
        if not (across and key.startswith(OF_RESOURCE))
    }


def is_across(decided: Decided) -> bool:
    """Whether the resource is another account's."""
    return decided.request.resource_account not in (decided.caller.account, "aws")


def _kept(key: str, value: str | tuple[str, ...]) -> str | list[str]:
    if isinstance(value, tuple):
        return [one[:LONGEST_VALUE] for one in value[:MOST_VALUES]]
    if key == "aws:referer":  # an address's query may hold anything
        value = urlunsplit((*urlsplit(value)[:3], "", ""))
    return value[:LONGEST_VALUE]


def policies_of(decided: Decided) -> list[dict[str, Any]]:
    """Which documents count, by layer, name and digest; of the organization's one digest of all.

    Of another account's policies nothing, not even that they have changed.
    """
    if decided.layers is None:
        return []
    layers = decided.layers.for_principal(decided.request.principal)
    across = is_across(decided)
    found: list[dict[str, Any]] = []
    for layer in LAYERS_IN_DENY_ORDER:
        sets = layers.sets(layer)
        if across and layer in OTHER_SIDE:
            continue
        if sets and layer in (Layer.SCP, Layer.RCP):
            digest = hashlib.sha256("".join(_digests(sets)).encode()).hexdigest()
            found.append({"Layer": layer.value, "Digest": digest})
            continue
        for policies in sets:
            found += [
                {
                    "Layer": layer.value,
                    "PolicyName": policy.id,
                    "Digest": _digest(policy.document.text),
                    **({"PolicyArn": policy.arn} if policy.arn is not None else {}),
                }
                for policy in policies.policies
            ]
    return found


def _digests(sets: Sequence[PolicySet]) -> Iterator[str]:
    for policies in sets:
        yield from (_digest(policy.document.text) for policy in policies.policies)
        yield "/"


@lru_cache(maxsize=KEPT_DIGESTS)
def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def ladder_of_decided(decided: Decided) -> dict[str, Any]:
    """The portal model's Ladder of the decision, cut to what a record may hold."""
    if decided.layers is None:
        return {}
    caller = decided.caller
    hides = hides_from(caller.account, decided.request.resource_account)
    names = {} if caller.is_root else names_of(held_by(caller.subject_id))
    ladder = ladder_of(explain(decided.request, decided.layers), names, hides)
    if is_across(decided):
        hide_found(ladder, OF_RESOURCE)
    for kept in (20, 5, 1):
        for rung in ladder["Rungs"]:
            deciding = [one for one in rung["Statements"] if one["Decides"]]
            others = [one for one in rung["Statements"] if not one["Decides"]]
            rung["Statements"] = deciding[:kept] + others[:kept]
        if len(json.dumps(ladder)) <= LONGEST_LADDER:
            break
    return ladder


def record_of(
    decided: Decided, record_id: uuid.UUID, origin: Origin, at: datetime, operation: str
) -> DecisionRecord:
    """The record of a decision, made at `at` for `operation` (its name on the wire)."""
    caller, request = decided.caller, decided.request
    principal, session = request.principal, caller.session
    return DecisionRecord(
        id=record_id,
        account_id=caller.account,
        first_at=at,
        last_at=at,
        is_allowed=decided.is_allowed,
        outcome=decided.outcome,
        layer=decided.layer,
        message=decided.message,
        operation=operation,
        face=origin.face,
        request_id=origin.request_id,
        principal_kind=principal.kind.value,
        principal_arn=principal.arn,
        principal_id=caller.subject_id,
        principal=_particulars(caller.account, principal),
        session={}
        if session is None
        else {
            "kind": session.kind,
            "policy": session.policy,
            "policy_arns": list(session.policy_arns),
            "tags": dict(session.tags),
        },
        action=request.action,
        resource=request.resource[:LONGEST_VALUE],
        resource_account=request.resource_account,
        context=kept_context(decided),
        revision=caller.revision,
        organization_revision=caller.organization.revision if caller.organization else None,
        policies=[] if decided.is_allowed else policies_of(decided),
        ladder={} if decided.is_allowed else ladder_of_decided(decided),
    )


def _particulars(account: str, principal: Principal) -> dict[str, Any]:
    names = ("role_arn", "issuer_arn", "issuer_id", "provider", "has_boundary", "service_linked")
    found = {name: value for name in names if (value := getattr(principal, name))}
    # A service belongs to no account.
    return found if principal.account == account else {**found, "account": principal.account}


def request_of(record: DecisionRecord) -> Request:
    """What was asked, as the engine takes it."""
    known = {
        "kind": PrincipalKind(record.principal_kind),
        "arn": record.principal_arn,
        "account": record.account_id,
        "id": record.principal_id,
    }
    principal = Principal(**{**known, **record.principal})
    context = Context(
        {key: tuple(one) if isinstance(one, list) else one for key, one in record.context.items()}
    )
    return Request(principal, record.action, record.resource, record.resource_account, context)


_FIELDS = DecisionRecord._meta.concrete_fields
_JSON = {"principal", "session", "context", "policies", "ladder"}
# What a later decision of the same changes; the rest is as it was the first time.
KEEP = (
    f"INSERT INTO accounts_decisionrecord AS d ({', '.join(str(one.column) for one in _FIELDS)})"  # noqa: S608
    f" VALUES ({', '.join(['%s'] * len(_FIELDS))})"
    " ON CONFLICT (id) DO UPDATE SET count = d.count + excluded.count,"
    " last_at = greatest(d.last_at, excluded.last_at), request_id = excluded.request_id,"
    " face = excluded.face, revision = excluded.revision"
    " RETURNING (xmax = 0)"
)
SWEEP = """
DELETE FROM accounts_decisionrecord WHERE id IN (
    SELECT id FROM accounts_decisionrecord WHERE account_id = %s AND is_allowed = %s
    ORDER BY last_at DESC, id OFFSET %s LIMIT %s FOR UPDATE SKIP LOCKED)
"""


def keep(record: DecisionRecord) -> None:
    """Writes a record of the entered account, or counts one more of the same.

    Now and then a new one takes along what is too much, and what no account keeps any longer.
    """
    values = [
        json.dumps(getattr(record, field.attname))
        if field.attname in _JSON
        else getattr(record, field.attname)
        for field in _FIELDS
    ]
    (is_new,) = fetch_one(KEEP, values) or (False,)
    if is_new and record.id.int % (SWEPT // 2) == 0:
        fetch(SWEEP, [record.account_id, record.is_allowed, MOST_RECORDS, SWEPT])
        fetch("SELECT iamsite_expire_decisions()")
