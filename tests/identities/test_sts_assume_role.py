"""Who may assume which role (evaluation.md §7): both sides decide, and refusals tell nothing."""

import json
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from accounts import tenancy
from accounts.models import Account as AccountRow
from accounts.models import Event
from iamsite.operations import AccessDenied, OperationError
from identities.models import Role
from tests.cast import Acme, Actor, Evil, Key, allow, deny, policy, trust
from tests.identities.devices import device_for, wrong

ASSUME = allow("sts:AssumeRole")


def refusal(actor: Actor, role_arn: str, **params: object) -> OperationError:
    with pytest.raises(OperationError) as caught:
        actor.perform("AssumeRole", RoleArn=role_arn, RoleSessionName="session", **params)
    return caught.value


def bare(actor: Actor, role_arn: str, action: str = "sts:AssumeRole") -> str:
    return f"User: {actor.arn} is not authorized to perform: {action} on resource: {role_arn}"


def events(account: str, operation: str = "AssumeRole") -> list[Event]:
    with transaction.atomic():
        tenancy.enter(account)
        return list(Event.objects.filter(operation=operation).order_by("-sequence"))


class TestWithinAnAccount:
    def test_a_user_named_in_the_trust_policy_needs_no_policy_of_its_own(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn))
        session = acme.assume(acme.carol, role)
        assert session.arn == f"arn:aws:sts::{acme.id}:assumed-role/r/session"

    def test_everyone_in_the_trust_policy_lets_any_user_of_the_account_in(self, acme: Acme) -> None:
        assert acme.assume(acme.carol, acme.role("r", trust("*")))

    def test_trusting_the_account_only_delegates(self, acme: Acme) -> None:
        error = refusal(acme.carol, acme.deployer)
        assert (error.code, error.status) == ("AccessDenied", 403)
        assert error.message == bare(acme.carol, acme.deployer)
        assert acme.assume(acme.bob, acme.deployer)

    def test_nobody_assumes_a_role_that_does_not_trust_them_whatever_they_hold(
        self, acme: Acme
    ) -> None:
        role = acme.role("r", trust(acme.carol.arn))
        assert refusal(acme.alice, role).message == bare(acme.alice, role)

    def test_a_missing_role_and_a_refusing_one_look_the_same(self, acme: Acme) -> None:
        refusing = acme.role("r", trust(acme.carol.arn))
        missing = acme.arn("role/missing")
        first, second = refusal(acme.bob, refusing), refusal(acme.bob, missing)
        assert type(first) is type(second)
        assert first.message.replace("role/r", "") == second.message.replace("role/missing", "")

    def test_what_is_no_role_is_refused(self, acme: Acme) -> None:
        arn = acme.alice.arn
        assert refusal(acme.alice, arn).message == bare(acme.alice, arn)
        error = refusal(acme.alice, "x" * 20)
        assert (error.code, error.message) == ("ValidationError", f"{'x' * 20} is invalid")

    def test_the_arn_must_have_the_roles_own_path_and_case(self, acme: Acme) -> None:
        role = acme.role("r", trust("*"), Path="/team/")
        assert acme.assume(acme.carol, role)
        for other in (acme.arn("role/r"), acme.arn("role/team/R"), acme.arn("role/Team/r")):
            assert refusal(acme.carol, other).code == "AccessDenied"

    def test_root_may_not_assume_roles(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.arn("root")))
        error = refusal(acme.root, role)
        assert (error.code, error.message) == (
            "AccessDenied",
            "Roles may not be assumed by root accounts.",
        )

    def test_an_explicit_deny_of_the_callers_own_is_told(self, acme: Acme) -> None:
        dan = acme.user("dan", deny("sts:AssumeRole"))
        role = acme.role("r", trust(dan.arn))
        told = " with an explicit deny in an identity-based policy"
        assert refusal(dan, role).message == bare(dan, role) + told
        missing = acme.arn("role/missing")
        assert refusal(dan, missing).message == bare(dan, missing) + told

    def test_an_explicit_deny_of_the_trust_policy_wins_and_is_not_told(self, acme: Acme) -> None:
        role = acme.role(
            "r",
            policy(
                {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
                {
                    "Effect": "Deny",
                    "Principal": {"AWS": acme.bob.arn},
                    "Action": "sts:AssumeRole",
                },
            ),
        )
        assert acme.assume(acme.carol, role)
        assert refusal(acme.bob, role).message == bare(acme.bob, role)

    def test_the_callers_boundary_must_allow_even_when_it_is_named(self, acme: Acme) -> None:
        made = acme.root.perform(
            "CreatePolicy", PolicyName="only-s3", PolicyDocument=allow("s3:*")
        )["Policy"]["Arn"]
        acme.root.perform("PutUserPermissionsBoundary", UserName="carol", PermissionsBoundary=made)
        role = acme.role("r", trust(acme.carol.arn))
        assert refusal(acme.carol, role).message == bare(acme.carol, role)

    def test_the_roles_own_boundary_plays_no_part(self, acme: Acme) -> None:
        made = acme.root.perform(
            "CreatePolicy", PolicyName="only-s3", PolicyDocument=allow("s3:*")
        )["Policy"]["Arn"]
        role = acme.role("r", trust(acme.carol.arn), PermissionsBoundary=made)
        assert acme.assume(acme.carol, role)

    def test_a_role_does_not_trust_itself(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn), ASSUME)
        session = acme.assume(acme.carol, role)
        assert refusal(session, role).message == bare(session, role)
        acme.root.perform(
            "UpdateAssumeRolePolicy",
            RoleName="r",
            PolicyDocument=trust([acme.carol.arn, role]),
        )
        assert acme.assume(session, role, "again")

    @pytest.mark.parametrize("named", ["role", "session"])
    def test_a_session_is_let_in_by_its_role_or_by_its_own_arn(
        self, acme: Acme, named: str
    ) -> None:
        first = acme.role("first", trust(acme.carol.arn))
        session = acme.assume(acme.carol, first)
        second = acme.role("second", trust(first if named == "role" else session.arn))
        assert acme.assume(session, second, "next")

    def test_a_session_that_is_let_in_by_its_role_is_bound_by_its_session_policy(
        self, acme: Acme
    ) -> None:
        first = acme.role("first", trust(acme.carol.arn))
        second = acme.role("second", trust(first))
        narrow = acme.assume(acme.carol, first, Policy=allow("s3:*"))
        assert refusal(narrow, second).message == bare(narrow, second)

    def test_a_session_of_a_suspended_account_opens_nothing(self, acme: Acme, evil: Evil) -> None:
        role = acme.role("r", trust(evil.arn("root")))
        with transaction.atomic():
            tenancy.enter(acme.id)
            AccountRow.objects.filter(id=acme.id).update(status="suspended")
        assert refusal(evil.mallory, role).message == bare(evil.mallory, role)


