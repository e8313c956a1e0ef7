"""Decisions on record: every denial has one, and it tells why, what changed and what would help."""

from __future__ import annotations

import json
import re
import sys
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import tenancy
from accounts.models import DecisionRecord, Event
from iamsite.operations import Call, OperationError, noted_decisions
from iamsite.operations.authentication import authenticate
from iamsite.operations.caller import Command
from iamsite.operations.registry import Effect, registered
from policies.engine import decide
from policies.operations.decisions.now import questions
from tests.cast import Account, Acme, Actor, Evil, Key, allow, deny, origin, policy, trust
from tests.iamsite.aws.wire import send, signed
from tests.iamsite.rest.client import Client
from tests.portal import Portal

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HEADER = "x-iamsite-decision-id"


@pytest.fixture(scope="module")
def company() -> Acme:
    return Acme()


@pytest.fixture(scope="module")
def stranger() -> Evil:
    return Evil()


def denied(actor: Actor, operation: str, **params: Any) -> OperationError:
    with pytest.raises(OperationError) as caught:
        actor.perform(operation, **params)
    assert caught.value.code == "AccessDenied"
    assert UUID.fullmatch(caught.value.decision_id)
    return caught.value


def decision(account: Account, error: OperationError) -> dict[str, Any]:
    return account.root.perform("GetDecision", DecisionId=error.decision_id)


