import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.cast import Account, Key, allow, policy, trust
from tests.clients.aws_cli import AwsCli
from tests.identities.operations.refusal import refusal

OTHER = "111122223333"
PASSING = {"CreateDate", "UpdateDate", "UserId", "GroupId", "RoleId", "PolicyId"}
PASSING |= {"InstanceProfileId", "RoleLastUsed"}


def bring(account: Account, details: Any, tmp_path: Path) -> tuple[list[str], str]:
    """What the command prints, line by line, and how it fails, if it does."""
    file = tmp_path / "details.json"
    file.write_text(details if isinstance(details, str) else json.dumps(details))
    output, failure = io.StringIO(), ""
    try:
        call_command("import_account", str(file), "--account", account.id, stdout=output)
    except CommandError as error:
        failure = str(error)
    return output.getvalue().splitlines(), failure


def details_of(account: Account, *, as_in: Account | None = None) -> Any:
    """Everything in an account but what can never come over, with ids as `as_in` has them."""
    found = account.root.perform("GetAccountAuthorizationDetails")

    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: kept(one) for key, one in value.items() if key not in PASSING}
        if isinstance(value, list):
            return [kept(one) for one in value]
        if isinstance(value, str):
            text = value.replace(account.id, as_in.id) if as_in is not None else value
            return json.loads(text) if text.startswith('{"') else text
        return value

    return kept(found)


def role_of(name: str, trusts: Any, **more: Any) -> dict[str, Any]:
    return {
        "RoleName": name,
        "Path": "/",
        "Arn": f"arn:aws:iam::{OTHER}:role/{name}",
        "AssumeRolePolicyDocument": json.loads(trust(trusts)),
        **more,
    }


def user_of(name: str, **more: Any) -> dict[str, Any]:
    return {"UserName": name, "Path": "/", "Arn": f"arn:aws:iam::{OTHER}:user/{name}", **more}


def furnished() -> Account:
    """An account with one of everything that comes over."""
    account = Account("source")
    do = account.root.perform
    made = do(
        "CreatePolicy",
        PolicyName="deploy",
        Path="/team/",
        Description="Deploys.",
        PolicyDocument=allow("s3:GetObject", resource=f"arn:aws:sqs:us-east-1:{account.id}:work"),
    )["Policy"]["Arn"]
    do("CreatePolicyVersion", PolicyArn=made, PolicyDocument=allow("s3:*"), SetAsDefault=True)
    do("CreatePolicyVersion", PolicyArn=made, PolicyDocument=allow("ec2:*"))
    do("CreateGroup", GroupName="Builders", Path="/team/")
    do(
        "PutGroupPolicy",
        GroupName="Builders",
        PolicyName="build",
        PolicyDocument=allow("iam:GetRole", resource=account.arn("role/one")),
    )
    do("AttachGroupPolicy", GroupName="Builders", PolicyArn=made)
    do(
        "CreateUser",
        UserName="bob",
        Path="/people/",
        PermissionsBoundary=made,
        Tags=[{"Key": "team", "Value": "blue"}],
    )
    do("AddUserToGroup", GroupName="Builders", UserName="bob")
    do("PutUserPolicy", UserName="bob", PolicyName="own", PolicyDocument=allow("s3:ListBucket"))
    do(
        "AttachUserPolicy",
        UserName="bob",
        PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess",
    )
    account.role("one", trust(account.arn("user/people/bob")), allow("sqs:*"))
    two = account.role("two", trust(account.arn("role/one")))
    do(
        "UpdateAssumeRolePolicy",
        RoleName="one",
        PolicyDocument=policy(
            {"Effect": "Allow", "Principal": {"AWS": two}, "Action": "sts:AssumeRole"},
            {
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            },
        ),
    )
    do("CreateInstanceProfile", InstanceProfileName="machine", Path="/team/")
    do("AddRoleToInstanceProfile", InstanceProfileName="machine", RoleName="one")
    return account


