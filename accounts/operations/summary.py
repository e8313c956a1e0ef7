"""GetAccountSummary: counts, quotas and the root user's state (api-behaviour.md §9.2)."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from accounts.models import Account, Person
from accounts.quotas import DEFAULTS
from iamsite.operations import Call, operation
from iamsite.operations.rows import counts_of
from identities.models import (
    AccessKey,
    Group,
    InstanceProfile,
    MFADevice,
    OIDCProvider,
    Role,
    SAMLProvider,
    ServerCertificate,
    SigningCertificate,
    User,
)
from policies.models import Policy, PolicyVersion

# The summary's names for the quotas of accounts/quotas.py.
QUOTAS = {
    "UsersQuota": "UsersPerAccount",
    "GroupsQuota": "GroupsPerAccount",
    "RolesQuota": "RolesPerAccount",
    "PoliciesQuota": "PoliciesPerAccount",
    "InstanceProfilesQuota": "InstanceProfilesPerAccount",
    "ServerCertificatesQuota": "ServerCertificatesPerAccount",
    "PolicySizeQuota": "PolicySize",
    "UserPolicySizeQuota": "UserPolicySize",
    "GroupPolicySizeQuota": "GroupPolicySize",
    "RolePolicySizeQuota": "RolePolicySize",
    "AssumeRolePolicySizeQuota": "ACLSizePerRole",
    "GroupsPerUserQuota": "GroupsPerUser",
    "AccessKeysPerUserQuota": "AccessKeysPerUser",
    "SigningCertificatesPerUserQuota": "CertificatesPerUser",
    "AttachedPoliciesPerUserQuota": "PoliciesPerUser",
    "AttachedPoliciesPerRoleQuota": "PoliciesPerRole",
    "AttachedPoliciesPerGroupQuota": "PoliciesPerGroup",
    "VersionsPerPolicyQuota": "VersionsPerPolicy",
}
POLICY_VERSIONS_IN_USE = 10_000
COUNTED: dict[str, type[Model]] = {
    "Users": User,
    "Groups": Group,
    "Roles": Role,
    "InstanceProfiles": InstanceProfile,
    "ServerCertificates": ServerCertificate,
    "Policies": Policy,
    "PolicyVersionsInUse": PolicyVersion,
}


@operation("iam:GetAccountSummary", reads=True)
def get_account_summary(call: Call) -> dict[str, Any]:
    account = Account.objects.get(id=call.account)
    root = Person.objects.get(account=account)
    counts = counts_of((*COUNTED.values(), OIDCProvider, SAMLProvider, MFADevice), call.account)
    devices = MFADevice.objects.of(call.account)
    root_key = AccessKey.objects.of(call.account).filter(user=None)
    root_certificate = SigningCertificate.objects.of(call.account).filter(user=None)
    return {
        "SummaryMap": {
            **{shown: counts[model] for shown, model in COUNTED.items()},
            "Providers": counts[OIDCProvider] + counts[SAMLProvider],
            "MFADevices": counts[MFADevice],
            "MFADevicesInUse": devices.exclude(holder=MFADevice.Holder.NONE).count(),
            "AccountMFAEnabled": int(devices.filter(holder=MFADevice.Holder.ROOT).exists()),
            "AccountAccessKeysPresent": int(root_key.exists()),
            "AccountSigningCertificatesPresent": int(root_certificate.exists()),
            "AccountPasswordPresent": int(root.has_usable_password()),
            **{shown: account.quotas.get(name, DEFAULTS[name]) for shown, name in QUOTAS.items()},
            "PolicyVersionsInUseQuota": POLICY_VERSIONS_IN_USE,
            "GlobalEndpointTokenVersion": account.token_version,
        }
    }
