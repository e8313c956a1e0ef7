"""Every quota: AWS's default, refused in AWS's words, and an operator's to change."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import CommandError, call_command

from accounts.quotas import DEFAULTS
from tests.cast import Acme, allow, service, trust
from tests.identities.certificates import make, rsa_key
from tests.identities.federation.saml_idp import metadata
from tests.identities.operations.refusal import denied, limit, refusal

OPENSSH = Encoding.OpenSSH, PublicFormat.OpenSSH
# Organizations refuses in words of its own: tests/accounts/organizations.
OF_ORGANIZATIONS = {
    *("AccountsPerOrganization", "OUsPerOrganization", "SCPsPerOrganization"),
    *("RCPsPerOrganization", "SCPSize", "RCPSize", "SCPsPerTarget", "RCPsPerTarget"),
    "HandshakesPerDay",
}
# Devices are enabled with codes: tests/identities/operations/test_virtual_mfa_devices.py.
ELSEWHERE = {"MFADevicesPerUser"}

TRUST = trust({"Service": "ec2.amazonaws.com"})
BUCKET = "arn:aws:s3:::quota-{}"
Params = dict[str, Any]
Row = tuple[str, Callable[[Acme], Params]]


def managed(account: Acme) -> str:
    return account.arn("policy/held")


def openid(account: Acme) -> str:
    return account.arn("oidc-provider/idp.example.test")


def bucket(account: Acme) -> str:
    return BUCKET.format(account.id)


def certificate(_: Acme) -> Params:
    made = make("quota.example.test")
    return {
        "ServerCertificateName": "quota",
        "CertificateBody": made.body,
        "PrivateKey": made.private_key,
    }


ROWS: dict[str, Row] = {
    "UsersPerAccount": ("CreateUser", lambda _: {"UserName": "one"}),
    "GroupsPerAccount": ("CreateGroup", lambda _: {"GroupName": "one"}),
    "RolesPerAccount": (
        "CreateRole",
        lambda _: {"RoleName": "one", "AssumeRolePolicyDocument": TRUST},
    ),
    "InstanceProfilesPerAccount": (
        "CreateInstanceProfile",
        lambda _: {"InstanceProfileName": "one"},
    ),
    "PoliciesPerAccount": (
        "CreatePolicy",
        lambda _: {"PolicyName": "one", "PolicyDocument": allow("s3:*")},
    ),
    "PoliciesPerUser": (
        "AttachUserPolicy",
        lambda acme: {"UserName": "carol", "PolicyArn": managed(acme)},
    ),
    "PoliciesPerRole": (
        "AttachRolePolicy",
        lambda acme: {"RoleName": "Deployer", "PolicyArn": managed(acme)},
    ),
    "PoliciesPerGroup": (
        "AttachGroupPolicy",
        lambda acme: {"GroupName": "Developers", "PolicyArn": managed(acme)},
    ),
    "GroupsPerUser": (
        "AddUserToGroup",
        lambda _: {"GroupName": "Developers", "UserName": "carol"},
    ),
    "PolicySize": (
        "CreatePolicyVersion",
        lambda acme: {"PolicyArn": managed(acme), "PolicyDocument": allow("s3:Get*")},
    ),
    "ACLSizePerRole": (
        "UpdateAssumeRolePolicy",
        lambda _: {"RoleName": "Deployer", "PolicyDocument": TRUST},
    ),
    "AccessKeysPerUser": ("CreateAccessKey", lambda _: {"UserName": "carol"}),
    "CertificatesPerUser": (
        "UploadSigningCertificate",
        lambda _: {"UserName": "carol", "CertificateBody": make("carol").body},
    ),
    "SSHPublicKeysPerUser": (
        "UploadSSHPublicKey",
        lambda _: {
            "UserName": "carol",
            "SSHPublicKeyBody": rsa_key(2048).public_key().public_bytes(*OPENSSH).decode(),
        },
    ),
    "ServiceSpecificCredentialsPerUser": (
        "CreateServiceSpecificCredential",
        lambda _: {"UserName": "carol", "ServiceName": "codecommit.amazonaws.com"},
    ),
    "ServerCertificatesPerAccount": ("UploadServerCertificate", certificate),
    "OpenIDConnectProvidersPerAccount": (
        "CreateOpenIDConnectProvider",
        lambda _: {"Url": "https://other.example.test", "ThumbprintList": ["a" * 40]},
    ),
    "ClientIdsPerOpenIdConnectProvider": (
        "AddClientIDToOpenIDConnectProvider",
        lambda acme: {"OpenIDConnectProviderArn": openid(acme), "ClientID": "web"},
    ),
    "SAMLProvidersPerAccount": (
        "CreateSAMLProvider",
        lambda _: {"Name": "one", "SAMLMetadataDocument": metadata()},
    ),
    "ServicesPerAccount": (
        "RegisterService",
        lambda _: {
            "ServicePrefix": "courier",
            "ServiceName": "Courier",
            "ServicePrincipal": "courier.example.com",
        },
    ),
    "AccessKeysPerService": ("CreateServiceAccessKey", lambda _: {"ServicePrefix": "ledger"}),
    "WorkloadsPerAccount": (
        "RegisterWorkload",
        lambda _: {"WorkloadName": "one", "InstanceProfileName": "held"},
    ),
    "TokensPerWorkload": ("CreateWorkloadToken", lambda _: {"WorkloadName": "held"}),
    "ResourcesPerAccount": (
        "RegisterResource",
        lambda acme: {"ResourceArn": bucket(acme) + "-one"},
    ),
    "AccessTests": (
        "PutAccessTest",
        lambda acme: {
            "TestName": "one",
            "PrincipalArn": acme.carol.arn,
            "ActionName": "s3:GetObject",
            "ExpectedDecision": "denied",
        },
    ),
    "DelegationRequestsPerAccount": (
        "CreateDelegationRequest",
        lambda acme: {
            "Description": "To look around",
            "RequestorWorkflowId": "workflow-one",
            "NotificationChannel": f"arn:aws:sns:us-east-1:{acme.id}:requests",
            "SessionDuration": 3600,
            "Permissions": {"PolicyTemplateArn": managed(acme)},
        },
    ),
    "ResourcePolicySize": (
        "PutResourcePolicy",
        lambda acme: {
            "ResourceArn": bucket(acme),
            "PolicyDocument": trust(acme.arn("root"), "s3:*", Resource=bucket(acme)),
        },
    ),
}
TOO_MANY_VERSIONS = (
    "A managed policy can have up to 1 versions. Before you create a new version, you must "
    "delete an existing version."
)
# Those whose message AWS words differently.
WORDED: dict[str, tuple[int, str, Params, str]] = {
    "VersionsPerPolicy": (
        1,
        "CreatePolicyVersion",
        {"PolicyDocument": allow("s3:List*")},
        TOO_MANY_VERSIONS,
    ),
    "TagsPerResource": (
        1,
        "TagUser",
        {
            "UserName": "carol",
            "Tags": [{"Key": "a", "Value": ""}, {"Key": "b", "Value": ""}],
        },
        "The number of tags has reached the maximum limit.",
    ),
    **{
        f"{kind}PolicySize": (
            10,
            f"Put{kind}Policy",
            {f"{kind}Name": name, "PolicyName": "one", "PolicyDocument": allow("s3:Put*")},
            f"Maximum policy size of 10 bytes exceeded for {kind.lower()} {name}",
        )
        for kind, name in (("User", "carol"), ("Group", "Developers"), ("Role", "Deployer"))
    },
}


@pytest.fixture(scope="module")
def account(database: None) -> Acme:
    """Acme with what the rows refer to."""
    account = Acme()
    service(account, "ledger")
    root = account.root
    root.perform("CreatePolicy", PolicyName="held", PolicyDocument=allow("s3:*"))
    root.perform("CreateInstanceProfile", InstanceProfileName="held")
    root.perform("RegisterWorkload", WorkloadName="held", InstanceProfileName="held")
    root.perform("RegisterResource", ResourceArn=bucket(account))
    root.perform(
        "CreateOpenIDConnectProvider",
        Url="https://idp.example.test",
        ThumbprintList=["a" * 40],
    )
    return account


def said(name: str, *words: str) -> str:
    output = io.StringIO()
    call_command(name, *words, stdout=output)
    return output.getvalue()


# IAM User Guide, "IAM and AWS STS quotas".
OF_AWS = {
    "UsersPerAccount": 5000,
    "GroupsPerAccount": 300,
    "RolesPerAccount": 1000,
    "InstanceProfilesPerAccount": 1000,
    "PoliciesPerAccount": 1500,
    "PoliciesPerUser": 10,
    "PoliciesPerRole": 20,
    "PoliciesPerGroup": 10,
    "GroupsPerUser": 10,
    "VersionsPerPolicy": 5,
    "PolicySize": 6144,
    "ACLSizePerRole": 2048,
    "UserPolicySize": 2048,
    "GroupPolicySize": 5120,
    "RolePolicySize": 10_240,
    "AccessKeysPerUser": 2,
    "MFADevicesPerUser": 8,
    "CertificatesPerUser": 2,
    "SSHPublicKeysPerUser": 5,
    "ServiceSpecificCredentialsPerUser": 2,
    "ServerCertificatesPerAccount": 20,
    "SAMLProvidersPerAccount": 100,
    "OpenIDConnectProvidersPerAccount": 100,
    "ClientIdsPerOpenIdConnectProvider": 100,
    "TagsPerResource": 50,
}


def test_quotas_are_awss_unless_an_operator_changes_them() -> None:
    assert OF_AWS.items() <= DEFAULTS.items()


def test_every_quota_has_its_row() -> None:
    assert ROWS.keys() | WORDED.keys() | OF_ORGANIZATIONS | ELSEWHERE == DEFAULTS.keys()


@pytest.mark.parametrize("name", ROWS)
def test_it_is_refused_in_awss_words_until_an_operator_raises_it(account: Acme, name: str) -> None:
    operation, params = ROWS[name]
    given = params(account)
    said("set_quota", account.id, name, "0")
    assert refusal(account.root, operation, **given) == limit(name, 0)
    said("set_quota", account.id, name, "100000")
    account.root.perform(operation, **given)
    said("set_quota", account.id, name, "--default")


@pytest.mark.parametrize("name", WORDED)
def test_some_have_words_of_their_own(account: Acme, name: str) -> None:
    low, operation, given, message = WORDED[name]
    if operation == "CreatePolicyVersion":
        given = {**given, "PolicyArn": managed(account)}
    said("set_quota", account.id, name, str(low))
    assert refusal(account.root, operation, **given) == ("LimitExceeded", 409, message)
    said("set_quota", account.id, name, "--default")
    account.root.perform(operation, **given)


class TestTheOperatorsCommands:
    def test_they_list_and_set_and_leave_a_trace(self, acme: Acme) -> None:
        assert said("set_quota", acme.id, "RolesPerAccount", "10000") == (
            f"RolesPerAccount is 10000 in the account {acme.id}.\n"
        )
        lines = said("quotas", acme.id).splitlines()
        assert len(lines) == len(DEFAULTS)
        (roles,) = [line.split(None, 2) for line in lines if line.startswith("RolesPer")]
        assert roles == ["RolesPerAccount", "10000", "(default 1000)"]
        (event,) = acme.root.perform("ListEvents", MaxItems=1)["Events"]
        assert (event["EventName"], event["PrincipalArn"]) == ("SetQuota", "operator/shell")
        assert acme.root.perform("GetAccountSummary")["SummaryMap"]["RolesQuota"] == 10_000

    def test_they_set_one_accounts_only(self, acme: Acme, account: Acme) -> None:
        said("set_quota", acme.id, "UsersPerAccount", "1")
        assert "UsersPerAccount" in said("quotas", account.id)
        assert "(default 5000)" not in said("quotas", account.id)

    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            (("{}", "DragonsPerAccount", "1"), "There is no quota DragonsPerAccount"),
            (("{}", "UsersPerAccount", "-1"), "A limit is a number from 0 to"),
            (("{}", "UsersPerAccount", "99999999999"), "A limit is a number from 0 to"),
            (("999999999999", "UsersPerAccount", "1"), "There is no account 999999999999"),
            (("aws", "UsersPerAccount", "1"), "There is no account aws"),
            (("{}", "UsersPerAccount"), "LIMIT --default is required"),
        ],
    )
    def test_they_say_what_is_wrong(
        self, account: Acme, words: tuple[str, ...], reason: str
    ) -> None:
        with pytest.raises(CommandError, match=reason):
            said("set_quota", *(word.format(account.id) for word in words))
        with pytest.raises(CommandError, match="There is no account"):
            said("quotas", "999999999999")


def test_an_account_sees_its_quotas_and_how_much_is_taken(acme: Acme) -> None:
    found = {one["QuotaName"]: one for one in acme.root.perform("ListQuotas")["Quotas"]}
    assert found.keys() == DEFAULTS.keys()
    assert found["UsersPerAccount"] == {
        "QuotaName": "UsersPerAccount",
        "Limit": 5000,
        "DefaultLimit": 5000,
        "Usage": 4,
    }
    assert "Usage" not in found["AccessKeysPerUser"]
    assert refusal(acme.carol, "ListQuotas") == denied(acme.carol, "portal:ListQuotas", "*")