class TestAcrossAccounts:
    def test_both_sides_must_allow(self, acme: Acme, evil: Evil) -> None:
        role = acme.role("shared", trust(evil.mallory.arn), allow("iam:ListUsers"))
        session = evil.assume(evil.mallory, role)
        assert session.arn == f"arn:aws:sts::{acme.id}:assumed-role/shared/session"
        assert {user["UserName"] for user in session.perform("ListUsers")["Users"]} == {
            "alice",
            "bob",
            "carol",
            "ci",
        }

    @pytest.mark.parametrize("principal", ["user", "account", "everyone"])
    def test_the_callers_own_policies_must_allow_whatever_the_trust_says(
        self, acme: Acme, evil: Evil, principal: str
    ) -> None:
        nobody = evil.user("nobody")
        named = {"user": nobody.arn, "account": evil.arn("root"), "everyone": "*"}[principal]
        role = acme.role("r", trust(named))
        assert refusal(nobody, role).message == bare(nobody, role)

    def test_without_trust_a_strangers_administrator_is_refused(
        self, acme: Acme, evil: Evil
    ) -> None:
        assert refusal(evil.mallory, acme.deployer).message == bare(evil.mallory, acme.deployer)

    @pytest.mark.parametrize("named", ["role", "session", "everyone"])
    def test_a_callers_boundary_and_session_policies_must_allow_however_it_is_named(
        self, acme: Acme, evil: Evil, named: str
    ) -> None:
        only_s3 = evil.root.perform(
            "CreatePolicy", PolicyName="only-s3", PolicyDocument=allow("s3:*")
        )["Policy"]["Arn"]
        free = evil.role("free", trust(evil.mallory.arn), ASSUME)
        bounded = evil.role("bounded", trust(evil.mallory.arn), ASSUME, PermissionsBoundary=only_s3)
        wide = evil.assume(evil.mallory, free)
        narrow = evil.assume(evil.mallory, free, Policy=allow("s3:*"))
        limited = evil.assume(evil.mallory, bounded)
        principals = {
            "role": [free, bounded],
            "session": [wide.arn, limited.arn],
            "everyone": "*",
        }[named]
        role = acme.role("r", trust(principals))
        assert evil.assume(wide, role)
        for session in (narrow, limited):
            assert refusal(session, role).message == bare(session, role)

    def test_refusal_tells_neither_that_the_role_exists_nor_that_the_account_does(
        self, acme: Acme, evil: Evil
    ) -> None:
        there, missing = acme.deployer, acme.arn("role/missing")
        nowhere = "arn:aws:iam::000000000000:role/missing"
        refusals = [refusal(evil.mallory, arn) for arn in (there, missing, nowhere)]
        assert {(type(one), one.code, one.status) for one in refusals} == {
            (AccessDenied, "AccessDenied", 403)
        }
        assert [one.message for one in refusals] == [
            bare(evil.mallory, arn) for arn in (there, missing, nowhere)
        ]

    def test_no_reason_is_told_across_accounts_not_even_ones_own_deny(
        self, acme: Acme, evil: Evil
    ) -> None:
        dan = evil.user("dan", deny("sts:AssumeRole"))
        role = acme.role("r", trust(dan.arn))
        assert refusal(dan, role).message == bare(dan, role)

    def test_it_is_in_the_trail_of_both_accounts(self, acme: Acme, evil: Evil) -> None:
        role = acme.role("r", trust(evil.mallory.arn))
        session = evil.assume(evil.mallory, role)
        (own,), (other,) = events(evil.id), events(acme.id)
        assert session.key is not None
        for event in (own, other):
            assert event.principal_arn == evil.mallory.arn
            assert event.resources == [role]
            assert event.outcome == "Success"
            assert event.detail["IssuedAccessKeyId"] == session.key.id
        assert own.request_id == other.request_id

    def test_a_refusal_is_in_the_callers_trail_only(self, acme: Acme, evil: Evil) -> None:
        refusal(evil.mallory, acme.deployer)
        (event,) = events(evil.id)
        assert event.outcome == "AccessDenied"
        assert events(acme.id) == []


