"""Inline policies of users, groups and roles (api-behaviour.md §8.5)."""

from __future__ import annotations

from typing import Any

from accounts.quotas import quota
from iamsite.operations import Call, OperationError
from iamsite.operations.errors import no_such_entity
from iamsite.operations.layers import document_of
from iamsite.operations.paging import page_by_name
from policies.engine import DocumentKind
from policies.models import InlinePolicy
from policies.operations.documents import checked_document, digest
from policies.operations.principals import Kind, each_kind


def _find(call: Call, principal: Any, name: str) -> InlinePolicy | None:
    rows = InlinePolicy.objects.of(call.account).filter(principal_id=principal.id)
    found: InlinePolicy | None = rows.filter(lower_name=name.lower()).first()
    return found


def _get(call: Call, kind: Kind, principal: Any, name: str) -> InlinePolicy:
    """Raises NoSuchEntity."""
    if (found := _find(call, principal, name)) is None:
        raise no_such_entity(f"The {kind.name.lower()} policy with name {name} cannot be found.")
    return found


def size_of_others(call: Call, principal: Any, name: str) -> int:
    """How many characters count of the principal's inline policies but the one of that name."""
    others = InlinePolicy.objects.of(call.account).filter(principal_id=principal.id)
    texts = others.exclude(lower_name=name.lower()).values_list("document", flat=True)
    return sum(document_of(text, DocumentKind.IDENTITY).size for text in texts)


@each_kind("iam:Put{}Policy")
def put_policy(
    call: Call, kind: Kind, principal: Any, PolicyName: str, PolicyDocument: str
) -> None:
    document = checked_document(PolicyDocument, DocumentKind.IDENTITY)
    held = _find(call, principal, PolicyName)
    size = document.size + size_of_others(call, principal, PolicyName)
    limit = quota(call.account, f"{kind.name}PolicySize")
    if size > limit:
        raise OperationError(
            "LimitExceeded",
            f"Maximum policy size of {limit} bytes exceeded for {kind.name.lower()} "
            f"{call.params.get(kind.parameter, principal.name)}",
        )
    held = held or InlinePolicy(account_id=call.account, principal_id=principal.id)
    held.name, held.document, held.digest = PolicyName, PolicyDocument, digest(PolicyDocument)
    held.save()


@each_kind("iam:Get{}Policy", reads=True)
def get_policy(call: Call, kind: Kind, principal: Any, PolicyName: str) -> dict[str, Any]:
    held = _get(call, kind, principal, PolicyName)
    return {
        kind.parameter: principal.name,
        "PolicyName": held.name,
        "PolicyDocument": held.document,
    }


@each_kind("iam:List{}Policies", reads=True)
def list_policies(
    call: Call,
    kind: Kind,
    principal: Any,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    rows = InlinePolicy.objects.of(call.account).filter(principal_id=principal.id)
    held, paging = page_by_name(call, rows.defer("document"))
    return {"PolicyNames": [one.name for one in held], **paging}


@each_kind("iam:Delete{}Policy")
def delete_policy(call: Call, kind: Kind, principal: Any, PolicyName: str) -> None:
    _get(call, kind, principal, PolicyName).delete()
