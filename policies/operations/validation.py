"""ValidatePolicy: what is wrong with a document, and what is unwise in it."""

from __future__ import annotations

from typing import Any

from accounts.quotas import quota
from iamsite.operations import Call, Resource, operation
from identities import trust
from identities.operations import find
from policies.engine import Document, DocumentKind, Fault, PolicyErrors
from policies.engine.lint import Finding, lint
from policies.engine.reader import Lines
from policies.operations.inline import size_of_others
from policies.operations.known import OF_ORGANIZATIONS, catalogue
from policies.operations.principals import BY_WORD, ROLE, Kind

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
UNKNOWN = "principal-unknown"
HELP = "Name one that exists: it is kept by its unique id when the policy is saved."


# It tells what the document itself says, so that every editor may ask. Whom there is, and what else
# somebody holds, is told to those alone who would learn it by saving.
@operation("portal:ValidatePolicy", reads=True, authorizes_itself=True)
def validate_policy(
    call: Call,
    PolicyDocument: str,
    PolicyType: str = DocumentKind.IDENTITY.value,
    PrincipalType: str = "",
    PrincipalName: str = "",
    PolicyName: str = "",
    ResourceArn: str = "",
) -> dict[str, Any]:
    kind = DocumentKind(PolicyType)
    is_linted = len(PolicyDocument) <= LONGEST_LINTED
    found = lint(PolicyDocument, kind, catalogue(call.account, kind)) if is_linted else []
    advice: dict[str, Any] = {"IsLinted": is_linted, "Findings": [_finding(one) for one in found]}
    is_inline = kind is DocumentKind.IDENTITY and bool(PrincipalType)
    if name := f"{PrincipalType}PolicySize" if is_inline else QUOTAS.get(kind):
        advice["SizeQuota"] = quota(call.account, name)
    if is_inline and PrincipalName:
        holder = BY_WORD[PrincipalType.lower()]
        advice |= _others(call, holder, PrincipalName, PolicyName)
    try:
        document = trust.sound(PolicyDocument, kind)
        if _may_save(call, kind, PrincipalName, ResourceArn):
            _check_principals(document)
    except PolicyErrors as errors:
        return {
            "IsValid": False,
            "Faults": [_fault(one) for one in errors.faults],
            "ErrorCode": errors.aws_code,
            "ErrorMessage": errors.aws_message,
            **advice,
        }
    # White space counts in an organization's policies alone.
    size = len(PolicyDocument) if kind in OF_ORGANIZATIONS else document.size
    return {"IsValid": True, "Faults": [], "Size": size, **advice}


def _others(call: Call, holder: Kind, name: str, policy: str) -> dict[str, Any]:
    """OtherSize of somebody who is there, for whoever may give it inline policies."""
    resource = holder.resource(call, **{holder.parameter: name})
    principal = find.find(call, holder.model, name)
    if principal is None or not call.may(f"iam:Put{holder.name}Policy", resource):
        return {}
    return {"OtherSize": size_of_others(call, principal, policy)}


def _may_save(call: Call, kind: DocumentKind, role: str, arn: str) -> bool:
    """Whether the caller may save a document that names principals, there or anywhere."""
    if kind is DocumentKind.TRUST:
        ways = [("iam:CreateRole", Resource(f"arn:aws:iam::{call.account}:role/*", call.account))]
        if role:
            ways = [("iam:UpdateAssumeRolePolicy", ROLE.resource(call, RoleName=role))]
    elif kind is DocumentKind.RESOURCE:
        ways = [("portal:PutResourcePolicy", Resource(arn or "*", call.account))]
        if not arn:
            ways.append(("organizations:PutResourcePolicy", call.anything()))
    else:
        return False
    return any(call.may(*way) for way in ways)


def _check_principals(document: Document) -> None:
    """Raises PolicyErrors with whom there is not, in the words with which saving is refused."""
    lines = Lines(document.text)
    faults = [
        Fault(*lines.position(start), UNKNOWN, str(one), HELP, stage=at, aws_message=str(one))
        for at, (one, start) in enumerate(trust.unknown_in(document))
    ]
    if faults:
        raise PolicyErrors(faults)


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
