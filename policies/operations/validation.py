"""ValidatePolicy: what is wrong with a document, and what is unwise in it."""

from __future__ import annotations

from typing import Any

from accounts.quotas import quota
from iamsite.operations import Call, operation
from policies.engine import DocumentKind, Fault, PolicyErrors, parse
from policies.engine.lint import Finding, lint
from policies.registered import catalogue

# More than any policy may hold; linting costs far more than parsing.
LONGEST_LINTED = 16_384
# By kind, what limits the size of a document; an inline policy by whose it is.
QUOTAS = {
    DocumentKind.MANAGED: "PolicySize",
    DocumentKind.TRUST: "ACLSizePerRole",
    DocumentKind.RESOURCE: "ResourcePolicySize",
    DocumentKind.SCP: "SCPSize",
    DocumentKind.RCP: "RCPSize",
}
OF_ORGANIZATIONS = (DocumentKind.SCP, DocumentKind.RCP)  # their white space counts


# It tells nothing but what the document itself says, so that every editor may ask.
@operation("portal:ValidatePolicy", reads=True, authorizes_itself=True)
def validate_policy(
    call: Call,
    PolicyDocument: str,
    PolicyType: str = DocumentKind.IDENTITY.value,
    PrincipalType: str = "",
) -> dict[str, Any]:
    kind = DocumentKind(PolicyType)
    is_linted = len(PolicyDocument) <= LONGEST_LINTED
    found = lint(PolicyDocument, kind, catalogue(call.account)) if is_linted else []
    advice = {"IsLinted": is_linted, "Findings": [_finding(one) for one in found]}
    if name := f"{PrincipalType}PolicySize" if PrincipalType else QUOTAS.get(kind):
        advice["SizeQuota"] = quota(call.account, name)
    try:
        document = parse(PolicyDocument, kind)
    except PolicyErrors as errors:
        return {
            "IsValid": False,
            "Faults": [_fault(one) for one in errors.faults],
            "ErrorCode": errors.aws_code,
            "ErrorMessage": errors.aws_message,
            **advice,
        }
    size = len(PolicyDocument) if kind in OF_ORGANIZATIONS else document.size
    return {"IsValid": True, "Faults": [], "Size": size, **advice}


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "Code": fault.code,
        "Line": fault.line,
        "Column": fault.column,
        "Message": fault.message,
        "Help": fault.help,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    output = {
        "Code": finding.code,
        "FindingType": finding.type.value,
        "Message": finding.message,
        "StartLine": finding.line,
        "StartColumn": finding.column,
        "EndLine": finding.end_line,
        "EndColumn": finding.end_column,
        "Path": [str(part) for part in finding.path],
    }
    if finding.suggestion:
        output["Suggestion"] = finding.suggestion
    return output
