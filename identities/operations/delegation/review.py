"""Reading delegation requests: what is asked, in plain words too, and whether one has it."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.utils import translation

from iamsite.operations import Call, operation
from iamsite.operations.errors import invalid_input
from iamsite.operations.namespaces import namespaces_of
from iamsite.operations.paging import page_by_name
from identities.models import DelegationRequest
from identities.operations.delegation import coverage, scope, templates
from policies import reading
from policies.engine import DocumentKind, parse

ARN = re.compile(r"arn:aws:iam::(?P<account>[0-9]{12}):delegation-request/(?P<id>[\w-]{16,128})")
LONGEST_SUMMARY = 10_000
LANGUAGES = ("en",)  # that the sentences of policies.reading are written in
CUT = "\n…"


def request_output(call: Call, row: DelegationRequest) -> dict[str, Any]:
    output = {
        "DelegationRequestId": row.id,
        "Description": row.description,
        "Permissions": {"PolicyTemplateArn": row.template, "Parameters": row.parameters},
        "PermissionPolicy": row.policy,
        "State": row.state_at(call.now),
        "ExpirationTime": row.expires_at,
        "RequestorId": row.account_id,
        "RequestorName": row.requestor_name,
        "CreateDate": row.created_at,
        "SessionDuration": row.session_duration,
        "OnlySendByOwner": row.only_send_by_owner,
        "UpdatedTime": row.updated_at,
    }
    optional = {
        "OwnerAccountId": row.owner_account,
        "RequestMessage": row.message,
        "RolePermissionRestrictionArns": templates.boundaries_of(_document(row)),
        "OwnerId": row.owner,
        "ApproverId": row.approver,
        "RedirectUrl": row.redirect_url,
        "Notes": row.notes,
        "RejectionReason": row.rejection,
    }
    return output | {name: value for name, value in optional.items() if value}


def _document(row: DelegationRequest) -> Any:
    return parse(row.policy, DocumentKind.SESSION)


@operation(
    "iam:GetDelegationRequest",
    reads=True,
    authorizes_itself=scope.authorized(default=True),
    differs="The permission check is complete when the call returns.",
)
def get_delegation_request(
    call: Call, DelegationRequestId: str, DelegationPermissionCheck: bool = False
) -> dict[str, Any]:
    row = scope.get(call, DelegationRequestId)
    output: dict[str, Any] = {"DelegationRequest": request_output(call, row)}
    if DelegationPermissionCheck:
        result = coverage.covers(call, _document(row))
        output |= {"PermissionCheckStatus": "COMPLETE", "PermissionCheckResult": result}
    return output


def _by_owner(call: Call, OwnerId: str | None = None, **_: Any) -> None:
    call.authorize(call.registered.action, call.anything(), {"iam:DelegationRequestOwner": OwnerId})


@operation("iam:ListDelegationRequests", reads=True, authorizes_itself=_by_owner)
def list_delegation_requests(
    call: Call,
    OwnerId: str | None = None,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    """Those that somebody of the account has taken."""
    rows = DelegationRequest.objects.filter(owner_account=call.account).exclude(owner="")
    if OwnerId is not None:
        rows = rows.filter(owner=OwnerId)
    found, paging = page_by_name(call, rows, "id")
    # The one list of IAM that spells it with a small letter.
    paging["isTruncated"] = paging.pop("IsTruncated")
    return {"DelegationRequests": [request_output(call, row) for row in found], **paging}


def _of_entity(call: Call, EntityArn: str, **_: Any) -> None:
    scope.authorize_on(call, _named(call, EntityArn), default=True)


def _named(call: Call, arn: str) -> str:
    match = ARN.fullmatch(arn)
    if match is None:
        raise invalid_input("EntityArn must be the ARN of a delegation request.")
    if match["account"] != call.account:
        row = scope.find(call, match["id"])
        if row is None or row.arn != arn:
            raise scope.not_found(match["id"])
    return match["id"]


@operation(
    "iam:GetHumanReadableSummary",
    reads=True,
    authorizes_itself=_of_entity,
    differs="No language model: each statement of the permission policy is read out as a sentence, "
    "in English.",
)
def get_human_readable_summary(
    call: Call, EntityArn: str, Locale: str | None = None
) -> dict[str, Any]:
    row = scope.get(call, _named(call, EntityArn))
    locale = Locale or settings.LANGUAGE_CODE
    language = locale.partition("-")[0].partition("_")[0].lower()
    if language not in LANGUAGES:
        return {"SummaryContent": "", "Locale": locale, "SummaryState": "NOT_SUPPORTED"}
    with translation.override(language):
        text = "\n".join(reading.read(_document(row), namespaces_of(call.account).names()))
    if len(text) > LONGEST_SUMMARY:
        text = text[: LONGEST_SUMMARY - len(CUT)].rpartition("\n")[0] + CUT
    return {"SummaryContent": text, "Locale": locale, "SummaryState": "AVAILABLE"}
