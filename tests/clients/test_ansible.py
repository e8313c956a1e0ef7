"""Ansible's modules for IAM: a second run changes nothing, and what is to be absent goes.

Ansible and its collections are installed in an environment of their own (requirements/clients.txt).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cast import Account, Actor, allow
from tests.clients.inventory import inventory
from tests.clients.witness import Witness
from tests.identities.certificates import make
from tests.identities.federation.saml_idp import metadata
from tests.portal import SOURCE

PLAYBOOKS = Path(__file__).with_name("ansible")
MANAGED = {
    "iam_access_key",
    "iam_group",
    "iam_instance_profile",
    "iam_managed_policy",
    "iam_password_policy",
    "iam_policy",
    "iam_role",
    "iam_saml_federation",
    "iam_server_certificate",
    "iam_user",
}
PROGRAMS = SOURCE / ".venv" / "clients" / "bin"


class Ansible:
    """`ansible-playbook` with the credentials of `actor`, in the home folder `home`."""

    def __init__(self, home: Path, actor: Actor, url: str, variables: dict[str, Any]) -> None:
        assert actor.key is not None
        self.variables = home / "variables.json"
        self.variables.write_text(json.dumps(variables))
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_FORCE_COLOR": "0",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_INJECT_FACT_VARS": "0",
            "AWS_ACCESS_KEY_ID": actor.key.id,
            "AWS_SECRET_ACCESS_KEY": actor.key.secret,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": url,
        }

    def __call__(self, playbook: str) -> list[dict[str, Any]]:
        """What each task answered."""
        done = subprocess.run(
            [
                PROGRAMS / "ansible-playbook",
                "--inventory=localhost,",
                "--connection=local",
                f"--extra-vars=@{self.variables}",
                f"--extra-vars=ansible_python_interpreter={PROGRAMS / 'python'}",
                PLAYBOOKS / f"{playbook}.yml",
            ],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        (play,) = json.loads(done.stdout)["plays"]
        return [task["hosts"]["localhost"] for task in play["tasks"]]


@pytest.fixture
def initech(database: None) -> Account:
    return Account("initech")


@pytest.fixture
def ansible(initech: Account, witness: Witness, tmp_path: Path) -> Ansible:
    subprocess.run([sys.executable, "requirements/install.py", "clients"], cwd=SOURCE, check=True)
    issuer = make("issuer.example.test")
    edge = make("edge.example.test", issuer)
    variables = {
        "account": initech.id,
        "password": "Correct-Horse-7-Battery",
        "certificate": {  # as lookup("file", ...) has them
            "body": edge.body.rstrip(),
            "chain": issuer.body.rstrip(),
            "private_key": edge.private_key,
        },
        "saml_metadata": metadata(),
    }
    return Ansible(tmp_path, initech.user("ansible", allow("*")), witness.url, variables)


def test_a_second_run_changes_nothing_and_what_is_absent_goes(
    ansible: Ansible, initech: Account, witness: Witness
) -> None:
    before = inventory(initech)
    assert changed(ansible("present")) == MANAGED
    assert changed(ansible("present")) == set()
    seen = {answer["action"]: answer for answer in ansible("seen")}
    assert seen["aws_caller_info"]["arn"] == initech.arn("user/ansible")
    assert seen["iam_user_info"]["iam_users"][0]["tags"] == {"team": "data", "name": "é +/="}
    assert seen["iam_role_info"]["iam_roles"][0]["max_session_duration"] == 7200
    profile = seen["iam_instance_profile_info"]["iam_instance_profiles"][0]
    assert profile["roles"][0]["arn"] == initech.arn("role/jobs/worker")
    assert seen["iam_policy_info"]["policy_names"] == ["inline"]
    assert seen["iam_access_key_info"]["access_keys"][0]["status"] == "Inactive"
    assert seen["iam_mfa_device_info"]["mfa_devices"] == []
    assert seen["iam_server_certificate_info"]["ansible_module_results"]["web"]["path"] == "/edge/"
    assert seen["sts_session_token"]["sts_creds"]["session_token"]
    assert seen["sts_assume_role"]["sts_user"]["arn"].endswith(":assumed-role/worker/ansible")
    assert changed(ansible("absent")) == MANAGED
    assert inventory(initech) == before
    witness.check("Ansible")


def changed(answers: list[dict[str, Any]]) -> set[str]:
    """The modules that changed something."""
    return {answer["action"] for answer in answers if answer["changed"]}
