"""Quotas in words, and how much of each is taken."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from iamsite.console.asking import Answer

# What people call the quotas, whose names are AWS's.
LABELS: dict[str, Promise | str] = {
    "UsersPerAccount": gettext_lazy("Users"),
    "GroupsPerAccount": gettext_lazy("Groups"),
    "RolesPerAccount": gettext_lazy("Roles"),
    "InstanceProfilesPerAccount": gettext_lazy("Instance profiles"),
    "PoliciesPerAccount": gettext_lazy("Policies"),
    "PoliciesPerUser": gettext_lazy("Policies of a user"),
    "PoliciesPerRole": gettext_lazy("Policies of a role"),
    "PoliciesPerGroup": gettext_lazy("Policies of a group"),
    "GroupsPerUser": gettext_lazy("Groups of a user"),
    "VersionsPerPolicy": gettext_lazy("Versions of a policy"),
    "PolicySize": gettext_lazy("Characters of a policy"),
    "ACLSizePerRole": gettext_lazy("Characters of a trust policy"),
    "UserPolicySize": gettext_lazy("Characters of a user's inline policies"),
    "GroupPolicySize": gettext_lazy("Characters of a group's inline policies"),
    "RolePolicySize": gettext_lazy("Characters of a role's inline policies"),
    "AccessKeysPerUser": gettext_lazy("Access keys of a user"),
    "MFADevicesPerUser": gettext_lazy("MFA devices of a user"),
    "CertificatesPerUser": gettext_lazy("Signing certificates of a user"),
    "SSHPublicKeysPerUser": gettext_lazy("SSH keys of a user"),
    "ServiceSpecificCredentialsPerUser": gettext_lazy("Service credentials of a user"),
    "ServerCertificatesPerAccount": gettext_lazy("Server certificates"),
    "OpenIDConnectProvidersPerAccount": gettext_lazy("OpenID Connect providers"),
    "ClientIdsPerOpenIdConnectProvider": gettext_lazy("Client ids of a provider"),
    "SAMLProvidersPerAccount": gettext_lazy("SAML providers"),
    "TagsPerResource": gettext_lazy("Tags of one thing"),
    "ServicesPerAccount": gettext_lazy("Services"),
    "AccessKeysPerService": gettext_lazy("Access keys of a service"),
    "WorkloadsPerAccount": gettext_lazy("Workloads"),
    "TokensPerWorkload": gettext_lazy("Tokens of a workload"),
    "ResourcesPerAccount": gettext_lazy("Resources"),
    "ResourcePolicySize": gettext_lazy("Characters of a resource policy"),
    "AccessTests": gettext_lazy("Access tests"),
    "DelegationRequestsPerAccount": gettext_lazy("Delegation requests"),
    "AccountsPerOrganization": gettext_lazy("Accounts of an organization"),
    "OUsPerOrganization": gettext_lazy("Units of an organization"),
    "SCPsPerOrganization": gettext_lazy("Service control policies"),
    "RCPsPerOrganization": gettext_lazy("Resource control policies"),
    "SCPSize": gettext_lazy("Characters of a service control policy"),
    "RCPSize": gettext_lazy("Characters of a resource control policy"),
    "SCPsPerTarget": gettext_lazy("Service control policies of a node"),
    "RCPsPerTarget": gettext_lazy("Resource control policies of a node"),
    "HandshakesPerDay": gettext_lazy("Invitations in a day"),
}


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota and how much of it is taken; `used` is None for one that holds for each thing."""

    name: str
    limit: int
    default: int
    used: int | None

    @property
    def label(self) -> Promise | str:
        return LABELS.get(self.name, self.name)

    @property
    def is_counted(self) -> bool:
        return self.used is not None

    @property
    def is_near(self) -> bool:
        return self.used is not None and self.used >= 0.8 * self.limit


def quotas_of(answer: Answer) -> list[Quota]:
    """Those of which something is counted first, the fullest before the others."""
    found = [
        Quota(one["QuotaName"], one["Limit"], one["DefaultLimit"], one.get("Usage"))
        for one in answer.result.get("Quotas", ())
    ]
    return sorted(
        found,
        key=lambda one: (one.used is None, -(one.used or 0) / (one.limit or 1), str(one.label)),
    )
