"""Search: whatever of an account has a page, by name, or by any id or ARN that leads to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from accounts.tenancy import AWS
from iamsite.operations import AccessDenied, Call, Resource, operation
from iamsite.operations.rows import planned_anew
from iamsite.operations.sorting import containing
from identities.models import (
    AccessKey,
    Group,
    InstanceProfile,
    MFADevice,
    OIDCProvider,
    Role,
    SAMLProvider,
    ServiceAccessKey,
    ServiceSpecificCredential,
    SigningCertificate,
    SSHPublicKey,
    User,
    Workload,
    WorkloadToken,
)
from identities.operations import oidc_providers, saml_providers
from policies.models import Policy, RegisteredResource, Service

MOST = 10  # of each kind
ID = re.compile(r"[A-Z0-9]{16,32}|[tw]-[0-9a-z]+")
# By the model of a row: whose ids lead to it as well, each with the column that names it there.
OWNED: dict[Any, tuple[tuple[Any, str], ...]] = {
    User: (
        (AccessKey, "user_id"),
        (SSHPublicKey, "user_id"),
        (ServiceSpecificCredential, "user_id"),
        (SigningCertificate, "user_id"),
    ),
    Role: ((InstanceProfile, "role_id"),),
    Service: ((ServiceAccessKey, "service_id"),),
    Workload: ((Workload, "id"), (WorkloadToken, "workload_id")),
}
# What is behind the type of a service's or an identity provider's ARN.
ARN_NAME = re.compile(r"arn:aws:(?:iam|portal)::\d{12}:[a-z-]+/(.+)")
ARN = re.compile(r"arn:aws:(?:iam|sts)::(\d{12}|aws):([a-z-]+)/(.+)")
# By the action that lets a caller list each kind: the kind and its model.
KINDS: dict[str, tuple[str, Any]] = {
    "iam:ListUsers": ("User", User),
    "iam:ListGroups": ("Group", Group),
    "iam:ListRoles": ("Role", Role),
    "iam:ListPolicies": ("Policy", Policy),
}


class Listed(NamedTuple):
    """A kind that is found by the texts in `columns` alone, the first of which names a row.

    `action` lists them, on `resource`.
    """

    action: str
    resource: Callable[[Call], Resource]
    kind: str
    model: Any
    columns: tuple[str, ...]


OTHERS = (
    Listed("portal:ListServices", Call.anything, "Service", Service, ("prefix", "name")),
    Listed("portal:ListWorkloads", Call.anything, "Workload", Workload, ("name",)),
    Listed("portal:ListResources", Call.anything, "Resource", RegisteredResource, ("arn",)),
    Listed(
        "iam:ListOpenIDConnectProviders",
        oidc_providers.all_providers,
        "IdentityProvider",
        OIDCProvider,
        ("url",),
    ),
    Listed(
        "iam:ListSAMLProviders",
        saml_providers.all_providers,
        "IdentityProvider",
        SAMLProvider,
        ("name",),
    ),
)


# It shows of each kind what its own list operation would, to whoever may perform that.
@operation("portal:Search", reads=True, authorizes_itself=True)
def search(call: Call, Query: str) -> dict[str, Any]:
    """Up to ten of each kind that the caller may list, names that begin with `Query` first.

    The id of an access key or of another credential and an MFA device's serial number lead to the
    user, service or workload that has it; a session's ARN or id and an instance profile's to the
    role.
    """
    matches: list[dict[str, Any]] = []
    for action, (kind, model) in KINDS.items():
        listed = Resource(f"arn:aws:iam::{call.account}:{kind.lower()}/", call.account)
        if _may(call, action, listed):
            matches += [_match(kind, row) for row in _found(call, kind, model, Query)]
    for other in OTHERS:
        if _may(call, other.action, other.resource(call)):
            matches += [
                {"Type": other.kind, "Name": getattr(row, other.columns[0]), "Arn": row.arn}
                for row in _listed(call, other, Query)
            ]
    return {"Matches": matches}


def _may(call: Call, action: str, listed: Resource) -> bool:
    try:
        call.authorize(action, listed)
    except AccessDenied:
        return False
    return True


def _found(call: Call, kind: str, model: Any, text: str) -> list[Any]:
    owners = (call.account, AWS) if kind == "Policy" else (call.account,)
    rows: QuerySet[Any] = model.objects.filter(account_id__in=owners)
    if named := ARN.fullmatch(text):
        return list(rows.filter(_named(call, kind, *named.groups()))[:1])
    rows = rows.filter(containing(text) | _owning(call, model, text)).order_by("lower_name", "id")
    begun = text.lower()
    with planned_anew():
        found = list(rows[:MOST])
        if len(found) < MOST:  # all that there are
            return sorted(found, key=lambda row: not row.lower_name.startswith(begun))
        # What begins with the text is at and behind it.
        first = list(rows.filter(lower_name__gte=begun, lower_name__startswith=begun)[:MOST])
    return (first + [row for row in found if row not in first])[:MOST]


def _listed(call: Call, other: Listed, text: str) -> list[Any]:
    """Rows with `text` in one of their columns, or the one whose ARN it is."""
    rows = other.model.objects.of(call.account).order_by(other.columns[0])
    containing = _owning(call, other.model, text)
    for column in other.columns:
        containing |= Q(**{f"{column}__icontains": text})
    named = ARN_NAME.fullmatch(text)
    if named is None or "arn" in other.columns:
        return list(rows.filter(containing)[:MOST])
    return [row for row in rows.filter(**{other.columns[0]: named[1]}) if row.arn == text]


def _named(call: Call, kind: str, account: str, sort: str, rest: str) -> Q:
    """What the parts of an ARN say of a row of `kind`."""
    nothing = Q(pk__in=[])
    path, _slash, name = f"/{rest}".rpartition("/")
    if sort == kind.lower():
        return Q(account_id=account, lower_name=name.lower(), path=f"{path}/")
    if sort == "assumed-role" and kind == "Role":
        return Q(account_id=account, lower_name=rest.partition("/")[0].lower())
    if sort == "instance-profile" and kind == "Role":
        profiles = InstanceProfile.objects.of(call.account)
        profiles = profiles.filter(account_id=account, lower_name=name.lower(), path=f"{path}/")
        return Q(id__in=profiles.values("role_id"))
    if sort == "mfa" and kind == "User":
        devices = MFADevice.objects.of(call.account).filter(name=name, path=f"{path}/")
        return Q(account_id=account, id__in=devices.values("user_id"))
    return nothing


def _owning(call: Call, model: Any, text: str) -> Q:
    """The row of `model` that has what has this id."""
    if model is Role and ":" in text:  # a session's id: the role's, a colon, the session's name
        return Q(id=text.partition(":")[0])
    owner = Q(pk__in=[])
    for owned, column in OWNED.get(model, ()) if ID.fullmatch(text) else ():
        owner |= Q(id__in=owned.objects.of(call.account).filter(id=text).values(column))
    return owner


def _match(kind: str, row: Any) -> dict[str, Any]:
    return {"Type": kind, "Name": row.name, "Id": row.id, "Arn": row.arn, "Path": row.path}
