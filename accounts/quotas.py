"""Quotas: AWS's defaults, which an operator may change for one account.

Source: IAM User Guide, "IAM and AWS STS quotas". Names are those of AWS's messages. Those of an
account's own services and resources are ours; a resource policy may be as long as a bucket's.
Those of an organization (its User Guide, "Quotas") are the management account's.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import connection

DEFAULTS = {
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
    "RolePolicySize": 10240,
    "AccessKeysPerUser": 2,
    "MFADevicesPerUser": 8,
    "CertificatesPerUser": 2,
    "SSHPublicKeysPerUser": 5,
    "ServiceSpecificCredentialsPerUser": 2,
    "ServerCertificatesPerAccount": 20,
    "OpenIDConnectProvidersPerAccount": 100,
    "ClientIdsPerOpenIdConnectProvider": 100,
    "SAMLProvidersPerAccount": 100,
    "TagsPerResource": 50,
    "ServicesPerAccount": 100,
    "AccessKeysPerService": 2,
    "WorkloadsPerAccount": 1000,
    "TokensPerWorkload": 2,
    "ResourcesPerAccount": 10_000,
    "ResourcePolicySize": 20_480,
    "AccessTests": 500,
    "DelegationRequestsPerAccount": 1_000,
    "AccountsPerOrganization": 10,
    "OUsPerOrganization": 2_000,
    "SCPsPerOrganization": 10_000,
    "RCPsPerOrganization": 2_000,
    "SCPSize": 10_240,
    "RCPSize": 5_120,
    "SCPsPerTarget": 10,
    "RCPsPerTarget": 5,
    "HandshakesPerDay": 20,
}


def quota(account: str, name: str) -> int:
    """The limit that holds in `account` for the quota `name`."""
    database: Any = connection  # iamsite.postgresql's
    query = "SELECT quotas ->> %s::text FROM accounts_account WHERE id = %s"
    ((own,),) = database.fetch(query, [name, account])
    return DEFAULTS[name] if own is None else int(own)


def quotas_of(account: str) -> dict[str, int]:
    """Every limit that holds in `account`, by name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quotas FROM accounts_account WHERE id = %s", [account])
        (own,) = cursor.fetchone()
    return {**DEFAULTS, **(json.loads(own) if isinstance(own, str) else own)}