def rungs(ladder: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    return {one["Layer"]: (one["Outcome"], one["Decides"]) for one in ladder["Rungs"]}


def edits(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        edit
        for remedy in found["Now"]["Remedies"]
        for change in remedy["Changes"]
        for edit in change["Edits"]
    ]


def apply(actor: Actor, edit: dict[str, Any]) -> None:
    actor.perform(edit["Operation"], **json.loads(edit["Parameters"]))


class TestRecord:
    def test_a_denial_is_on_record_with_its_request_and_every_layers_word(
        self, company: Acme
    ) -> None:
        error = denied(company.carol, "ListUsers", PathPrefix="/one/")
        found = decision(company, error)
        assert found["PrincipalArn"] == company.carol.arn
        assert found["ActionName"] == "iam:ListUsers"
        assert found["ResourceArn"] == company.arn("user/one/")
        assert (found["Decision"], found["DecidingLayer"]) == ("implicitDeny", "identity")
        assert found["Message"] == error.message
        assert (found["IsComplete"], found["Count"], found["Face"]) == (True, 1, "command")
        assert rungs(found["Ladder"])["identity"] == ("implicitDeny", True)
        sent = {one["ContextKeyName"]: one["ContextKeyValues"] for one in found["Context"]}
        assert sent["aws:sourceip"] == ["203.0.113.7"]
        assert sent["aws:username"] == ["carol"]

    def test_the_trails_event_names_the_record(self, company: Acme) -> None:
        error = denied(company.carol, "ListGroups", PathPrefix="/trail/")
        (event, *_) = company.root.perform("ListEvents", EventName="ListGroups")["Events"]
        assert event["DecisionId"] == error.decision_id

    def test_neither_event_nor_record_is_there_without_the_other(
        self, company: Acme, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any) -> None:
            raise RuntimeError("the disk is full")

        monkeypatch.setattr(sys.modules["iamsite.operations.perform"], "record", fail)
        with pytest.raises(RuntimeError):
            company.carol.perform("ListRoles", PathPrefix="/torn/")
        with transaction.atomic():
            tenancy.enter(company.id)
            assert not DecisionRecord.objects.filter(resource__contains="/torn/").exists()
            assert not Event.objects.filter(parameters__PathPrefix="/torn/").exists()

    def test_the_same_denial_again_is_counted_and_makes_no_second_record(
        self, company: Acme
    ) -> None:
        first, second = (denied(company.carol, "ListRoles", PathPrefix="/x/") for _ in range(2))
        assert first.decision_id == second.decision_id
        assert decision(company, first)["Count"] == 2

    def test_under_other_policies_it_is_another_record(self, company: Acme) -> None:
        dora = company.user("dora")
        before = denied(dora, "ListUsers")
        company.root.perform(
            "PutUserPolicy", UserName="dora", PolicyName="no", PolicyDocument=deny("iam:List*")
        )
        after = denied(dora, "ListUsers")
        assert before.decision_id != after.decision_id
        assert decision(company, before)["Decision"] == "implicitDeny"
        assert decision(company, after)["Decision"] == "explicitDeny"

    def test_a_rule_of_the_service_is_on_record_too(self, company: Acme) -> None:
        error = denied(company.alice, "LockRoot")
        found = decision(company, error)
        assert (found["ActionName"], found["Message"]) == ("portal:LockRoot", error.message)
        assert "DecidingLayer" not in found
        assert "Ladder" not in found

    def test_what_may_not_be_called_with_a_session_is_on_record_too(self, company: Acme) -> None:
        output = company.alice.perform("GetSessionToken")
        session = Actor("alice", company.alice.arn, Key.of(output["Credentials"]).credential)
        found = decision(company, denied(session, "GetSessionToken"))
        assert found["Message"] == "Cannot call GetSessionToken with session credentials"

    def test_an_address_that_led_here_is_kept_without_its_query(self, company: Acme) -> None:
        key = company.carol.key
        assert key is not None
        answer = send_with_referer(key, "https://intra.example/page?token=planted-secret")
        found = company.root.perform("GetDecision", DecisionId=answer)
        assert "planted-secret" not in json.dumps(found, default=str)
        assert "https://intra.example/page" in json.dumps(found, default=str)


def send_with_referer(key: Key, referer: str) -> str:
    from iamsite.wsgi import application

    asked = {"Action": "ListUsers", "Version": "2010-05-08", "PathPrefix": "/referred/"}
    environ = signed(asked, "iam", key_id=key.id, secret=key.secret)
    environ["HTTP_REFERER"] = referer
    answer = send(application, environ)
    assert answer.status == 403
    return str(dict(answer.headers)[HEADER])


class TestFaces:
    def test_aws_answers_carry_the_id_in_a_header_and_awss_words(
        self, company: Acme, portal: Portal
    ) -> None:
        client = company.carol.client("iam", portal.url)
        with pytest.raises(client.exceptions.ClientError) as caught:
            client.list_users(PathPrefix="/query/")
        answer = caught.value.response
        kept = answer["ResponseMetadata"]["HTTPHeaders"][HEADER]
        found = company.root.perform("GetDecision", DecisionId=kept)
        assert found["Message"] == answer["Error"]["Message"]
        assert (found["Face"], found["RequestId"]) == (
            "aws",
            answer["ResponseMetadata"]["RequestId"],
        )

    def test_aws_json_answers_carry_it_as_well(self, company: Acme, portal: Portal) -> None:
        client = company.carol.client("organizations", portal.url)
        with pytest.raises(client.exceptions.ClientError) as caught:
            client.describe_organization()
        headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
        assert UUID.fullmatch(headers[HEADER])

    def test_rest_answers_carry_it_in_the_body_with_a_link(
        self, company: Acme, portal: Portal
    ) -> None:
        answer = Client(portal.url, company.carol.key)("GET", "users?PathPrefix=%2Frest%2F")
        assert answer.status == 403, answer
        kept = answer.body["Error"]["DecisionId"]
        assert answer.headers[HEADER] == kept
        assert answer.body["Error"]["DecisionUrl"].endswith(f"/console/decisions/{kept}")
        told = Client(portal.url, company.alice.key)("GET", f"decisions/{kept}")
        assert (told.status, told.body["ActionName"]) == (200, "iam:ListUsers")

    def test_what_is_allowed_or_wrong_otherwise_has_none(
        self, company: Acme, portal: Portal
    ) -> None:
        ask = Client(portal.url, company.alice.key)
        for path in ("users", "users/nobody-of-that-name"):
            assert HEADER not in ask("GET", path).headers


class TestAssumingARole:
    def test_a_role_of_another_account_tells_nothing_of_itself(
        self, company: Acme, stranger: Evil
    ) -> None:
        secret = trust(company.arn("root"), Sid="TheirSecret")
        there = company.role("Vault", secret, Tags=[{"Key": "secret", "Value": "tag"}])
        missing = company.arn("role/Missing")
        told = []
        for arn in (there, missing):
            error = denied(stranger.mallory, "AssumeRole", RoleArn=arn, RoleSessionName="s1")
            found = decision(stranger, error)
            text = json.dumps(found, default=str).replace(arn, "ARN")
            assert "TheirSecret" not in text
            assert "secret" not in text
            told.append((found["Decision"], rungs(found["Ladder"]), rungs(found["Now"]["Ladder"])))
            assert [one["Kind"] for one in found["Now"]["Remedies"][0]["Changes"]] == ["other-side"]
        assert told[0] == told[1]

    def test_the_roles_account_has_no_record_of_it(self, company: Acme, stranger: Evil) -> None:
        error = denied(
            stranger.mallory, "AssumeRole", RoleArn=company.deployer, RoleSessionName="s2"
        )
        with pytest.raises(OperationError) as caught:
            company.root.perform("GetDecision", DecisionId=error.decision_id)
        assert caught.value.code == "NoSuchEntity"
        assert (
            company.root.perform("ListDecisions", PrincipalArn=stranger.mallory.arn)["Decisions"]
            == []
        )

    def test_trusting_the_caller_is_proposed_as_a_change_of_the_trust_policy(
        self, company: Acme
    ) -> None:
        role = company.role("Trusting", trust(company.alice.arn))
        emil = company.user("emil", allow("sts:AssumeRole"))
        found = decision(
            company, denied(emil, "AssumeRole", RoleArn=role, RoleSessionName="session")
        )
        edit = next(one for one in edits(found) if one["Operation"] == "UpdateAssumeRolePolicy")
        apply(company.root, edit)
        assert emil.perform("AssumeRole", RoleArn=role, RoleSessionName="session")["Credentials"]


class TestWhoMaySeeIt:
    def test_who_was_denied_sees_its_own_and_no_more_than_the_denial_told(
        self, company: Acme
    ) -> None:
        error = denied(company.carol, "GetRole", RoleName="Deployer")
        found = company.carol.perform("GetDecision", DecisionId=error.decision_id)
        assert found["IsComplete"] is False
        assert found["Message"] == error.message
        assert {"Ladder", "Now", "Differences", "DecidingLayer"} & found.keys() == set()

    def test_nobody_else_sees_it_without_permission_nor_whether_it_is_there(
        self, company: Acme
    ) -> None:
        error = denied(company.carol, "GetRole", RoleName="Deployer")
        fay = company.user("fay")
        told = {
            denied(fay, "GetDecision", DecisionId=one).message.replace(one, "ID")
            for one in (error.decision_id, str(uuid.uuid4()))
        }
        assert len(told) == 1

    def test_permission_for_one_decision_opens_that_one_alone(self, company: Acme) -> None:
        first = denied(company.carol, "GetRole", RoleName="Deployer").decision_id
        second = denied(company.carol, "GetGroup", GroupName="Developers").decision_id
        arn = f"arn:aws:portal::{company.id}:decision/{first}"
        gil = company.user("gil", allow("portal:GetDecision", resource=arn))
        assert gil.perform("GetDecision", DecisionId=first)["IsComplete"] is True
        denied(gil, "GetDecision", DecisionId=second)

    def test_another_accounts_root_finds_nothing(self, company: Acme, stranger: Evil) -> None:
        error = denied(company.carol, "GetRole", RoleName="Deployer")
        told = set()
        for one in (error.decision_id, str(uuid.uuid4())):
            with pytest.raises(OperationError) as caught:
                stranger.root.perform("GetDecision", DecisionId=one)
            told.add((caught.value.code, caught.value.message.replace(one, "ID")))
        assert len(told) == 1
        assert all(code == "NoSuchEntity" for code, _ in told)

    @pytest.mark.parametrize("text", ["../../etc", "x" * 65, "' OR 1=1", "\0", ""])
    def test_a_malformed_id_is_told(self, company: Acme, text: str) -> None:
        with pytest.raises(OperationError) as caught:
            company.root.perform("GetDecision", DecisionId=text)
        assert caught.value.code == "ValidationError"

    def test_an_id_of_another_form_leads_nowhere(self, company: Acme) -> None:
        with pytest.raises(OperationError) as caught:
            company.root.perform("GetDecision", DecisionId="abc-def")
        assert caught.value.code == "NoSuchEntity"


class TestThenAndNow:
    def test_a_policy_given_since_shows_in_the_evaluation_of_now(self, company: Acme) -> None:
        hal = company.user("hal")
        error = denied(hal, "GetGroup", GroupName="Developers")
        company.root.perform(
            "PutUserPolicy", UserName="hal", PolicyName="more", PolicyDocument=allow("iam:Get*")
        )
        found = decision(company, error)
        assert rungs(found["Ladder"])["identity"] == ("implicitDeny", True)
        assert found["Now"]["Decision"] == "allowed"
        assert found["Now"]["Remedies"] == []
        assert found["Differences"] == [
            {"Layer": "identity", "PolicyName": "user_hal_more", "Difference": "added"}
        ]

    def test_a_policy_changed_or_taken_since_is_named(self, company: Acme) -> None:
        ida = company.user("ida", allow("s3:Get*"), allow("s3:List*"))
        error = denied(ida, "GetGroup", GroupName="Developers")
        company.root.perform(
            "PutUserPolicy", UserName="ida", PolicyName="p0", PolicyDocument=allow("s3:Put*")
        )
        company.root.perform("DeleteUserPolicy", UserName="ida", PolicyName="p1")
        found = decision(company, error)
        assert [(one["PolicyName"], one["Difference"]) for one in found["Differences"]] == [
            ("user_ida_p0", "changed"),
            ("user_ida_p1", "removed"),
        ]

    def test_a_principal_that_is_gone_cannot_be_decided_on_now(self, company: Acme) -> None:
        jo = company.user("jo")
        error = denied(jo, "ListUsers")
        assert jo.key is not None
        company.root.perform("DeleteAccessKey", UserName="jo", AccessKeyId=jo.key.id)
        company.root.perform("DeleteUser", UserName="jo")
        company.root.perform("CreateUser", UserName="jo")
        found = decision(company, error)
        assert "Now" not in found
        assert found["Ladder"]

    def test_tags_of_today_count_now(self, company: Acme) -> None:
        wants = allow("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/team": "a"}})
        kim = company.user("kim", wants)
        error = denied(kim, "ListUsers")
        company.root.perform("TagUser", UserName="kim", Tags=[{"Key": "team", "Value": "a"}])
        assert decision(company, error)["Now"]["Decision"] == "allowed"

    def test_a_session_policy_still_limits_the_session(self, company: Acme) -> None:
        output = company.bob.perform(
            "AssumeRole",
            RoleArn=company.deployer,
            RoleSessionName="limited",
            Policy=allow("s3:*"),
        )
        session = Actor("limited", "", Key.of(output["Credentials"]).credential)
        found = decision(company, denied(session, "ListUsers"))
        assert (found["DecidingLayer"], found["Now"]["DecidingLayer"]) == ("session", "session")
        assert found["Now"]["Decision"] == "implicitDeny"


