"""Every operation, called by each kind of principal of another account with Acme's own names, ids
and ARNs: nothing of Acme's is told, nothing of Acme's changes."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.model import Shape
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.apps import apps
from django.db import models, transaction

from accounts import tenancy
from iamsite.operations import OperationError
from iamsite.operations.models import operation_model
from iamsite.operations.registry import all_registered
from tests.accounts.organizations.cast import SCP, Organization
from tests.cast import Acme, Actor, Evil, allow, deny, service, trust
from tests.identities.certificates import Made, make, rsa_key

# What the account's own people write by asking, some while later.
UNSTEADY = {"decisionrecord", "event", "trailhead", "lastaccess"}

KINDS = ("root", "user", "role session", "user session", "service")

OPENSSH = Encoding.OpenSSH, PublicFormat.OpenSSH

# AWS tells the account of any access key id to whoever asks (STS, GetAccessKeyInfo).
TELLS_THE_ACCOUNT = {"GetAccessKeyInfo"}


# Well formed, and nobody's.
NOTHING_OF_AN_ORGANIZATION: dict[str, Any] = {
    **dict.fromkeys(("AccountId", "ChildId", "TargetId"), "000000000001"),
    **dict.fromkeys(("ParentId", "SourceParentId", "DestinationParentId", "RootId"), "r-none"),
    **dict.fromkeys(("ResourceId", "OrganizationalUnitId"), "ou-none-nonenone"),
    **dict.fromkeys(("Filter", "Type"), SCP),
    "PolicyId": "p-nonenone",
    "HandshakeId": "h-nonenone",
    "CreateAccountRequestId": "car-nonenone",
    "Target": {"Type": "ACCOUNT", "Id": "000000000001"},
    "Email": "nobody@example.test",
}


class Target:
    """Acme with one of everything, under names that occur nowhere else.

    It manages an organization, unless it is a member of another's.
    """

    def __init__(self, as_member_of: Organization | None = None) -> None:
        self.account = account = Acme()
        root = account.root
        self.user = account.user("acmeonly-user", allow("s3:GetObject"))
        root.perform("CreateGroup", GroupName="acmeonly-group")
        account.role("acmeonly-role", trust(account.arn("root")), allow("s3:*"))
        made = root.perform(
            "CreatePolicy", PolicyName="acmeonly-policy", PolicyDocument=allow("iam:GetUser")
        )["Policy"]
        for kind in ("User", "Group", "Role"):
            name = {f"{kind}Name": f"acmeonly-{kind.lower()}"}
            root.perform(f"Attach{kind}Policy", PolicyArn=made["Arn"], **name)
        certificate = make("acmeonly.example.test")
        held = self.held(root, certificate)
        resource = f"arn:aws:s3:::acmeonly-{uuid.uuid4().hex}"
        service = {"ServicePrefix": "acmeonly", "ServicePrincipal": "acmeonly.example.com"}
        root.perform("RegisterService", ServiceName="acmeonly", **service)
        root.perform("RegisterResource", ResourceArn=resource)
        workload = {
            "WorkloadName": "acmeonly-workload",
            "InstanceProfileName": "acmeonly-profile",
        }
        root.perform("RegisterWorkload", **workload)
        token = root.perform("CreateWorkloadToken", WorkloadName="acmeonly-workload")
        root.perform(
            "PutResourcePolicy",
            ResourceArn=resource,
            PolicyDocument=trust(account.arn("root"), "s3:GetObject", Resource=resource),
        )
        self.values: dict[str, Any] = {
            **self.delegation(made["Arn"]),
            **service,
            "ResourceArn": resource,
            "WorkloadName": "acmeonly-workload",
            "TokenId": token["WorkloadToken"]["TokenId"],
            "ActionName": "s3:GetObject",
            **held,
            "UserName": "acmeonly-user",
            "GroupName": "acmeonly-group",
            "RoleName": "acmeonly-role",
            "PolicyArn": made["Arn"],
            "PolicyName": "acmeonly-policy",
            "PolicyId": made["PolicyId"],
            "PermissionsBoundary": made["Arn"],
            "AccessKeyId": self.user.key.id if self.user.key else "",
            "RoleArn": account.arn("role/acmeonly-role"),
            "PolicySourceArn": self.user.arn,
            "Arn": self.user.arn,
            "SerialNumber": account.arn("mfa/acmeonly-device"),
            "PolicyDocument": allow("s3:*"),
            "AssumeRolePolicyDocument": trust(account.arn("root")),
            "PolicyInputList": [allow("s3:*")],
            "ActionNames": ["s3:GetObject"],
            "VersionId": "v1",
            "RoleSessionName": "stranger",
            "AccountAlias": "acmeonly",
            "Password": "a long enough password 1A",
            "NewPassword": "a long enough password 1A",
            "OldPassword": "a long enough password 1A",
            "VirtualMFADeviceName": "acmeonly-device",
            "AuthenticationCode1": "123456",
            "AuthenticationCode2": "234567",
            "ServiceNamespaces": ["s3"],
            "Tags": [{"Key": "planted", "Value": "planted"}],
            "TagKeys": ["team"],
            "Status": "Inactive",
            "Name": "acmeonly",
            "AccountId": account.id,
            "DecisionId": self.denial(),
        }
        if as_member_of is None:
            self.of_organization = self.organization()
        else:
            self.of_organization = NOTHING_OF_AN_ORGANIZATION
            handshake = as_member_of.invite(account)
            root.perform("organizations:AcceptHandshake", HandshakeId=handshake)

    def denial(self) -> str:
        """The id of a decision on record."""
        with pytest.raises(OperationError) as caught:
            self.user.perform("GetGroup", GroupName="acmeonly-group")
        return caught.value.decision_id

    def delegation(self, template: str) -> dict[str, Any]:
        """A request of the account to itself, which its root user took."""
        asking = {
            "Permissions": {"PolicyTemplateArn": template},
            "NotificationChannel": f"arn:aws:sns:us-east-1:{self.account.id}:acmeonly",
            "RequestorWorkflowId": "acmeonly-workflow",
            "Description": "acmeonly",
            "SessionDuration": 300,
            "OwnerAccountId": self.account.id,
        }
        request = self.account.root.perform("CreateDelegationRequest", **asking)
        self.account.root.perform("AssociateDelegationRequest", **request)
        arn = self.account.arn(f"delegation-request/{request['DelegationRequestId']}")
        return {**asking, **request, "EntityArn": arn}

    def held(self, root: Actor, certificate: Made) -> dict[str, Any]:
        """Profiles, certificates and service credentials, by the parameter that names each."""
        user = {"UserName": "acmeonly-user"}
        profile = {"InstanceProfileName": "acmeonly-profile"}
        root.perform("CreateInstanceProfile", **profile)
        root.perform("AddRoleToInstanceProfile", **profile, RoleName="acmeonly-role")
        uploaded = {
            "ServerCertificateName": "acmeonly-certificate",
            "CertificateBody": certificate.body,
            "PrivateKey": certificate.private_key,
        }
        root.perform("UploadServerCertificate", **uploaded)
        body = {"CertificateBody": certificate.body}
        signing = root.perform("UploadSigningCertificate", **user, **body)["Certificate"]
        ssh = {"SSHPublicKeyBody": rsa_key(2048).public_key().public_bytes(*OPENSSH).decode()}
        service = {"ServiceName": "codecommit.amazonaws.com"}
        credential = root.perform("CreateServiceSpecificCredential", **user, **service)
        linked = {"AWSServiceName": "ecs.amazonaws.com"}
        root.perform("CreateServiceLinkedRole", **linked)
        return {
            **profile,
            **uploaded,
            **ssh,
            **service,
            **linked,
            "CertificateId": signing["CertificateId"],
            "SSHPublicKeyId": root.perform("UploadSSHPublicKey", **user, **ssh)["SSHPublicKey"][
                "SSHPublicKeyId"
            ],
            "ServiceSpecificCredentialId": credential["ServiceSpecificCredential"][
                "ServiceSpecificCredentialId"
            ],
            "DeletionTaskId": root.perform(
                "DeleteServiceLinkedRole", RoleName="AWSServiceRoleForECS"
            )["DeletionTaskId"],
        }

    def organization(self) -> dict[str, Any]:
        """An organization with one of everything, by the parameter that names each."""
        held = Organization(self.account)
        unit = held.unit("acmeonly-unit")
        member = held.member("acmeonly-member", unit)
        policy = held.limit(unit, deny("s3:GetObject"), name="acmeonly-policy")
        email = f"acmeonly-{uuid.uuid4().hex[:12]}@example.test"
        target = {"Type": "EMAIL", "Id": email}
        handshake = held.do("InviteAccountToOrganization", Target=target)["Handshake"]
        service = "config.amazonaws.com"
        held.do("EnableAWSServiceAccess", ServicePrincipal=service)
        return {
            "AccountId": member.id,
            "ChildId": member.id,
            "TargetId": unit,
            "ResourceId": unit,
            "ParentId": unit,
            "SourceParentId": unit,
            "DestinationParentId": held.root,
            "RootId": held.root,
            "OrganizationalUnitId": unit,
            "PolicyId": policy,
            "HandshakeId": handshake["Id"],
            "PolicyType": SCP,
            "Filter": SCP,
            "Type": SCP,
            "Content": deny("s3:*"),
            "ServicePrincipal": service,
            "Target": {"Type": "ACCOUNT", "Id": member.id},
            "Email": f"planted-{email}",
            "AccountName": "planted",
        }

    def params(self, operation: str) -> dict[str, Any]:
        model = operation_model(operation)
        values = self.values
        if model.service == "organizations":
            values = {**values, **self.of_organization}
            if "Handshakes" in operation:
                values.pop("Filter")
        return {
            name: values[name] if name in values else made_up(shape)
            for name, shape in model.members.items()
            if name in values or name in model.required
        }

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of the account but the trail's, and what its own people's asking leaves."""
        with transaction.atomic():
            tenancy.enter(self.account.id)
            return {
                model._meta.label: sorted(
                    model._default_manager.filter(account_id=self.account.id).values(), key=repr
                )
                for model in apps.get_models()
                if has_account(model) and model._meta.model_name not in UNSTEADY
            }


