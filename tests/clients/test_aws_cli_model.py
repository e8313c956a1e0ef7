"""The AWS CLI: every paginator and every waiter of IAM's model, and its ways to be set up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.loaders import Loader

from tests.cast import Acme, allow, trust
from tests.clients.aws_cli import AwsCli
from tests.clients.witness import Witness
from tests.identities.certificates import make, rsa_key
from tests.identities.devices import device_for
from tests.identities.federation.saml_idp import metadata
from tests.identities.operations.test_ssh_public_keys import KEYS, openssh

CAROL = {"UserName": "carol"}
TAGS = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]


def models(kind: str) -> dict[str, Any]:
    """The paginators ("paginators-1") or waiters ("waiters-2") of IAM."""
    loaded = Loader().load_service_model("iam", kind)
    return loaded["pagination" if kind == "paginators-1" else "waiters"]


@pytest.fixture
def alice(acme: Acme, witness: Witness, tmp_path: Path) -> AwsCli:
    return AwsCli(witness.url, acme.alice.key, tmp_path)


def fill(acme: Acme) -> dict[str, tuple[dict[str, str], int]]:
    """Two of everything; for each paginator, what to ask and how many there are at least."""
    do = acme.root.perform
    do("CreateAccountAlias", AccountAlias=f"cli-{acme.id}")
    do("AddUserToGroup", **CAROL, GroupName="Developers")
    do("CreateGroup", GroupName="Sailors")
    do("AddUserToGroup", **CAROL, GroupName="Sailors")
    do("CreateAccessKey", **CAROL)
    do("TagUser", **CAROL, Tags=TAGS)
    do("TagRole", RoleName="Deployer", Tags=TAGS)
    do("CreateRole", RoleName="Spare", AssumeRolePolicyDocument=trust(acme.arn("root")))
    for number in range(2):
        name, document = f"n{number}", allow(f"s3:Get{number}")
        arn = do("CreatePolicy", PolicyName=name, PolicyDocument=document, Tags=TAGS)["Policy"][
            "Arn"
        ]
        for kind, holder in (("User", "carol"), ("Group", "Developers"), ("Role", "Deployer")):
            do(f"Attach{kind}Policy", **{f"{kind}Name": holder}, PolicyArn=arn)
            inline = {"PolicyName": name, "PolicyDocument": document}
            do(f"Put{kind}Policy", **{f"{kind}Name": holder}, **inline)
        do("CreateInstanceProfile", InstanceProfileName=name, Tags=TAGS)
        do("AddRoleToInstanceProfile", InstanceProfileName=name, RoleName="Deployer")
        device = do("CreateVirtualMFADevice", VirtualMFADeviceName=name, Tags=TAGS)
        certificate = make(name, key=rsa_key(2048))
        do("UploadSigningCertificate", **CAROL, CertificateBody=certificate.body)
        pair = {"CertificateBody": certificate.body, "PrivateKey": certificate.private_key}
        do("UploadServerCertificate", ServerCertificateName=name, **pair, Tags=TAGS)
        do("UploadSSHPublicKey", **CAROL, SSHPublicKeyBody=openssh(KEYS[number]))
    do("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=allow("s3:*"))
    saml = do("CreateSAMLProvider", Name="p", SAMLMetadataDocument=metadata(), Tags=TAGS)
    oidc = do(
        "CreateOpenIDConnectProvider",
        Url="https://login.example.test",
        ThumbprintList=["a" * 40],
        Tags=TAGS,
    )
    device_for(acme, "carol")
    carol, team, role = (
        ("user-name", "carol"),
        ("group-name", "Developers"),
        ("role-name", "Deployer"),
    )
    policy = ("policy-arn", arn)
    actions = ("action-names", "s3:Get1 s3:Get2")
    asked: dict[str, tuple[list[tuple[str, str]], int]] = {
        "GetAccountAuthorizationDetails": ([], 8),
        "GetGroup": ([team], 2),
        "ListAccessKeys": ([carol], 2),
        "ListAccountAliases": ([], 1),
        "ListAttachedGroupPolicies": ([team], 2),
        "ListAttachedRolePolicies": ([role], 2),
        "ListAttachedUserPolicies": ([carol], 2),
        "ListEntitiesForPolicy": ([policy], 3),
        "ListGroupPolicies": ([team], 3),
        "ListGroups": ([], 2),
        "ListGroupsForUser": ([carol], 2),
        "ListInstanceProfileTags": ([("instance-profile-name", "n0")], 2),
        "ListInstanceProfiles": ([], 2),
        "ListInstanceProfilesForRole": ([role], 2),
        "ListMFADeviceTags": ([("serial-number", device["VirtualMFADevice"]["SerialNumber"])], 2),
        "ListMFADevices": ([carol], 1),
        "ListOpenIDConnectProviderTags": (
            [("open-id-connect-provider-arn", oidc["OpenIDConnectProviderArn"])],
            2,
        ),
        "ListPolicies": ([("scope", "Local")], 2),
        "ListPolicyTags": ([policy], 2),
        "ListPolicyVersions": ([policy], 2),
        "ListRolePolicies": ([role], 3),
        "ListRoleTags": ([role], 2),
        "ListRoles": ([], 2),
        "ListSAMLProviderTags": ([("saml-provider-arn", saml["SAMLProviderArn"])], 2),
        "ListSSHPublicKeys": ([carol], 2),
        "ListServerCertificateTags": ([("server-certificate-name", "n0")], 2),
        "ListServerCertificates": ([], 2),
        "ListSigningCertificates": ([carol], 2),
        "ListUserPolicies": ([carol], 2),
        "ListUserTags": ([carol], 2),
        "ListUsers": ([], 4),
        "ListVirtualMFADevices": ([], 3),
        "SimulateCustomPolicy": ([("policy-input-list", allow("s3:Get1")), actions], 2),
        "SimulatePrincipalPolicy": ([("policy-source-arn", acme.carol.arn), actions], 2),
    }
    return {name: (dict(params), least) for name, (params, least) in asked.items()}


def words(operation: str, params: dict[str, str]) -> list[str]:
    given = [
        part
        for name, value in params.items()
        for part in (f"--{name}", *(value.split() if name == "action-names" else [value]))
    ]
    return ["iam", xform_name(operation, "-"), *given]


def test_every_paginator_goes_one_by_one_to_the_same_end(
    acme: Acme, alice: AwsCli, witness: Witness
) -> None:
    asked = fill(acme)
    paginators = models("paginators-1")
    assert asked.keys() == paginators.keys()
    commands = [words(operation, params) for operation, (params, _) in asked.items()]
    whole = alice.each(*commands)
    paged = alice.each(*([*command, "--page-size", "1"] for command in commands))
    for operation, all_at_once, one_by_one in zip(asked, whole, paged, strict=True):
        assert all_at_once.code == 0, all_at_once.error
        assert one_by_one == all_at_once, operation
        keys = paginators[operation]["result_key"]
        found = [all_at_once.json[key] for key in ([keys] if isinstance(keys, str) else keys)]
        assert sum(map(len, found)) >= asked[operation][1], operation
    witness.check("AWS CLI")


def test_every_waiter_ends_at_once(acme: Acme, alice: AwsCli, witness: Witness) -> None:
    acme.root.perform("CreateInstanceProfile", InstanceProfileName="machine")
    made = acme.root.perform("CreatePolicy", PolicyName="read", PolicyDocument=allow("s3:Get*"))
    asked = {
        "InstanceProfileExists": ("--instance-profile-name", "machine"),
        "PolicyExists": ("--policy-arn", made["Policy"]["Arn"]),
        "RoleExists": ("--role-name", "Deployer"),
        "UserExists": ("--user-name", "bob"),
    }
    assert asked.keys() == models("waiters-2").keys()
    commands = (["iam", "wait", xform_name(name, "-"), *rest] for name, rest in asked.items())
    assert [(done.code, done.error) for done in alice.each(*commands)] == [(0, "")] * 4
    witness.check("AWS CLI")


def test_it_is_set_up_by_aws_configure_alone(acme: Acme, witness: Witness, tmp_path: Path) -> None:
    cli = AwsCli(witness.url, None, tmp_path)
    for name in ("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION"):
        del cli.environment[name]
    key = acme.alice.key
    assert key is not None
    answers = (key.id, key.secret, "us-east-1", "json")
    assert cli("configure", typed="".join(f"{answer}\n" for answer in answers)).code == 0
    assert cli("configure", "set", "endpoint_url", witness.url).code == 0
    who = cli("sts", "get-caller-identity")
    assert who.code == 0, who.error
    assert who.json["Arn"] == acme.alice.arn
    witness.check("AWS CLI")


def test_a_profile_assumes_a_role_that_asks_for_mfa(
    acme: Acme, witness: Witness, tmp_path: Path
) -> None:
    device = device_for(acme, "alice")
    present = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    arn = acme.role("Careful", trust(acme.arn("root"), Condition=present), allow("iam:ListUsers"))
    settings = tmp_path / ".aws"
    settings.mkdir()
    key = acme.alice.key
    assert key is not None
    (settings / "credentials").write_text(
        f"[alice]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    )
    (settings / "config").write_text(
        f"[profile careful]\nrole_arn = {arn}\nsource_profile = alice\n"
        f"mfa_serial = {device.serial}\nrole_session_name = look\n"
        f"[profile careless]\nrole_arn = {arn}\nsource_profile = alice\n"
    )
    cli = AwsCli(witness.url, None, tmp_path)
    refused = cli("iam", "list-users", "--profile", "careless")
    assert "(AccessDenied) when calling the AssumeRole operation" in refused.error
    users = cli("iam", "list-users", "--profile", "careful", typed=f"{device.code()}\n")
    assert users.code == 0, users.error
    # The session is kept in ~/.aws/cli/cache: no code is asked for again.
    who = cli("sts", "get-caller-identity", "--profile", "careful")
    assert who.json["Arn"] == f"arn:aws:sts::{acme.id}:assumed-role/Careful/look"
    witness.check("AWS CLI")
