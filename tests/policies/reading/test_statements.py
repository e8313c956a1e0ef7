"""A statement as a sentence: every element and operator, nothing left out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.engine import Document, DocumentKind, parse
from policies.engine.operators import BASES
from policies.managed import managed_policies
from policies.reading import read


def document(
    kind: DocumentKind, *statements: dict[str, Any], version: str = "2012-10-17"
) -> Document:
    return parse(json.dumps({"Version": version, "Statement": list(statements)}), kind)


def reading(kind: DocumentKind = DocumentKind.IDENTITY, **elements: Any) -> str:
    (sentence,) = read(document(kind, {"Effect": "Allow", **elements}))
    return sentence


ACTIONS = {
    "*": "all actions (*)",
    "s3:*": "all actions of Amazon S3 (s3:*)",
    "iam:*": "all actions of AWS Identity and Access Management (iam:*)",
    "s3:Get*": "all actions of Amazon S3 that begin with Get (s3:Get*)",
    "iam:*Tag*": "all actions of AWS Identity and Access Management that match *Tag* (iam:*Tag*)",
    "s3:GetObject": "reading objects (s3:GetObject)",
    "s3:PutBucketPolicy": "writing bucket policies (s3:PutBucketPolicy)",
    "s3:PutObjectAcl": "writing object ACLs (s3:PutObjectAcl)",
    "rds:describeDBClusters": "viewing DB clusters (rds:describeDBClusters)",
    "kms:Decrypt": "decrypting (kms:Decrypt)",
    "dynamodb:BatchGetItem": "reading items in batches (dynamodb:BatchGetItem)",
    "iam:AddRoleToInstanceProfile": "adding roles to instance profiles (iam:AddRoleToInstanceProfile)",
    "iam:CreateOpenIDConnectProvider": "creating OIDC providers (iam:CreateOpenIDConnectProvider)",
    "iam:ListMFADevices": "listing MFA devices (iam:ListMFADevices)",
    "sts:AssumeRoleWithSAML": "assuming roles with SAML (sts:AssumeRoleWithSAML)",
    "billing:Approve": "approving (billing:Approve)",
    "billing:Frobnicate": "Frobnicate in AWS Billing (billing:Frobnicate)",
    "ourbilling:Frobnicate": "Frobnicate in ourbilling (ourbilling:Frobnicate)",
    "portal:*": "all actions of iamsite Portal (portal:*)",
}


@pytest.mark.parametrize(("action", "phrase"), ACTIONS.items(), ids=ACTIONS)
def test_an_action_is_a_deed_with_its_name(action, phrase):
    assert reading(Action=action, Resource="*") == f"Allow {phrase} on every resource."


RESOURCES = {
    "*": "every resource",
    "arn:aws:s3:::*": "every bucket and object",
    "arn:aws:s3:::reports": "bucket reports",
    "arn:aws:s3:::reports/*": "every object in bucket reports",
    "arn:aws:s3:::reports/2026/*": "objects that match 2026/* in bucket reports",
    "arn:aws:s3:::reports/a.txt": "object a.txt in bucket reports",
    "arn:aws:s3:::reports/${*}.txt": "object ${*}.txt in bucket reports",
    "arn:aws:s3:::rep*": "buckets and objects that match rep*",
    "arn:aws:s3:::rep*/*": "every object in buckets that match rep*",
    "arn:aws:iam::111122223333:user/alice": "user alice of account 111122223333",
    "arn:aws:iam::*:role/ci/*": "every role that matches ci/*",
    "arn:aws:iam::aws:policy/ReadOnlyAccess": "policy ReadOnlyAccess of AWS",
    "arn:aws:iam::111122223333:*": "every resource of AWS Identity and Access Management"
    " of account 111122223333",
    "arn:aws:dynamodb:eu-west-1:111122223333:table/Orders": "dynamodb table Orders"
    " in region eu-west-1 of account 111122223333",
    "arn:aws:lambda:*:*:function:*": "every lambda function",
    "arn:aws:sqs:*:111122223333:orders": "sqs resource orders of account 111122223333",
    "arn:aws:sqs:${aws:RequestedRegion}:*:q": "resources that match "
    "arn:aws:sqs:${aws:RequestedRegion}:*:q",
    "arn:aws:s3:*": "resources that match arn:aws:s3:*",
}


@pytest.mark.parametrize(("arn", "phrase"), RESOURCES.items(), ids=RESOURCES)
def test_a_resource_is_a_thing_with_its_name(arn, phrase):
    assert reading(Action="s3:GetObject", Resource=arn) == (
        f"Allow reading objects (s3:GetObject) on {phrase}."
    )


PRINCIPALS = [
    ("*", "anyone"),
    ({"AWS": "*"}, "anyone"),
    ({"AWS": "111122223333"}, "anyone in account 111122223333 whom that account permits"),
    (
        {"AWS": "arn:aws:iam::111122223333:root"},
        "anyone in account 111122223333 whom that account permits",
    ),
    ({"AWS": "arn:aws:iam::111122223333:user/dev/bob"}, "user dev/bob of account 111122223333"),
    ({"AWS": "arn:aws:iam::111122223333:role/ci"}, "role ci of account 111122223333"),
    (
        {"AWS": "arn:aws:sts::111122223333:assumed-role/ci/run-1"},
        "the session run-1 of role ci of account 111122223333",
    ),
    (
        {"AWS": "arn:aws:sts::111122223333:federated-user/eve"},
        "federated user eve of account 111122223333",
    ),
    ({"AWS": "AIDAEXAMPLE12345678"}, "the principal with the id AIDAEXAMPLE12345678"),
    ({"Service": "ec2.amazonaws.com"}, "the service ec2.amazonaws.com"),
    (
        {"Federated": "arn:aws:iam::111122223333:oidc-provider/id.example.com"},
        "identities of the provider id.example.com of account 111122223333",
    ),
    ({"Federated": "accounts.google.com"}, "identities of the provider accounts.google.com"),
    ({"CanonicalUser": "ab" * 32}, f"the canonical user {'ab' * 32}"),
    (
        {"AWS": "111122223333", "Service": "ec2.amazonaws.com"},
        "anyone in account 111122223333 whom that account permits or the service ec2.amazonaws.com",
    ),
]


@pytest.mark.parametrize(("principal", "phrase"), PRINCIPALS, ids=lambda one: str(one)[:40])
def test_a_principal_is_said_by_kind_name_and_account(principal, phrase):
    sentence = reading(
        DocumentKind.RESOURCE, Action="s3:GetObject", Resource="*", Principal=principal
    )
    assert sentence == f"Allow reading objects (s3:GetObject) on every resource by {phrase}."


def test_what_is_excepted_is_said_to_be():
    sentence = reading(
        DocumentKind.RESOURCE,
        Effect="Deny",
        NotAction=["iam:*", "s3:GetObject"],
        NotResource=["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"],
        NotPrincipal={"AWS": ["111122223333", "arn:aws:iam::111122223333:role/ci"]},
    )
    assert sentence == (
        "Deny everything except all actions of AWS Identity and Access Management (iam:*) and "
        "reading objects (s3:GetObject) on every resource except bucket reports and every object "
        "in bucket reports by anyone except anyone in account 111122223333 whom that account "
        "permits and role ci of account 111122223333."
    )


def test_a_trust_policy_names_no_resource():
    sentence = reading(
        DocumentKind.TRUST,
        Principal={"AWS": "arn:aws:iam::111122223333:role/ci"},
        Action="sts:AssumeRole",
        Condition={"StringEquals": {"sts:ExternalId": "x1"}},
    )
    assert sentence == (
        "Allow assuming roles (sts:AssumeRole) by role ci of account 111122223333, "
        "only when the external id is “x1”."
    )


# Operator, values, what it says of the key s3:k.
OPERATORS: list[tuple[str, list[str], str]] = [
    ("StringEquals", ["a"], "is “a”"),
    ("StringEquals", ["a", "b", "c"], "is “a”, “b” or “c”"),
    ("StringNotEquals", ["a"], "is not “a” (or this is not known)"),
    ("StringNotEquals", ["a", "b"], "is none of “a” or “b” (or this is not known)"),
    ("StringEqualsIgnoreCase", ["a"], "is “a” in any case of letters"),
    (
        "StringNotEqualsIgnoreCase",
        ["a"],
        "is not “a” in any case of letters (or this is not known)",
    ),
    ("StringLike", ["a*", "b"], "matches “a*” or “b”"),
    ("StringNotLike", ["a*"], "does not match “a*” (or this is not known)"),
    ("StringNotLike", ["a*", "b"], "matches none of “a*” or “b” (or this is not known)"),
    ("NumericEquals", ["5"], "equals 5"),
    ("NumericNotEquals", ["5", "6"], "equals none of 5 or 6 (or this is not known)"),
    ("NumericLessThan", ["5"], "is less than 5"),
    ("NumericLessThanEquals", ["5"], "is at most 5"),
    ("NumericGreaterThan", ["5"], "is more than 5"),
    ("NumericGreaterThanEquals", ["5"], "is at least 5"),
    ("DateEquals", ["2026-11-30T00:00:00Z"], "is exactly 2026-11-30T00:00:00Z"),
    (
        "DateNotEquals",
        ["2026-11-30T00:00:00Z"],
        "is not exactly 2026-11-30T00:00:00Z (or this is not known)",
    ),
    ("DateLessThan", ["2026-11-30T00:00:00Z"], "is before 2026-11-30T00:00:00Z"),
    ("DateLessThanEquals", ["2026-11-30T00:00:00Z"], "is not after 2026-11-30T00:00:00Z"),
    ("DateGreaterThan", ["2026-11-30T00:00:00Z"], "is after 2026-11-30T00:00:00Z"),
    ("DateGreaterThanEquals", ["2026-11-30T00:00:00Z"], "is not before 2026-11-30T00:00:00Z"),
    ("Bool", ["true"], "is true"),
    ("BinaryEquals", ["QmluYXJ5"], "is, in base64, QmluYXJ5"),
    ("IpAddress", ["10.0.0.0/8", "192.168.0.0/16"], "is in 10.0.0.0/8 or 192.168.0.0/16"),
    ("NotIpAddress", ["10.0.0.0/8"], "is not in 10.0.0.0/8 (or this is not known)"),
    ("ArnEquals", ["arn:aws:s3:::a"], "matches arn:aws:s3:::a"),
    ("ArnLike", ["arn:aws:s3:::a*"], "matches arn:aws:s3:::a*"),
    ("ArnNotEquals", ["arn:aws:s3:::a"], "does not match arn:aws:s3:::a (or this is not known)"),
    ("ArnNotLike", ["arn:aws:s3:::a"], "does not match arn:aws:s3:::a (or this is not known)"),
    ("Null", ["true"], "is absent"),
    ("Null", ["false"], "is present"),
    ("Null", ["true", "false"], "is absent or present"),
    ("StringEqualsIfExists", ["a"], "is “a” (or this is not known)"),
    ("NumericLessThanIfExists", ["5"], "is less than 5 (or this is not known)"),
    ("StringEquals", [], "has one of no values"),
]


@pytest.mark.parametrize(("operator", "values", "clause"), OPERATORS, ids=lambda one: str(one)[:40])
def test_a_condition_says_what_holds(operator, values, clause):
    condition = {operator: {"s3:k": values}}
    assert reading(Action="kms:Decrypt", Resource="*", Condition=condition) == (
        f"Allow decrypting (kms:Decrypt) on every resource, only when s3:k {clause}."
    )


def test_no_operator_is_without_a_reading():
    assert {operator.removesuffix("IfExists") for operator, _, _ in OPERATORS} == set(BASES)


SETS = [
    (
        "ForAllValues:StringEquals",
        "every one of the tag keys in the request is “a” or “b” (or there is none)",
    ),
    ("ForAnyValue:StringLike", "at least one of the tag keys in the request matches “a” or “b”"),
    (
        "ForAnyValue:StringNotEquals",
        "at least one of the tag keys in the request is none of “a” or “b”",
    ),
    (
        "ForAnyValue:StringEqualsIfExists",
        "at least one of the tag keys in the request is “a” or “b” (or this is not known)",
    ),
]


@pytest.mark.parametrize(("operator", "clause"), SETS)
def test_a_set_operator_says_how_many_of_the_values(operator, clause):
    condition = {operator: {"aws:TagKeys": ["a", "b"]}}
    assert reading(Action="kms:Decrypt", Resource="*", Condition=condition).endswith(
        f"only when {clause}."
    )


CLAUSES = [
    ("Bool", "aws:MultiFactorAuthPresent", "true", "the caller has used MFA"),
    (
        "BoolIfExists",
        "aws:MultiFactorAuthPresent",
        "false",
        "the caller has not used MFA (or this is not known)",
    ),
    ("Bool", "aws:SecureTransport", "false", "the request does not come over TLS"),
    ("Bool", "aws:ViaAWSService", "true", "a service passes the request on"),
    ("StringEquals", "AWS:PrincipalTag/team", "a", "the caller's tag team is “a”"),
    ("StringEquals", "aws:RequestTag/team", "a", "the tag team in the request is “a”"),
    ("StringEquals", "iam:ResourceTag/team", "a", "the resource's tag team is “a”"),
    (
        "NumericLessThan",
        "aws:MultiFactorAuthAge",
        "60",
        "the age of the caller's MFA in seconds is less than 60",
    ),
]


@pytest.mark.parametrize(("operator", "key", "value", "clause"), CLAUSES)
def test_a_known_key_is_said_in_words(operator, key, value, clause):
    sentence = reading(
        Effect="Deny", Action="kms:Decrypt", Resource="*", Condition={operator: {key: value}}
    )
    assert sentence == f"Deny decrypting (kms:Decrypt) on every resource, when {clause}."


def test_variables_are_explained_once():
    sentence = reading(
        Action="s3:GetObject",
        Resource="arn:aws:s3:::home/${aws:username}/*",
        Condition={
            "StringLike": {"s3:prefix": ["${aws:username}/*", "${aws:PrincipalTag/team, 'none'}"]},
        },
    )
    assert sentence == (
        "Allow reading objects (s3:GetObject) on objects that match ${aws:username}/* in bucket "
        "home, only when s3:prefix matches “${aws:username}/*” or "
        "“${aws:PrincipalTag/team, 'none'}”, where ${aws:username} is the caller's user name and "
        "${aws:PrincipalTag/team, 'none'} is the caller's tag team, or “none” if there is none."
    )


def test_an_old_document_has_no_variables():
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:username}"}
    old = document(DocumentKind.IDENTITY, statement, version="2008-10-17")
    assert read(old) == ("Allow all actions of Amazon S3 (s3:*) on bucket ${aws:username}.",)


def test_a_document_has_a_sentence_for_each_statement_in_order():
    one = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    two = {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}
    assert read(document(DocumentKind.MANAGED, one, two)) == (
        "Allow all actions of Amazon S3 (s3:*) on every resource.",
        "Deny decrypting (kms:Decrypt) on every resource.",
    )


def test_nothing_of_a_managed_policy_is_left_out():
    for one in managed_policies():
        document = parse(one.document, DocumentKind.MANAGED)
        for statement, sentence in zip(document.statements, read(document), strict=True):
            for action in (*(statement.actions or ()), *(statement.not_actions or ())):
                assert f"({action})" in sentence
            for condition in statement.conditions:
                if len(condition.values) > 1:
                    assert all(value in sentence for value in condition.values)
            for arn in (*(statement.resources or ()), *(statement.not_resources or ())):
                parts = [part for part in arn.split(":")[3:] if part not in ("", "*", "aws")]
                for word in "/".join(parts).split("/"):
                    said = "every" if word == "*" else word.replace("-", " ")
                    assert said.lower() in sentence.replace("-", " ").lower(), (arn, sentence)
