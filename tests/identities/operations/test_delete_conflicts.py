"""What keeps a thing from being deleted, each hindrance by itself and in AWS's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.cast import Acme, allow, trust
from tests.identities.certificates import make, rsa_key
from tests.identities.devices import device_for
from tests.identities.operations.refusal import conflict, refusal

SSH = Encoding.OpenSSH, PublicFormat.OpenSSH
CODECOMMIT = "codecommit.amazonaws.com"
POLICY = allow("s3:*")
VERSIONS = (
    "This policy has more than one version. Before you delete a policy, you must delete the "
    "policy's versions. The default version is deleted with the policy."
)

Params = dict[str, Any]
Undo = tuple[str, Params]  # how what hinders is taken away: operation and parameters


@pytest.fixture(scope="module")
def acme(database: None) -> Acme:
    account = Acme()
    account.root.perform("CreatePolicy", PolicyName="held", PolicyDocument=POLICY)
    account.root.perform("CreateInstanceProfile", InstanceProfileName="held")
    return account


def first(text: str) -> str:
    return f"Cannot delete entity, must {text} first."


def attached(kind: str) -> Callable[[Acme, Params], Undo]:
    def hinder(acme: Acme, named: Params) -> Undo:
        params = {**named, "PolicyArn": acme.arn("policy/held")}
        acme.root.perform(f"Attach{kind}Policy", **params)
        return f"Detach{kind}Policy", params

    return hinder


def inline(kind: str) -> Callable[[Acme, Params], Undo]:
    def hinder(acme: Acme, named: Params) -> Undo:
        params = {**named, "PolicyName": "own"}
        acme.root.perform(f"Put{kind}Policy", **params, PolicyDocument=POLICY)
        return f"Delete{kind}Policy", params

    return hinder


def member(**params: str) -> Callable[[Acme, Params], Undo]:
    def hinder(acme: Acme, named: Params) -> Undo:
        acme.root.perform("AddUserToGroup", **named, **params)
        return "RemoveUserFromGroup", {**named, **params}

    return hinder


def in_profile(**params: str) -> Callable[[Acme, Params], Undo]:
    def hinder(acme: Acme, named: Params) -> Undo:
        acme.root.perform("AddRoleToInstanceProfile", **named, **params)
        return "RemoveRoleFromInstanceProfile", {**named, **params}

    return hinder


def credential(
    operation: str, member: str, identifier: str, undo: str, **params: Any
) -> Callable[[Acme, Params], Undo]:
    """Made by `operation`, whose answer's `member` has the `identifier` that `undo` wants."""

    def hinder(acme: Acme, named: Params) -> Undo:
        given = {name: value() if callable(value) else value for name, value in params.items()}
        made = acme.root.perform(operation, **named, **given)[member]
        return undo, {**named, **({identifier: made[identifier]} if identifier else {})}

    return hinder


def device(acme: Acme, named: Params) -> Undo:
    return "DeactivateMFADevice", {
        **named,
        "SerialNumber": device_for(acme, named["UserName"]).serial,
    }


def bounded(acme: Acme, named: Params) -> Undo:
    user = {"UserName": "carol"}
    acme.root.perform("PutUserPermissionsBoundary", **user, PermissionsBoundary=named["PolicyArn"])
    return "DeleteUserPermissionsBoundary", user


def on_user(acme: Acme, named: Params) -> Undo:
    params = {"UserName": "carol", **named}
    acme.root.perform("AttachUserPolicy", **params)
    return "DetachUserPolicy", params


def version(acme: Acme, named: Params) -> Undo:
    acme.root.perform("CreatePolicyVersion", **named, PolicyDocument=POLICY)
    return "DeletePolicyVersion", {**named, "VersionId": "v2"}


def enabled(acme: Acme, named: Params) -> Undo:
    # The device is there already: it is given to somebody.
    params = {"UserName": "carol", "SerialNumber": device_for(acme, "carol", "tried").serial}
    return "DeactivateMFADevice", params


