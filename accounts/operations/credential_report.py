"""The credential report (IAM API Reference; api-behaviour.md §9.1).

A report is written at once, so none is ever in progress. As on AWS, the call that starts one says
so, and the next says that it is complete.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from accounts.credential_report import report
from accounts.models import CredentialReport
from iamsite.operations import Call, OperationError, operation

GOOD_FOR = timedelta(hours=4)
FORMAT = "text/csv"


def _find(call: Call) -> CredentialReport | None:
    return CredentialReport.objects.filter(account_id=call.account).first()


def _is_fresh(call: Call, found: CredentialReport) -> bool:
    return call.now - found.generated_at < GOOD_FOR


@operation(
    "iam:GenerateCredentialReport",
    differs="A report is complete at once.",
)
def generate_credential_report(call: Call) -> dict[str, Any]:
    found = _find(call)
    if found is not None and _is_fresh(call, found):
        return {"State": "COMPLETE"}
    CredentialReport.objects.update_or_create(
        account_id=call.account,
        defaults={"content": report(call.account), "generated_at": call.now},
    )
    return {
        "State": "STARTED",
        "Description": "No report exists. Starting a new report generation task",
    }


@operation("iam:GetCredentialReport", reads=True)
def get_credential_report(call: Call) -> dict[str, Any]:
    found = _find(call)
    # AWS says no more than the code.
    if found is None:
        raise OperationError("ReportNotPresent")
    if not _is_fresh(call, found):
        raise OperationError("ReportExpired")
    return {
        "Content": found.content.encode(),
        "ReportFormat": FORMAT,
        "GeneratedTime": found.generated_at,
    }