class TestRemedies:
    def test_the_first_proposal_gives_the_principal_alone_exactly_this(self, company: Acme) -> None:
        lea = company.user("lea")
        error = denied(lea, "GetGroup", GroupName="Developers")
        (first, *_) = edits(decision(company, error))
        assert (first["Operation"], first["Source"], first["SourceName"]) == (
            "PutUserPolicy",
            "user",
            "lea",
        )
        assert first["GainCount"] == 0
        assert json.loads(first["DocumentAfter"])["Statement"] == [
            {
                "Effect": "Allow",
                "Action": "iam:GetGroup",
                "Resource": company.arn("group/Developers"),
            }
        ]
        apply(company.root, first)
        assert lea.perform("GetGroup", GroupName="Developers")["Group"]
        denied(lea, "GetGroup", GroupName="Other")

    def test_a_change_of_a_shared_policy_says_who_else_gains(self, company: Acme) -> None:
        made = company.root.perform(
            "CreatePolicy", PolicyName="shared", PolicyDocument=allow("s3:GetObject")
        )["Policy"]["Arn"]
        max_, nia, company_ro = (company.user(name) for name in ("max", "nia", "olaf"))
        company.root.perform("CreateGroup", GroupName="Sharers")
        company.root.perform("AddUserToGroup", GroupName="Sharers", UserName="nia")
        company.root.perform("AttachGroupPolicy", GroupName="Sharers", PolicyArn=made)
        role = company.role("Sharer", trust(company.arn("root")))
        company.root.perform("AttachRolePolicy", RoleName="Sharer", PolicyArn=made)
        for name in ("max", "olaf"):
            company.root.perform("AttachUserPolicy", UserName=name, PolicyArn=made)
        company.root.perform(
            "PutUserPolicy", UserName="olaf", PolicyName="has", PolicyDocument=allow("iam:Get*")
        )
        found = decision(company, denied(max_, "GetGroup", GroupName="Developers"))
        edit = next(one for one in edits(found) if one["Operation"] == "CreatePolicyVersion")
        assert edit["Gains"] == sorted([nia.arn, role])
        assert (edit["GainCount"], edit["IsPartial"]) == (2, False)
        assert company_ro.arn not in edit["Gains"]

    def test_an_explicit_deny_is_narrowed_for_the_principal_only(self, company: Acme) -> None:
        pia = company.user("pia", allow("iam:*"), deny("iam:GetGroup", Sid="NoGroups"))
        found = decision(company, denied(pia, "GetGroup", GroupName="Developers"))
        decides = [
            one for rung in found["Ladder"]["Rungs"] for one in rung["Statements"] if one["Decides"]
        ]
        assert [(one["Sid"], one["PolicyName"], one["SourceName"]) for one in decides] == [
            ("NoGroups", "p1", "pia")
        ]
        edit = next(one for one in edits(found) if one["Operation"] == "PutUserPolicy")
        assert (edit["PolicyName"], "ArnNotEquals" in edit["DocumentAfter"]) == ("p1", True)
        apply(company.root, edit)
        assert pia.perform("GetGroup", GroupName="Developers")["Group"]

    def test_a_boundary_is_widened_in_its_own_document(self, company: Acme) -> None:
        fence = company.root.perform(
            "CreatePolicy", PolicyName="fence", PolicyDocument=allow("s3:*")
        )["Policy"]["Arn"]
        quinn = company.user("quinn", allow("iam:GetGroup"))
        company.user("rosa", allow("iam:GetGroup"))
        for name in ("quinn", "rosa"):
            company.root.perform(
                "PutUserPermissionsBoundary", UserName=name, PermissionsBoundary=fence
            )
        found = decision(company, denied(quinn, "GetGroup", GroupName="Developers"))
        assert found["DecidingLayer"] == "boundary"
        (edit,) = edits(found)
        assert (edit["PolicyArn"], edit["Source"]) == (fence, "boundary")
        assert edit["Gains"] == [company.arn("user/rosa")]
        apply(company.root, edit)
        assert quinn.perform("GetGroup", GroupName="Developers")["Group"]

    def test_signing_in_with_a_second_factor_is_proposed_where_it_helps(
        self, company: Acme
    ) -> None:
        wants = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        sam = company.user("sam", allow("iam:ListUsers", Condition=wants))
        found = decision(company, denied(sam, "ListUsers"))
        changes = [one for remedy in found["Now"]["Remedies"] for one in remedy["Changes"]]
        assert any(one.get("IsMFA") for one in changes)