class TestTrustIsPinned:
    def test_a_recreated_user_of_the_same_name_is_not_trusted(self, acme: Acme) -> None:
        acme.user("dan")
        role = acme.role("r", trust(acme.arn("user/dan")))
        (key,) = acme.root.perform("ListAccessKeys", UserName="dan")["AccessKeyMetadata"]
        acme.root.perform("DeleteAccessKey", UserName="dan", AccessKeyId=key["AccessKeyId"])
        acme.root.perform("DeleteUser", UserName="dan")
        again = acme.user("dan", ASSUME)
        assert refusal(again, role).message == bare(again, role)

    def test_a_renamed_user_stays_trusted(self, acme: Acme) -> None:
        acme.user("dan")
        role = acme.role("r", trust(acme.arn("user/dan")))
        key = Key.of(acme.root.perform("CreateAccessKey", UserName="dan")["AccessKey"])
        acme.root.perform("UpdateUser", UserName="dan", NewUserName="daniel")
        daniel = Actor("daniel", acme.arn("user/daniel"), key.credential, key)
        assert acme.assume(daniel, role)

    def test_trust_is_read_when_the_session_is_issued_and_never_later(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn), allow("iam:ListUsers"))
        session = acme.assume(acme.carol, role)
        acme.root.perform(
            "UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=trust(acme.bob.arn)
        )
        assert session.perform("ListUsers")["Users"]
        assert refusal(acme.carol, role).code == "AccessDenied"