def test_what_the_aws_cli_prints_of_one_account_becomes_another(database, portal, tmp_path) -> None:
    source, target = furnished(), Account("target")
    key = Key.of(source.root.perform("CreateAccessKey")["AccessKey"])
    printed = AwsCli(portal.url, key, tmp_path)("iam", "get-account-authorization-details")
    lines, failure = bring(target, printed.out, tmp_path)
    assert failure == "", lines
    assert lines == [
        "brought over: attachment: 2",
        "brought over: group: 1",
        "brought over: inline policy: 3",
        "brought over: instance profile: 1",
        "brought over: policy: 1",
        "brought over: policy version: 2",
        "brought over: role: 2",
        "brought over: user: 1",
        f"note: account {source.id} became {target.id} in every ARN",
    ]
    assert details_of(target) == details_of(source, as_in=target)


def test_a_second_time_nothing_changes(database, tmp_path) -> None:
    source, target = furnished(), Account("target")
    details = json.dumps(source.root.perform("GetAccountAuthorizationDetails"), default=str)
    bring(target, details, tmp_path)
    target.root.perform("DeleteUserPolicy", UserName="bob", PolicyName="own")
    before = details_of(target)
    lines, failure = bring(target, details, tmp_path)
    assert failure == "", lines
    assert lines == [
        *(
            f"there already, left as it is: {what}"
            for what in ("policy deploy", "group Builders", "user bob", "role one", "role two")
        ),
        f"note: account {source.id} became {target.id} in every ARN",
    ]
    assert details_of(target) == before


def test_what_cannot_come_over_is_told_and_the_rest_comes(database, tmp_path) -> None:
    target = Account("target")
    details = {
        "UserDetailList": [
            user_of(
                "bob",
                AttachedManagedPolicies=[
                    {"PolicyName": "Lost", "PolicyArn": "arn:aws:iam::aws:policy/Lost"}
                ],
                GroupList=["Nobody"],
            ),
            user_of(
                "eve",
                PermissionsBoundary={"PermissionsBoundaryArn": "arn:aws:iam::aws:policy/Lost"},
            ),
            user_of("not a name"),
        ],
        "RoleDetailList": [role_of("stray", f"arn:aws:iam::{OTHER}:user/gone")],
        "Policies": [
            {
                "PolicyName": "broken",
                "Arn": f"arn:aws:iam::{OTHER}:policy/broken",
                "PolicyVersionList": [{"VersionId": "v1", "Document": {"Statement": "?"}}],
            },
            {"PolicyName": "empty", "Arn": f"arn:aws:iam::{OTHER}:policy/empty"},
        ],
    }
    lines, failure = bring(target, details, tmp_path)
    assert failure == "7 could not be brought over.", lines
    refused = [
        re.sub(r": (\w+): .*", r" - \1", line.removeprefix("not brought over: "))
        for line in lines
        if line.startswith("not brought over: ")
    ]
    assert refused == [
        "policy broken - MalformedPolicyDocument",
        "policy empty: it has no versions",
        "attachment of arn:aws:iam::aws:policy/Lost to user bob - NoSuchEntity",
        "user bob in group Nobody - NoSuchEntity",
        "user eve - NoSuchEntity",
        "user not a name - ValidationError",
        "trust policy of role stray, which nobody may assume - MalformedPolicyDocument",
    ]
    assert "brought over: user: 1" in lines
    role = target.root.perform("GetRole", RoleName="stray")["Role"]
    statement = json.loads(role["AssumeRolePolicyDocument"])["Statement"][0]
    assert statement["Effect"] == "Deny"


