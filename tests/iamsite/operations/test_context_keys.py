"""Context keys, as a refused call shows what it was judged by (context-keys.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from iamsite.operations import Credential, SessionCredential, perform
from iamsite.operations.call import AccessDenied
from iamsite.operations.caller import Caller, Session
from iamsite.operations.context import caller_keys
from identities import signin
from policies.engine import Principal, PrincipalKind
from policies.engine.lint.global_keys import GLOBAL_KEYS
from tests.cast import Acme, Actor, Key, allow, deny, origin, trust
from tests.identities.devices import device_for

BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
TAGS = [{"Key": "team", "Value": "sea"}, {"Key": "Cost", "Value": ""}]


def seen(credential: Credential, operation: str, /, **params: Any) -> Mapping[str, Any]:
    """The context in which a call is refused."""
    return seen_from(credential, operation, params)


def seen_from(
    credential: Credential, operation: str, params: dict[str, Any], **came: Any
) -> Mapping[str, Any]:
    with pytest.raises(AccessDenied) as caught:
        perform(credential, operation, params, origin(**came))
    return caught.value.request.context


def chosen(context: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: context.get(name) for name in names}


PRINCIPAL = (
    "aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalType", "aws:Type",
    "aws:PrincipalIsAWSService", "aws:userid", "aws:PrincipalId", "aws:username",
    "aws:TokenIssueTime", "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge",
    "aws:SourceIdentity",
)  # fmt: skip


def test_a_user_with_an_access_key(acme: Acme) -> None:
    acme.root.perform("UpdateUser", UserName="carol", NewPath="/staff/")
    acme.root.perform("TagUser", UserName="carol", Tags=TAGS)
    user = acme.root.perform("GetUser", UserName="carol")["User"]
    context = seen(acme.carol.credential, "ListUsers")
    assert chosen(context, *PRINCIPAL) == {
        "aws:PrincipalArn": acme.arn("user/staff/carol"),
        "aws:PrincipalAccount": acme.id,
        "aws:PrincipalType": "User",
        "aws:Type": "User",
        "aws:PrincipalIsAWSService": "false",
        "aws:userid": user["UserId"],
        "aws:PrincipalId": user["UserId"],
        "aws:username": "carol",
        "aws:TokenIssueTime": None,
        "aws:MultiFactorAuthPresent": None,
        "aws:MultiFactorAuthAge": None,
        "aws:SourceIdentity": None,
    }
    assert context["aws:PrincipalTag/team"] == "sea"
    assert context["aws:principaltag/COST"] == ""


def test_a_role_session(acme: Acme) -> None:
    trusted = trust(acme.arn("root"), ["sts:AssumeRole", "sts:SetSourceIdentity"])
    role = acme.role("Empty", trusted, Path="/ci/", Tags=TAGS)
    role_id = acme.root.perform("GetRole", RoleName="Empty")["Role"]["RoleId"]
    before = datetime.now(UTC).replace(microsecond=0)
    session = acme.assume(acme.alice, role, "build-7", SourceIdentity="alice")
    context = seen(session.credential, "ListUsers")
    issued = datetime.fromisoformat(context["aws:TokenIssueTime"])
    assert before <= issued <= datetime.now(UTC)
    assert chosen(context, *PRINCIPAL) == {
        "aws:PrincipalArn": acme.arn("role/ci/Empty"),
        "aws:PrincipalAccount": acme.id,
        "aws:PrincipalType": "AssumedRole",
        "aws:Type": "AssumedRole",
        "aws:PrincipalIsAWSService": "false",
        "aws:userid": f"{role_id}:build-7",
        "aws:PrincipalId": f"{role_id}:build-7",
        "aws:username": None,
        "aws:TokenIssueTime": context["aws:TokenIssueTime"],
        "aws:MultiFactorAuthPresent": "false",
        "aws:MultiFactorAuthAge": None,
        "aws:SourceIdentity": "alice",
    }
    assert chosen(context, "aws:PrincipalTag/team", "sts:SourceIdentity") == {
        "aws:PrincipalTag/team": "sea",
        "sts:SourceIdentity": None,
    }


def test_the_root_user_has_neither_name_nor_tags(acme: Acme) -> None:
    root = Caller(acme.id, Principal(PrincipalKind.ROOT, acme.arn("root"), acme.id, acme.id), 1, "")
    context = caller_keys(replace(root, tags={"team": "sea"}), origin(), timezone.now())
    assert chosen(context, *PRINCIPAL, "aws:PrincipalTag/team") == {
        **dict.fromkeys(PRINCIPAL),
        "aws:PrincipalArn": acme.arn("root"),
        "aws:PrincipalAccount": acme.id,
        "aws:PrincipalType": "Account",
        "aws:Type": "Account",
        "aws:PrincipalIsAWSService": "false",
        "aws:userid": acme.id,
        "aws:PrincipalId": acme.id,
        "aws:PrincipalTag/team": None,
    }


def test_a_federated_user_has_no_second_factor_and_its_own_tags_over_the_users(acme: Acme) -> None:
    arn = f"arn:aws:sts::{acme.id}:federated-user/Fred"
    now = timezone.now()
    session = Session(
        "GetFederationToken", now, now + timedelta(hours=1), now, "Fred", tags={"TEAM": "sky"}
    )
    fred = Caller(
        acme.id,
        Principal(PrincipalKind.FEDERATED_USER, arn, acme.id, issuer_arn=acme.carol.arn),
        1,
        "AIDACAROL",
        tags={"team": "sea", "Cost": "1"},
        session=session,
    )
    context = caller_keys(fred, origin(), now)
    assert chosen(context, *PRINCIPAL) == {
        **dict.fromkeys(PRINCIPAL),
        "aws:PrincipalArn": arn,
        "aws:PrincipalAccount": acme.id,
        "aws:PrincipalType": "FederatedUser",
        "aws:Type": "FederatedUser",
        "aws:PrincipalIsAWSService": "false",
        "aws:userid": f"{acme.id}:Fred",
        "aws:PrincipalId": f"{acme.id}:Fred",
        "aws:TokenIssueTime": context["aws:TokenIssueTime"],
    }
    assert {key for key in context if "Tag/" in key} == {
        "aws:PrincipalTag/TEAM",
        "aws:PrincipalTag/Cost",
    }


def test_a_second_factor_and_its_age(acme: Acme) -> None:
    device = device_for(acme, "carol")
    key = Key.of(acme.carol.perform("GetSessionToken", **device.params)["Credentials"])
    now = timezone.now()
    with pytest.raises(AccessDenied) as caught:
        perform(key.credential, "ListUsers", {}, origin(), now + timedelta(seconds=90))
    context = caught.value.request.context
    assert context["aws:MultiFactorAuthPresent"] == "true"
    assert 90 <= int(context["aws:MultiFactorAuthAge"]) <= 95
    assert context["aws:username"] == "carol"


def test_a_console_session_says_whether_it_has_a_second_factor(acme: Acme) -> None:
    acme.root.perform("CreateLoginProfile", UserName="carol", Password="Correct-Horse-7")
    at = origin("console", source_ip="10.77.1.1")
    token = signin.sign_in_user(acme.id, "carol", "Correct-Horse-7", at).token
    context = seen(SessionCredential(str(token)), "ListUsers")
    assert context["aws:MultiFactorAuthPresent"] == "false"
    assert "aws:TokenIssueTime" in context
    assert "aws:SignInSessionArn" not in context


@pytest.mark.parametrize(
    ("source_ip", "shown"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:DB8::1", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", None),  # a command at the machine's own shell
    ],
)
def test_the_address_is_the_peers_own(acme: Acme, source_ip: str, shown: str | None) -> None:
    context = seen_from(acme.carol.credential, "ListUsers", {}, source_ip=source_ip)
    assert context.get("aws:SourceIp") == shown


def test_the_request_as_it_came(acme: Acme) -> None:
    names = ("aws:SecureTransport", "aws:UserAgent", "aws:referer", "aws:ViaAWSService")
    came = {"secure": False, "user_agent": "", "referer": "https://a.example/x"}
    context = seen_from(acme.carol.credential, "ListUsers", {}, **came)
    assert chosen(context, *names) == {
        "aws:SecureTransport": "false",
        "aws:UserAgent": "",
        "aws:referer": "https://a.example/x",
        "aws:ViaAWSService": "false",
    }
    context = seen(acme.carol.credential, "ListUsers")
    assert chosen(context, *names) == {
        "aws:SecureTransport": "true",
        "aws:UserAgent": "tests",
        "aws:referer": None,
        "aws:ViaAWSService": "false",
    }


def test_one_instant_in_both_forms(acme: Acme) -> None:
    context = seen(acme.carol.credential, "ListUsers")
    current = datetime.fromisoformat(context["aws:CurrentTime"])
    assert context["aws:CurrentTime"].endswith("Z")
    assert int(current.timestamp()) == int(context["aws:EpochTime"])
    assert abs(datetime.now(UTC) - current) < timedelta(minutes=1)


def test_the_region_counts_for_sts_alone(acme: Acme) -> None:
    far = {"region": "eu-west-1"}
    name = "aws:RequestedRegion"
    assert seen_from(acme.carol.credential, "ListUsers", {}, **far)[name] == "us-east-1"
    token = {"Name": "Fred"}
    context = seen_from(acme.carol.credential, "GetFederationToken", token, **far)
    assert context[name] == "eu-west-1"


def test_tags_of_a_request(acme: Acme) -> None:
    made = seen(acme.carol.credential, "CreateUser", UserName="dora", Tags=TAGS)
    names = ("aws:RequestTag/team", "aws:RequestTag/Cost", "aws:TagKeys")
    assert chosen(made, *names) == {
        "aws:RequestTag/team": "sea",
        "aws:RequestTag/Cost": "",
        "aws:TagKeys": ("team", "Cost"),
    }
    # The resource to be has the tags that it is to have.
    assert made["aws:ResourceTag/team"] == made["iam:ResourceTag/team"] == "sea"
    for operation, params in (
        ("CreateUser", {"UserName": "dora"}),
        ("CreateUser", {"UserName": "dora", "Tags": []}),
        ("GetUser", {"UserName": "bob"}),
    ):
        assert chosen(seen(acme.carol.credential, operation, **params), *names) == dict.fromkeys(
            names
        )
    gone = seen(acme.carol.credential, "UntagUser", UserName="bob", TagKeys=["team"])
    assert chosen(gone, *names) == {
        "aws:RequestTag/team": None,
        "aws:RequestTag/Cost": None,
        "aws:TagKeys": ("team",),
    }


def test_tags_and_account_of_a_resource(acme: Acme) -> None:
    acme.root.perform("TagUser", UserName="bob", Tags=TAGS)
    names = ("aws:ResourceTag/team", "iam:ResourceTag/team", "aws:ResourceAccount")
    found = seen(acme.carol.credential, "GetUser", UserName="bob")
    assert chosen(found, *names) == dict(zip(names, ("sea", "sea", acme.id), strict=True))
    document = allow("s3:*")
    made = acme.root.perform("CreatePolicy", PolicyName="p", PolicyDocument=document, Tags=TAGS)
    found = seen(acme.carol.credential, "GetPolicy", PolicyArn=made["Policy"]["Arn"])
    assert chosen(found, *names) == dict(zip(names, ("sea", None, acme.id), strict=True))
    found = seen(acme.carol.credential, "GetPolicy", PolicyArn=BOUNDARY)
    assert chosen(found, *names) == dict(zip(names, (None, None, "aws"), strict=True))
    found = seen(acme.carol.credential, "GetAccountSummary")
    assert found["aws:ResourceAccount"] == acme.id


def test_what_is_not_there_has_no_tags(acme: Acme) -> None:
    found = seen(acme.carol.credential, "GetUser", UserName="nobody")
    assert not [key for key in found if "ResourceTag/" in key]


def test_passing_a_role_carries_no_tags_of_it(acme: Acme) -> None:
    acme.role("Web", trust({"Service": "ec2.amazonaws.com"}), Tags=TAGS)
    acme.root.perform("CreateInstanceProfile", InstanceProfileName="web")
    dora = acme.user("dora", allow("iam:AddRoleToInstanceProfile"))
    params = {"InstanceProfileName": "web", "RoleName": "Web"}
    context = seen(dora.credential, "AddRoleToInstanceProfile", **params)
    assert context["iam:PassedToService"] == "ec2.amazonaws.com"
    assert context["iam:AssociatedResourceArn"] == f"arn:aws:ec2:*:{acme.id}:instance/*"
    assert not [key for key in context if "ResourceTag/" in key]


USER, ROLE = {"UserName": "bound"}, {"RoleName": "Bound"}
INLINE = {"PolicyName": "p"}
MANAGED = {"PolicyArn": BOUNDARY}
DOCUMENT = {"PolicyDocument": allow("s3:*")}
CARRYING = [
    ("DeleteUserPermissionsBoundary", USER),
    ("DeleteRolePermissionsBoundary", ROLE),
    ("AttachUserPolicy", USER | MANAGED),
    ("AttachRolePolicy", ROLE | MANAGED),
    ("DetachUserPolicy", USER | MANAGED),
    ("DetachRolePolicy", ROLE | MANAGED),
    ("PutUserPolicy", USER | INLINE | DOCUMENT),
    ("PutRolePolicy", ROLE | INLINE | DOCUMENT),
    ("DeleteUserPolicy", USER | INLINE),
    ("DeleteRolePolicy", ROLE | INLINE),
    ("DeleteRole", ROLE),
    ("GetRole", ROLE),
    ("UpdateAssumeRolePolicy", ROLE | {"PolicyDocument": trust({"Service": "ec2.amazonaws.com"})}),
    ("UpdateRole", ROLE),
    ("UpdateRoleDescription", ROLE | {"Description": "x"}),
]
NOT_CARRYING = [
    ("GetUser", USER),
    ("DeleteUser", USER),
    ("UpdateUser", USER | {"NewPath": "/x/"}),
    ("CreateAccessKey", USER),
    ("CreateLoginProfile", USER | {"Password": "Correct-Horse-7"}),
    ("TagUser", USER | {"Tags": TAGS}),
    ("TagRole", ROLE | {"Tags": TAGS}),
    ("ListAttachedUserPolicies", USER),
    ("GetUserPolicy", USER | INLINE),
    ("GetRolePolicy", ROLE | INLINE),
]


@pytest.fixture
def bounded(acme: Acme) -> Acme:
    acme.root.perform("CreateUser", UserName="bound", PermissionsBoundary=BOUNDARY)
    acme.role("Bound", trust(acme.arn("root")), PermissionsBoundary=BOUNDARY)
    return acme


def test_the_boundary_of_the_target_is_carried_where_documented_and_nowhere_else(
    bounded: Acme,
) -> None:
    for cases, boundary in ((CARRYING, BOUNDARY), (NOT_CARRYING, None)):
        for operation, params in cases:
            context = seen(bounded.carol.credential, operation, **params)
            assert context.get("iam:PermissionsBoundary") == boundary, operation


def test_a_target_without_a_boundary_carries_none(acme: Acme) -> None:
    params = {"UserName": "bob"} | MANAGED
    context = seen(acme.carol.credential, "AttachUserPolicy", **params)
    assert "iam:PermissionsBoundary" not in context
    assert context["iam:PolicyARN"] == BOUNDARY


def test_the_boundary_that_is_asked_for_stands_before_the_targets_own(bounded: Acme) -> None:
    other = "arn:aws:iam::aws:policy/AdministratorAccess"
    trusted = {"AssumeRolePolicyDocument": trust(bounded.arn("root"))}
    for operation, params in (
        ("PutUserPermissionsBoundary", USER),
        ("PutRolePermissionsBoundary", ROLE),
        ("CreateUser", {"UserName": "new"}),
        ("CreateRole", {"RoleName": "New"} | trusted),
    ):
        asked = {**params, "PermissionsBoundary": other}
        context = seen(bounded.carol.credential, operation, **asked)
        assert context["iam:PermissionsBoundary"] == other, operation
    context = seen(bounded.carol.credential, "CreateUser", UserName="new")
    assert "iam:PermissionsBoundary" not in context


def test_keys_of_assuming_a_role(acme: Acme) -> None:
    guarded = acme.user("guarded", deny("sts:*"))
    params = {"RoleArn": acme.deployer, "RoleSessionName": "ci"}
    names = ("sts:RoleSessionName", "sts:ExternalId", "sts:SourceIdentity", "sts:TransitiveTagKeys")
    context = seen(guarded.credential, "AssumeRole", **params)
    assert chosen(context, *names, "aws:TagKeys") == {
        **dict.fromkeys(names),
        "sts:RoleSessionName": "ci",
        "aws:TagKeys": None,
    }
    more = {
        "ExternalId": "between-us",
        "SourceIdentity": "alice",
        "Tags": TAGS,
        "TransitiveTagKeys": ["team"],
    }
    context = seen(guarded.credential, "AssumeRole", **params, **more)
    assert chosen(context, *names, "aws:TagKeys", "aws:RequestTag/team") == {
        "sts:RoleSessionName": "ci",
        "sts:ExternalId": "between-us",
        "sts:SourceIdentity": "alice",
        "sts:TransitiveTagKeys": ("team",),
        "aws:TagKeys": ("team", "Cost"),
        "aws:RequestTag/team": "sea",
    }


# Global keys that nothing in this installation can give a meaning, and why.
NO_SERVICE = "no service acts through the portal, in its own name or a caller's"
NO_NETWORK = "a listener does not know of private networks"
ABSENT = {
    "aws:PrincipalServiceName": NO_SERVICE,
    "aws:PrincipalServiceNamesList": NO_SERVICE,
    "aws:CalledVia": NO_SERVICE,
    "aws:CalledViaFirst": NO_SERVICE,
    "aws:CalledViaLast": NO_SERVICE,
    "aws:SourceArn": NO_SERVICE,
    "aws:SourceAccount": NO_SERVICE,
    "aws:SourceOrgID": NO_SERVICE,
    "aws:SourceOrgPaths": NO_SERVICE,
    "aws:ViaAWSMCPService": NO_SERVICE,
    "aws:CalledViaAWSMCP": NO_SERVICE,
    "aws:IsMcpServiceAction": NO_SERVICE,
    "aws:ChatbotSourceArn": NO_SERVICE,
    "aws:Ec2InstanceSourceVpc": NO_SERVICE,
    "aws:Ec2InstanceSourcePrivateIPv4": NO_SERVICE,
    "aws:VpcSourceIp": NO_NETWORK,
    "aws:SourceVpc": NO_NETWORK,
    "aws:SourceVpce": NO_NETWORK,
    "aws:SourceVpcArn": NO_NETWORK,
    "aws:VpceAccount": NO_NETWORK,
    "aws:VpceOrgID": NO_NETWORK,
    "aws:VpceOrgPaths": NO_NETWORK,
    "aws:SignInSessionArn": "the console is signed in to without OAuth",
    "aws:ViaCustomerDomain": "AWS does not say what it means",
}


def test_keys_that_can_mean_nothing_here_are_absent(bounded: Acme) -> None:
    assert {name.lower() for name in ABSENT} <= set(GLOBAL_KEYS)
    session = bounded.assume(bounded.alice, bounded.arn("role/Bound"))
    for actor in (bounded.carol, session):
        context = seen(actor.credential, "TagUser", **USER, Tags=TAGS)
        assert [name for name in ABSENT if name in context] == []


def test_a_policy_sees_them(acme: Acme) -> None:
    """From the context to the decision: one key more in the condition, and the call is refused."""
    held: dict[str, Any] = {
        "StringEquals": {"aws:username": "dora", "aws:Type": "User"},
        "Bool": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"},
        "Null": {"aws:CalledVia": "true", "aws:TokenIssueTime": "true"},
        "DateGreaterThan": {"aws:CurrentTime": "2020-01-01", "aws:EpochTime": "1577836800"},
        "NumericGreaterThan": {"aws:EpochTime": "1577836800"},
    }
    dora: Actor = acme.user("dora", allow("iam:ListUsers", Condition=held))
    assert dora.perform("ListUsers")["Users"]
    held["Null"]["aws:referer"] = "false"
    acme.root.perform(
        "PutUserPolicy",
        UserName="dora",
        PolicyName="p0",
        PolicyDocument=allow("iam:ListUsers", Condition=held),
    )
    seen(dora.credential, "ListUsers")