class TestSessions:
    def test_a_detached_policy_counts_on_the_sessions_next_request(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn), allow("iam:ListUsers"))
        session = acme.assume(acme.carol, role)
        assert session.perform("ListUsers")
        acme.root.perform("DeleteRolePolicy", RoleName="r", PolicyName="p0")
        with pytest.raises(OperationError, match="ListUsers"):
            session.perform("ListUsers")

    def test_a_session_dies_with_its_role_and_a_recreated_role_does_not_revive_it(
        self, acme: Acme
    ) -> None:
        role = acme.role("r", trust(acme.carol.arn))
        session = acme.assume(acme.carol, role)
        acme.root.perform("DeleteRole", RoleName="r")
        with pytest.raises(OperationError, match="InvalidClientTokenId"):
            session.perform("GetCallerIdentity")
        acme.role("r", trust(acme.carol.arn))
        with pytest.raises(OperationError, match="InvalidClientTokenId"):
            session.perform("GetCallerIdentity")

    def test_the_last_use_of_a_role_is_when_its_session_was_used(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn))
        session = acme.assume(acme.carol, role)
        assert acme.root.perform("GetRole", RoleName="r")["Role"]["RoleLastUsed"] == {}
        with pytest.raises(OperationError, match="AccessDenied"):
            session.perform("DeleteUser", UserName="bob")
        used = acme.root.perform("GetRole", RoleName="r")["Role"]["RoleLastUsed"]
        assert used["Region"] == "us-east-1"
        assert datetime.now(UTC) - used["LastUsedDate"] < timedelta(minutes=1)
        session.perform("GetCallerIdentity")
        again = acme.root.perform("GetRole", RoleName="r")["Role"]["RoleLastUsed"]
        assert again == used
        earlier = used["LastUsedDate"] - timedelta(minutes=15)
        with transaction.atomic():
            tenancy.enter(acme.id)
            Role.objects.filter(name="r").update(last_used_at=earlier)
        session.perform("GetCallerIdentity")
        later = acme.root.perform("GetRole", RoleName="r")["Role"]["RoleLastUsed"]
        assert later["LastUsedDate"] > earlier

    def test_older_sessions_are_revoked_by_a_policy_on_when_they_were_issued(
        self, acme: Acme
    ) -> None:
        role = acme.role("r", trust(acme.carol.arn), allow("iam:ListUsers"))
        session = acme.assume(acme.carol, role)
        for seconds, lives in ((-60, True), (60, False)):
            since = datetime.now(UTC) + timedelta(seconds=seconds)
            text = since.strftime("%Y-%m-%dT%H:%M:%SZ")
            acme.root.perform(
                "PutRolePolicy",
                RoleName="r",
                PolicyName="AWSRevokeOlderSessions",
                PolicyDocument=deny("*", Condition={"DateLessThan": {"aws:TokenIssueTime": text}}),
            )
            if lives:
                assert session.perform("ListUsers")
            else:
                with pytest.raises(OperationError, match="explicit deny"):
                    session.perform("ListUsers")

    def test_the_answer_names_the_session(self, acme: Acme) -> None:
        before = datetime.now(UTC)
        output = acme.bob.perform(
            "AssumeRole", RoleArn=acme.deployer, RoleSessionName="Deploy-1", DurationSeconds=900
        )
        role_id = acme.root.perform("GetRole", RoleName="Deployer")["Role"]["RoleId"]
        assert output["AssumedRoleUser"] == {
            "AssumedRoleId": f"{role_id}:Deploy-1",
            "Arn": f"arn:aws:sts::{acme.id}:assumed-role/Deployer/Deploy-1",
        }
        assert output.keys() == {
            "Credentials",
            "AssumedRoleUser",
            "SessionTokenSize",
            "SessionTokenUtilization",
        }
        credentials = output["Credentials"]
        size = len(credentials["SessionToken"])
        assert output["SessionTokenSize"] == size
        assert output["SessionTokenUtilization"] == -(-100 * size // 8192)
        assert credentials["AccessKeyId"].startswith("ASIA")
        assert len(credentials["SecretAccessKey"]) == 40
        expires = credentials["Expiration"]
        assert expires.microsecond == 0
        assert timedelta(seconds=898) < expires - before < timedelta(seconds=902)

    def test_a_token_has_at_least_the_size_that_was_asked_for(self, acme: Acme) -> None:
        key = acme.assume(acme.bob, acme.deployer, MinimumSessionTokenSize=4096).key
        assert key is not None
        assert key.token is not None
        assert len(key.token) >= 4096
        assert Actor("x", "", key.credential, key).perform("GetCallerIdentity")

    def test_no_secret_and_no_code_is_in_the_trail(self, acme: Acme) -> None:
        device = device_for(acme, "bob")
        params = device.params
        session = acme.assume(acme.bob, acme.deployer, **params)
        (event,) = events(acme.id)
        assert session.key is not None
        kept = json.dumps([event.parameters, event.detail])
        assert session.key.secret not in kept
        assert str(session.key.token) not in kept
        assert event.parameters["TokenCode"] == "***"


class TestDuration:
    OVER_ROLE = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    OVER_CHAIN = (
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
        "role chaining."
    )

    @pytest.mark.parametrize("seconds", [900, 3600, 7200])
    def test_up_to_the_roles_maximum(self, acme: Acme, seconds: int) -> None:
        role = acme.role("r", trust(acme.carol.arn), MaxSessionDuration=7200)
        assert acme.assume(acme.carol, role, DurationSeconds=seconds)

    def test_not_over_the_roles_maximum(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn), MaxSessionDuration=7200)
        error = refusal(acme.carol, role, DurationSeconds=7201)
        assert (error.code, error.status, error.message) == ("ValidationError", 400, self.OVER_ROLE)

    @pytest.mark.parametrize("seconds", [899, 43_201])
    def test_not_outside_of_what_the_api_knows(self, acme: Acme, seconds: int) -> None:
        error = refusal(acme.bob, acme.deployer, DurationSeconds=seconds)
        assert error.code == "ValidationError"
        assert "durationSeconds" in error.message

    def test_the_roles_maximum_is_not_told_to_whom_it_refuses(self, acme: Acme) -> None:
        error = refusal(acme.carol, acme.deployer, DurationSeconds=43_200)
        assert error.message == bare(acme.carol, acme.deployer)

    def test_a_chained_session_lasts_an_hour_at_most(self, acme: Acme) -> None:
        first = acme.role("first", trust(acme.carol.arn), MaxSessionDuration=43_200)
        second = acme.role("second", trust(first), MaxSessionDuration=43_200)
        session = acme.assume(acme.carol, first, DurationSeconds=43_200)
        assert acme.assume(session, second, "next", DurationSeconds=3600)
        error = refusal(session, second, DurationSeconds=3601)
        assert (error.code, error.message) == ("ValidationError", self.OVER_CHAIN)

    def test_the_roles_maximum_is_checked_before_the_chain(self, acme: Acme) -> None:
        first = acme.role("first", trust(acme.carol.arn))
        second = acme.role("second", trust(first))
        error = refusal(acme.assume(acme.carol, first), second, DurationSeconds=3601)
        assert error.message == self.OVER_ROLE