class TestEvaluate:
    def test_a_question_is_answered_now_with_ladder_and_remedies(self, company: Acme) -> None:
        found = company.root.perform(
            "EvaluateDecision",
            PrincipalArn=company.carol.arn,
            ActionName="s3:GetObject",
            ResourceArn="arn:aws:s3:::books/one",
        )["Now"]
        assert (found["Decision"], found["DecidingLayer"]) == ("implicitDeny", "identity")
        assert found["Remedies"][0]["Changes"][0]["Edits"][0]["Operation"] == "PutUserPolicy"

    def test_it_takes_permission_even_about_oneself(self, company: Acme) -> None:
        denied(company.carol, "EvaluateDecision", ActionName="s3:GetObject")

    def test_another_accounts_principal_is_not_there(self, company: Acme, stranger: Evil) -> None:
        with pytest.raises(OperationError) as caught:
            stranger.root.perform(
                "EvaluateDecision", PrincipalArn=company.carol.arn, ActionName="s3:GetObject"
            )
        assert caught.value.code in ("NoSuchEntity", "AccessDenied")

    def test_whose_the_resource_is_cannot_be_read_from_ones_own_conditions(
        self, company: Acme, stranger: Evil
    ) -> None:
        resource = f"arn:aws:s3:::{uuid.uuid4().hex}"
        company.root.perform("RegisterResource", ResourceArn=resource)
        wants = {"StringEquals": {"aws:ResourceAccount": "000000000000"}}
        wendy = stranger.user("wendy", allow("s3:*", Condition=wants))
        found = stranger.root.perform(
            "EvaluateDecision",
            PrincipalArn=wendy.arn,
            ActionName="s3:GetObject",
            ResourceArn=resource,
        )
        assert "aws:ResourceAccount" in json.dumps(found)
        assert company.id not in json.dumps(found)


