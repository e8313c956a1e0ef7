"""The AWS SDK for JavaScript, version 3, in Node.js."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cast import Acme, allow, trust
from tests.clients.witness import Witness

HERE = Path(__file__).with_name("javascript")


@pytest.fixture(scope="module")
def acme(database: None) -> Acme:
    return Acme()


class Node:
    """Runs scripts with Alice's credentials, in the home folder `home`."""

    def __init__(self, acme: Acme, witness: Witness, home: Path) -> None:
        self.witness = witness
        assert acme.alice.key is not None
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_REGION": "eu-central-1",
            "AWS_ENDPOINT_URL": witness.url,
            "AWS_ACCESS_KEY_ID": acme.alice.key.id,
            "AWS_SECRET_ACCESS_KEY": acme.alice.key.secret,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __call__(self, script: str, *words: str) -> Any:
        """What it said."""
        done = subprocess.run(
            ["node", HERE / f"{script}.js", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        self.witness.check("JavaScript SDK")
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("javascript")


@pytest.fixture
def node(acme: Acme, witness: Witness, home: Path) -> Node:
    if shutil.which("npm") is None:
        pytest.skip("NOT TESTED: the JavaScript SDK. It needs Node.js with npm")
    installed = HERE / "node_modules" / ".package-lock.json"
    if (
        not installed.exists()
        or installed.stat().st_mtime < (HERE / "package-lock.json").stat().st_mtime
    ):
        subprocess.run(["npm", "ci", "--silent"], cwd=HERE, check=True)
    return Node(acme, witness, home)


def test_what_is_made_is_read_changed_and_deleted(acme: Acme, node: Node) -> None:
    seen = node("changes", trust(acme.arn("root")))
    assert len(seen.pop("requestId")) == 36
    assert seen == {
        "sameId": True,
        "arn": acme.arn("user/Dora.2"),
        "created": True,
        "tags": [{"Key": "name", "Value": "é +/=@"}, {"Key": "team", "Value": ""}],
        "document": True,
        "trust": True,
    }


def test_paginators_go_through_everything(acme: Acme, node: Node) -> None:
    for name in ("g1", "g2"):
        acme.root.perform("CreateGroup", GroupName=name)
        acme.root.perform("AddUserToGroup", GroupName=name, UserName="bob")
    assert node("pages") == {
        "users": ["alice", "bob", "carol", "ci"],
        "sizes": [2, 2],
        "groups": ["Developers", "g1", "g2"],
        "details": ["alice", "bob", "carol", "ci"],
    }


def test_waiters_do_not_wait_for_what_is_there(acme: Acme, node: Node) -> None:
    acme.root.perform("CreateInstanceProfile", InstanceProfileName="machine")
    made = acme.root.perform("CreatePolicy", PolicyName="read", PolicyDocument=allow("s3:Get*"))
    assert node("waiters", made["Policy"]["Arn"]) == {
        "user": "SUCCESS",
        "role": "SUCCESS",
        "policy": "SUCCESS",
        "profile": "SUCCESS",
        "nobody": "TimeoutError",
    }


def test_errors_are_the_classes_of_the_model(node: Node) -> None:
    assert node("errors") == {
        "missing": "The user with name nobody cannot be found.",
        "taken": "User with name BOB already exists.",
        "attempts": 1,
        "conflict": ["DeleteConflictException", 409],
        "malformed": ["MalformedPolicyDocumentException", 400],
        "invalid": ["ValidationError", 400],
        "unknown": ["InvalidClientTokenId", 403],
    }


def test_a_wrong_clock_is_corrected_by_the_first_answer(acme: Acme, node: Node) -> None:
    assert node("clock") == {
        "arn": acme.alice.arn,
        "user": acme.alice.arn,
        "attempts": [2, 1, 2],
        "corrected": True,
    }


def test_roles_are_assumed_in_code_in_a_chain_and_by_a_profile(
    acme: Acme, node: Node, home: Path
) -> None:
    worker = acme.role("worker", trust(acme.arn("root")), allow("sts:AssumeRole"))
    reader = acme.role("reader", trust(worker))
    settings = home / ".aws"
    settings.mkdir()
    (settings / "config").write_text(
        f"[profile worker]\nrole_arn = {worker}\nrole_session_name = profile\n"
        "credential_source = Environment\n"
    )
    session = f"arn:aws:sts::{acme.id}:assumed-role"
    assert node("providers", worker, reader) == {
        "worker": f"{session}/worker/code",
        "chained": f"{session}/reader/chained",
        "profile": f"{session}/worker/profile",
        "refused": "AccessDenied",
    }
