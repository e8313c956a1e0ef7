"""The provider's side: asking for access, and picking up what was sent."""

from __future__ import annotations

import base64
import json
import re
import uuid
from typing import Any

from accounts.models import Account
from accounts.quotas import quota
from accounts.sealing import TOKEN, SealError, seal, unseal
from iamsite.operations import Call, Resource, operation
from iamsite.operations.errors import (
    access_denied,
    entity_already_exists,
    invalid_input,
    limit_exceeded,
)
from iamsite.operations.paging import page_newest_first
from identities.models import DelegationRequest
from identities.operations.delegation import scope, templates
from identities.operations.delegation.scope import State
from policies.models import PolicyVersion, Service
from policies.operations.find import find_policy

TOPIC = re.compile(r"arn:aws:sns:[a-z0-9-]+:(?P<account>[0-9]{12}):[A-Za-z0-9_-]+")
CONTEXT = "delegation"


def new_request(call: Call, **_: Any) -> Resource:
    return Resource(scope.arn_of(call.account, "*"), call.account)


@operation(
    "iam:CreateDelegationRequest",
    resource=new_request,
    context={
        "iam:DelegationDuration": lambda call: str(call.params["SessionDuration"]),
        "iam:NotificationChannel": "NotificationChannel",
        "iam:TemplateArn": lambda call: call.params["Permissions"].get("PolicyTemplateArn"),
    },
    differs="Any account with a service of its own (portal:RegisterService) is a provider. A "
    "template is a managed policy of that account, with @{name} where a parameter's value goes. "
    "Nothing is pushed to the topic: portal:ListSentDelegationRequests gives what was sent to it, "
    "the exchange token too. There is no ConsoleDeepLink.",
)
def create_delegation_request(
    call: Call,
    Description: str,
    Permissions: dict[str, Any],
    RequestorWorkflowId: str,
    NotificationChannel: str,
    SessionDuration: int,
    OwnerAccountId: str | None = None,
    RequestMessage: str = "",
    RedirectUrl: str = "",
    OnlySendByOwner: bool = False,
) -> dict[str, Any]:
    if not Service.objects.of(call.account).exists():
        raise access_denied(
            "Only the provider of a service may ask for delegation: register it with "
            "portal:RegisterService first."
        )
    topic = TOPIC.fullmatch(NotificationChannel)
    if topic is None or topic["account"] != call.account:
        raise invalid_input("NotificationChannel must be the ARN of an SNS topic of this account.")
    parameters = Permissions.get("Parameters") or []
    policy = templates.filled(
        _template(call, Permissions.get("PolicyTemplateArn", "")), templates.values_of(parameters)
    )
    rows = DelegationRequest.objects.of(call.account)
    if rows.filter(workflow=RequestorWorkflowId).exists():
        raise entity_already_exists(
            f"A delegation request with the workflow id {RequestorWorkflowId} already exists."
        )
    limit = quota(call.account, "DelegationRequestsPerAccount")
    if rows.filter(expires_at__gt=call.now).count() >= limit:
        raise limit_exceeded("DelegationRequestsPerAccount", limit)
    row = DelegationRequest(
        id=str(uuid.uuid4()),
        account_id=call.account,
        requestor_name=Account.objects.get(id=call.account).name[:30],
        workflow=RequestorWorkflowId,
        channel=NotificationChannel,
        description=Description,
        message=RequestMessage,
        redirect_url=RedirectUrl,
        template=Permissions["PolicyTemplateArn"],
        parameters=parameters,
        policy=policy,
        session_duration=SessionDuration,
        only_send_by_owner=OnlySendByOwner,
        owner_account=OwnerAccountId,
        expires_at=call.now + scope.UNTAKEN,
        created_at=call.now,
        updated_at=call.now,
    )
    row.save(force_insert=True)
    call.detail["DelegationRequestId"] = row.id
    return {"DelegationRequestId": row.id}


def _template(call: Call, arn: str) -> str:
    policy = find_policy(call, arn)
    if policy is None or policy.account_id != call.account:
        raise invalid_input(f"PolicyTemplateArn: {arn} is no managed policy of this account.")
    version = PolicyVersion.objects.get(policy=policy, number=policy.default_version)
    return str(version.document)


@operation("portal:ListSentDelegationRequests", reads=True)
def list_sent_delegation_requests(
    call: Call,
    NotificationChannel: str | None = None,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    """The account's own requests, newest first; those that were finalized with their token."""
    rows = DelegationRequest.objects.of(call.account)
    if NotificationChannel is not None:
        rows = rows.filter(channel=NotificationChannel)
    found, paging = page_newest_first(call, rows, "id")
    return {"DelegationRequests": [_sent_output(call, row) for row in found], **paging}


def _sent_output(call: Call, row: DelegationRequest) -> dict[str, Any]:
    state = row.state_at(call.now)
    output = {
        "DelegationRequestId": row.id,
        "RequestorWorkflowId": row.workflow,
        "NotificationChannel": row.channel,
        "State": state,
        "CreateDate": row.created_at,
        "UpdatedTime": row.updated_at,
        "ExpirationTime": row.expires_at,
    }
    if row.owner_account is not None:
        output["OwnerAccountId"] = row.owner_account
    if row.rejection:
        output["RejectionReason"] = row.rejection
    if state == State.FINALIZED:
        output["ExchangeToken"] = token_of(row)
    return output


def token_of(row: DelegationRequest) -> str:
    """The exchange token of a finalized request: worth something to its provider alone."""
    held = json.dumps([row.id, row.sent_at.isoformat()]).encode()
    return base64.urlsafe_b64encode(seal(held, CONTEXT, TOKEN)).decode()


def read_token(token: str) -> tuple[str, str] | None:
    """The id of the request that a token is of and when it was sent, or None."""
    try:
        held = unseal(base64.urlsafe_b64decode(token), CONTEXT, TOKEN)
    except (ValueError, SealError):
        return None
    request_id, sent_at = json.loads(held)
    return request_id, sent_at
