"""The published paths by which somebody with a few IAM permissions becomes an administrator
(Rhino Security Labs, "AWS IAM Privilege Escalation"): each works only where policies allow it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from django.db import transaction

from accounts import tenancy
from accounts.models import Account, Person
from iamsite.operations import OperationError, perform
from identities import signin
from identities.models import AccessKey, ConsoleSession, MFADevice, Role
from tests.cast import PASSWORD, Acme, Actor, Evil, Key, allow, deny, origin, policy, trust
from tests.identities.devices import device_for, wrong

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
EVERYTHING = allow("*")
NEW_PASSWORD = "Chosen-by-eve-77"
Params = dict[str, Any]


class Stage(Acme):
    """Acme with Eve, who may do nothing, and everything that she could climb."""

    def __init__(self) -> None:
        super().__init__()
        do = self.root.perform
        self.eve = self.user("eve")
        do("CreateGroup", GroupName="Staff")
        do("AddUserToGroup", GroupName="Staff", UserName="eve")
        do("CreateGroup", GroupName="Admins")
        do("PutGroupPolicy", GroupName="Admins", PolicyName="all", PolicyDocument=EVERYTHING)
        self.own = self.policy("own", allow("s3:GetObject"))
        do("CreatePolicyVersion", PolicyArn=self.own, PolicyDocument=EVERYTHING)
        do("AttachUserPolicy", UserName="eve", PolicyArn=self.own)
        self.weak = self.role("weak", trust(self.eve.arn))
        self.strong = self.role("strong", trust(self.alice.arn), EVERYTHING)
        self.old_key = Key.of(do("CreateAccessKey", UserName="alice")["AccessKey"])
        do("UpdateAccessKey", UserName="alice", AccessKeyId=self.old_key.id, Status="Inactive")
        do("CreateUser", UserName="dora")
        do("AttachUserPolicy", UserName="dora", PolicyArn=ADMINISTRATOR)
        do("CreateLoginProfile", UserName="alice", Password="Known-to-alice-1")

    def policy(self, name: str, document: str) -> str:
        made = self.root.perform("CreatePolicy", PolicyName=name, PolicyDocument=document)
        return str(made["Policy"]["Arn"])

    def give(self, document: str) -> None:
        """Makes `document` the one inline policy of Eve."""
        self.root.perform(
            "PutUserPolicy", UserName="eve", PolicyName="given", PolicyDocument=document
        )

    def hold_down(self) -> None:
        """Whatever Eve is given, a group denies, and a boundary does not let through."""
        no = deny("iam:ListUsers")
        self.root.perform("CreateGroup", GroupName="Held")
        self.root.perform("PutGroupPolicy", GroupName="Held", PolicyName="no", PolicyDocument=no)
        self.root.perform("AddUserToGroup", GroupName="Held", UserName="eve")


def reads(actor: Actor) -> bool:
    try:
        actor.perform("ListUsers")
    except OperationError as error:
        assert error.code in ("AccessDenied", "InvalidClientTokenId"), error
        return False
    return True


def by_herself(stage: Stage, result: Params) -> bool:
    return reads(stage.eve)


def by_the_weak_role(stage: Stage, result: Params) -> bool:
    return reads(stage.assume(stage.eve, stage.weak))


def by_the_strong_role(stage: Stage, result: Params) -> bool:
    try:
        return reads(stage.assume(stage.eve, stage.strong))
    except OperationError as error:
        assert error.code == "AccessDenied"
        return False


def by_a_new_key(stage: Stage, result: Params) -> bool:
    key = Key.of(result["AccessKey"])
    return reads(Actor("alice", stage.alice.arn, key.credential, key))


def by_the_old_key(stage: Stage, result: Params) -> bool:
    return reads(Actor("alice", stage.alice.arn, stage.old_key.credential, stage.old_key))


def by_signing_in_as(name: str) -> Callable[[Stage, Params], bool]:
    def gained(stage: Stage, result: Params) -> bool:
        signed_in = signin.sign_in_user(stage.id, name, NEW_PASSWORD, origin("console"))
        return bool(signed_in.token)

    return gained


class Path(NamedTuple):
    """A way up: `operation` with `params` on `resource`; `gained` tells whether it worked."""

    operation: str
    params: Callable[[Stage], Params]
    resource: Callable[[Stage], str]
    gained: Callable[[Stage, Params], bool] = by_herself
    prepare: Callable[[Stage], None] = lambda stage: None
    kept: str = ""  # what Eve may do besides, allowed all along

    @property
    def action(self) -> str:
        return f"iam:{self.operation}"


def _bound(stage: Stage) -> None:
    boundary = stage.policy("narrow", allow("iam:*Boundary"))
    stage.root.perform("PutUserPermissionsBoundary", UserName="eve", PermissionsBoundary=boundary)


def _denied(stage: Stage) -> None:
    stage.root.perform(
        "PutUserPolicy", UserName="eve", PolicyName="no", PolicyDocument=deny("iam:ListUsers")
    )


def _denied_by_a_managed_policy(stage: Stage) -> None:
    arn = stage.policy("no", deny("iam:ListUsers"))
    stage.root.perform("AttachUserPolicy", UserName="eve", PolicyArn=arn)


def _denied_by_a_group(stage: Stage) -> None:
    stage.hold_down()


LIST = {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}
FOR_TAGGED = {**LIST, "Condition": {"StringEquals": {"aws:PrincipalTag/rank": "admin"}}}
EVE = {"UserName": "eve"}


def _eve(stage: Stage) -> str:
    return stage.eve.arn


PATHS = [
    Path(
        "CreatePolicyVersion",
        lambda s: {"PolicyArn": s.own, "PolicyDocument": EVERYTHING, "SetAsDefault": True},
        lambda s: s.own,
    ),
    Path("SetDefaultPolicyVersion", lambda s: {"PolicyArn": s.own, "VersionId": "v2"}, lambda s: s.own),
    Path("AttachUserPolicy", lambda s: {**EVE, "PolicyArn": ADMINISTRATOR}, _eve),
    Path(
        "AttachGroupPolicy",
        lambda s: {"GroupName": "Staff", "PolicyArn": ADMINISTRATOR},
        lambda s: s.arn("group/Staff"),
    ),
    Path(
        "AttachRolePolicy",
        lambda s: {"RoleName": "weak", "PolicyArn": ADMINISTRATOR},
        lambda s: s.weak,
        by_the_weak_role,
    ),
    Path("PutUserPolicy", lambda s: {**EVE, "PolicyName": "up", "PolicyDocument": EVERYTHING}, _eve),
    Path(
        "PutGroupPolicy",
        lambda s: {"GroupName": "Staff", "PolicyName": "up", "PolicyDocument": EVERYTHING},
        lambda s: s.arn("group/Staff"),
    ),
    Path(
        "PutRolePolicy",
        lambda s: {"RoleName": "weak", "PolicyName": "up", "PolicyDocument": EVERYTHING},
        lambda s: s.weak,
        by_the_weak_role,
    ),
    Path("AddUserToGroup", lambda s: {**EVE, "GroupName": "Admins"}, lambda s: s.arn("group/Admins")),
    Path(
        "UpdateAssumeRolePolicy",
        lambda s: {"RoleName": "strong", "PolicyDocument": trust(s.eve.arn)},
        lambda s: s.strong,
        by_the_strong_role,
    ),
    Path("CreateAccessKey", lambda s: {"UserName": "alice"}, lambda s: s.alice.arn, by_a_new_key,
         lambda s: s.root.perform("DeleteAccessKey", UserName="alice", AccessKeyId=s.old_key.id)),
    Path(
        "UpdateAccessKey",
        lambda s: {"UserName": "alice", "AccessKeyId": s.old_key.id, "Status": "Active"},
        lambda s: s.alice.arn,
        by_the_old_key,
    ),
    Path(
        "CreateLoginProfile",
        lambda s: {"UserName": "dora", "Password": NEW_PASSWORD},
        lambda s: s.arn("user/dora"),
        by_signing_in_as("dora"),
    ),
    Path(
        "UpdateLoginProfile",
        lambda s: {"UserName": "alice", "Password": NEW_PASSWORD},
        lambda s: s.alice.arn,
        by_signing_in_as("alice"),
    ),
    Path("DeleteUserPermissionsBoundary", lambda s: EVE, _eve, prepare=_bound, kept="iam:ListUsers"),
    Path(
        "PutUserPermissionsBoundary",
        lambda s: {**EVE, "PermissionsBoundary": ADMINISTRATOR},
        _eve,
        prepare=_bound,
        kept="iam:ListUsers",
    ),
    Path("DeleteUserPolicy", lambda s: {**EVE, "PolicyName": "no"}, _eve, prepare=_denied, kept="iam:ListUsers"),
    Path(
        "DetachUserPolicy",
        lambda s: {**EVE, "PolicyArn": s.arn("policy/no")},
        _eve,
        prepare=_denied_by_a_managed_policy,
        kept="iam:ListUsers",
    ),
    Path(
        "RemoveUserFromGroup",
        lambda s: {**EVE, "GroupName": "Held"},
        lambda s: s.arn("group/Held"),
        prepare=_denied_by_a_group,
        kept="iam:ListUsers",
    ),
]  # fmt: skip


@pytest.fixture
def stage(database: None) -> Stage:
    return Stage()


def attempt(stage: Stage, path: Path) -> OperationError:
    with pytest.raises(OperationError) as caught:
        stage.eve.perform(path.operation, **path.params(stage))
    return caught.value


def statements(path: Path, *more: Params) -> str:
    kept = [{"Effect": "Allow", "Action": path.kept, "Resource": "*"}] if path.kept else []
    return policy(*kept, *more)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.operation)
def test_a_way_up_is_closed_but_for_its_own_action_on_its_own_resource(
    stage: Stage, path: Path
) -> None:
    path.prepare(stage)
    others = [other.action for other in PATHS if other.action != path.action]
    here = path.resource(stage)
    stem, _, name = here.rpartition("/")
    elsewhere = [stage.arn("user/other"), f"{here}x", f"{stem}/{name.swapcase()}"]
    for given in (
        {"Effect": "Allow", "Action": others, "Resource": "*"},
        {"Effect": "Allow", "Action": path.action, "Resource": elsewhere},
    ):
        stage.give(statements(path, given))
        error = attempt(stage, path)
        assert error.code == "AccessDenied"
        assert f"perform: {path.action} on resource: " in error.message
        assert not reads(stage.eve)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.operation)
def test_a_way_up_is_open_where_a_policy_allows_it(stage: Stage, path: Path) -> None:
    path.prepare(stage)
    here = {"Effect": "Allow", "Action": path.action, "Resource": path.resource(stage)}
    stage.give(statements(path, here))
    assert not reads(stage.eve)
    result = stage.eve.perform(path.operation, **path.params(stage))
    assert path.gained(stage, result)


OTHER_CASE = [
    ("PutUserPolicy", {"UserName": "EVE", "PolicyName": "up", "PolicyDocument": EVERYTHING}, "user/eve"),
    ("AddUserToGroup", {"UserName": "eve", "GroupName": "ADMINS"}, "group/Admins"),
    ("PutGroupPolicy", {"GroupName": "sTAFF", "PolicyName": "up", "PolicyDocument": EVERYTHING}, "group/Staff"),
    ("UpdateAssumeRolePolicy", {"RoleName": "STRONG", "PolicyDocument": "{}"}, "role/strong"),
    ("CreateAccessKey", {"UserName": "Alice"}, "user/alice"),
    ("UpdateLoginProfile", {"UserName": "aLICE", "Password": NEW_PASSWORD}, "user/alice"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "params", "resource"), OTHER_CASE, ids=lambda one: str(one)[:24]
)
def test_a_name_in_other_case_does_not_slip_past_a_deny(
    stage: Stage, operation: str, params: Params, resource: str
) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    no = {"Effect": "Deny", "Action": "iam:*", "Resource": stage.arn(resource)}
    stage.give(policy(everything, no))
    with pytest.raises(OperationError, match="with an explicit deny in an identity-based policy"):
        stage.eve.perform(operation, **params)


@pytest.mark.parametrize("written", ["policy/OWN", "policy//own", "policy/x/../own", "policy/own/"])
def test_a_policy_arn_written_otherwise_does_not_slip_past_a_deny(
    stage: Stage, written: str
) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    no = {"Effect": "Deny", "Action": "iam:*PolicyVersion", "Resource": stage.own}
    stage.give(policy(everything, no))
    with pytest.raises(OperationError) as caught:
        stage.eve.perform("SetDefaultPolicyVersion", PolicyArn=stage.arn(written), VersionId="v2")
    assert caught.value.code in ("NoSuchEntity", "ValidationError")
    versions = stage.root.perform("ListPolicyVersions", PolicyArn=stage.own)["Versions"]
    assert [one["VersionId"] for one in versions if one["IsDefaultVersion"]] == ["v1"]


def test_a_user_that_may_tag_itself_is_what_its_tags_say(stage: Stage) -> None:
    tag = {"Effect": "Allow", "Action": "iam:TagUser", "Resource": stage.eve.arn}
    stage.give(policy(FOR_TAGGED, tag))
    assert not reads(stage.eve)
    stage.eve.perform("TagUser", UserName="eve", Tags=[{"Key": "rank", "Value": "admin"}])
    assert reads(stage.eve)


@pytest.mark.parametrize("key", ["rank", "RANK", "Rank"])
def test_a_user_cannot_tag_itself_with_a_key_that_is_kept_from_it(stage: Stage, key: str) -> None:
    tag = {"Effect": "Allow", "Action": "iam:TagUser", "Resource": stage.eve.arn}
    kept = {
        "Effect": "Deny",
        "Action": "iam:TagUser",
        "Resource": "*",
        "Condition": {"Null": {"aws:RequestTag/rank": "false"}},
    }
    stage.give(policy(FOR_TAGGED, tag, kept))
    with pytest.raises(OperationError, match="explicit deny"):
        stage.eve.perform("TagUser", UserName="eve", Tags=[{"Key": key, "Value": "admin"}])
    with pytest.raises(OperationError, match="explicit deny"):
        tags = [{"Key": "colour", "Value": "red"}, {"Key": key, "Value": "admin"}]
        stage.eve.perform("TagUser", UserName="eve", Tags=tags)
    assert not reads(stage.eve)


def test_a_user_cannot_rename_itself_into_what_a_variable_opens(stage: Stage) -> None:
    """A policy for `${aws:username}` follows the name, so renaming asks for both names."""
    rename = {"Effect": "Allow", "Action": "iam:UpdateUser", "Resource": stage.eve.arn}
    stage.give(policy(rename))
    with pytest.raises(OperationError, match=r"iam:UpdateUser on resource: .*user/boss"):
        stage.eve.perform("UpdateUser", UserName="eve", NewUserName="boss")


BOUNDED = "iam:PermissionsBoundary"


@pytest.fixture
def delegate(stage: Stage) -> str:
    """Eve may make and arm users, so long as they carry a boundary; its ARN."""
    boundary = stage.policy("edge", allow("s3:*", "iam:ListUsers"))
    stage.give(
        policy(
            {
                "Effect": "Allow",
                "Action": ["iam:CreateUser", "iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:PutUserPermissionsBoundary"],
                "Resource": "*",
                "Condition": {"StringEquals": {BOUNDED: boundary}},
            },
            {"Effect": "Allow", "Action": ["iam:CreateAccessKey", "iam:DeleteUserPermissionsBoundary"], "Resource": "*"},
            {"Effect": "Deny", "Action": "iam:DeleteUserPermissionsBoundary", "Resource": "*", "Condition": {"StringEquals": {BOUNDED: boundary}}},
        )
    )  # fmt: skip
    return boundary


def test_a_delegated_administrator_makes_nobody_stronger_than_the_boundary(
    stage: Stage, delegate: str
) -> None:
    for boundary in ({}, {"PermissionsBoundary": ADMINISTRATOR}):
        with pytest.raises(OperationError, match="iam:CreateUser"):
            stage.eve.perform("CreateUser", UserName="puppet", **boundary)
    stage.eve.perform("CreateUser", UserName="puppet", PermissionsBoundary=delegate)
    stage.eve.perform("AttachUserPolicy", UserName="puppet", PolicyArn=ADMINISTRATOR)
    key = Key.of(stage.eve.perform("CreateAccessKey", UserName="puppet")["AccessKey"])
    puppet = Actor("puppet", stage.arn("user/puppet"), key.credential, key)
    assert reads(puppet)
    for operation, params in {
        "CreateUser": {"UserName": "more"},
        "DeleteUserPermissionsBoundary": {"UserName": "puppet"},
        "PutUserPolicy": {"UserName": "eve", "PolicyName": "x", "PolicyDocument": EVERYTHING},
        "CreatePolicyVersion": {"PolicyArn": delegate, "PolicyDocument": EVERYTHING, "SetAsDefault": True},
    }.items():  # fmt: skip
        with pytest.raises(OperationError, match="no permissions boundary allows"):
            puppet.perform(operation, **params)


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("DeleteUserPermissionsBoundary", {"UserName": "puppet"}),
        (
            "PutUserPermissionsBoundary",
            {"UserName": "puppet", "PermissionsBoundary": ADMINISTRATOR},
        ),
        ("PutUserPolicy", {"UserName": "eve", "PolicyName": "x", "PolicyDocument": EVERYTHING}),
        ("AttachUserPolicy", {"UserName": "carol", "PolicyArn": ADMINISTRATOR}),
        ("PutUserPermissionsBoundary", {"UserName": "eve", "PermissionsBoundary": ADMINISTRATOR}),
    ],
)
def test_a_delegated_administrator_cannot_lift_the_boundary(
    stage: Stage, delegate: str, operation: str, params: Params
) -> None:
    stage.eve.perform("CreateUser", UserName="puppet", PermissionsBoundary=delegate)
    with pytest.raises(OperationError) as caught:
        stage.eve.perform(operation, **params)
    assert caught.value.code == "AccessDenied"


def test_a_policy_that_is_somebodys_boundary_cannot_be_deleted_to_free_it(stage: Stage) -> None:
    boundary = stage.policy("edge", allow("s3:*"))
    stage.root.perform("PutUserPermissionsBoundary", UserName="eve", PermissionsBoundary=boundary)
    with pytest.raises(OperationError, match="DeleteConflict"):
        stage.alice.perform("DeletePolicy", PolicyArn=boundary)


class TestTrustingEveryone:
    """`"Principal": "*"` in a trust policy opens the role, but to nobody whom nothing allows."""

    def test_a_stranger_needs_a_permission_of_its_own_account(
        self, stage: Stage, evil: Evil
    ) -> None:
        role = stage.role("open", trust("*"), EVERYTHING)
        nobody = evil.user("nobody")
        with pytest.raises(OperationError, match="AccessDenied"):
            evil.assume(nobody, role)
        assert reads(evil.assume(evil.mallory, role))

    def test_a_condition_on_the_account_keeps_strangers_out(self, stage: Stage, evil: Evil) -> None:
        condition = {"StringEquals": {"aws:PrincipalAccount": stage.id}}
        role = stage.role("open", trust("*", Condition=condition), EVERYTHING)
        with pytest.raises(OperationError, match="AccessDenied"):
            evil.assume(evil.mallory, role)
        assert reads(stage.assume(stage.eve, role))

    def test_a_session_of_it_stays_in_its_account(self, stage: Stage, evil: Evil) -> None:
        session = evil.assume(evil.mallory, stage.role("open", trust("*"), EVERYTHING))
        with pytest.raises(OperationError, match="NoSuchEntity"):
            session.perform("GetUser", UserName="mallory")
        assert "mallory" not in str(session.perform("ListUsers"))


def test_a_federation_token_without_a_policy_opens_nothing(stage: Stage) -> None:
    for who in (stage.alice, stage.root):
        key = Key.of(who.perform("GetFederationToken", Name="guest")["Credentials"])
        guest = Actor("guest", "", key.credential, key)
        for operation, params in (
            ("ListUsers", {}),
            ("CreateUser", {"UserName": "made"}),
            ("AssumeRole", {"RoleArn": stage.weak, "RoleSessionName": "guest"}),
            ("GetSessionToken", {}),
            ("GetFederationToken", {"Name": "again"}),
            ("ListEvents", {}),
        ):
            with pytest.raises(OperationError) as caught:
                guest.perform(operation, **params)
            assert caught.value.status == 403, operation


def test_older_sessions_of_a_role_are_revoked_and_newer_ones_are_not(stage: Stage) -> None:
    """What the IAM console does for "Revoke active sessions"."""
    stage.root.perform(
        "PutRolePolicy", RoleName="weak", PolicyName="may", PolicyDocument=allow("iam:ListUsers")
    )
    old = stage.assume(stage.eve, stage.weak)
    assert reads(old)
    then = datetime.now(UTC) + timedelta(seconds=5)
    revoked = deny(
        "*", Condition={"DateLessThan": {"aws:TokenIssueTime": then.strftime("%Y-%m-%dT%H:%M:%SZ")}}
    )
    stage.root.perform(
        "PutRolePolicy",
        RoleName="weak",
        PolicyName="AWSRevokeOlderSessions",
        PolicyDocument=revoked,
    )
    with pytest.raises(OperationError, match="with an explicit deny in an identity-based policy"):
        old.perform("ListUsers")
    later = then + timedelta(seconds=1)
    params = {"RoleArn": stage.weak, "RoleSessionName": "new"}
    made = perform(stage.eve.credential, "AssumeRole", params, origin(), now=later)
    key = Key.of(made["Credentials"])
    assert perform(key.credential, "ListUsers", {}, origin(), now=later)["Users"]


class TestRoot:
    """Root cannot be touched by its users, not even by those who may do everything."""

    @pytest.fixture
    def climbers(self, stage: Stage) -> list[Actor]:
        device = device_for(stage, "alice")
        made = stage.alice.perform("GetSessionToken", **device.params)["Credentials"]
        key = Key.of(made)
        return [
            stage.alice,
            stage.assume(stage.alice, stage.strong),
            Actor("alice", stage.alice.arn, key.credential, key),
        ]

    def rows(self, stage: Stage) -> list[Any]:
        with transaction.atomic():
            tenancy.enter(stage.id)
            return [
                list(AccessKey.objects.filter(user=None).values()),
                list(MFADevice.objects.filter(holder="root").values()),
                list(ConsoleSession.objects.filter(user=None).values()),
                list(Person.objects.filter(account_id=stage.id).values()),
                list(Account.objects.filter(id=stage.id).values("root_locked_at", "status")),
            ]

    def test_nothing_of_it_can_be_changed(self, stage: Stage, climbers: list[Actor]) -> None:
        device = device_for(stage)
        key = stage.root.perform("CreateAccessKey")["AccessKey"]["AccessKeyId"]
        signin.sign_in_root(stage.email, PASSWORD, origin("console"), device.code())
        codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "234567"}
        serial = {"SerialNumber": device.serial}
        attempts: list[tuple[str, Params]] = [
            ("LockRoot", {}),
            ("UnlockRoot", {}),
            ("ChangeRootPassword", {"OldPassword": PASSWORD, "NewPassword": NEW_PASSWORD}),
            ("DeleteVirtualMFADevice", serial),
        ]
        for name in (stage.id, "root", "<root_account>", stage.arn("root")):
            named = {"UserName": name}
            attempts += [
                ("UpdateAccessKey", {**named, "AccessKeyId": key, "Status": "Inactive"}),
                ("DeleteAccessKey", {**named, "AccessKeyId": key}),
                ("CreateAccessKey", named),
                ("CreateLoginProfile", {**named, "Password": NEW_PASSWORD}),
                ("UpdateLoginProfile", {**named, "Password": NEW_PASSWORD}),
                ("DeleteLoginProfile", named),
                ("DeactivateMFADevice", {**named, **serial}),
                ("EnableMFADevice", {**named, **serial, **codes}),
                ("ResyncMFADevice", {**named, **serial, **codes}),
                ("PutUserPermissionsBoundary", {**named, "PermissionsBoundary": stage.own}),
                ("PutUserPolicy", {**named, "PolicyName": "x", "PolicyDocument": deny("*")}),
            ]
        attempts += [
            ("UpdateAccessKey", {"AccessKeyId": key, "Status": "Inactive"}),
            ("DeleteAccessKey", {"AccessKeyId": key}),
            ("DeactivateMFADevice", serial),
        ]
        before = self.rows(stage)
        sessions = stage.alice.perform("ListConsoleSessions", AllUsers=True)["ConsoleSessions"]
        attempts.append(("EndConsoleSession", {"SessionId": sessions[0]["SessionId"]}))
        for climber in climbers:
            for operation, params in attempts:
                with pytest.raises(OperationError) as caught:
                    climber.perform(operation, **params)
                assert caught.value.status in (400, 403, 404, 409), (operation, params)
        assert self.rows(stage) == before
        assert len(before[0]) == len(before[1]) == len(before[2]) == 1

    def test_without_a_name_users_see_and_make_their_own_keys_only(self, stage: Stage) -> None:
        root_key = stage.root.perform("CreateAccessKey")["AccessKey"]["AccessKeyId"]
        listed = stage.alice.perform("ListAccessKeys")["AccessKeyMetadata"]
        assert root_key not in {one["AccessKeyId"] for one in listed}
        assert {one["UserName"] for one in listed} == {"alice"}

    def test_a_user_that_is_called_like_root_is_a_user(self, stage: Stage) -> None:
        for name in ("root", stage.id):
            actor = stage.user(name)
            assert actor.perform("GetCallerIdentity")["Arn"] == stage.arn(f"user/{name}")
            assert not reads(actor)

    def test_no_session_of_a_user_or_role_becomes_it(self, stage: Stage) -> None:
        for session in ("root", stage.id, "eve"):
            actor = stage.assume(stage.eve, stage.weak, session)
            assert not reads(actor)
            assert ":assumed-role/weak/" in actor.perform("GetCallerIdentity")["Arn"]


def test_a_second_factor_does_not_follow_into_another_role(stage: Stage) -> None:
    needs = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    once = stage.role("once", trust(stage.arn("root")), EVERYTHING)
    twice = stage.role("twice", trust(stage.arn("root"), Condition=needs), EVERYTHING)
    stage.give(allow("sts:AssumeRole"))
    device = device_for(stage, "eve")
    key = Key.of(stage.eve.perform("GetSessionToken", **device.params)["Credentials"])
    proved = Actor("eve", stage.eve.arn, key.credential, key)
    assert stage.assume(proved, twice)
    chained = stage.assume(proved, once)
    with pytest.raises(OperationError, match="AccessDenied"):
        stage.assume(chained, twice)
    with pytest.raises(OperationError, match="AccessDenied"):
        code = wrong(device.code())
        stage.assume(stage.eve, twice, SerialNumber=device.serial, TokenCode=code)


def test_a_role_cannot_be_made_to_look_service_linked(stage: Stage) -> None:
    """A service-linked role's path would exempt it from organization policies."""
    with pytest.raises(OperationError):
        stage.role("x", trust({"Service": "ec2.amazonaws.com"}), Path="/aws-service-role/x/")
    with transaction.atomic():
        tenancy.enter(stage.id)
        assert not Role.objects.filter(path__startswith="/aws-service-role/").exists()


