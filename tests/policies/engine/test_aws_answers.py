"""Policy language §4.2, §5, §6 and §10: the words in which AWS refuses a document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.engine import DocumentKind
from tests.policies.engine.acme import ACME, allow, refusal, text

MALFORMED = "MalformedPolicyDocument"
SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"
PREFACED = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
IAM_PATH = (
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, '
    "instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, "
    "oidc-provider/, report/, access-report/."
)


def without(element: str) -> dict[str, Any]:
    return {key: value for key, value in allow("s3:*").items() if key != element}


IDENTITY = [
    ("not json", SYNTAX),
    ("[]", SYNTAX),
    (text(), SYNTAX),
    (text(without("Effect")), SYNTAX),
    (text(allow("s3:*"), version="2012-10-18"), SYNTAX),
    (text({**allow("s3:*"), "NotAction": "x:y"}), SYNTAX),
    (text(allow(Condition={"Same": {"a:b": "c"}})), SYNTAX),
    (text({**allow("s3:*"), "Effect": "Permit"}), SYNTAX),
    ('{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}', SYNTAX),
    (text(allow(Principal="*")), "Policy document should not specify a principal."),
    (
        text(allow("s3:*"), version=None),
        "Policy document must be version 2012-10-17 or greater.",
    ),
    (
        text(allow("s3:*"), version="2008-10-17"),
        "Policy document must be version 2012-10-17 or greater.",
    ),
    (text({**allow("s3:*"), "Effect": "allow"}), LEGACY),
    (text(allow(Condition={"DateLessThan": {"aws:CurrentTime": "soon"}})), LEGACY),
    (text(allow(Condition={"DateLessThan": {"aws:CurrentTime": "9223372036854775808"}})), LEGACY),
    (text(allow(Condition={"DateLessThan": {"aws:CurrentTime": "-1"}})), LEGACY),
    (
        text(allow(resource="urn:aws:s3:::b")),
        'Resource urn:aws:s3:::b must be in ARN format or "*".',
    ),
    (text(allow(resource="arn:aws:s3::b")), LEGACY),
    (text(allow(resource="arn:aws::::x")), LEGACY),
    (
        text(allow(Sid="a"), allow(Sid="a")),
        "Statement IDs (SID) in a single policy must be unique.",
    ),
    (
        text(allow(Sid="a-b")),
        (
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the "
            "regular expression [0-9A-Za-z]*"
        ),
    ),
    (text(without("Action")), "Policy statement must contain actions."),
    (text(allow([])), "Policy statement must contain actions."),
    (text(allow(resource="bucket")), 'Resource bucket must be in ARN format or "*".'),
    (
        text(allow(resource="arn:foo:s3:::b/k")),
        'Partition "foo" is not valid for resource "arn:foo:s3:::b/k".',
    ),
    (
        text(allow(resource="arn:foo")),
        'Partition "foo" is not valid for resource "arn:foo:*:*:*:*".',
    ),
    (
        text(allow(resource="arn:foo:s3:x")),
        'Partition "foo" is not valid for resource "arn:foo:s3:x:*:*".',
    ),
    (
        text(allow(resource="arn:aws")),
        "Resource vendor must be fully qualified and cannot contain regexes.",
    ),
    (
        text(allow(resource="arn:aws:s*:::b")),
        "Resource vendor must be fully qualified and cannot contain regexes.",
    ),
    (
        text(allow(resource=f"arn:aws:iam:eu-west-1:{ACME}:user/x")),
        f"IAM resource arn:aws:iam:eu-west-1:{ACME}:user/x cannot contain region information.",
    ),
    (
        text(allow(resource="arn:aws:s3:eu-west-1::b")),
        "Resource arn:aws:s3:eu-west-1::b can not contain region information.",
    ),
    (text(allow(resource=f"arn:aws:iam::{ACME}:u*")), IAM_PATH),
    (text(allow(resource=f"arn:aws:iam::{ACME}:thing/x")), IAM_PATH),
    (text(allow("GetUser")), PREFACED),
    (text(allow("")), PREFACED),
    (text(allow("iam:Get:User")), "Actions/Condition can contain only one colon."),
    (text(allow("s3*:Get")), "Vendor s3* is not valid"),
    (text(allow("i am:Get")), "Vendor i am is not valid"),
    (text(allow(Condition={"StringEquals": {"username": "x"}})), PREFACED),
    (text(without("Resource")), "Policy statement must contain resources."),
    (text(allow("s3:*", [])), "Policy statement must contain resources."),
]


@pytest.mark.parametrize(("source", "message"), IDENTITY)
def test_a_managed_policy_is_refused_in_awss_words(source: str, message: str) -> None:
    errors = refusal(source, DocumentKind.MANAGED)
    assert (errors.aws_code, errors.aws_message) == (MALFORMED, message)


# Each policy has the faults of this stage and of all later ones.
STAGES: list[tuple[dict[str, Any], str]] = [
    ({"Sid": 5}, SYNTAX),
    ({"Principal": "*"}, "Policy document should not specify a principal."),
    ({"Effect": "allow"}, LEGACY),
    ({"Sid": "-"}, "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies"),
    ({"Action": []}, "Policy statement must contain actions."),
    ({"Resource": "bucket"}, 'Resource bucket must be in ARN format or "*".'),
    ({"NotAction": ["x"], "Action": None}, PREFACED),
    ({"Resource": None}, "Policy statement must contain resources."),
]


@pytest.mark.parametrize("first", range(2, len(STAGES) - 1))
def test_the_first_failing_stage_answers(first: int) -> None:
    """A later statement's fault of an earlier stage outweighs an earlier statement's."""
    statements = []
    for change, _ in reversed(STAGES[first:]):
        found = {**allow("s3:*"), **change}
        statements.append({key: value for key, value in found.items() if value is not None})
    errors = refusal(text(*statements), DocumentKind.MANAGED)
    assert errors.aws_message.startswith(STAGES[first][1])
    assert len(errors.faults) >= len(statements)


@pytest.mark.parametrize(
    "resource",
    [
        "*",
        f"arn:aws:iam::{ACME}:*",
        f"arn:aws:iam::{ACME}:root",
        f"arn:aws:iam::{ACME}:user/${{aws:username}}",
        f"arn:aws:iam::{ACME}:delegation-request/x",
        "arn:aws:iam::aws:policy/*",
        "arn:*:s3:::b",
        "arn:aws-us-gov:s3:::b",
        f"arn:aws:s3:eu-west-1:{ACME}:accesspoint/x",
        "arn:aws:sqs",
        "arn:aws:cloudfront:*",
    ],
)
def test_resources_that_aws_accepts(resource: str) -> None:
    from policies.engine import parse

    assert parse(text(allow(resource=resource)), DocumentKind.MANAGED)


@pytest.mark.parametrize(
    "kind",
    [DocumentKind.IDENTITY, DocumentKind.MANAGED, DocumentKind.SESSION, DocumentKind.TRUST],
)
@pytest.mark.parametrize("letter", ["\u0100", "\u2019", "\u0007", "\u0000", "\ufeff"])
def test_characters_beyond_latin_1_are_refused_first(kind: DocumentKind, letter: str) -> None:
    errors = refusal("{" + letter, kind)
    assert errors.aws_code == "ValidationError"
    assert errors.aws_message == (
        "The specified value for policyDocument is invalid. It must contain only printable ASCII "
        "characters."
    )


def test_a_document_longer_than_any_may_be_is_a_validation_error() -> None:
    errors = refusal(" " * 131_073, DocumentKind.MANAGED)
    assert errors.aws_code == "ValidationError"
    assert errors.aws_message == (
        "1 validation error detected: Value at 'policyDocument' failed to satisfy constraint: "
        "Member must have length less than or equal to 131072"
    )


@pytest.mark.parametrize("kind", [DocumentKind.SCP, DocumentKind.RCP])
def test_organization_policies_are_refused_in_organizations_words(kind: DocumentKind) -> None:
    errors = refusal("{}", kind)
    assert errors.aws_code == "MalformedPolicyDocumentException"


ASSUME: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"AWS": ACME},
    "Action": "sts:AssumeRole",
}


def trust(**changes: Any) -> str:
    found = {**ASSUME, **changes}
    return text({key: value for key, value in found.items() if value is not None})


def names(principal: Any) -> str:
    return trust(Principal=principal)


EMPTY = "Could not parse the policy: Statement is empty!"
ONLY_STS = "AssumeRole policy may only specify STS AssumeRole actions."
TRUST = [
    ("not json", "This policy contains invalid Json"),
    (text(ASSUME, version="2012-10-18"), "The policy must contain a valid version string"),
    ("{}", EMPTY),
    (text(), EMPTY),
    (
        text({**ASSUME, "Sid": "x"}, {**ASSUME, "Sid": "x"}),
        "The Statement Ids in the policy are not unique",
    ),
    (trust(Effect=None), "Missing required field Effect"),
    (trust(Effect="Permit"), "Invalid effect: Permit"),
    (trust(Effect="allow"), "Invalid effect: allow"),
    (trust(Principal=None), "Missing required field Principal"),
    (names({}), "Missing required field Principal cannot be empty!"),
    (names({"AWS": []}), "Missing required field Principal cannot be empty!"),
    (names("*"), 'AssumeRolepolicy contained an invalid principal: "STAR":"*".'),
    (names("someone"), "Principal must be a JSON object."),
    (names(["x"]), "Principal must be a JSON object."),
    (names({"Group": "x"}), 'Invalid principal in policy: "Group"'),
    (names({"CanonicalUser": "a" * 64}), 'Invalid principal in policy: "CanonicalUser"'),
    (
        names({"AWS": "arn:aws:iam::*:root"}),
        'Invalid principal in policy: "AWS":"arn:aws:iam::*:root"',
    ),
    (
        names({"AWS": f"arn:aws:iam::{ACME}:group/x"}),
        f'Invalid principal in policy: "AWS":"arn:aws:iam::{ACME}:group/x"',
    ),
    (names({"AWS": "12345"}), 'Invalid principal in policy: "AWS":"12345"'),
    (names({"Service": "*"}), 'Invalid principal in policy: "SERVICE":"*"'),
    (names({"Service": "nowhere"}), 'Invalid principal in policy: "SERVICE":"nowhere"'),
    (names({"Federated": "x.example"}), 'Invalid principal in policy: "FEDERATED":"x.example"'),
    (trust(Action=None), "Missing required field Action"),
    (trust(Action=[]), "Missing required field Action"),
    (trust(Action="*"), ONLY_STS),
    (trust(Action="iam:PassRole"), ONLY_STS),
    (trust(Action=["sts:AssumeRole", "s3:*"]), ONLY_STS),
    (trust(Resource="*"), "Has prohibited field Resource"),
    (trust(NotResource="*"), "AssumeRole policy must not contain resources."),
    (trust(NotAction="sts:X"), "Syntax error in policy."),
    (trust(Condition={"Same": {"a:b": "c"}}), "Syntax error in policy."),
    (trust(Unknown=1), "Syntax error in policy."),
    (
        trust(Principal=None, NotPrincipal={"AWS": ACME}),
        "Allow with NotPrincipal is not allowed.",
    ),
    (
        trust(Principal=None, NotPrincipal={"AWS": ACME}, Effect="Deny"),
        "AssumeRole policy must not contain NotPrincipal field.",
    ),
]


@pytest.mark.parametrize(("source", "message"), TRUST)
def test_a_trust_policy_is_refused_in_awss_words(source: str, message: str) -> None:
    errors = refusal(source, DocumentKind.TRUST)
    assert (errors.aws_code, errors.aws_message) == (MALFORMED, message)


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "*"},
        {"AWS": ACME},
        {"AWS": f"arn:aws:iam::{ACME}:root"},
        {"AWS": f"arn:aws:iam::{ACME}:user/a/b/C+=,.@-_1"},
        {"AWS": f"arn:aws:iam::{ACME}:role/x"},
        {"AWS": f"arn:aws:sts::{ACME}:assumed-role/x/y"},
        {"AWS": f"arn:aws:sts::{ACME}:federated-user/x"},
        {"AWS": "AIDAALICEALICEALICE00"},
        {"AWS": "AROADEPLOYERDEPLOYE00"},
        {"Service": ["ec2.amazonaws.com", "s3.eu-west-1.amazonaws.com"]},
        {"Federated": f"arn:aws:iam::{ACME}:saml-provider/Corp"},
        {"Federated": f"arn:aws:iam::{ACME}:oidc-provider/idp.example/path"},
        {"Federated": "accounts.google.com"},
        {"AWS": [ACME], "Service": "ec2.amazonaws.com"},
    ],
)
def test_principals_that_a_trust_policy_accepts(principal: Any) -> None:
    from policies.engine import parse

    assert parse(names(principal), DocumentKind.TRUST).statements[0].principals


@pytest.mark.parametrize("action", ["sts:*", "STS:AssumeRole*", "sts:TagSession"])
def test_sts_actions_that_a_trust_policy_accepts(action: str) -> None:
    from policies.engine import parse

    assert parse(trust(Action=action), DocumentKind.TRUST)


def test_the_order_of_the_trust_checks() -> None:
    everything_wrong = text(
        {"Action": "*", "Resource": "*"},
        {"Effect": "Permit", "Principal": {"X": "y"}, "Action": "*"},
    )
    message = refusal(everything_wrong, DocumentKind.TRUST).aws_message
    assert message == "Missing required field Effect"
    assert json.loads(everything_wrong)
