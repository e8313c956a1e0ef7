"""Every paged operation of IAM: page sizes, order, and markers that fit one list only."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from iamsite.operations.models import operation_model, operations
from tests.accounts.organizations.cast import Organization
from tests.cast import Acme, allow, service, trust
from tests.identities.certificates import make, rsa_key
from tests.identities.devices import device_for
from tests.identities.federation.saml_idp import metadata
from tests.identities.operations.refusal import refusal

INVALID = ("ValidationError", 400, "Invalid Marker.")
TAGS = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
POLICY = allow("s3:GetObject", "sqs:SendMessage", "sns:Publish")
SSH = Encoding.OpenSSH, PublicFormat.OpenSSH
MANY = [f"service-{number}" for number in range(101)]
PAGES = 3  # as many are turned

Params = dict[str, Any]


class World(Acme):
    """Acme with two and more of everything that a list can hold."""

    def __init__(self) -> None:
        super().__init__()
        self._principals()
        self._credentials()
        self._providers()
        self._reports()

    def _principals(self) -> None:
        do = self.root.perform
        tags = {"Tags": TAGS}
        for name in ("first", "second"):
            do("CreatePolicy", PolicyName=name, PolicyDocument=POLICY, **tags)
            do("CreatePolicyVersion", PolicyArn=self.policy(name), PolicyDocument=POLICY)
            do("CreateInstanceProfile", InstanceProfileName=name, **tags)
            do("CreateGroup", GroupName=name)
            self.role(name, trust(self.arn("root")), Tags=TAGS)
            for profile in ("a", "b"):
                of_role = {"InstanceProfileName": f"{name}-{profile}", "RoleName": name}
                do("CreateInstanceProfile", InstanceProfileName=of_role["InstanceProfileName"])
                do("AddRoleToInstanceProfile", **of_role)
        for kind, names in (
            ("User", ("bob", "carol")),
            ("Group", ("first", "second")),
            ("Role", ("first", "second")),
        ):
            for name in names:
                named = {f"{kind}Name": name}
                for policy in ("first", "second"):
                    do(f"Attach{kind}Policy", **named, PolicyArn=self.policy(policy))
                    do(f"Put{kind}Policy", **named, PolicyName=policy, PolicyDocument=POLICY)

    def _credentials(self) -> None:
        do = self.root.perform
        keys = [rsa_key(2048).public_key().public_bytes(*SSH).decode() for _ in range(2)]
        for name in ("bob", "carol"):
            do("TagUser", UserName=name, Tags=TAGS)
            do("CreateAccessKey", UserName=name)
            for group in ("first", "second"):
                do("AddUserToGroup", UserName=name, GroupName=group)
            for _ in range(2):
                do("UploadSigningCertificate", UserName=name, CertificateBody=make(name).body)
                do(
                    "CreateServiceSpecificCredential",
                    UserName=name,
                    ServiceName="codecommit.amazonaws.com",
                )
            for key in keys:
                do("UploadSSHPublicKey", UserName=name, SSHPublicKeyBody=key)
            device_for(self, name)
        for user, name in (("bob", "x"), ("carol", "y")):
            device_for(self, user, name)
        for name in ("bob", "carol"):
            do("TagMFADevice", SerialNumber=self.arn(f"mfa/{name}-device"), Tags=TAGS)

    def _providers(self) -> None:
        do = self.root.perform
        certificate = make("paged.example.test")
        for name in ("first", "second"):
            url = f"https://{name}.example.test"
            do("CreateOpenIDConnectProvider", Url=url, ThumbprintList=["a" * 40], Tags=TAGS)
            do("CreateSAMLProvider", Name=name, SAMLMetadataDocument=metadata(), Tags=TAGS)
            do(
                "UploadServerCertificate",
                ServerCertificateName=name,
                CertificateBody=certificate.body,
                PrivateKey=certificate.private_key,
                Tags=TAGS,
            )

    def _reports(self) -> None:
        do = self.alice.perform
        do("CreateAccountAlias", AccountAlias=f"paged-{self.id}")
        service(self, "paged")
        for _ in range(2):
            asked = do(
                "CreateDelegationRequest",
                OwnerAccountId=self.id,
                Description="Pages",
                Permissions={"PolicyTemplateArn": self.policy("first")},
                RequestorWorkflowId=uuid.uuid4().hex,
                NotificationChannel=f"arn:aws:sns:us-east-1:{self.id}:paged",
                SessionDuration=300,
            )
            do("AssociateDelegationRequest", DelegationRequestId=asked["DelegationRequestId"])
        self.jobs = [
            do("GenerateServiceLastAccessedDetails", Arn=self.arn(f"group/{name}"))["JobId"]
            for name in ("first", "second")
        ]
        organization = Organization(self)
        path = f"{organization.id}/{organization.root}"
        self.organization_jobs = [
            do("GenerateOrganizationsAccessReport", EntityPath=path)["JobId"] for _ in range(2)
        ]

    def policy(self, name: str) -> str:
        return self.arn(f"policy/{name}")


def named(parameter: str, first: str = "first", second: str = "second") -> Callable[..., Any]:
    return lambda acme: ({parameter: first}, {parameter: second})


def by_arn(parameter: str, kind: str, first: str = "first", second: str = "second") -> Any:
    return lambda acme: ({parameter: acme.arn(kind + first)}, {parameter: acme.arn(kind + second)})


def filtered(parameter: str, value: Any, **always: Any) -> Callable[..., Any]:
    return lambda acme: (always, {**always, parameter: value})


# Of each operation the parameters of one list, and those of another.
USER = named("UserName", "bob", "carol")
ROWS: dict[str, Callable[[World], tuple[Params, Params]]] = {
    "GetAccountAuthorizationDetails": filtered("Filter", ["User"]),
    "GetGroup": named("GroupName"),
    "GetOrganizationsAccessReport": lambda acme: tuple(
        {"JobId": job} for job in acme.organization_jobs
    ),
    "GetServiceLastAccessedDetails": lambda acme: tuple({"JobId": job} for job in acme.jobs),
    "GetServiceLastAccessedDetailsWithEntities": lambda acme: tuple(
        {"JobId": acme.jobs[0], "ServiceNamespace": one} for one in ("s3", "sqs")
    ),
    "ListAccessKeys": USER,
    "ListAttachedGroupPolicies": named("GroupName"),
    "ListAttachedRolePolicies": named("RoleName"),
    "ListAttachedUserPolicies": USER,
    "ListDelegationRequests": lambda acme: ({}, {"OwnerId": acme.alice.arn}),
    "ListEntitiesForPolicy": by_arn("PolicyArn", "policy/"),
    "ListGroupPolicies": named("GroupName"),
    "ListGroups": filtered("PathPrefix", "/a"),
    "ListGroupsForUser": USER,
    "ListInstanceProfileTags": named("InstanceProfileName"),
    "ListInstanceProfiles": filtered("PathPrefix", "/a"),
    "ListInstanceProfilesForRole": named("RoleName"),
    "ListMFADeviceTags": by_arn("SerialNumber", "mfa/", "bob-device", "carol-device"),
    "ListMFADevices": USER,
    "ListOpenIDConnectProviderTags": by_arn(
        "OpenIDConnectProviderArn", "oidc-provider/", "first.example.test", "second.example.test"
    ),
    "ListPolicies": filtered("Scope", "AWS", OnlyAttached=True),
    "ListPoliciesGrantingServiceAccess": lambda acme: tuple(
        {"Arn": user.arn, "ServiceNamespaces": MANY} for user in (acme.bob, acme.carol)
    ),
    "ListPolicyTags": by_arn("PolicyArn", "policy/"),
    "ListPolicyVersions": by_arn("PolicyArn", "policy/"),
    "ListRolePolicies": named("RoleName"),
    "ListRoleTags": named("RoleName"),
    "ListRoles": filtered("PathPrefix", "/a"),
    "ListSAMLProviderTags": by_arn("SAMLProviderArn", "saml-provider/"),
    "ListSSHPublicKeys": USER,
    "ListServerCertificateTags": named("ServerCertificateName"),
    "ListServerCertificates": filtered("PathPrefix", "/a"),
    "ListServiceSpecificCredentials": lambda acme: ({"AllUsers": True}, {"UserName": "bob"}),
    "ListSigningCertificates": USER,
    "ListUserPolicies": USER,
    "ListUserTags": USER,
    "ListUsers": filtered("PathPrefix", "/a"),
    "ListVirtualMFADevices": filtered("AssignmentStatus", "Assigned"),
    "SimulateCustomPolicy": filtered(
        "ResourceArns",
        ["arn:aws:s3:::bucket"],
        PolicyInputList=[POLICY],
        ActionNames=["s3:GetObject", "s3:PutObject", "sqs:SendMessage"],
    ),
    "SimulatePrincipalPolicy": lambda acme: tuple(
        {"PolicySourceArn": user.arn, "ActionNames": ["s3:GetObject", "s3:PutObject"]}
        for user in (acme.bob, acme.carol)
    ),
}
# An account has one alias at most.
ONE_ROW = {"ListAccountAliases": filtered("unknown", "")}
# Takes no page size: a page has a hundred.
WITHOUT_SIZE = {"ListPoliciesGrantingServiceAccess"}


@pytest.fixture(scope="module")
def acme(database: None) -> World:
    return World()


def page(acme: World, operation: str, **params: Any) -> tuple[list[Any], str | None]:
    """The rows of one page, and the marker of the next; both say whether there is one."""
    answer = acme.alice.perform(operation, **params)
    (truncated,) = [value for name, value in answer.items() if name.lower() == "istruncated"]
    assert truncated is ("Marker" in answer)
    rows = [row for value in answer.values() if isinstance(value, list) for row in value]
    return rows, answer.get("Marker")


def test_every_paged_operation_has_its_row() -> None:
    paged = {
        one.name
        for one in operations().values()
        if one.service == "iam" and "Marker" in one.members
    }
    assert paged == ROWS.keys() | ONE_ROW.keys()
    assert len(paged) == 40


@pytest.mark.parametrize("operation", [*ROWS, *ONE_ROW])
def test_a_page_has_one_to_a_thousand_rows(acme: World, operation: str) -> None:
    params, _ = {**ROWS, **ONE_ROW}[operation](acme)
    if operation in WITHOUT_SIZE:
        assert "MaxItems" not in operation_model(operation).members
        assert len(page(acme, operation, **params)[0]) == 100
        return
    assert len(page(acme, operation, **params, MaxItems=1)[0]) == 1
    assert page(acme, operation, **params, MaxItems=1000)[1] is None
    for size, constraint in (
        ("0", "greater than or equal to 1"),
        ("1001", "less than or equal to 1000"),
    ):
        assert refusal(acme.alice, operation, **params, MaxItems=int(size)) == (
            "ValidationError",
            400,
            (
                "1 validation error detected: Value at 'maxItems' failed to satisfy constraint: "
                f"Member must have value {constraint}"
            ),
        )


@pytest.mark.parametrize("operation", ROWS)
def test_a_marker_goes_on_in_its_own_list_and_in_no_other(acme: World, operation: str) -> None:
    params, others = ROWS[operation](acme)
    size = {} if operation in WITHOUT_SIZE else {"MaxItems": 1}
    whole = {} if operation in WITHOUT_SIZE else {"MaxItems": 1000}
    rows, marker = page(acme, operation, **params, **size)
    assert marker is not None
    assert 1 <= len(marker) <= 320
    assert refusal(acme.alice, operation, **others, **size, Marker=marker) == INVALID
    assert refusal(acme.alice, operation, **params, **size, Marker=f"{marker}x") == INVALID
    assert refusal(acme.alice, "ListAccountAliases", Marker=marker) == INVALID
    for _ in range(PAGES):
        if marker is not None:
            more, marker = page(acme, operation, **params, **size, Marker=marker)
            rows += more
    if not whole:
        assert [row["ServiceNamespace"] for row in rows] == MANY
    else:
        assert rows == page(acme, operation, **params, **whole)[0][: len(rows)]
        assert len(rows) > 1