class TestConditions:
    def test_the_external_id_guards_against_the_confused_deputy(self, acme: Acme) -> None:
        condition = {"StringEquals": {"sts:ExternalId": "secret-of-two"}}
        role = acme.role("r", trust(acme.carol.arn, Condition=condition))
        assert acme.assume(acme.carol, role, ExternalId="secret-of-two")
        assert refusal(acme.carol, role).code == "AccessDenied"
        assert refusal(acme.carol, role, ExternalId="another").code == "AccessDenied"

    def test_an_external_id_that_nobody_asks_for_is_ignored(self, acme: Acme) -> None:
        assert acme.assume(acme.bob, acme.deployer, ExternalId="whatever")

    def test_the_session_name_can_be_demanded(self, acme: Acme) -> None:
        condition = {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}
        role = acme.role("r", trust(acme.carol.arn, Condition=condition))
        assert acme.assume(acme.carol, role, "carol")
        assert refusal(acme.carol, role).code == "AccessDenied"

    def test_the_callers_tags_and_address_can_be_demanded(self, acme: Acme) -> None:
        acme.root.perform("TagUser", UserName="carol", Tags=[{"Key": "team", "Value": "web"}])
        condition = {
            "StringEquals": {"aws:PrincipalTag/team": "web"},
            "ArnEquals": {"aws:PrincipalArn": acme.carol.arn},
            "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
        }
        role = acme.role("r", trust("*", Condition=condition))
        assert acme.assume(acme.carol, role)
        acme.root.perform("TagUser", UserName="carol", Tags=[{"Key": "team", "Value": "db"}])
        assert refusal(acme.carol, role).code == "AccessDenied"
        assert refusal(acme.bob, role).code == "AccessDenied"

    @pytest.mark.parametrize("prefix", ["aws", "iam"])
    def test_the_roles_tags_are_the_resources(self, acme: Acme, prefix: str) -> None:
        role = acme.role("r", trust(acme.arn("root")), Tags=[{"Key": "team", "Value": "web"}])
        match = allow(
            "sts:AssumeRole",
            Condition={"StringEquals": {f"{prefix}:ResourceTag/team": "web"}},
        )
        assert acme.assume(acme.user("dan", match), role)
        other = acme.role("s", trust(acme.arn("root")), Tags=[{"Key": "team", "Value": "db"}])
        assert refusal(acme.user("eve", match), other).code == "AccessDenied"


