"""Which of AWS's answers a fault gets, and at which validation stage.

Identity policies: policy-language §10. Trust policies: §6, in the order of its table.
"""

from __future__ import annotations

from typing import NamedTuple

from .document import DocumentKind


class Answer(NamedTuple):
    """`message` None: the fault brings its own text."""

    stage: int
    message: str | None
    code: str = "MalformedPolicyDocument"


LENGTH_LIMIT = 131_072
_LENGTH = Answer(
    -1,
    "1 validation error detected: Value at 'policyDocument' failed to satisfy constraint: "
    f"Member must have length less than or equal to {LENGTH_LIMIT}",
    "ValidationError",
)
_CHARACTERS = Answer(
    0,
    "The specified value for policyDocument is invalid. It must contain only printable ASCII "
    "characters.",
    "ValidationError",
)
_LEGACY = "The policy failed legacy parsing"

_IDENTITY_SYNTAX = Answer(1, "Syntax errors in policy.")
_IDENTITY = {
    "too-long": _LENGTH,
    "characters": _CHARACTERS,
    "principal-not-allowed": Answer(2, "Policy document should not specify a principal."),
    "version-too-old": Answer(3, "Policy document must be version 2012-10-17 or greater."),
    "effect-case": Answer(4, _LEGACY),
    "date-value": Answer(4, _LEGACY),
    "resource-legacy": Answer(4, _LEGACY),
    "sid-duplicate": Answer(5, "Statement IDs (SID) in a single policy must be unique."),
    "sid-characters": Answer(
        5,
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
        "expression [0-9A-Za-z]*",
    ),
    "missing-action": Answer(6, "Policy statement must contain actions."),
    "resource-arn": Answer(7, None),
    "resource-partition": Answer(7, None),
    "resource-vendor": Answer(7, None),
    "resource-region": Answer(7, None),
    "resource-type": Answer(7, None),
    "resource-short": Answer(7, None),
    "action-prefix": Answer(8, None),
    "action-colons": Answer(8, None),
    "action-vendor": Answer(8, None),
    "key-prefix": Answer(
        8, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    ),
    "missing-resource": Answer(9, "Policy statement must contain resources."),
    "principal-form": Answer(2, None),
}

_NO_JSON = Answer(1, "This policy contains invalid Json")
_TRUST_SYNTAX = Answer(15, "Syntax error in policy.")
_TRUST = {
    "too-long": _LENGTH,
    "characters": _CHARACTERS,
    "version-unknown": Answer(2, "The policy must contain a valid version string"),
    "missing-statement": Answer(3, "Could not parse the policy: Statement is empty!"),
    "sid-duplicate": Answer(4, "The Statement Ids in the policy are not unique"),
    "missing-effect": Answer(5, "Missing required field Effect"),
    "effect-case": Answer(6, None),
    "effect-value": Answer(6, None),
    "missing-principal": Answer(7, "Missing required field Principal"),
    "not-principal": Answer(8, None),
    "principal-empty": Answer(9, "Missing required field Principal cannot be empty!"),
    "principal-form": Answer(10, None),
    "missing-action": Answer(11, "Missing required field Action"),
    "action-not-sts": Answer(12, "AssumeRole policy may only specify STS AssumeRole actions."),
    "resource-not-allowed": Answer(13, "Has prohibited field Resource"),
    "not-resource-not-allowed": Answer(14, "AssumeRole policy must not contain resources."),
    "cognito-audience": Answer(16, "A condition block must be present for the Cognito provider"),
    "issuer-claim": Answer(17, None),
}

_ORGANIZATIONS = Answer(
    1,
    "The provided policy document does not meet the requirements of the specified policy type.",
    "MalformedPolicyDocumentException",
)


def answer_to(kind: DocumentKind, code: str) -> Answer:
    """AWS's answer to a fault of this code in a document of this kind."""
    if kind in (DocumentKind.SCP, DocumentKind.RCP):
        return _ORGANIZATIONS
    if kind is DocumentKind.TRUST:
        return _TRUST.get(code) or (_NO_JSON if code.startswith("json-") else _TRUST_SYNTAX)
    return _IDENTITY.get(code, _IDENTITY_SYNTAX)
