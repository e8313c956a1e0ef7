"""Workloads: handed a role, they get its credentials for their token, and lose them at once."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any

import pytest

from iamsite.operations import OperationError, perform
from iamsite.operations.caller import Anonymous
from tests.cast import Acme, Actor, Evil, Key, allow, origin, service, trust
from tests.identities.operations.refusal import denied, exists, limit, missing, refusal

LEDGER = trust({"Service": "ledger.example.com"})
EC2 = trust({"Service": "ec2.amazonaws.com"})


def workload(account: Acme, name: str = "poster", trusted: str = LEDGER) -> dict[str, Any]:
    """A workload of the service ledger, in the role Poster."""
    service(account, "ledger")
    role = account.role("Poster", trusted, allow("iam:ListUsers"))
    made = account.root.perform(
        "RegisterWorkload", WorkloadName=name, ServicePrefix="ledger", RoleArn=role
    )
    found: dict[str, Any] = made["Workload"]
    return found


def machine(account: Acme, name: str = "web-1") -> dict[str, Any]:
    account.role("Web", EC2, allow("iam:ListUsers"))
    profile = {"InstanceProfileName": "web"}
    account.root.perform("CreateInstanceProfile", **profile)
    account.root.perform("AddRoleToInstanceProfile", **profile, RoleName="Web")
    made = account.root.perform("RegisterWorkload", WorkloadName=name, **profile)
    found: dict[str, Any] = made["Workload"]
    return found


def token_of(account: Acme, name: str, **params: Any) -> str:
    made = account.root.perform("CreateWorkloadToken", WorkloadName=name, **params)
    return str(made["WorkloadToken"]["AuthorizationToken"])


def credentials(token: str, **headers: str) -> dict[str, Any]:
    params = {"AuthorizationToken": token}
    return perform(Anonymous(), "GetWorkloadCredentials", params, origin(**headers))


def session(token: str) -> Actor:
    got = credentials(token)
    key = Key(got["AccessKeyId"], got["SecretAccessKey"], got["Token"])
    return Actor("session", got["RoleArn"], key.credential, key)


def code_of(token: str) -> str:
    with pytest.raises(OperationError) as caught:
        credentials(token)
    return caught.value.code


class TestRegistering:
    def test_what_is_registered_is_shown(self, acme) -> None:
        made = workload(acme)
        assert made == {
            "WorkloadName": "poster",
            "WorkloadId": made["WorkloadId"],
            "Arn": f"arn:aws:portal::{acme.id}:workload/poster",
            "ServicePrefix": "ledger",
            "ServicePrincipal": "ledger.example.com",
            "RoleArn": acme.arn("role/Poster"),
            "CreateDate": made["CreateDate"],
            "UpdateDate": made["CreateDate"],
        }
        of_machine = machine(acme)
        assert of_machine["InstanceProfileArn"] == acme.arn("instance-profile/web")
        assert of_machine["RoleArn"] == acme.arn("role/Web")
        listed = acme.root.perform("ListWorkloads")["Workloads"]
        assert listed == [made, of_machine]
        of_ledger = acme.root.perform("ListWorkloads", ServicePrefix="ledger")["Workloads"]
        assert of_ledger == [made]
        params = {"WorkloadName": "POSTER", "InstanceProfileName": "web"}
        assert refusal(acme.root, "RegisterWorkload", **params) == exists(
            "Workload with name POSTER already exists."
        )

    @pytest.mark.parametrize(
        "given",
        [
            {},
            {"ServicePrefix": "ledger"},
            {"RoleArn": "arn:aws:iam::123456789012:role/x"},
            {"ServicePrefix": "ledger", "InstanceProfileName": "web"},
            {
                "ServicePrefix": "ledger",
                "InstanceProfileName": "web",
                "RoleArn": "arn:aws:iam::123456789012:role/x",
            },
        ],
    )
    def test_it_is_a_services_or_a_machines(self, shared: Acme, given: dict[str, str]) -> None:
        code, _, message = refusal(shared.root, "RegisterWorkload", WorkloadName="x1", **given)
        assert code == "InvalidInput"
        assert message.startswith("A workload is a service's, with")

    def test_what_it_needs_must_be_there(self, shared: Acme) -> None:
        name = {"WorkloadName": "x1"}
        there = {"ServicePrefix": "nothing", "RoleArn": shared.arn("role/Deployer")}
        assert refusal(shared.root, "RegisterWorkload", **name, **there)[0] == "NoSuchEntity"
        profile = {"InstanceProfileName": "nothing"}
        assert refusal(shared.root, "RegisterWorkload", **name, **profile)[0] == "NoSuchEntity"
        for operation in ("GetWorkload", "DeregisterWorkload", "CreateWorkloadToken"):
            assert refusal(shared.root, operation, **name) == missing(
                "The workload with name x1 cannot be found."
            )


@pytest.fixture(scope="module")
def shared(database: None) -> Acme:
    return Acme()


class TestPassingTheRole:
    def test_only_who_may_pass_the_role_to_the_service_may_hand_it_over(self, acme) -> None:
        workload(acme)
        role = acme.arn("role/Poster")
        dora = acme.user("dora", allow("portal:*"))
        more = {"ServicePrefix": "ledger", "RoleArn": role}
        refused = denied(dora, "iam:PassRole", role)
        assert refusal(dora, "RegisterWorkload", WorkloadName="other", **more) == refused
        assert refusal(dora, "CreateWorkloadToken", WorkloadName="poster") == refused
        assert refusal(dora, "UpdateWorkload", WorkloadName="poster", RoleArn=role) == refused
        condition = {
            "StringEquals": {"iam:PassedToService": "ledger.example.com"},
            "ArnLike": {"iam:AssociatedResourceArn": "arn:aws:portal::*:workload/post*"},
        }
        passing = allow("iam:PassRole", resource=role, Condition=condition)
        acme.root.perform(
            "PutUserPolicy", UserName="dora", PolicyName="pass", PolicyDocument=passing
        )
        assert dora.perform("RegisterWorkload", WorkloadName="post2", **more)["Workload"]
        assert dora.perform("CreateWorkloadToken", WorkloadName="poster")["WorkloadToken"]
        assert refusal(dora, "RegisterWorkload", WorkloadName="other", **more) == refused

    def test_a_machines_role_is_passed_to_ec2(self, acme) -> None:
        machine(acme)
        role = acme.arn("role/Web")
        condition = {"StringEquals": {"iam:PassedToService": "ledger.example.com"}}
        passing = allow("iam:PassRole", resource=role, Condition=condition)
        dora = acme.user("dora", allow("portal:*"), passing)
        assert refusal(dora, "CreateWorkloadToken", WorkloadName="web-1") == denied(
            dora, "iam:PassRole", role
        )

    def test_never_a_role_of_another_account(self, acme, evil: Evil) -> None:
        """Attack: a role that trusts everybody's services, handed over from outside."""
        workload(acme)
        role = evil.role("Admin", LEDGER.replace("ledger.example.com", "ec2.amazonaws.com"))
        params = {"WorkloadName": "poster", "RoleArn": role}
        assert refusal(acme.root, "UpdateWorkload", **params)[::2] == (
            "AccessDenied",
            "Cross-account pass role is not allowed.",
        )


