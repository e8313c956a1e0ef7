"""ValidatePolicy: what is wrong with a document, and what is unwise in it."""

from __future__ import annotations

from typing import Any

from iamsite.operations import Call, operation
from policies.engine import DocumentKind, Fault, PolicyErrors, parse
from policies.engine.lint import Finding, lint
from policies.registered import catalogue

# More than any policy may hold; linting costs far more than parsing.
LONGEST_LINTED = 16_384


# It tells nothing but what the document itself says, so that every editor may ask.
@operation("portal:ValidatePolicy", reads=True, authorizes_itself=True)
def validate_policy(
    call: Call, PolicyDocument: str, PolicyType: str = DocumentKind.IDENTITY.value
) -> dict[str, Any]:
    kind = DocumentKind(PolicyType)
    is_linted = len(PolicyDocument) <= LONGEST_LINTED
    found = lint(PolicyDocument, kind, catalogue(call.account)) if is_linted else []
    advice = {"IsLinted": is_linted, "Findings": [_finding(one) for one in found]}
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
    return {"IsValid": True, "Faults": [], "Size": document.size, **advice}


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
