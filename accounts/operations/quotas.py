"""ListQuotas: the limits that hold in the account, and how much of each is taken."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from accounts.quotas import DEFAULTS, quotas_of
from iamsite.operations import Call, operation
from iamsite.operations.rows import counts_of
from identities.models import (
    Group,
    InstanceProfile,
    OIDCProvider,
    Role,
    SAMLProvider,
    ServerCertificate,
    User,
    Workload,
)
from policies.models import Policy, RegisteredResource, Service

# What is counted in the account as a whole; the other quotas hold for each user, role or document.
COUNTED: dict[str, type[Model]] = {
    "UsersPerAccount": User,
    "GroupsPerAccount": Group,
    "RolesPerAccount": Role,
    "InstanceProfilesPerAccount": InstanceProfile,
    "PoliciesPerAccount": Policy,
    "ServerCertificatesPerAccount": ServerCertificate,
    "OpenIDConnectProvidersPerAccount": OIDCProvider,
    "SAMLProvidersPerAccount": SAMLProvider,
    "ServicesPerAccount": Service,
    "WorkloadsPerAccount": Workload,
    "ResourcesPerAccount": RegisteredResource,
}


@operation("portal:ListQuotas", reads=True)
def list_quotas(call: Call) -> dict[str, Any]:
    found: list[dict[str, Any]] = []
    counts = counts_of(tuple(COUNTED.values()), call.account)
    for name, limit in sorted(quotas_of(call.account).items()):
        one: dict[str, Any] = {"QuotaName": name, "Limit": limit, "DefaultLimit": DEFAULTS[name]}
        if (model := COUNTED.get(name)) is not None:
            one["Usage"] = counts[model]
        found.append(one)
    return {"Quotas": found}