class TestCredentials:
    def test_are_those_of_the_role(self, acme) -> None:
        made = workload(acme)
        token = token_of(acme, "poster")
        got = credentials(token)
        assert (got["RoleArn"], got["AccountId"]) == (acme.arn("role/Poster"), acme.id)
        actor = session(token)
        assert len(actor.perform("ListUsers")["Users"]) == 4
        assert actor.perform("GetCallerIdentity")["Arn"] == (
            f"arn:aws:sts::{acme.id}:assumed-role/Poster/poster"
        )
        assert refusal(actor, "ListRoles")[0] == "AccessDenied"
        (event, *_) = acme.root.perform(
            "ListEvents", MaxItems=1, EventName="GetWorkloadCredentials"
        )["Events"]
        assert event["PrincipalArn"] == "ledger.example.com"
        assert event["Resources"] == [made["Arn"]]
        assert token not in json.dumps(event, default=str)
        shown = acme.root.perform("GetWorkload", WorkloadName="poster")["Workload"]
        assert shown["LastCredentialsDate"]

    def test_the_trust_policy_sees_for_what_the_role_is_assumed(self, acme) -> None:
        arn = f"arn:aws:portal::{acme.id}:workload/poster"
        condition = {
            "ArnEquals": {"aws:SourceArn": arn},
            "StringEquals": {"aws:SourceAccount": acme.id, "sts:RoleSessionName": "poster"},
            "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
        }
        workload(acme, trusted=trust({"Service": "ledger.example.com"}, Condition=condition))
        token = token_of(acme, "poster")
        assert credentials(token)["AccessKeyId"]
        with pytest.raises(OperationError) as caught:
            credentials(token, source_ip="198.51.100.1")
        assert caught.value.message == (
            "User: ledger.example.com is not authorized to perform: sts:AssumeRole on resource: "
            f"{acme.arn('role/Poster')}"
        )

    def test_a_machines_session_says_which_machine_it_is(self, acme) -> None:
        made = machine(acme)
        instance = f"arn:aws:ec2:us-east-1:{acme.id}:instance/{made['WorkloadId']}"
        condition = {
            "ArnEquals": {"ec2:SourceInstanceArn": instance},
            "NumericEquals": {"ec2:RoleDelivery": "2.0"},
        }
        acme.root.perform(
            "PutRolePolicy",
            RoleName="Web",
            PolicyName="p0",
            PolicyDocument=allow("iam:ListUsers", Condition=condition),
        )
        actor = session(token_of(acme, "web-1"))
        assert actor.perform("ListUsers")["Users"]
        assert actor.perform("GetCallerIdentity")["Arn"].endswith(f"/Web/{made['WorkloadId']}")

    def test_too_many_are_refused(self, acme, monkeypatch: pytest.MonkeyPatch) -> None:
        from identities.operations import workload_credentials

        workload(acme)
        token = token_of(acme, "poster")
        monkeypatch.setattr(workload_credentials, "MOST_ISSUED", 1)
        credentials(token)
        assert code_of(token) == "Throttling"


