"""The AWS managed policies that come with the portal, and their loading."""

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, transaction

from accounts import tenancy
from accounts.models import Account
from policies.engine import DocumentKind, parse
from policies.managed import FOLDER, managed_policies
from policies.models import Policy, PolicyVersion
from tests.cast import Acme, allow, deny
from tests.policies.operations.refusal import refused

ESSENTIAL = {
    "/": {
        "AdministratorAccess",
        "PowerUserAccess",
        "ReadOnlyAccess",
        "SecurityAudit",
        "IAMFullAccess",
        "IAMReadOnlyAccess",
        "IAMUserChangePassword",
        "AmazonS3FullAccess",
        "AmazonS3ReadOnlyAccess",
    },
    "/job-function/": {
        "Billing",
        "DataScientist",
        "DatabaseAdministrator",
        "NetworkAdministrator",
        "SupportUser",
        "SystemAdministrator",
        "ViewOnlyAccess",
    },
    "/root-task/": {
        "IAMAuditRootUserCredentials",
        "IAMCreateRootUserPassword",
        "IAMDeleteRootUserCredentials",
        "S3UnlockBucketPolicy",
        "SQSUnlockQueuePolicy",
    },
}


def write(folder: Path, name: str, document: str, version: str = "v1", **more: str) -> None:
    body = {
        "CreateDate": "2026-01-02T03:04:05+00:00",
        "UpdateDate": "2026-01-02T03:04:05+00:00",
        "DefaultVersionId": version,
        **more,
        "Document": json.loads(document),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(body))


def load(folder: Path) -> str:
    output = StringIO()
    call_command("load_managed_policies", folder=folder, stdout=output)
    return output.getvalue().strip()


def revision(account: str) -> int:
    return Account.objects.using("owner").get(id=account).revision


def test_the_essential_policies_are_there() -> None:
    found: dict[str, set[str]] = {}
    for policy in managed_policies():
        found.setdefault(policy.path, set()).add(policy.name)
    for path, names in ESSENTIAL.items():
        assert names <= found[path]


@pytest.mark.parametrize("policy", list(managed_policies()), ids=lambda policy: policy.name)
def test_each_document_is_a_valid_managed_policy(policy) -> None:
    document = parse(policy.document, DocumentKind.MANAGED)
    assert document.version == "2012-10-17"
    assert policy.version >= 1
    assert policy.created_at <= policy.updated_at
    assert policy.created_at.tzinfo is not None


def test_ids_follow_from_arns() -> None:
    policies = list(managed_policies())
    ids = {policy.arn: policy.id for policy in policies}
    assert len(set(ids.values())) == len(policies)
    assert all(re.fullmatch(r"ANPA[A-Z2-7]{17}", one) for one in ids.values())
    assert ids == {policy.arn: policy.id for policy in managed_policies()}


def test_the_portal_has_them_all_at_their_versions(acme: Acme) -> None:
    for policy in managed_policies():
        got = acme.root.perform("GetPolicy", PolicyArn=policy.arn)["Policy"]
        assert got["PolicyId"] == policy.id
        assert got["DefaultVersionId"] == f"v{policy.version}"
        assert got["IsAttachable"] is policy.is_attachable


def test_loading_again_changes_nothing_and_tells_nobody(acme: Acme) -> None:
    before = revision(acme.id)
    total = len(list(managed_policies()))
    assert load(FOLDER) == f"{total} managed policies, 0 new or changed"
    assert revision(acme.id) == before


