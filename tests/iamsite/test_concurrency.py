"""Many callers at the same moment, over real HTTP: one wins, nothing dangles, nobody gets a 500."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import boto3
import pyotp
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.db import transaction

from accounts import tenancy
from iamsite.operations.models import operation_model
from identities.models import MFADevice, SAMLPrivateKey
from tests.cast import Acme, Actor, allow, service, trust
from tests.identities.certificates import make, rsa_key
from tests.identities.federation.saml_idp import metadata
from tests.portal import SOURCE, Portal

CLIENTS = 100
ROUNDS = 2
TRUST = trust({"Service": "ec2.amazonaws.com"})
LEDGER = trust({"Service": "ledger.example.com"})


class Caller:
    """Somebody's clients for IAM and the portal's own operations; safe to share by threads."""

    def __init__(self, actor: Actor, portal: Portal) -> None:
        assert actor.key is not None
        session = boto3.Session(
            aws_access_key_id=actor.key.id,
            aws_secret_access_key=actor.key.secret,
            region_name="us-east-1",
        )
        session._session.get_component("data_loader").search_paths.append(
            str(SOURCE / "iamsite" / "operations")
        )
        config = Config(retries={"max_attempts": 0}, max_pool_connections=CLIENTS)
        self._clients = [
            session.client(name, endpoint_url=portal.url, config=config)
            for name in ("iam", "portal")
        ]

    def __call__(self, operation: str, **params: Any) -> str:
        """Performs it; the code of the refusal, or "" for none."""
        for client in self._clients:
            method = {
                api_name: name for name, api_name in client.meta.method_to_api_mapping.items()
            }.get(operation)
            if method is not None:
                try:
                    getattr(client, method)(**params)
                except ClientError as error:
                    return str(error.response["Error"]["Code"])
                return ""
        raise KeyError(operation)


def at_once(calls: Sequence[Callable[[], str]]) -> list[str]:
    """What each of `calls` ended with, all begun at the same moment."""
    ready = threading.Barrier(len(calls))

    def run(call: Callable[[], str]) -> str:
        ready.wait(30)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.fixture(scope="module")
def acme(database: None) -> Acme:
    account = Acme()
    service(account, "ledger")
    account.role("Poster", LEDGER)
    account.role("Web", TRUST)
    for name in ("web", "raced"):
        account.root.perform("CreateInstanceProfile", InstanceProfileName=name)
    return account


@pytest.fixture(scope="module")
def callers(acme: Acme, portal: Portal) -> tuple[Caller, Caller]:
    other = acme.user("dora", allow("*"))
    return Caller(acme.alice, portal), Caller(other, portal)


CERTIFICATE = make("race.example.test")
RSA = rsa_key(2048)
SSH_KEY = RSA.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
PRIVATE_KEY = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
# What the second is told, where it is not EntityAlreadyExists.
TAKEN = {
    "CreateServiceLinkedRole": "InvalidInput",
    "UploadSigningCertificate": "DuplicateCertificate",
    "UploadSSHPublicKey": "DuplicateSSHPublicKey",
    "AddRoleToInstanceProfile": "LimitExceeded",
}
CREATED: dict[str, dict[str, Any]] = {
    "CreateUser": {"UserName": "race"},
    "CreateGroup": {"GroupName": "race"},
    "CreateRole": {"RoleName": "race", "AssumeRolePolicyDocument": TRUST},
    "CreatePolicy": {"PolicyName": "race", "PolicyDocument": allow("s3:*")},
    "CreateInstanceProfile": {"InstanceProfileName": "race"},
    "CreateLoginProfile": {"UserName": "bob", "Password": "A long enough password 1!"},
    "CreateVirtualMFADevice": {"VirtualMFADeviceName": "race"},
    "UploadServerCertificate": {
        "ServerCertificateName": "race",
        "CertificateBody": CERTIFICATE.body,
        "PrivateKey": CERTIFICATE.private_key,
    },
    "CreateOpenIDConnectProvider": {
        "Url": "https://race.example.test",
        "ThumbprintList": ["a" * 40],
    },
    "CreateSAMLProvider": {"Name": "race", "SAMLMetadataDocument": metadata()},
    "CreateServiceLinkedRole": {"AWSServiceName": "autoscaling.amazonaws.com"},
    "UploadSigningCertificate": {"UserName": "bob", "CertificateBody": CERTIFICATE.body},
    "UploadSSHPublicKey": {"UserName": "bob", "SSHPublicKeyBody": SSH_KEY},
    "AddRoleToInstanceProfile": {"InstanceProfileName": "raced", "RoleName": "Web"},
    "RegisterService": {
        "ServicePrefix": "courier",
        "ServiceName": "Courier",
        "ServicePrincipal": "courier.example.com",
    },
    "RegisterResource": {"ResourceArn": "arn:aws:s3:::{account}-race"},
    "RegisterWorkload": {"WorkloadName": "race", "InstanceProfileName": "web"},
}


@pytest.mark.parametrize("operation", CREATED)
def test_of_two_who_create_the_same_name_one_succeeds(
    acme: Acme, callers: tuple[Caller, Caller], operation: str
) -> None:
    params = {
        name: value.replace("{account}", acme.id) if name == "ResourceArn" else value
        for name, value in CREATED[operation].items()
    }
    ended = at_once([partial(ask, operation, **params) for ask in callers])
    assert sorted(ended) == ["", TAKEN.get(operation, "EntityAlreadyExists")]


def test_an_alias_is_one_accounts_whoever_asks_at_the_same_moment(
    acme: Acme, portal: Portal, callers: tuple[Caller, Caller]
) -> None:
    other = Caller(Acme().alice, portal)
    alias = {"AccountAlias": f"race-{acme.id}"}
    ended = at_once([partial(ask, "CreateAccountAlias", **alias) for ask in (callers[0], other)])
    assert ended.count("") == 1
    assert set(ended) - {""} <= {"EntityAlreadyExists", "ConcurrentModification"}


# What is made, what is attached, what is deleted meanwhile; the suffix makes each round's own.
Step = tuple[str, dict[str, Any]]
Race = Callable[[Acme, str], tuple[list[Step], Step, Step]]


def _made(suffix: str) -> dict[str, Step]:
    return {
        "user": ("CreateUser", {"UserName": f"u{suffix}"}),
        "group": ("CreateGroup", {"GroupName": f"g{suffix}"}),
        "policy": ("CreatePolicy", {"PolicyName": f"p{suffix}", "PolicyDocument": allow("s3:*")}),
        "role": ("CreateRole", {"RoleName": f"r{suffix}", "AssumeRolePolicyDocument": TRUST}),
        "profile": ("CreateInstanceProfile", {"InstanceProfileName": f"i{suffix}"}),
        "issuer": (
            "CreateOpenIDConnectProvider",
            {"Url": f"https://o{suffix}.example.test", "ThumbprintList": ["a" * 40]},
        ),
        "idp": (
            "CreateSAMLProvider",
            {"Name": f"s{suffix}", "SAMLMetadataDocument": metadata()},
        ),
        "certificate": (
            "UploadServerCertificate",
            {
                "ServerCertificateName": f"c{suffix}",
                "CertificateBody": CERTIFICATE.body,
                "PrivateKey": CERTIFICATE.private_key,
            },
        ),
        "device": ("CreateVirtualMFADevice", {"VirtualMFADeviceName": f"m{suffix}"}),
    }


# Named though the model does not ask for it.
TOO = {"UserName", "Password", "AddPrivateKey"}


def _race(kinds: str, attaching: str, deleting: str) -> Race:
    """`attaching` and `deleting` get of the names what their models take."""

    def race(acme: Acme, suffix: str) -> tuple[list[Step], Step, Step]:
        names = {
            "UserName": f"u{suffix}",
            "GroupName": f"g{suffix}",
            "RoleName": f"r{suffix}",
            "InstanceProfileName": f"i{suffix}",
            "PolicyArn": acme.arn(f"policy/p{suffix}"),
            "PermissionsBoundary": acme.arn(f"policy/p{suffix}"),
            "PolicyDocument": allow("s3:*"),
            "PolicyName": "own",
            "OpenIDConnectProviderArn": acme.arn(f"oidc-provider/o{suffix}.example.test"),
            "SAMLProviderArn": acme.arn(f"saml-provider/s{suffix}"),
            "ServerCertificateName": f"c{suffix}",
            "SerialNumber": acme.arn(f"mfa/m{suffix}"),
            "ClientID": "web",
            "AddPrivateKey": PRIVATE_KEY,
            "Password": "A long enough password 1!",
            "CertificateBody": make(suffix).body,
            "SSHPublicKeyBody": SSH_KEY,
            "ServiceName": "codecommit.amazonaws.com",
            "Tags": [{"Key": "a", "Value": "b"}],
        }

        def step(operation: str) -> Step:
            model = operation_model(operation)
            wanted = {*model.required, *(TOO & model.members.keys())}
            return operation, {name: names[name] for name in wanted}

        making = [_made(suffix)[kind] for kind in kinds.split()]
        return making, step(attaching), step(deleting)

    return race


RACES: dict[str, Race] = {
    "a policy on a user": _race("user policy", "AttachUserPolicy", "DeletePolicy"),
    "a policy on a user who goes": _race("user policy", "AttachUserPolicy", "DeleteUser"),
    "a policy on a group": _race("group policy", "AttachGroupPolicy", "DeletePolicy"),
    "a policy on a group that goes": _race("group policy", "AttachGroupPolicy", "DeleteGroup"),
    "a policy on a role": _race("role policy", "AttachRolePolicy", "DeletePolicy"),
    "a policy on a role that goes": _race("role policy", "AttachRolePolicy", "DeleteRole"),
    "a version": _race("policy", "CreatePolicyVersion", "DeletePolicy"),
    "a boundary of a role": _race("role policy", "PutRolePermissionsBoundary", "DeletePolicy"),
    "an inline policy of a user": _race("user", "PutUserPolicy", "DeleteUser"),
    "an inline policy of a group": _race("group", "PutGroupPolicy", "DeleteGroup"),
    "a password": _race("user", "CreateLoginProfile", "DeleteUser"),
    "a signing certificate": _race("user", "UploadSigningCertificate", "DeleteUser"),
    "an SSH key": _race("user", "UploadSSHPublicKey", "DeleteUser"),
    "a service credential": _race("user", "CreateServiceSpecificCredential", "DeleteUser"),
    "a boundary": _race("user policy", "PutUserPermissionsBoundary", "DeletePolicy"),
    "a user in a group": _race("user group", "AddUserToGroup", "DeleteGroup"),
    "a user who goes in a group": _race("user group", "AddUserToGroup", "DeleteUser"),
    "an access key": _race("user", "CreateAccessKey", "DeleteUser"),
    "an inline policy": _race("role", "PutRolePolicy", "DeleteRole"),
    "a role in a profile": _race("role profile", "AddRoleToInstanceProfile", "DeleteRole"),
    "a role in a profile that goes": _race(
        "role profile", "AddRoleToInstanceProfile", "DeleteInstanceProfile"
    ),
}


@pytest.mark.parametrize("race", RACES)
def test_what_is_deleted_while_it_is_attached_never_dangles(
    acme: Acme, callers: tuple[Caller, Caller], race: str
) -> None:
    for number in range(ROUNDS):
        suffix = f"{list(RACES).index(race)}-{number}"
        making, attaching, deleting = RACES[race](acme, suffix)
        for operation, params in making:
            acme.root.perform(operation, **params)
        ended = at_once(
            [
                partial(ask, name, **params)
                for ask, (name, params) in zip(callers, (attaching, deleting), strict=True)
            ]
        )
        assert tuple(ended) in {("", "DeleteConflict"), ("NoSuchEntity", "")}


# What goes with the thing that is deleted, whoever comes first.
TAKEN_ALONG: dict[str, Race] = {
    "a client id": _race(
        "issuer", "AddClientIDToOpenIDConnectProvider", "DeleteOpenIDConnectProvider"
    ),
    "a private key": _race("idp", "UpdateSAMLProvider", "DeleteSAMLProvider"),
    "tags of a certificate": _race(
        "certificate", "TagServerCertificate", "DeleteServerCertificate"
    ),
    "tags of a device": _race("device", "TagMFADevice", "DeleteVirtualMFADevice"),
}


@pytest.mark.parametrize("race", TAKEN_ALONG)
def test_what_is_put_on_a_thing_goes_with_it(
    acme: Acme, callers: tuple[Caller, Caller], race: str
) -> None:
    suffix = f"along-{list(TAKEN_ALONG).index(race)}"
    making, putting, deleting = TAKEN_ALONG[race](acme, suffix)
    for operation, params in making:
        acme.root.perform(operation, **params)
    steps = zip(callers, (putting, deleting), strict=True)
    ended = at_once([partial(ask, name, **params) for ask, (name, params) in steps])
    assert tuple(ended) in {("", ""), ("NoSuchEntity", "")}
    with transaction.atomic():
        tenancy.enter(acme.id)
        assert not SAMLPrivateKey.objects.of(acme.id).exists()
        assert not MFADevice.objects.of(acme.id).filter(name=f"m{suffix}").exists()


@pytest.mark.parametrize("deleting", ["DeleteUser", "DeleteVirtualMFADevice"])
def test_a_device_is_enabled_or_gone(
    acme: Acme, callers: tuple[Caller, Caller], deleting: str
) -> None:
    made = acme.root.perform("CreateVirtualMFADevice", VirtualMFADeviceName=deleting)
    device = made["VirtualMFADevice"]
    codes = pyotp.TOTP(device["Base32StringSeed"].decode())
    user, serial = {"UserName": f"of-{deleting}"}, {"SerialNumber": device["SerialNumber"]}
    acme.root.perform("CreateUser", **user)
    now = int(time.time())
    pair = {f"AuthenticationCode{step + 1}": codes.at(now + 30 * step) for step in (0, 1)}
    first, second = callers
    ended = at_once(
        [
            partial(first, "EnableMFADevice", **user, **serial, **pair),
            partial(second, deleting, **(user if deleting == "DeleteUser" else serial)),
        ]
    )
    assert tuple(ended) in {("", "DeleteConflict"), ("NoSuchEntity", "")}


def test_a_device_is_one_users(acme: Acme, callers: tuple[Caller, Caller]) -> None:
    made = acme.root.perform("CreateVirtualMFADevice", VirtualMFADeviceName="shared")
    device = made["VirtualMFADevice"]
    codes = pyotp.TOTP(device["Base32StringSeed"].decode())
    now = int(time.time())
    pair = {f"AuthenticationCode{step + 1}": codes.at(now + 30 * step) for step in (0, 1)}
    serial = {"SerialNumber": device["SerialNumber"]}
    users = zip(callers, ("bob", "carol"), strict=True)
    ended = at_once(
        [partial(ask, "EnableMFADevice", UserName=name, **serial, **pair) for ask, name in users]
    )
    assert sorted(ended) == ["", "EntityAlreadyExists"]


def test_a_service_linked_role_is_deleted_once(acme: Acme, callers: tuple[Caller, Caller]) -> None:
    made = acme.root.perform("CreateServiceLinkedRole", AWSServiceName="dax.amazonaws.com")
    name = made["Role"]["RoleName"]
    ended = at_once([partial(ask, "DeleteServiceLinkedRole", RoleName=name) for ask in callers])
    assert sorted(ended) == ["", "NoSuchEntity"]


def test_a_workload_whose_role_is_deleted_as_it_gets_it_has_none(
    acme: Acme, callers: tuple[Caller, Caller]
) -> None:
    first, second = callers
    for number in range(ROUNDS):
        name = f"race-{number}"
        role = acme.role(name, LEDGER)
        register = {"WorkloadName": f"w{number}", "ServicePrefix": "ledger", "RoleArn": role}
        registered, deleted = at_once(
            [
                partial(first, "RegisterWorkload", **register),
                partial(second, "DeleteRole", RoleName=name),
            ]
        )
        assert deleted == ""
        assert registered in ("", "NoSuchEntity")
        if registered == "":
            shown = acme.root.perform("GetWorkload", WorkloadName=f"w{number}")["Workload"]
            assert "RoleArn" not in shown


def test_a_hundred_clients_on_one_account_are_all_served(
    acme: Acme, portal: Portal, callers: tuple[Caller, Caller]
) -> None:
    ask = callers[0]
    seen = len(portal.lines)

    def work(number: int) -> list[str]:
        kind = ("User", "Group", "Role", "InstanceProfile", "Policy")[number % 5]
        name = f"many-{number}"
        named = {f"{kind}Name": name}
        own = {"PolicyDocument": allow("s3:*")}
        more = {"Role": {"AssumeRolePolicyDocument": TRUST}, "Policy": own}.get(kind, {})
        if kind == "InstanceProfile":
            change = ("AddRoleToInstanceProfile", {**named, "RoleName": "Web"})
        elif kind == "Policy":
            named = {"PolicyArn": acme.arn(f"policy/{name}")}
            change = ("CreatePolicyVersion", {**named, **own})
        else:
            change = (f"Put{kind}Policy", {**named, "PolicyName": "own", **own})
        return [
            ask(f"Create{kind}", **{f"{kind}Name": name}, **more),
            ask(change[0], **change[1]),
            ask(f"Get{kind}", **named),
        ]

    with ThreadPoolExecutor(CLIENTS) as pool:
        ended = list(pool.map(work, range(CLIENTS)))
    assert ended == [[""] * 3] * CLIENTS
    assert [line for line in portal.lines[seen:] if '"level": "error"' in line] == []