class TestTokens:
    def test_two_at_a_time_shown_once(self, acme) -> None:
        workload(acme)
        name = {"WorkloadName": "poster"}
        first = acme.root.perform("CreateWorkloadToken", **name)["WorkloadToken"]
        second = token_of(acme, "poster", DurationSeconds=900)
        assert refusal(acme.root, "CreateWorkloadToken", **name) == limit("TokensPerWorkload", 2)
        credentials(second)
        listed = acme.root.perform("ListWorkloadTokens", **name)["Tokens"]
        assert [("LastUsedDate" in one, "ExpirationDate" in one) for one in listed] == [
            (False, False),
            (True, True),
        ]
        assert first["AuthorizationToken"] not in json.dumps(listed, default=str)

    def test_a_deleted_one_counts_no_more(self, acme) -> None:
        workload(acme)
        name = {"WorkloadName": "poster"}
        made = acme.root.perform("CreateWorkloadToken", **name)["WorkloadToken"]
        one = {**name, "TokenId": made["TokenId"]}
        credentials(made["AuthorizationToken"])
        acme.root.perform("DeleteWorkloadToken", **one)
        assert code_of(made["AuthorizationToken"]) == "InvalidClientTokenId"
        assert refusal(acme.root, "DeleteWorkloadToken", **one)[0] == "NoSuchEntity"

    def test_an_expired_one_counts_no_more(self, acme) -> None:
        from datetime import UTC, datetime, timedelta

        from django.db import transaction

        from accounts import tenancy
        from identities.models import WorkloadToken

        workload(acme)
        token = token_of(acme, "poster", DurationSeconds=900)
        with transaction.atomic():
            tenancy.enter(acme.id)
            ended = datetime.now(UTC) - timedelta(seconds=1)
            WorkloadToken.objects.of(acme.id).update(expires_at=ended)
        assert code_of(token) == "InvalidClientTokenId"