def test_a_changed_document_is_a_new_default_version_and_attachments_stay(
    acme: Acme, tmp_path: Path
) -> None:
    name = f"Changing{acme.id}"
    arn = f"arn:aws:iam::aws:policy/tests/{name}"
    write(tmp_path / "tests", name, allow("iam:ListUsers"), "v7", Description="first words")
    assert load(tmp_path) == "1 managed policies, 1 new or changed"
    made = acme.root.perform("GetPolicy", PolicyArn=arn)["Policy"]
    assert (made["DefaultVersionId"], made["Description"]) == ("v7", "first words")
    acme.root.perform("AttachUserPolicy", UserName="carol", PolicyArn=arn)
    acme.carol.perform("ListUsers")
    before = revision(acme.id)

    write(tmp_path / "tests", name, deny("iam:ListUsers"), "v7", Description="second words")
    load(tmp_path)
    assert revision(acme.id) == before + 1
    with refused("AccessDenied"):
        acme.carol.perform("ListUsers")
    changed = acme.root.perform("GetPolicy", PolicyArn=arn)["Policy"]
    assert changed["PolicyId"] == made["PolicyId"]
    assert changed["DefaultVersionId"] == "v8"
    assert changed["Description"] == "second words"
    assert changed["AttachmentCount"] == 1
    versions = acme.root.perform("ListPolicyVersions", PolicyArn=arn)["Versions"]
    assert [one["VersionId"] for one in versions] == ["v8", "v7"]

    write(tmp_path / "tests", name, allow("iam:ListRoles"), "v12")
    load(tmp_path)
    assert acme.root.perform("GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v12"
    assert load(tmp_path) == "1 managed policies, 0 new or changed"


def test_a_bad_document_loads_nothing(acme: Acme, tmp_path: Path) -> None:
    good, bad = f"Good{acme.id}", f"Bad{acme.id}"
    write(tmp_path, good, allow("iam:ListUsers"))
    write(tmp_path, bad, json.dumps({"Version": "2012-10-17", "Statement": []}))
    with pytest.raises(CommandError, match=bad):
        load(tmp_path)
    rows = Policy.objects.using("owner").filter(name__in=(good, bad))
    assert not rows.exists()


def test_the_application_itself_can_neither_change_nor_add_one(acme: Acme) -> None:
    with transaction.atomic():
        tenancy.enter(acme.id)
        assert Policy.objects.filter(account_id="aws").update(description="mine") == 0
        assert PolicyVersion.objects.filter(account_id="aws").delete()[0] == 0
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        tenancy.enter(acme.id)
        Policy.objects.create(
            id="ANPA" + "A" * 17,
            account_id="aws",
            name="Forged",
            created_at="2026-01-01T00:00:00Z",
            updated_at="2026-01-01T00:00:00Z",
        )


def install(folder: Path, policies: dict[str, dict[str, Any]]) -> None:
    """A package in `folder` as the one of the dependency group is laid out."""
    (folder / "moto" / "iam").mkdir(parents=True)
    (folder / "moto-99.0.dist-info").mkdir()
    (folder / "moto-99.0.dist-info" / "METADATA").write_text("Name: moto\nVersion: 99.0\n")
    source = f'raise_if_run()\naws_managed_policies_data = """\n{json.dumps(policies)}"""\n'
    (folder / "moto" / "iam" / "aws_managed_policies.py").write_text(source)


def packaged(path: str, document: str, updated: str, version: str = "v3") -> dict[str, Any]:
    return {
        "CreateDate": "2020-01-02T03:04:05+00:00",
        "DefaultVersionId": version,
        "Document": dict(sorted(json.loads(document).items())),
        "Path": path,
        "UpdateDate": updated,
    }


def load_package() -> tuple[str, str]:
    output, errors = StringIO(), StringIO()
    call_command("load_managed_policies", package=True, stdout=output, stderr=errors)
    return output.getvalue().strip(), errors.getvalue().strip()


def test_all_policies_come_from_the_optional_package(
    acme: Acme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = f"Package{acme.id}", f"Broken{acme.id}"
    updated = "2026-05-06T07:08:09+00:00"
    broken = json.dumps({"Version": "2012-10-17", "Statement": []})
    install(
        tmp_path,
        {
            good: packaged("/tests/", allow("iam:ListUsers"), updated),
            bad: packaged("/", broken, updated),
        },
    )
    monkeypatch.syspath_prepend(tmp_path)
    said, refused_ = load_package()
    assert said == "1 managed policies, 1 new or changed"
    assert refused_.startswith(f"left out: arn:aws:iam::aws:policy/{bad}: ")
    arn = f"arn:aws:iam::aws:policy/tests/{good}"
    made = acme.root.perform("GetPolicy", PolicyArn=arn)["Policy"]
    assert made["DefaultVersionId"] == "v3"
    version = acme.root.perform("GetPolicyVersion", PolicyArn=arn, VersionId="v3")
    assert json.loads(version["PolicyVersion"]["Document"]) == json.loads(allow("iam:ListUsers"))
    assert load_package()[0] == "1 managed policies, 0 new or changed"


def test_a_policy_longer_than_anybody_may_write_comes_from_the_package_and_allows(
    acme: Acme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"Long{acme.id}"
    actions = [f"s3:Get{number:06}" for number in range(9_000)]
    document = allow("iam:ListUsers", *actions)
    assert len(document) > 131_072
    install(tmp_path, {name: packaged("/", document, "2026-05-06T07:08:09+00:00")})
    monkeypatch.syspath_prepend(tmp_path)
    assert load_package() == ("1 managed policies, 1 new or changed", "")
    arn = f"arn:aws:iam::aws:policy/{name}"
    acme.root.perform("AttachUserPolicy", UserName="carol", PolicyArn=arn)
    assert acme.carol.perform("ListUsers")["Users"]
    with refused("AccessDenied"):
        acme.carol.perform("ListRoles")


def test_what_comes_with_the_portal_does_not_undo_a_newer_package(
    acme: Acme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"Newer{acme.id}"
    arn = f"arn:aws:iam::aws:policy/{name}"
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    write(ours, name, allow("iam:ListUsers"), Description="described by us")
    load(ours)
    document = allow("iam:ListUsers", "iam:ListRoles")
    install(theirs, {name: packaged("/", document, "2026-05-06T07:08:09+00:00")})
    monkeypatch.syspath_prepend(theirs)
    assert load_package()[0] == "1 managed policies, 1 new or changed"
    assert load(ours) == "1 managed policies, 0 new or changed"
    held = acme.root.perform("GetPolicy", PolicyArn=arn)["Policy"]
    assert (held["DefaultVersionId"], held["Description"]) == ("v3", "described by us")


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policies.managed.package.PACKAGE", "no-such-package")
    with pytest.raises(CommandError, match=r"^The package no-such-package, .*--group managed$"):
        load_package()
