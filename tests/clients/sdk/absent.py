"""Parameters that name nothing: every operation on them answers NoSuchEntity."""

from __future__ import annotations

import uuid
from typing import Any

from iamsite.operations.models import operations
from tests.cast import Account, allow

VALUES: dict[str, Any] = {
    "AccessKeyId": "AKIA" + "A" * 16,
    "AccountAlias": "nobody-has-this",
    "AuthenticationCode1": "123456",
    "AuthenticationCode2": "234567",
    "CertificateId": "A" * 24,
    "ClientID": "web",
    "CertificateBody": "x",
    "DelegationRequestId": str(uuid.UUID(int=1)),
    "DeletionTaskId": f"task/aws-service-role/x.amazonaws.com/AWSServiceRoleForX/{uuid.UUID(int=1)}",
    "Description": "none",
    "Encoding": "SSH",
    "GroupName": "nothing",
    "InstanceProfileName": "nothing",
    "JobId": str(uuid.UUID(int=1)),
    "NewPassword": "Correct-Horse-8",
    "OldPassword": "Correct-Horse-7",
    "ActionNames": ["s3:GetObject"],
    "Password": "Correct-Horse-7",
    "PolicyDocument": allow("*"),
    "PolicyName": "nothing",
    "RoleName": "nothing",
    "SSHPublicKeyBody": "ssh-rsa AAAA",
    "SSHPublicKeyId": "APKA" + "A" * 16,
    "ServerCertificateName": "nothing",
    "ServiceName": "codecommit.amazonaws.com",
    "ServiceNamespace": "iam",
    "ServiceNamespaces": ["iam"],
    "ServiceSpecificCredentialId": "ACCA" + "A" * 17,
    "Status": "Active",
    "TagKeys": ["a"],
    "Tags": [{"Key": "a", "Value": "b"}],
    "TemplateArn": "arn:aws:iam::aws:role-template/Nothing",
    "ThumbprintList": ["a" * 40],
    "UserName": "nobody",
    "VersionId": "v1",
}
ARNS = {
    "Arn": "user/nobody",
    "EntityArn": f"delegation-request/{uuid.UUID(int=1)}",
    "OpenIDConnectProviderArn": "oidc-provider/nothing.example.test",
    "PermissionsBoundary": "policy/nothing",
    "PolicyArn": "policy/nothing",
    "PolicySourceArn": "user/nobody",
    "SAMLProviderArn": "saml-provider/nothing",
    "SerialNumber": "mfa/nothing",
}
# What names something though the model does not require it.
ALSO = {
    "CreateAccessKey": ["UserName"],
    "CreateLoginProfile": ["UserName", "Password"],
    "CreateUser": ["PermissionsBoundary"],
    "DeleteLoginProfile": ["UserName"],
    "GetLoginProfile": ["UserName"],
    "GetUser": ["UserName"],
    "ListAccessKeys": ["UserName"],
    "ListMFADevices": ["UserName"],
    "ListSSHPublicKeys": ["UserName"],
    "ListServiceSpecificCredentials": ["UserName"],
    "ListSigningCertificates": ["UserName"],
    "UpdateLoginProfile": ["Password"],
}


def nothing(account: Account, operation: str) -> dict[str, Any]:
    """Parameters of the operation that name nothing in the account."""
    names = [*operations()[operation].required, *ALSO.get(operation, [])]
    arns = {name: account.arn(rest) for name, rest in ARNS.items()}
    return {name: VALUES[name] if name in VALUES else arns[name] for name in names}