class TestMFA:
    GUARDED = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}

    def test_a_code_satisfies_the_condition_of_the_trust_policy(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn, Condition=self.GUARDED))
        device = device_for(acme, "carol")
        assert refusal(acme.carol, role).code == "AccessDenied"
        assert acme.assume(acme.carol, role, **device.params)

    def test_the_session_does_not_inherit_it(self, acme: Acme) -> None:
        only_with_mfa = allow("iam:ListUsers", Condition=self.GUARDED)
        role = acme.role("r", trust(acme.carol.arn, Condition=self.GUARDED), only_with_mfa)
        session = acme.assume(acme.carol, role, **device_for(acme, "carol").params)
        with pytest.raises(OperationError, match="iam:ListUsers"):
            session.perform("ListUsers")

    def test_a_wrong_code_is_refused(self, acme: Acme) -> None:
        device = device_for(acme, "bob")
        error = refusal(
            acme.bob, acme.deployer, SerialNumber=device.serial, TokenCode=wrong(device.code())
        )
        assert (error.code, error.message) == (
            "AccessDenied",
            "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
        )

    def test_a_code_counts_once(self, acme: Acme) -> None:
        params = device_for(acme, "bob").params
        assert acme.assume(acme.bob, acme.deployer, **params)
        assert "invalid MFA" in refusal(acme.bob, acme.deployer, **params).message

    def test_another_users_device_is_not_the_callers(self, acme: Acme) -> None:
        error = refusal(acme.bob, acme.deployer, **device_for(acme, "carol").params)
        assert (error.code, error.message) == (
            "AccessDenied",
            (
                "MultiFactorAuthentication failed, unable to validate MFA code.  "
                "Please verify your MFA serial number is valid and associated with this user."
            ),
        )

    def test_a_session_of_a_role_has_no_device(self, acme: Acme) -> None:
        session = acme.assume(acme.bob, acme.deployer)
        params = device_for(acme, "bob").params
        assert "unable to validate" in refusal(session, acme.deployer, **params).message

    @pytest.mark.parametrize("left_out", ["SerialNumber", "TokenCode"])
    def test_serial_number_and_code_come_together(self, acme: Acme, left_out: str) -> None:
        params = device_for(acme, "bob").params
        del params[left_out]
        assert "must provide both" in refusal(acme.bob, acme.deployer, **params).message

    def test_codes_cannot_be_guessed_without_end(self, acme: Acme) -> None:
        device = device_for(acme, "bob")
        guess = wrong(device.code())
        for _ in range(10):
            refusal(acme.bob, acme.deployer, SerialNumber=device.serial, TokenCode=guess)
        assert "invalid MFA" in refusal(acme.bob, acme.deployer, **device.params).message


