"""Delegation requests, from asking to trading in, and roles from templates."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction

from accounts import tenancy
from identities.models import DelegationRequest
from tests.cast import Acme, allow, trust
from tests.clients.sdk.calls import Calls
from tests.identities.quotas import set_quota

FUNCTION = "arn:aws:iam::aws:role-template/FunctionExecution"
AUDIT = "arn:aws:iam::aws:role-template/CrossAccountAudit"


def requests(call: Calls, acme: Acme) -> None:
    me = acme.alice
    service = {"ServicePrefix": "sdk", "ServiceName": "SDK", "ServicePrincipal": "sdk.example.com"}
    acme.root.perform("RegisterService", **service)

    def template(name: str, document: str) -> str:
        made = acme.root.perform("CreatePolicy", PolicyName=name, PolicyDocument=document)
        return str(made["Policy"]["Arn"])

    def asking(arn: str, **changes: Any) -> dict[str, Any]:
        return {
            "OwnerAccountId": acme.id,
            "Description": "sdk",
            "Permissions": {"PolicyTemplateArn": arn},
            "RequestorWorkflowId": uuid.uuid4().hex,
            "NotificationChannel": f"arn:aws:sns:us-east-1:{acme.id}:sdk",
            "SessionDuration": 300,
            **changes,
        }

    def finalized(arn: str) -> dict[str, str]:
        made = call(me, "CreateDelegationRequest", **asking(arn))
        named = {"DelegationRequestId": made["DelegationRequestId"]}
        for act in ("AssociateDelegationRequest", "UpdateDelegationRequest"):
            call(me, act, **named)
        call.attempt(me, "AssociateDelegationRequest", **named)
        call.attempt(me, "SendDelegationToken", **named)
        call(me, "AcceptDelegationRequest", **named)
        call(me, "SendDelegationToken", **named)
        call.attempt(me, "UpdateDelegationRequest", **named)
        return named

    def token(named: dict[str, str]) -> dict[str, str]:
        sent = me.perform("ListSentDelegationRequests")["DelegationRequests"]
        (one,) = [one for one in sent if one["DelegationRequestId"] == named["DelegationRequestId"]]
        return {"TradeInToken": one["ExchangeToken"]}

    reading = template("reading", allow("s3:GetObject"))
    named = finalized(reading)
    call(me, "GetDelegatedAccessToken", **token(named))
    with transaction.atomic():
        tenancy.enter(acme.id)
        DelegationRequest.objects.of(acme.id).update(session_duration=0)
    call.attempt(me, "GetDelegatedAccessToken", **token(named))
    large = template("large", allow(*(f"s3:GetObject{number}" for number in range(200))))
    call.attempt(me, "GetDelegatedAccessToken", **token(finalized(large)))
    call(me, "GetDelegationRequest", **named)
    call(me, "ListDelegationRequests")
    arn = acme.arn(f"delegation-request/{named['DelegationRequestId']}")
    call(me, "GetHumanReadableSummary", EntityArn=arn)
    call.attempt(me, "GetHumanReadableSummary", EntityArn=me.arn)
    asked = asking(reading)
    made = call(me, "CreateDelegationRequest", **asked)
    call.attempt(me, "CreateDelegationRequest", **asked)
    call.attempt(me, "CreateDelegationRequest", **asking(reading, NotificationChannel="nowhere"))
    call(me, "AssociateDelegationRequest", DelegationRequestId=made["DelegationRequestId"])
    rejected = {"DelegationRequestId": made["DelegationRequestId"]}
    call(me, "RejectDelegationRequest", **rejected)
    call.attempt(me, "RejectDelegationRequest", **rejected)
    set_quota(acme, "DelegationRequestsPerAccount", 0)
    call.attempt(me, "CreateDelegationRequest", **asking(reading))


def templates(call: Calls, acme: Acme) -> None:
    me = acme.alice

    def acquiring(arn: str, **values: str) -> dict[str, Any]:
        given = {name: {"Values": [value]} for name, value in values.items()}
        return {"TemplateArn": arn, "ReplacementValues": given}

    call(me, "GetRoleTemplateVersion", TemplateArn=FUNCTION)
    asked = acquiring(FUNCTION, FunctionName="sdk")
    call(me, "AcquireRole", **asked)
    call.attempt(me, "AcquireRole", **asked, TemplateMinorVersion=0)
    policy = {"PolicyName": "more", "PolicyDocument": allow("s3:*")}
    acme.root.perform("PutRolePolicy", RoleName="lambda-sdk", **policy)
    call.attempt(me, "AcquireRole", **asked)
    acme.role("lambda-taken", trust(acme.arn("root")))
    call.attempt(me, "AcquireRole", **acquiring(FUNCTION, FunctionName="taken"))
    call.attempt(me, "AcquireRole", **acquiring(FUNCTION, FunctionName="*"))
    nobody = acquiring(AUDIT, AuditorAccountId="000000000001", ExternalId="sdk")
    call.attempt(me, "AcquireRole", **nobody)
    set_quota(acme, "RolesPerAccount", 0)
    call.attempt(me, "AcquireRole", **acquiring(FUNCTION, FunctionName="more"))
