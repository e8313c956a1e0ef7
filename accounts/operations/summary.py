"""GetAccountSummary: counts, quotas and the root user's state (api-behaviour.md §9.2)."""

from __future__ import annotations

from typing import Any

from accounts.models import Account, Person
from accounts.quotas import DEFAULTS
from iamsite.operations import Call, operation
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


@operation("iam:GetAccountSummary", reads=True)
def get_account_summary(call: Call) -> dict[str, Any]:
    account = Account.objects.get(id=call.account)
    root = Person.objects.get(account=account)
    devices = MFADevice.objects.of(call.account)
    root_device = devices.filter(holder=MFADevice.Holder.ROOT)
    root_key = AccessKey.objects.of(call.account).filter(user=None)
    root_certificate = SigningCertificate.objects.of(call.account).filter(user=None)
    return {
        "SummaryMap": {
            "Users": User.objects.of(call.account).count(),
            "Groups": Group.objects.of(call.account).count(),
            "Roles": Role.objects.of(call.account).count(),
            "InstanceProfiles": InstanceProfile.objects.of(call.account).count(),
            "ServerCertificates": ServerCertificate.objects.of(call.account).count(),
            "Providers": sum(
                kind.objects.of(call.account).count() for kind in (OIDCProvider, SAMLProvider)
            ),
            "Policies": Policy.objects.of(call.account).count(),
            "PolicyVersionsInUse": PolicyVersion.objects.of(call.account).count(),
            "MFADevices": devices.count(),
            "MFADevicesInUse": devices.exclude(holder=MFADevice.Holder.NONE).count(),
            "AccountMFAEnabled": int(root_device.exists()),
            "AccountAccessKeysPresent": int(root_key.exists()),
            "AccountSigningCertificatesPresent": int(root_certificate.exists()),
            "AccountPasswordPresent": int(root.has_usable_password()),
            **{shown: account.quotas.get(name, DEFAULTS[name]) for shown, name in QUOTAS.items()},
            "PolicyVersionsInUseQuota": POLICY_VERSIONS_IN_USE,
            "GlobalEndpointTokenVersion": account.token_version,
        }
    }
