"""Whose a delegation request is, who may see it, and what its owner may do by default."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

from accounts import tenancy
from iamsite.operations import Call, Resource
from iamsite.operations.errors import OperationError, invalid_input, no_such_entity
from iamsite.operations.layers import document_of
from iamsite.operations.rows import fetch_one
from identities.models import DelegationRequest
from policies.engine import DocumentKind, Policy, PolicySet, compile_policies

State = DelegationRequest.State

FOUND = "SELECT iamsite_delegation_provider(%s)"
UNTAKEN = timedelta(days=1)
KEPT = timedelta(days=7)


def not_found(request_id: str) -> OperationError:
    return no_such_entity(f"The delegation request {request_id} cannot be found.")


def arn_of(account: str, request_id: str) -> str:
    return f"arn:aws:iam::{account}:delegation-request/{request_id}"


def find(call: Call, request_id: str) -> DelegationRequest | None:
    """The request, if it is one that the caller's account may know of: its own, or anybody's."""
    key = (DelegationRequest, request_id)
    if key not in call.found:
        (provider,) = fetch_one(FOUND, [request_id]) or (None,)
        row = None
        if provider is not None:
            with tenancy.entered(provider, back=call.account):
                row = DelegationRequest.objects.of(provider).filter(id=request_id).first()
        if row is not None and row.owner_account not in (None, call.account):
            row = None
        call.found[key] = row
    found: DelegationRequest | None = call.found[key]
    return found


def get(call: Call, request_id: str) -> DelegationRequest:
    """Raises NoSuchEntity."""
    if (row := find(call, request_id)) is None:
        raise not_found(request_id)
    return row


@contextmanager
def changing(call: Call, request_id: str, *states: str) -> Iterator[DelegationRequest]:
    """The request locked and its provider's account entered; saved when the block is done.

    Raises NoSuchEntity, and InvalidInput unless it is in one of `states`.
    """
    known = get(call, request_id)
    with tenancy.entered(known.account_id, back=call.account):
        rows = DelegationRequest.objects.of(known.account_id).select_for_update()
        row: DelegationRequest | None = rows.filter(id=request_id).first()
        if row is None or row.owner_account not in (None, call.account):
            raise not_found(request_id)
        state = row.state_at(call.now)
        if state not in states:
            wanted = " or ".join(states)
            raise invalid_input(f"The delegation request is {state}: it must be {wanted}.")
        yield row
        row.updated_at = call.now
        row.expires_at = call.now + KEPT
        row.save()
    call.shared_with.append(row.account_id)


def authorized(default: bool) -> Any:
    """Asks for the operation's action on the request that it names.

    With `default`, the owner of the request is allowed by the request itself: any policy of its
    own can still deny it.
    """

    def authorize(call: Call, DelegationRequestId: str, **_: Any) -> None:
        authorize_on(call, DelegationRequestId, default=default)

    return authorize


def authorize_on(call: Call, request_id: str, *, default: bool) -> None:
    row = find(call, request_id)
    owner = row.owner if row is not None else ""
    resource = Resource(arn_of(call.account, request_id), call.account)
    layers = call.layers
    if default and owner and owner == call.caller.principal.arn:
        layers = replace(layers, resource=_of_owner(owner, call.registered.action))
    context = {"iam:DelegationRequestOwner": owner or None}
    call.authorize(call.registered.action, resource, context, layers)


@lru_cache(maxsize=1_000)
def _of_owner(owner: str, action: str) -> PolicySet:
    text = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},'
        '"Action":"%s","Resource":"*"}]}'
    )
    document = document_of(text % (owner, action), DocumentKind.RESOURCE)
    return compile_policies([Policy(document, "default", None, "resource")])