class TestSourceIdentity:
    BOTH = ["sts:AssumeRole", "sts:SetSourceIdentity"]

    def test_it_needs_a_permission_of_its_own(self, acme: Acme) -> None:
        plain = acme.role("plain", trust(acme.carol.arn))
        error = refusal(acme.carol, plain, SourceIdentity="carol")
        assert error.message == bare(acme.carol, plain, "sts:SetSourceIdentity")
        role = acme.role("r", trust(acme.carol.arn, self.BOTH))
        output = acme.carol.perform(
            "AssumeRole", RoleArn=role, RoleSessionName="session", SourceIdentity="carol"
        )
        assert output["SourceIdentity"] == "carol"

    def test_it_stays_down_the_chain_and_cannot_change(self, acme: Acme) -> None:
        first = acme.role("first", trust(acme.carol.arn, self.BOTH))
        second = acme.role("second", trust(first, self.BOTH))
        session = acme.assume(acme.carol, first, SourceIdentity="carol")
        for params in ({}, {"SourceIdentity": "carol"}):
            output = session.perform("AssumeRole", RoleArn=second, RoleSessionName="next", **params)
            assert output["SourceIdentity"] == "carol"
        error = refusal(session, second, SourceIdentity="another")
        assert (error.code, error.message) == (
            "ValidationError",
            "The source identity is already set for this assume role session",
        )

    def test_down_the_chain_the_next_role_must_allow_it_too(self, acme: Acme) -> None:
        first = acme.role("first", trust(acme.carol.arn, self.BOTH))
        second = acme.role("second", trust(first))
        session = acme.assume(acme.carol, first, SourceIdentity="carol")
        assert refusal(session, second).message == bare(session, second, "sts:SetSourceIdentity")

    def test_the_trust_policy_can_demand_one(self, acme: Acme) -> None:
        condition = {"StringEquals": {"sts:SourceIdentity": "carol"}}
        statements = policy(
            {
                "Effect": "Allow",
                "Principal": {"AWS": acme.carol.arn},
                "Action": "sts:AssumeRole",
                "Condition": {"StringLike": {"sts:SourceIdentity": "*"}},
            },
            {
                "Effect": "Allow",
                "Principal": {"AWS": acme.carol.arn},
                "Action": "sts:SetSourceIdentity",
                "Condition": condition,
            },
        )
        role = acme.role("r", statements)
        assert acme.assume(acme.carol, role, SourceIdentity="carol")
        assert refusal(acme.carol, role).message == bare(acme.carol, role)
        assert refusal(acme.carol, role, SourceIdentity="eve").message == bare(
            acme.carol, role, "sts:SetSourceIdentity"
        )

    def test_later_calls_see_it_as_a_condition_key(self, acme: Acme) -> None:
        guarded = allow(
            "iam:ListUsers", Condition={"StringEquals": {"aws:SourceIdentity": "carol"}}
        )
        role = acme.role("r", trust(acme.carol.arn, self.BOTH), guarded)
        assert acme.assume(acme.carol, role, SourceIdentity="carol").perform("ListUsers")
        with pytest.raises(OperationError):
            acme.assume(acme.carol, role).perform("ListUsers")


def test_accounts_that_assume_each_others_roles_at_once_do_not_deadlock(
    acme: Acme, evil: Evil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["iamsite.operations.perform"], "TRIES", 1)
    mine = acme.role("r", trust(evil.mallory.arn))
    theirs = evil.role("r", trust(acme.bob.arn))
    done: list[str] = []

    def assume(actor: Actor, role: str) -> None:
        try:
            for _ in range(40):
                actor.perform("AssumeRole", RoleArn=role, RoleSessionName="session")
                done.append(role)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=assume, args=pair)
        for pair in ((evil.mallory, mine), (acme.bob, theirs))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == sorted([mine] * 40 + [theirs] * 40)
    assert acme.root.perform("VerifyTrail")["Intact"] is True
    assert evil.root.perform("VerifyTrail")["Intact"] is True