class TestTheEnd:
    """What is taken away counts from the next request: the token, and the sessions it got."""

    @pytest.fixture
    def running(self, acme: Acme) -> tuple[Acme, str, Actor]:
        workload(acme)
        token = token_of(acme, "poster")
        actor = session(token)
        actor.perform("ListUsers")
        return acme, token, actor

    def test_of_the_workload(self, running: tuple[Acme, str, Actor]) -> None:
        acme, token, actor = running
        acme.root.perform("DeregisterWorkload", WorkloadName="poster")
        assert code_of(token) == "InvalidClientTokenId"
        assert refusal(actor, "ListUsers")[0] == "InvalidClientTokenId"

    def test_of_the_service(self, running: tuple[Acme, str, Actor]) -> None:
        acme, token, actor = running
        acme.root.perform("DeregisterService", ServicePrefix="ledger")
        assert code_of(token) == "InvalidClientTokenId"
        assert refusal(actor, "ListUsers")[0] == "InvalidClientTokenId"
        assert acme.root.perform("ListWorkloads")["Workloads"] == []

    def test_of_the_role_and_a_new_one_of_its_name_is_not_it(
        self, running: tuple[Acme, str, Actor]
    ) -> None:
        acme, token, actor = running
        acme.root.perform("DeleteRolePolicy", RoleName="Poster", PolicyName="p0")
        acme.root.perform("DeleteRole", RoleName="Poster")
        acme.role("Poster", LEDGER, allow("iam:ListUsers"))
        assert code_of(token) == "NoSuchEntity"
        assert refusal(actor, "ListUsers")[0] == "InvalidClientTokenId"
        shown = acme.root.perform("GetWorkload", WorkloadName="poster")["Workload"]
        assert "RoleArn" not in shown
        given = {"WorkloadName": "poster", "RoleArn": acme.arn("role/Poster")}
        acme.root.perform("UpdateWorkload", **given)
        assert session(token).perform("ListUsers")["Users"]

    def test_of_the_instance_profile(self, acme) -> None:
        machine(acme)
        token = token_of(acme, "web-1")
        credentials(token)
        profile = {"InstanceProfileName": "web"}
        acme.root.perform("RemoveRoleFromInstanceProfile", **profile, RoleName="Web")
        assert code_of(token) == "NoSuchEntity"
        acme.root.perform("DeleteInstanceProfile", **profile)
        assert code_of(token) == "NoSuchEntity"

    def test_of_the_trust(self, running: tuple[Acme, str, Actor]) -> None:
        acme, token, _ = running
        acme.root.perform("UpdateAssumeRolePolicy", RoleName="Poster", PolicyDocument=EC2)
        assert code_of(token) == "AccessDenied"

    def test_of_the_account(self, running: tuple[Acme, str, Actor]) -> None:
        from django.db import transaction

        from accounts import tenancy
        from accounts.models import Account

        acme, token, actor = running
        with transaction.atomic():
            tenancy.enter(acme.id)
            Account.objects.filter(id=acme.id).update(status=Account.Status.SUSPENDED)
        assert code_of(token) == "OptInRequired"
        assert refusal(actor, "ListUsers")[0] == "OptInRequired"


class TestOverHttp:
    """The address itself, without any SDK."""

    def ask(self, portal: Any, token: str | None, method: str = "GET") -> tuple[int, Any]:
        connection = HTTPConnection("127.0.0.1", portal.port, timeout=20)
        headers = {"Authorization": token} if token is not None else {}
        connection.request(method, "/workload/credentials", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        assert method != "GET" or answer.headers["Cache-Control"] == "no-store"
        connection.close()
        return answer.status, json.loads(body) if body and method == "GET" else body

    def test_it_answers_as_sdks_expect(self, acme, portal) -> None:
        workload(acme)
        status, body = self.ask(portal, token_of(acme, "poster"))
        assert status == 200
        assert body["Expiration"].endswith("Z")
        assert set(body) >= {"AccessKeyId", "SecretAccessKey", "Token", "RoleArn", "AccountId"}

    @pytest.mark.parametrize(
        ("token", "status", "code"),
        [
            (None, 403, "MissingAuthenticationToken"),
            ("", 403, "MissingAuthenticationToken"),
            ("iwt_" + "x" * 43, 403, "InvalidClientTokenId"),
            ("Bearer ' OR 1=1 --", 403, "InvalidClientTokenId"),
            ("x" * 5000, 400, "ValidationError"),
            ("iwt_\xff", 403, "InvalidClientTokenId"),
        ],
    )
    def test_what_is_no_token_is_refused(
        self, portal: Any, token: str | None, status: int, code: str
    ) -> None:
        answered, body = self.ask(portal, token)
        assert (answered, body["Code"]) == (status, code)

    def test_nothing_is_changed_here(self, portal: Any) -> None:
        assert self.ask(portal, None, "POST")[0] in (403, 405)
        assert self.ask(portal, None, "DELETE")[0] in (403, 405)

    def test_guessing_is_slowed(self, monkeypatch: pytest.MonkeyPatch, rf: Any) -> None:
        from iamsite import workloads

        monkeypatch.setattr(workloads, "MOST_WRONG", 1)
        asked = rf.get(
            "/workload/credentials", headers={"Authorization": "x"}, REMOTE_ADDR="198.51.100.77"
        )
        assert [workloads.credentials(asked).status_code for _ in range(2)] == [403, 429]
