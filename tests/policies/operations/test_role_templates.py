"""Roles made from templates: what they are, who may make them, and what a value cannot do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamsite.operations import OperationError
from identities.role_templates import templates
from tests.cast import Acme, Actor, Evil, allow, deny
from tests.identities.quotas import set_quota
from tests.portal import Portal

OF = "arn:aws:iam::aws:role-template/"
FUNCTION, SERVICE, AUDIT, INSTANCE, PIPELINE = (
    f"{OF}{name}"
    for name in (
        "FunctionExecution",
        "ServiceAccess",
        "CrossAccountAudit",
        "InstanceAccess",
        "PipelineDeployment",
    )
)


@pytest.fixture(scope="module")
def acme(database: None) -> Acme:
    return Acme()


def asking(template: str, **values: str | list[str]) -> dict[str, Any]:
    given = {
        name: {"Values": value if isinstance(value, list) else [value]}
        for name, value in values.items()
    }
    return {"TemplateArn": template, "ReplacementValues": given}


def acquire(actor: Actor, template: str, **values: str | list[str]) -> dict[str, Any]:
    role: dict[str, Any] = actor.perform("AcquireRole", **asking(template, **values))["Role"]
    return role


def refused(actor: Actor, template: str, **values: str | list[str]) -> tuple[str, str]:
    with pytest.raises(OperationError) as caught:
        acquire(actor, template, **values)
    return caught.value.code, caught.value.message


VALUES: dict[str, dict[str, Any]] = {
    FUNCTION: {"FunctionName": "resize"},
    INSTANCE: {"WorkloadName": "web", "Buckets": ["reports", "logs"]},
    SERVICE: {"ServiceName": "queue", "ServicePrincipal": "sqs.amazonaws.com"},
    AUDIT: {"AuditorAccountId": "", "ExternalId": "audit-2026"},
    PIPELINE: {"RoleSuffix": "site", "ProviderArn": "", "Repository": "acme/site"},
}


def test_every_template_makes_the_role_that_its_version_describes(acme: Acme, evil: Evil) -> None:
    provider = acme.root.perform(
        "CreateOpenIDConnectProvider",
        Url="https://token.actions.githubusercontent.com",
        ClientIDList=["sts.amazonaws.com"],
        ThumbprintList=["a" * 40],
    )["OpenIDConnectProviderArn"]
    assert set(templates()) == set(VALUES)
    for arn, given in VALUES.items():
        values = dict(given)
        if arn == AUDIT:
            values["AuditorAccountId"] = evil.id
        if arn == PIPELINE:
            values["ProviderArn"] = provider
        version = acme.alice.perform("GetRoleTemplateVersion", TemplateArn=arn)[
            "RoleTemplateVersion"
        ]
        role = acquire(acme.alice, arn, **values)
        assert role["SourceRoleTemplate"] == {
            "TemplateArn": arn,
            "TemplateMinorVersion": version["MinorVersion"],
        }
        assert role["MaxSessionDuration"] == version["MaxSessionDuration"]
        named = {"RoleName": role["RoleName"]}
        inline = acme.alice.perform("ListRolePolicies", **named)["PolicyNames"]
        assert inline == [one["PolicyName"] for one in version["InlinePolicyTemplates"]]
        attached = acme.alice.perform("ListAttachedRolePolicies", **named)["AttachedPolicies"]
        assert {one["PolicyArn"] for one in attached} == set(version["ManagedPolicyArns"])
        assert acme.alice.perform("GetRole", **named)["Role"] == role
        assert "@{" not in json.dumps(role, default=str)


def test_the_role_of_a_function(acme: Acme) -> None:
    role = acquire(acme.alice, FUNCTION, FunctionName="thumbnails")
    assert (role["RoleName"], role["Path"]) == ("lambda-thumbnails", "/service-role/")
    assert role["Description"] == "Runs the function thumbnails"
    assert role["Tags"] == [{"Key": "function", "Value": "thumbnails"}]
    trusted = json.loads(role["AssumeRolePolicyDocument"])["Statement"][0]["Principal"]
    assert trusted == {"Service": "lambda.amazonaws.com"}
    held = acme.alice.perform(
        "GetRolePolicy", RoleName="lambda-thumbnails", PolicyName="WriteLogs"
    )["PolicyDocument"]
    resources = json.loads(held)["Statement"][0]["Resource"]
    assert resources[0] == "arn:aws:logs:*:*:log-group:/aws/lambda/thumbnails"


def test_a_list_fills_a_place_with_each_of_its_values(acme: Acme) -> None:
    acquire(acme.alice, INSTANCE, WorkloadName="batch", Buckets=["first", "second"])
    held = acme.alice.perform("GetRolePolicy", RoleName="instance-batch", PolicyName="ReadBuckets")[
        "PolicyDocument"
    ]
    listing, reading = json.loads(held)["Statement"]
    assert listing["Resource"] == ["arn:aws:s3:::first", "arn:aws:s3:::second"]
    assert reading["Resource"] == ["arn:aws:s3:::first/*", "arn:aws:s3:::second/*"]


def test_a_role_is_acquired_again_until_somebody_changes_it(acme: Acme) -> None:
    first = acquire(acme.alice, FUNCTION, FunctionName="again")
    assert acquire(acme.alice, FUNCTION, FunctionName="again") == first
    named = {"RoleName": "lambda-again"}
    acme.root.perform("PutRolePolicy", **named, PolicyName="more", PolicyDocument=allow("s3:*"))
    assert refused(acme.alice, FUNCTION, FunctionName="again")[0] == "RoleModified"
    acme.root.perform("DeleteRolePolicy", **named, PolicyName="more")
    assert acquire(acme.alice, FUNCTION, FunctionName="again") == first


def test_a_role_of_that_name_from_elsewhere_is_a_conflict(acme: Acme) -> None:
    acme.root.perform(
        "CreateRole",
        RoleName="lambda-taken",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "lambda.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ],
            }
        ),
    )
    assert refused(acme.alice, FUNCTION, FunctionName="taken")[0] == "NameConflict"


def test_disabled_versions_and_accounts_make_no_roles(acme: Acme) -> None:
    got = acme.alice.perform("GetRoleTemplateVersion", TemplateArn=FUNCTION, MinorVersion=0)
    version = got["RoleTemplateVersion"]
    assert (version["Enabled"], version["VersionEnabled"]) == (True, False)
    with pytest.raises(OperationError) as caught:
        acme.alice.perform(
            "AcquireRole", **asking(FUNCTION, FunctionName="old"), TemplateMinorVersion=0
        )
    assert (caught.value.code, caught.value.status) == ("RoleTemplateDisabled", 400)
    acme.root.perform("PutAccountProperties", Properties={"RoleManager/Enabled": "false"})
    got = acme.alice.perform("GetRoleTemplateVersion", TemplateArn=FUNCTION)
    assert got["RoleTemplateVersion"]["Enabled"] is False
    assert refused(acme.alice, FUNCTION, FunctionName="off")[0] == "RoleTemplateDisabled"
    acme.root.perform("PutAccountProperties", Properties={"RoleManager/Enabled": "true"})
    assert acquire(acme.alice, FUNCTION, FunctionName="off")


def test_what_is_not_there_is_said(acme: Acme) -> None:
    code, message = refused(acme.alice, f"{OF}Nothing")
    assert (code, FUNCTION in message) == ("NoSuchEntity", True)
    with pytest.raises(OperationError, match="has no minor version 7"):
        acme.alice.perform("GetRoleTemplateVersion", TemplateArn=FUNCTION, MinorVersion=7)


@pytest.mark.parametrize(
    ("template", "values", "says"),
    [
        (FUNCTION, {}, "FunctionName needs a value"),
        (FUNCTION, {"FunctionName": "x", "Other": "y"}, "no parameter Other"),
        (FUNCTION, {"FunctionName": ["x", "y"]}, "has one value"),
        (FUNCTION, {"FunctionName": "*"}, "must be a Name"),
        (FUNCTION, {"FunctionName": "${aws:username}"}, "must be a Name"),
        (FUNCTION, {"FunctionName": "@{FunctionName}"}, "must be a Name"),
        (FUNCTION, {"FunctionName": 'x"}'}, "must be a Name"),
        (FUNCTION, {"FunctionName": "x" * 60}, "longer than 64"),
        (SERVICE, {"ServiceName": "x", "ServicePrincipal": "*"}, "must be a ServicePrincipal"),
        (AUDIT, {"AuditorAccountId": "1", "ExternalId": "abc"}, "must be a AccountId"),
        (INSTANCE, {"WorkloadName": "x", "Buckets": ["ok-ok", "a/b"]}, "must be a BucketName"),
        (
            PIPELINE,
            {"RoleSuffix": "x", "ProviderArn": "github", "Repository": "a/b"},
            "must be a Arn",
        ),
    ],
)
def test_values_are_of_their_parameters_kind(
    template: str, values: dict[str, Any], says: str, acme: Acme
) -> None:
    code, message = refused(acme.alice, template, **values)
    assert (code, says in message) == ("InvalidInput", True), message


class TestWhoMay:
    NEEDED = ("iam:CreateRole", "iam:TagRole", "iam:PutRolePolicy")

    def test_each_action_that_the_role_takes_is_needed(self, acme: Acme) -> None:
        for missing in self.NEEDED:
            name = f"without-{missing.partition(':')[2].lower()}"
            user = acme.user(name, allow(*set(self.NEEDED) - {missing}))
            code, message = refused(user, FUNCTION, FunctionName=name)
            assert (code, missing in message) == ("AccessDenied", True)
        user = acme.user("with-all", allow(*self.NEEDED))
        assert acquire(user, FUNCTION, FunctionName="with-all")
        code, message = refused(user, FUNCTION, FunctionName="with-all")
        assert (code, "iam:GetRole" in message) == ("AccessDenied", True)
        code, message = refused(user, SERVICE, **VALUES[SERVICE])
        assert code == "AccessDenied"

    def test_a_policy_can_let_roles_come_from_one_template_only(self, acme: Acme) -> None:
        condition = {"StringEquals": {"iam:RoleTemplateARN": FUNCTION}}
        user = acme.user("from-template", allow("iam:*", Condition=condition))
        assert acquire(user, FUNCTION, FunctionName="only-this")
        with pytest.raises(OperationError, match="AccessDenied"):
            user.perform("CreateRole", RoleName="by-hand", AssumeRolePolicyDocument=allow("*"))
        values = {"ServiceName": "only", "ServicePrincipal": "sqs.amazonaws.com"}
        assert refused(user, SERVICE, **values)[0] == "AccessDenied"

    def test_a_policy_can_forbid_what_a_template_attaches(self, acme: Acme) -> None:
        condition = {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnly*"}}
        user = acme.user(
            "no-readers", allow("*"), deny("iam:AttachRolePolicy", Condition=condition)
        )
        values = {"ServiceName": "readers", "ServicePrincipal": "sqs.amazonaws.com"}
        assert refused(user, SERVICE, **values)[0] == "AccessDenied"
        with pytest.raises(OperationError, match="NoSuchEntity"):
            acme.root.perform("GetRole", RoleName="service-readers")


def test_a_refusal_leaves_nothing_half_made(acme: Acme) -> None:
    set_quota(acme, "RolePolicySize", 10)
    code, message = refused(acme.alice, FUNCTION, FunctionName="half")
    set_quota(acme, "RolePolicySize", 10_240)
    assert (code, "lambda-half" in message) == ("LimitExceeded", True)
    with pytest.raises(OperationError, match="NoSuchEntity"):
        acme.root.perform("GetRole", RoleName="lambda-half")


def test_boto3_acquires_a_role(acme: Acme, portal: Portal) -> None:
    iam = acme.alice.client("iam", portal.url)
    version = iam.get_role_template_version(TemplateArn=FUNCTION)["RoleTemplateVersion"]
    assert version["TemplateName"] == "FunctionExecution"
    assert version["ParametersDefinition"][0]["Name"] == "FunctionName"
    role = iam.acquire_role(**asking(FUNCTION, FunctionName="boto"))["Role"]
    assert role["RoleName"] == "lambda-boto"
    assert iam.get_role(RoleName="lambda-boto")["Role"]["SourceRoleTemplate"]["TemplateArn"] == (
        FUNCTION
    )