def test_a_policy_keeps_its_default_version(database, tmp_path) -> None:
    target = Account("target")
    versions = [
        {
            "VersionId": f"v{number}",
            "IsDefaultVersion": number == 7,
            "Document": json.loads(allow(f"s3:Get{number}")),
        }
        for number in (9, 7, 3)
    ]
    details = {
        "Policies": [
            {
                "PolicyName": "p",
                "Path": "/",
                "Arn": f"arn:aws:iam::{OTHER}:policy/p",
                "PolicyVersionList": versions,
            }
        ]
    }
    lines, failure = bring(target, details, tmp_path)
    assert failure == "", lines
    assert "note: policy p: versions v3, v7, v9 are v1 onwards" in lines
    arn = target.arn("policy/p")
    assert target.root.perform("GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    shown = target.root.perform("GetPolicyVersion", PolicyArn=arn, VersionId="v2")
    assert "s3:Get7" in shown["PolicyVersion"]["Document"]


def test_only_the_account_in_arns_and_principals_changes(database, tmp_path) -> None:
    target = Account("target")
    document = allow(
        "s3:*",
        resource=[f"arn:aws:s3:::logs-{OTHER}", f"arn:aws:sqs:eu-west-1:{OTHER}:q-{OTHER}"],
        Condition={"StringEquals": {"aws:PrincipalAccount": OTHER, "s3:prefix": f"{OTHER}/"}},
    )
    inline = {"PolicyName": "p", "PolicyDocument": json.loads(document)}
    bring(target, {"UserDetailList": [user_of("bob", UserPolicyList=[inline])]}, tmp_path)
    kept = target.root.perform("GetUserPolicy", UserName="bob", PolicyName="p")["PolicyDocument"]
    (statement,) = json.loads(kept)["Statement"]
    assert statement["Resource"] == [
        f"arn:aws:s3:::logs-{OTHER}",
        f"arn:aws:sqs:eu-west-1:{target.id}:q-{OTHER}",
    ]
    assert statement["Condition"]["StringEquals"] == {
        "aws:PrincipalAccount": target.id,
        "s3:prefix": f"{OTHER}/",
    }


def test_a_service_linked_role_is_made_by_its_service(database, tmp_path) -> None:
    target = Account("target")
    name = "AWSServiceRoleForElasticLoadBalancing"
    service = "elasticloadbalancing.amazonaws.com"
    role = role_of(name, {"Service": service}, Path=f"/aws-service-role/{service}/")
    lines, failure = bring(target, {"RoleDetailList": [role]}, tmp_path)
    assert (lines, failure) == (
        [
            "brought over: service-linked role: 1",
            f"note: account {OTHER} became {target.id} in every ARN",
        ],
        "",
    )
    assert bring(target, {"RoleDetailList": [role]}, tmp_path)[0][0] == (
        f"there already, left as it is: service-linked role {name}"
    )


BAD = [
    ("{", "The file is not JSON"),
    ("[]", "The file holds none of UserDetailList"),
    ('{"Users": []}', "The file holds none of UserDetailList"),
    ('{"UserDetailList": "x"}', "UserDetailList is not a list of objects."),
    ('{"UserDetailList": [], "IsTruncated": true}', "The file is one page of several"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_a_file_that_is_something_else_is_refused(database, text, message, tmp_path) -> None:
    lines, failure = bring(Account("target"), text, tmp_path)
    assert lines == []
    assert failure.startswith(message)


def test_a_file_or_an_account_that_is_not_there_is_refused(database, tmp_path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_account", str(tmp_path / "none.json"), "--account", "1" * 12)
    (tmp_path / "details.json").write_text('{"UserDetailList": []}')
    with pytest.raises(CommandError, match="There is no account"):
        call_command("import_account", str(tmp_path / "details.json"), "--account", "1" * 12)


def test_nothing_comes_into_any_other_account(database, tmp_path) -> None:
    target, bystander = Account("target"), Account("bystander")
    bring(target, {"UserDetailList": [user_of("bob")]}, tmp_path)
    assert refusal(bystander.root, "GetUser", UserName="bob")[0] == "NoSuchEntity"
    events = target.root.perform("ListEvents", EventName="CreateUser")["Events"]
    assert [(one["Face"], one["Outcome"]) for one in events] == [("command", "Success")]