def test_a_rolled_back_promotion_leaves_nothing_behind(stage: Stage) -> None:
    """A refused call in the middle of a climb is as if it had never been tried."""
    stage.give(allow("iam:CreateUser"))
    tags = [{"Key": "rank", "Value": "admin"}]
    with pytest.raises(OperationError, match="iam:TagUser"):
        stage.eve.perform("CreateUser", UserName="made", Tags=tags)
    assert "made" not in json.dumps(stage.root.perform("ListUsers"), default=str)


def test_a_role_is_put_in_an_instance_profile_only_by_who_may_pass_it(stage: Stage) -> None:
    stage.root.perform("CreateInstanceProfile", InstanceProfileName="machine")
    add = {"Effect": "Allow", "Action": "iam:AddRoleToInstanceProfile", "Resource": "*"}
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    passing = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": stage.strong}
    params = {"InstanceProfileName": "machine", "RoleName": "strong"}
    for given in ({}, {**passing, "Resource": stage.weak}, {**passing, "Condition": to_lambda}):
        stage.give(policy(add, given) if given else policy(add))
        with pytest.raises(OperationError, match="iam:PassRole on resource: "):
            stage.eve.perform("AddRoleToInstanceProfile", **params)
    stage.give(policy(add, passing))
    stage.eve.perform("AddRoleToInstanceProfile", **params)
