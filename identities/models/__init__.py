from identities.models.certificates import ServerCertificate, SigningCertificate
from identities.models.credentials import AccessKey, ConsoleSession, LoginProfile, MFADevice
from identities.models.delegation import DelegationRequest
from identities.models.instance_profiles import InstanceProfile
from identities.models.last_access import AccessReport, LastAccess
from identities.models.outbound import OutboundFederation, SigningKey
from identities.models.principals import Group, Membership, Role, User
from identities.models.providers import (
    OIDCProvider,
    SAMLPrivateKey,
    SAMLProvider,
    UsedAssertion,
)
from identities.models.service_credentials import ServiceSpecificCredential, SSHPublicKey
from identities.models.service_linked_roles import DeletionTask
from identities.models.service_principals import ServiceAccessKey
from identities.models.sign_in_clients import SignInClient
from identities.models.workloads import Workload, WorkloadToken

__all__ = [
    "AccessKey",
    "AccessReport",
    "ConsoleSession",
    "DelegationRequest",
    "DeletionTask",
    "Group",
    "InstanceProfile",
    "LastAccess",
    "LoginProfile",
    "MFADevice",
    "Membership",
    "OIDCProvider",
    "OutboundFederation",
    "Role",
    "SAMLPrivateKey",
    "SAMLProvider",
    "SSHPublicKey",
    "ServerCertificate",
    "ServiceAccessKey",
    "ServiceSpecificCredential",
    "SignInClient",
    "SigningCertificate",
    "SigningKey",
    "UsedAssertion",
    "User",
    "Workload",
    "WorkloadToken",
]