def ssh_key() -> str:
    return rsa_key(2048).public_key().public_bytes(*SSH).decode()


USER = [
    ("detach all policies", attached("User")),
    ("delete policies", inline("User")),
    ("remove users from group", member(GroupName="Developers")),
    (
        "delete login profile",
        credential(
            "CreateLoginProfile", "LoginProfile", "", "DeleteLoginProfile", Password="Many-words-42"
        ),
    ),
    (
        "delete access keys",
        credential("CreateAccessKey", "AccessKey", "AccessKeyId", "DeleteAccessKey"),
    ),
    ("delete MFA device", device),
    (
        "delete signing certificates",
        credential(
            "UploadSigningCertificate",
            "Certificate",
            "CertificateId",
            "DeleteSigningCertificate",
            CertificateBody=lambda: make().body,
        ),
    ),
    (
        "remove referenced objects",
        credential(
            "CreateServiceSpecificCredential",
            "ServiceSpecificCredential",
            "ServiceSpecificCredentialId",
            "DeleteServiceSpecificCredential",
            ServiceName=CODECOMMIT,
        ),
    ),
    (
        "remove referenced objects",
        credential(
            "UploadSSHPublicKey",
            "SSHPublicKey",
            "SSHPublicKeyId",
            "DeleteSSHPublicKey",
            SSHPublicKeyBody=ssh_key,
        ),
    ),
]
GROUP = [
    ("detach all policies", attached("Group")),
    ("delete policies", inline("Group")),
    ("remove users from group", member(UserName="carol")),
]
ROLE = [
    ("remove roles from instance profile", in_profile(InstanceProfileName="held")),
    ("detach all policies", attached("Role")),
    ("delete policies", inline("Role")),
]
PROFILE = [("remove roles from instance profile", in_profile(RoleName="Deployer"))]
POLICIES = [
    ("Cannot delete a policy attached to entities.", on_user),
    ("Cannot delete a policy attached to entities.", bounded),
    (VERSIONS, version),
]
Row = tuple[str, str, Callable[[Acme, Params], Undo]]
ROWS: list[Row] = [
    *(("User", first(text), hinder) for text, hinder in USER),
    *(("Group", first(text), hinder) for text, hinder in GROUP),
    *(("Role", first(text), hinder) for text, hinder in ROLE),
    *(("InstanceProfile", first(text), hinder) for text, hinder in PROFILE),
    *(("Policy", text, hinder) for text, hinder in POLICIES),
    ("VirtualMFADevice", "MFA VirtualDevice in use. Must deactivate first.", enabled),
]


def make_one(acme: Acme, kind: str) -> Params:
    """Something of the kind, which nothing hinders yet; what names it."""
    if kind == "VirtualMFADevice":
        return {"SerialNumber": acme.arn("mfa/tried")}
    more: Params = {}
    if kind == "Role":
        more = {"AssumeRolePolicyDocument": trust(acme.arn("root"))}
    elif kind == "Policy":
        more = {"PolicyDocument": POLICY}
    acme.root.perform(f"Create{kind}", **{f"{kind}Name": "tried"}, **more)
    return {"PolicyArn": acme.arn("policy/tried")} if kind == "Policy" else {f"{kind}Name": "tried"}


@pytest.mark.parametrize(
    ("kind", "message", "hinder"), ROWS, ids=[f"{kind}-{text[:50]}" for kind, text, _ in ROWS]
)
def test_one_thing_alone_keeps_it_from_being_deleted(
    acme: Acme, kind: str, message: str, hinder: Callable[[Acme, Params], Undo]
) -> None:
    named = make_one(acme, kind)
    undo, params = hinder(acme, named)
    assert refusal(acme.root, f"Delete{kind}", **named) == conflict(message)
    acme.root.perform(undo, **params)
    acme.root.perform(f"Delete{kind}", **named)
    code, status, _ = refusal(acme.root, f"Delete{kind}", **named)
    assert (code, status) == ("NoSuchEntity", 404)
