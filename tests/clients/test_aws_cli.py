"""The README's walk and what people do every day, with the real AWS CLI."""

import json
from pathlib import Path

import pytest
from botocore import xform_name

from iamsite.operations.models import operations
from iamsite.operations.registry import registered
from tests.cast import Key, allow, trust
from tests.clients.aws_cli import AwsCli


@pytest.fixture
def ci(acme, portal, tmp_path: Path) -> AwsCli:
    """The application of the README: an access key, and no policy."""
    acme.root.perform("DeleteUserPolicy", UserName="ci", PolicyName="p0")
    return AwsCli(portal.url, acme.ci.key, tmp_path)


@pytest.fixture
def alice(acme, portal, tmp_path: Path) -> AwsCli:
    return AwsCli(portal.url, acme.alice.key, tmp_path)


def test_the_walk_from_a_denied_to_an_allowed_call(acme, ci: AwsCli) -> None:
    who = ci("sts", "get-caller-identity", "--query", "Arn", "--output", "text")
    assert (who.code, who.out) == (0, acme.ci.arn)

    denied = ci("iam", "list-users")
    assert denied.code != 0
    assert denied.error.removeprefix("aws: [ERROR]: ") == (
        "An error occurred (AccessDenied) when calling the ListUsers operation: "
        f"User: {acme.ci.arn} is not authorized to perform: iam:ListUsers on resource: "
        f"{acme.arn('user/')} because no identity-based policy allows the iam:ListUsers action"
    )

    acme.root.perform(
        "PutUserPolicy", UserName="ci", PolicyName="look", PolicyDocument=allow("iam:List*")
    )
    allowed = ci("iam", "list-users", "--query", "Users[].UserName", "--output", "text")
    assert (allowed.code, allowed.out.split()) == (0, ["alice", "bob", "carol", "ci"])


def test_an_administrator_sets_up_a_team(acme, alice: AwsCli, portal, tmp_path: Path) -> None:
    document = tmp_path / "policy.json"
    document.write_text(allow("s3:Get*", "iam:GetUser"))
    made = alice(
        "iam",
        "create-policy",
        "--policy-name",
        "readers",
        "--policy-document",
        f"file://{document}",
    ).json["Policy"]
    assert made["Arn"] == acme.arn("policy/readers")
    for words in (
        ("create-group", "--group-name", "Readers"),
        ("attach-group-policy", "--group-name", "Readers", "--policy-arn", made["Arn"]),
        ("create-user", "--user-name", "dora", "--tags", "Key=team,Value=sea"),
        ("add-user-to-group", "--group-name", "Readers", "--user-name", "dora"),
    ):
        done = alice("iam", *words)
        assert done.code == 0, done.error
    key = Key.of(alice("iam", "create-access-key", "--user-name", "dora").json["AccessKey"])
    dora = AwsCli(portal.url, key, tmp_path)
    assert dora("iam", "get-user").json["User"]["Tags"] == [{"Key": "team", "Value": "sea"}]
    stored = alice("iam", "get-policy-version", "--policy-arn", made["Arn"], "--version-id", "v1")
    assert stored.json["PolicyVersion"]["Document"] == json.loads(document.read_text())


def test_a_profile_assumes_a_role(acme, portal, tmp_path: Path) -> None:
    arn = acme.role("Auditor", trust(acme.arn("root")), allow("iam:ListUsers"))
    settings = tmp_path / ".aws"
    settings.mkdir()
    key = acme.alice.key
    (settings / "credentials").write_text(
        f"[alice]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    )
    (settings / "config").write_text(
        f"[profile audit]\nrole_arn = {arn}\nsource_profile = alice\nregion = us-east-1\n"
        "role_session_name = look\n"
    )
    cli = AwsCli(portal.url, None, tmp_path)
    who = cli("sts", "get-caller-identity", "--profile", "audit")
    assert who.json["Arn"] == f"arn:aws:sts::{acme.id}:assumed-role/Auditor/look"
    assert cli("iam", "list-users", "--profile", "audit").code == 0
    refused = cli("iam", "list-roles", "--profile", "audit")
    assert "is not authorized to perform: iam:ListRoles" in refused.error


def test_lists_are_paged_to_their_end(acme, alice: AwsCli) -> None:
    for number in range(7):
        acme.root.perform("CreateGroup", GroupName=f"g{number}")
    listed = alice(
        "iam",
        "list-groups",
        "--page-size",
        "3",
        "--query",
        "Groups[].GroupName",
        "--output",
        "json",
    )
    assert listed.json == ["Developers", *(f"g{number}" for number in range(7))]


def test_waiters_never_wait(acme, alice: AwsCli) -> None:
    assert alice("iam", "wait", "user-exists", "--user-name", "bob").code == 0
    assert alice("iam", "wait", "role-exists", "--role-name", "Deployer").code == 0


def test_a_wrong_secret_and_an_unknown_operation_fail_clearly(acme, portal, tmp_path: Path) -> None:
    wrong = AwsCli(portal.url, Key(acme.alice.key.id, "x" * 40), tmp_path)
    assert "(SignatureDoesNotMatch)" in wrong("iam", "list-users").error
    alice = AwsCli(portal.url, acme.alice.key, tmp_path)
    for model in operations().values():
        if model.service == "iam" and not model.required and registered(model.name) is None:
            missing = alice("iam", xform_name(model.name, "-"))
            assert f"{model.name} is not available in this installation" in missing.error
            break
