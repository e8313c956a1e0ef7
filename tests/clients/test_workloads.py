"""Programs find their credentials by themselves: boto3 and the AWS CLI, with no key given."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from iamsite.agent import Answer, Machine
from tests.cast import Acme
from tests.clients import agent as agents
from tests.clients.agent import Agent
from tests.clients.aws_cli import AwsCli
from tests.identities.test_workloads import machine, token_of, workload
from tests.portal import SOURCE, Portal


@pytest.fixture(scope="module")
def acme(database: None) -> Acme:
    account = Acme()
    workload(account)
    machine(account)
    return account


@pytest.fixture(scope="module")
def poster(acme: Acme) -> str:
    return token_of(acme, "poster")


@pytest.fixture(scope="module")
def agent(acme: Acme, portal: Portal, tmp_path_factory: Any) -> Iterator[Agent]:
    """The agent of the machine web-1."""
    file = tmp_path_factory.mktemp("agent") / "token"
    file.write_text(token_of(acme, "web-1") + "\n")
    file.chmod(0o600)
    with agents.running(portal.url, file) as running:
        yield running


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, portal: Portal) -> Any:
    """Makes an STS client with whatever credentials the SDK finds in these variables."""

    def made(**variables: str) -> Any:
        known = {
            "HOME": str(tmp_path),
            "AWS_ENDPOINT_URL": portal.url,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        for name, value in (known | variables).items():
            monkeypatch.setenv(name, value)
        return boto3.Session().client("sts")

    return made


class TestContainerCredentials:
    def test_boto3_asks_the_portal_itself(
        self, acme: Acme, portal: Portal, poster: str, sts
    ) -> None:
        client = sts(
            AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{portal.url}/workload/credentials",
            AWS_CONTAINER_AUTHORIZATION_TOKEN=poster,
        )
        assert client.get_caller_identity()["Arn"] == (
            f"arn:aws:sts::{acme.id}:assumed-role/Poster/poster"
        )

    def test_boto3_asks_the_agent_with_the_token_in_a_file(
        self, acme: Acme, agent: Agent, poster: str, sts, tmp_path: Path
    ) -> None:
        file = tmp_path / "token"
        file.write_text(poster)
        client = sts(
            AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{agent.url}/credentials",
            AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(file),
        )
        assert client.get_caller_identity()["Account"] == acme.id

    def test_the_aws_cli_does_too(self, acme: Acme, portal: Portal, poster: str, tmp_path) -> None:
        cli = AwsCli(portal.url, None, tmp_path)
        cli.environment |= {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{portal.url}/workload/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": poster,
        }
        who = cli("sts", "get-caller-identity")
        assert who.json["Arn"] == f"arn:aws:sts::{acme.id}:assumed-role/Poster/poster"

    def test_the_agent_gives_nothing_without_a_token(self, agent: Agent) -> None:
        assert agent.ask("GET", "/credentials").status == 401
        wrong = agent.ask("GET", "/credentials", Authorization="iwt_wrong")
        assert (wrong.status, json.loads(wrong.text)["Code"]) == (403, "InvalidClientTokenId")


class TestInstanceMetadata:
    def test_boto3_finds_the_machines_role(self, acme: Acme, agent: Agent, sts) -> None:
        client = sts(AWS_EC2_METADATA_SERVICE_ENDPOINT=agent.url)
        arn = client.get_caller_identity()["Arn"]
        assert arn.startswith(f"arn:aws:sts::{acme.id}:assumed-role/Web/i-")

    def test_the_aws_cli_does_too(self, acme: Acme, agent: Agent, portal, tmp_path) -> None:
        cli = AwsCli(portal.url, None, tmp_path)
        del cli.environment["AWS_EC2_METADATA_DISABLED"]
        cli.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = agent.url
        assert len(cli("iam", "list-users").json["Users"]) == 4

    def test_it_says_what_an_instance_knows_of_itself(self, acme: Acme, agent: Agent) -> None:
        shown = acme.root.perform("GetWorkload", WorkloadName="web-1")["Workload"]
        identifier = shown["WorkloadId"]
        assert agent.metadata("/latest/meta-data/instance-id") == identifier
        assert agent.metadata("/latest/meta-data/placement/region") == "us-east-1"
        assert agent.metadata("/latest/meta-data/iam/security-credentials/") == "Web"
        info = json.loads(agent.metadata("/latest/meta-data/iam/info"))
        assert (info["Code"], info["InstanceProfileArn"]) == (
            "Success",
            acme.arn("instance-profile/web"),
        )
        document = json.loads(agent.metadata("/latest/dynamic/instance-identity/document"))
        assert (document["accountId"], document["instanceId"]) == (acme.id, identifier)

    def test_version_1_is_refused(self, agent: Agent) -> None:
        path = "/latest/meta-data/iam/security-credentials/"
        assert agent.ask("GET", path).status == 401
        for token in ("x", "AAAA", "A" * 56, "AAAAAAAAAAA="):
            assert agent.ask("GET", path, X_aws_ec2_metadata_token=token).status == 401

    def test_a_token_ends(self, agent: Agent) -> None:
        from iamsite.agent import SessionTokens

        tokens = SessionTokens()
        assert tokens.is_good(tokens.make(60))
        assert not tokens.is_good(tokens.make(0))
        assert not SessionTokens().is_good(tokens.make(60))
        for ttl in ("0", "21601", "-1", "x", ""):
            asked = agent.ask("PUT", "/latest/api/token", X_aws_ec2_metadata_token_ttl_seconds=ttl)
            assert asked.status == 400

    def test_nobody_reaches_it_through_another_program(self, agent: Agent) -> None:
        """Attacks: an open proxy on the machine, and a page whose name means 127.0.0.1."""
        ttl = {"X_aws_ec2_metadata_token_ttl_seconds": "60"}
        through = agent.ask("PUT", "/latest/api/token", X_Forwarded_For="203.0.113.9", **ttl)
        assert through.status == 403
        for path in ("/latest/api/token", "/credentials"):
            method = "PUT" if path.endswith("token") else "GET"
            rebound = agent.ask(method, path, Host="evil.example.test", **ttl)
            assert rebound.status == 403

    def test_without_a_machines_token_there_is_no_metadata(self, portal: Portal, poster) -> None:
        with agents.running(portal.url) as bare:
            asked = bare.ask("PUT", "/latest/api/token", X_aws_ec2_metadata_token_ttl_seconds="9")
            assert asked.status == 404
            assert bare.ask("GET", "/credentials", Authorization=poster).status == 200


class TestTheEnd:
    def test_a_program_of_a_deregistered_workload_is_out_at_once(self, portal, sts) -> None:
        account = Acme()
        workload(account)
        client = sts(
            AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{portal.url}/workload/credentials",
            AWS_CONTAINER_AUTHORIZATION_TOKEN=token_of(account, "poster"),
        )
        client.get_caller_identity()
        account.root.perform("DeregisterWorkload", WorkloadName="poster")
        with pytest.raises(ClientError, match="InvalidClientTokenId"):
            client.get_caller_identity()

    def test_a_machine_whose_token_is_gone_gets_nothing(self, portal, sts, tmp_path) -> None:
        file = tmp_path / "token"
        file.write_text("iwt_gone")
        with agents.running(portal.url, file) as running:
            client = sts(
                AWS_EC2_METADATA_SERVICE_ENDPOINT=running.url,
                AWS_METADATA_SERVICE_NUM_ATTEMPTS="1",
            )
            with pytest.raises(NoCredentialsError):
                client.get_caller_identity()


class TestFreshness:
    """The machine's credentials as time goes by, with a portal that does as it is told."""

    class Told:
        def __init__(self, *answers: Answer | OSError) -> None:
            self.answers = list(answers)

        def credentials(self, token: str) -> Answer:
            answer = self.answers.pop(0)
            if isinstance(answer, OSError):
                raise answer
            return answer

    def good(self, seconds: int, key: str = "ASIA1") -> Answer:
        ends = datetime.now(UTC) + timedelta(seconds=seconds)
        return Answer(200, {"AccessKeyId": key, "Expiration": f"{ends:%Y-%m-%dT%H:%M:%SZ}"})

    def machine(self, *answers: Answer | OSError) -> Machine:
        told: Any = self.Told(*answers)
        return Machine(told, lambda: "token")

    def test_they_are_fetched_anew_when_half_their_time_is_over(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        machine = self.machine(self.good(3600), self.good(7200, "ASIA2"))
        now = time.time()
        assert machine.credentials() == machine.credentials()
        monkeypatch.setattr("iamsite.agent.time.time", lambda: now + 1900)
        assert machine.credentials().body["AccessKeyId"] == "ASIA2"

    def test_a_portal_that_is_away_is_borne_with_until_they_end(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        away = OSError("away")
        machine = self.machine(self.good(3600), away, Answer(503, {}), away)
        now = time.time()
        assert machine.credentials().status == 200
        monkeypatch.setattr("iamsite.agent.time.time", lambda: now + 1900)
        assert [machine.credentials().status for _ in range(2)] == [200, 200]
        monkeypatch.setattr("iamsite.agent.time.time", lambda: now + 3700)
        assert machine.credentials().status == 503

    def test_a_refusal_ends_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        machine = self.machine(self.good(3600), Answer(403, {"Code": "AccessDenied"}))
        now = time.time()
        machine.credentials()
        monkeypatch.setattr("iamsite.agent.time.time", lambda: now + 1900)
        assert machine.credentials().status == 403


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--portal", "http://iam.example.com"], "must begin with https://"),
        (["--portal", "https://iam.example.com", "--listen", "0.0.0.0:0"], "this machine alone"),
        (["--portal", "https://iam.example.com", "--token-file", "/nowhere"], "No such file"),
        ([], "must say where the portal is"),
    ],
)
def test_the_agent_refuses_to_start_unsafely(words: list[str], reason: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "iamsite.agent", *words],
        cwd=SOURCE,
        env={},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert reason in done.stderr