class TestKeeping:
    def test_decisions_are_listed_by_what_they_are_about(self, company: Acme) -> None:
        tom = company.user("tom", deny("iam:ListRoles"))
        denied(tom, "ListRoles")
        denied(tom, "ListUsers")

        def listed(**filters: Any) -> list[str]:
            found = company.root.perform("ListDecisions", PrincipalArn=tom.arn, **filters)
            return [one["ActionName"] for one in found["Decisions"]]

        assert listed() == ["iam:ListUsers", "iam:ListRoles"]
        assert listed(ActionName="iam:listroles") == ["iam:ListRoles"]
        assert listed(Decision="explicitDeny") == ["iam:ListRoles"]
        assert listed(Decision="allowed") == []
        assert listed(DecidingLayer="identity") == ["iam:ListUsers", "iam:ListRoles"]
        assert listed(DecidingLayer="scp") == []
        assert listed(ResourceArn=company.arn("user/")) == ["iam:ListUsers"]
        assert listed(EndTime=timezone.now() - timedelta(hours=1)) == []
        assert listed(StartTime=timezone.now() - timedelta(hours=1)) != []
        page = company.root.perform("ListDecisions", PrincipalArn=tom.arn, MaxItems=1)
        assert page["IsTruncated"]
        rest = company.root.perform(
            "ListDecisions", PrincipalArn=tom.arn, MaxItems=1, Marker=page["Marker"]
        )
        assert [one["ActionName"] for one in rest["Decisions"]] == ["iam:ListRoles"]

    def test_what_is_older_than_the_account_says_is_gone(self, stranger: Evil) -> None:
        uma = stranger.user("uma")
        error = denied(uma, "ListUsers")
        with transaction.atomic():
            tenancy.enter(stranger.id)
            DecisionRecord.objects.filter(id=error.decision_id).update(
                last_at=timezone.now() - timedelta(days=40)
            )
        assert decision(stranger, error)
        stranger.root.perform("UpdateDecisionSettings", RetentionDays=30)
        assert stranger.root.perform("GetDecisionSettings") == {
            "RetentionDays": 30,
            "AllowedSamplePercent": 0,
        }
        with pytest.raises(OperationError) as caught:
            decision(stranger, error)
        assert caught.value.code == "NoSuchEntity"

    def test_a_flood_of_denials_keeps_the_newest_only(
        self, stranger: Evil, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("iamsite.operations.decided.MOST_RECORDS", 5)
        monkeypatch.setattr("iamsite.operations.decided.SWEPT", 2)
        vic = stranger.user("vic")
        for number in range(12):
            denied(vic, "ListUsers", PathPrefix=f"/flood{number}/")
        found = stranger.root.perform("ListDecisions")["Decisions"]
        assert len(found) <= 6
        assert found[0]["ResourceArn"].endswith("/flood11/")

    @pytest.mark.parametrize(
        "wrong", [{"RetentionDays": 0}, {"RetentionDays": 3651}, {"AllowedSamplePercent": 101}]
    )
    def test_settings_out_of_range_are_refused(self, stranger: Evil, wrong: Any) -> None:
        with pytest.raises(OperationError) as caught:
            stranger.root.perform("UpdateDecisionSettings", **wrong)
        assert caught.value.code == "ValidationError"


class TestApplications:
    """What applications ask Authorize about, and what the account samples of allowed decisions."""

    ASKED = {"ActionName": "s3:GetObject", "ResourceArn": "arn:aws:s3:::books/one"}

    def test_a_denied_answer_names_its_record(self, company: Acme) -> None:
        xia = company.user("xia")
        answers = [
            company.alice.perform("Authorize", PrincipalArn=xia.arn, **self.ASKED) for _ in range(3)
        ]
        (kept,) = {one["DecisionId"] for one in answers}
        noted_decisions.flush()
        found = company.root.perform("GetDecision", DecisionId=kept)
        assert (found["PrincipalArn"], found["EventName"]) == (xia.arn, "Authorize")
        assert (found["Count"], found["Message"]) == (3, answers[0]["Message"])
        assert found["Now"]["Remedies"][0]["Changes"][0]["Edits"][0]["SourceName"] == "xia"

    def test_a_denial_by_another_accounts_policy_tells_only_that_it_was_one(
        self, company: Acme, stranger: Evil
    ) -> None:
        told = []
        statements: list[dict[str, Any]] = [
            {"Effect": "Deny", "Principal": "*"},
            {"Effect": "Allow", "Principal": {"AWS": company.arn("root")}},
            {},
        ]
        for statement in statements:
            resource = f"arn:aws:s3:::{uuid.uuid4().hex}"
            company.root.perform("RegisterResource", ResourceArn=resource)
            if statement:
                document = policy({**statement, "Action": "s3:*", "Resource": resource})
                company.root.perform(
                    "PutResourcePolicy", ResourceArn=resource, PolicyDocument=document
                )
            answer = stranger.root.perform(
                "Authorize",
                PrincipalArn=stranger.mallory.arn,
                ActionName="s3:GetObject",
                ResourceArn=resource,
            )
            noted_decisions.flush()
            found = stranger.root.perform("GetDecision", DecisionId=answer["DecisionId"])
            assert company.id not in json.dumps(found, default=str)
            shown = found["Decision"], found["Ladder"], found["Now"]
            told.append(json.dumps(shown, sort_keys=True).replace(resource, "RESOURCE"))
        assert told[0] == told[1] == told[2]

    def test_allowed_ones_are_kept_only_when_the_account_says_so(self, company: Acme) -> None:
        yan = company.user("yan", allow("iam:ListUsers", "iam:ListGroups"))

        def kept() -> list[tuple[str, int]]:
            noted_decisions.flush()
            found = company.root.perform("ListDecisions", PrincipalArn=yan.arn, Decision="allowed")[
                "Decisions"
            ]
            return sorted((one["ActionName"], one["Count"]) for one in found)

        yan.perform("ListUsers")
        assert kept() == []
        company.root.perform("UpdateDecisionSettings", AllowedSamplePercent=100)
        for _ in range(2):
            yan.perform("ListUsers")
            yan.perform("ListGroups")
        assert kept() == [("iam:ListGroups", 2), ("iam:ListUsers", 2)]
        company.root.perform("UpdateDecisionSettings", AllowedSamplePercent=0)
        yan.perform("ListUsers")
        assert kept() == [("iam:ListGroups", 2), ("iam:ListUsers", 2)]

    def test_a_warm_read_makes_no_query_more_for_being_kept(self, company: Acme) -> None:
        company.root.perform("UpdateDecisionSettings", AllowedSamplePercent=100)
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as captured:
                company.alice.perform("ListUsers")
            counts.append(len(captured))
        company.root.perform("UpdateDecisionSettings", AllowedSamplePercent=0)
        assert counts[1] <= 4  # BEGIN and COMMIT among them

    def test_what_is_on_record_can_be_asked_again_of_other_policies(self, company: Acme) -> None:
        zoe = company.user("zoe", allow("iam:ListRoles"))
        denied(zoe, "ListGroups")
        credential = Command(company.id)
        with transaction.atomic():
            caller = authenticate(credential, Effect.READ, origin(), "iam", timezone.now())
            found = registered("GetDecision")
            assert found is not None
            call = Call(caller, origin(), found, "portal", {}, timezone.now())
            asked = [
                (one.action, decide(question.request, question.layers).allowed)
                for one, question in questions(call, timezone.now() - timedelta(days=1))
                if one.principal_arn == zoe.arn
            ]
        assert asked == [("iam:ListGroups", False)]