def has_account(model: type[models.Model]) -> bool:
    return any(field.name == "account" for field in model._meta.fields)


def made_up(shape: Shape) -> Any:
    """Some value that the model accepts."""
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else "x" * max(shape.metadata.get("min", 1), 6)
    if shape.type_name == "list":
        return [made_up(shape.member)]
    if shape.type_name == "structure":
        return {name: made_up(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "map":
        return {"x": made_up(shape.value)}
    if shape.type_name == "timestamp":
        return datetime(2026, 1, 1, tzinfo=UTC)
    return {"integer": max(shape.metadata.get("min", 1), 1), "boolean": True}.get(
        shape.type_name, b"x"
    )


def strangers(evil: Evil) -> dict[str, Actor]:
    role = evil.role("admin", trust(evil.arn("root")), allow("*"))
    session = evil.mallory.perform("GetSessionToken")["Credentials"]
    from tests.cast import Key

    key = Key.of(session)
    return {
        "root": evil.root,
        "user": evil.mallory,
        "role session": evil.assume(evil.mallory, role),
        "user session": Actor("mallory", evil.mallory.arn, key.credential, key),
    }


@pytest.fixture(scope="module")
def target(database: None) -> Target:
    return Target()


@pytest.fixture(scope="module")
def impostor(database: None) -> Actor:
    """A stranger's service, under the name that Acme gave its own."""
    return service(Evil(), "orders", "acmeonly.example.com")


@pytest.mark.parametrize("operation", sorted(all_registered()))
def test_a_stranger_gets_and_changes_nothing(
    operation: str, target: Target, impostor: Actor
) -> None:
    before = target.rows()
    for kind, actor in {**strangers(Evil()), "service": impostor}.items():
        try:
            answer = actor.perform(operation, **target.params(operation))
        except OperationError as error:
            assert error.status < 500, (kind, error)
            assert "acmeonly-user_" not in error.message, (kind, error)
            continue
        if operation not in TELLS_THE_ACCOUNT:
            told = json.dumps(answer, default=str)
            sent = json.dumps(target.params(operation), default=str)
            if target.account.id not in sent:
                assert target.account.id not in told, (kind, told)
            assert target.values["PolicyId"] not in told, (kind, told)
    assert target.rows() == before
