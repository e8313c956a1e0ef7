"""Terraform's AWS provider: everything of IAM that it has, made, left alone, changed and destroyed.

It wants the program `terraform` and the provider in a filesystem mirror: the folder that
IAMSITE_TEST_TERRAFORM_PLUGINS names, or one of those that Terraform looks into by itself.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.accounts.organizations.cast import IAM, Organization
from tests.cast import Account, Actor, allow
from tests.clients.inventory import inventory
from tests.clients.witness import Witness
from tests.identities.certificates import make, rsa_key
from tests.identities.federation.saml_idp import certificate, metadata
from tests.identities.operations.test_ssh_public_keys import openssh

PROVIDER = "registry.terraform.io/hashicorp/aws"
FILES = Path(__file__).with_name("terraform")
MIRRORS = (  # https://developer.hashicorp.com/terraform/cli/config/config-file
    "~/.terraform.d/plugins",
    "~/.local/share/terraform/plugins",
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
    "/opt/*",  # where images put a mirror of their own
)
STEP_LIMIT = 300  # seconds
AT_ONCE = (
    "-auto-approve",
    "-input=false",
    "-refresh=false",
)  # each follows a plan, which refreshed


def mirror() -> Path | None:
    """The folder that has the provider."""
    named = os.environ.get("IAMSITE_TEST_TERRAFORM_PLUGINS")
    for one in [named] if named else MIRRORS:
        pattern = Path(one).expanduser().absolute().relative_to("/")
        for folder in Path("/").glob(str(pattern)):
            if any(folder.glob(f"{PROVIDER}/*/*")):
                return folder
    return None


class Terraform:
    """`terraform` in the folder `here`, with the credentials of `actor`."""

    def __init__(self, here: Path, mirror: Path, actor: Actor, url: str) -> None:
        assert actor.key is not None
        self.here = here
        settings = here / "terraform.rc"
        settings.write_text(
            f"provider_installation {{\n  filesystem_mirror {{\n    path = {json.dumps(str(mirror))}\n  }}\n}}\n"
        )
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(here),
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_IN_AUTOMATION": "1",
            "AWS_ACCESS_KEY_ID": actor.key.id,
            "AWS_SECRET_ACCESS_KEY": actor.key.secret,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __call__(self, command: str, *words: str, codes: tuple[int, ...] = (0,)) -> Any:
        done = subprocess.run(
            ["terraform", command, *words, *([] if "-json" in words else ["-no-color"])],
            cwd=self.here,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=STEP_LIMIT,
        )
        assert done.returncode in codes, f"{done.stdout}\n{done.stderr}"
        return done

    @property
    def state(self) -> dict[str, Any]:
        return json.loads((self.here / "terraform.tfstate").read_text())

    def apply(self, *, changed: bool) -> dict[str, Any]:
        """The outputs after an apply, after which the plan is empty."""
        changed_or_not = f"-var=changed={json.dumps(changed)}"
        self("apply", *AT_ONCE, changed_or_not)
        plan = self("plan", "-detailed-exitcode", "-input=false", changed_or_not, codes=(0, 2))
        assert plan.returncode == 0, plan.stdout.partition("Terraform will perform")[2]
        return self.state["outputs"]["seen"]["value"]

    def destroy(self) -> None:
        self("destroy", *AT_ONCE, "-var=changed=true")


@pytest.fixture
def initech(database: None) -> Account:
    """An account that manages an organization, in which IAM may act."""
    account = Account("initech")
    held = Organization(account)
    held.do("EnableAWSServiceAccess", ServicePrincipal=IAM)
    return account


@pytest.fixture
def terraform(initech: Account, witness: Witness, tmp_path: Path) -> Terraform:
    folder = mirror()
    if shutil.which("terraform") is None or folder is None:
        pytest.skip(
            "NOT TESTED: Terraform. It needs the program `terraform` and, in a filesystem mirror "
            "(IAMSITE_TEST_TERRAFORM_PLUGINS names its folder), the provider hashicorp/aws"
        )
    for file in FILES.glob("*.tf"):
        shutil.copy(file, tmp_path)
    issuer = make("issuer.example.test")
    edge = make("edge.example.test", issuer)
    values = {
        "changed": False,
        "alias": f"tf-{initech.id}",
        "certificate": {"body": edge.body, "chain": issuer.body, "private_key": edge.private_key},
        "signing_certificate": make("signer.example.test", key=rsa_key(2048)).body,
        "ssh_key": openssh(),
        "saml_metadata": [metadata(), metadata("https://idp.example.test/new", certificate("new"))],
    }
    (tmp_path / "terraform.tfvars.json").write_text(json.dumps(values))
    running = Terraform(tmp_path, folder, initech.user("terraform", allow("*")), witness.url)
    running("init", "-input=false")
    return running


def test_everything_is_made_left_alone_changed_left_alone_and_destroyed(
    terraform: Terraform, initech: Account, witness: Witness
) -> None:
    before = inventory(initech)
    assert terraform.apply(changed=False) == seen(initech, "before", ["one", "two"], 3600)
    assert terraform.apply(changed=True) == seen(initech, "after", ["two", "three"], 7200)
    assert applied(terraform) == provided(terraform)
    terraform.destroy()
    assert inventory(initech) == before
    witness.check("Terraform")


def seen(account: Account, word: str, clients: list[str], duration: int) -> dict[str, Any]:
    """What the data sources should say (roles.tf, at its end)."""
    status = {"before": "Active", "after": "Inactive"}[word]
    return {
        "account": account.id,
        "alias": f"tf-{account.id}-{word}",
        "allowed": True,
        "by_name": "arn:aws:iam::aws:policy/AdministratorAccess",
        "certificate": "web",
        "clients": clients,
        "duration": duration,
        "issuer": account.arn("role/jobs/worker"),
        "keys": [status],
        "members": {"before": ["bob-before", "dora"], "after": ["dora"]}[word],
        "metadata": True,
        "policy": True,
        "profile": True,
        "profiles": ["machine"],
        "roles": ["worker"],
        "ssh_key": status,
        "user": {"constant": "é +/=", "managed-by": "terraform"},
        "users": [f"bob-{word}"],
    }


def applied(terraform: Terraform) -> set[str]:
    """The types of IAM's resources and data sources that are in use."""
    kinds = {"managed": "resource", "data": "data_source"}
    return {f"{kinds[one['mode']]} {one['type']}" for one in terraform.state["resources"]}


def provided(terraform: Terraform) -> set[str]:
    """The types of IAM's resources and data sources that the provider has."""
    schemas = json.loads(terraform("providers", "schema", "-json").stdout)["provider_schemas"]
    return {
        f"{kind} {name}"
        for kind in ("resource", "data_source")
        for name in schemas[PROVIDER][f"{kind}_schemas"]
        if name.startswith("aws_iam_") or name == "aws_caller_identity"
    }
