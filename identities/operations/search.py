"""Search: users, groups, roles and policies by name, or by any id or ARN that leads to one."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Q, QuerySet

from accounts.tenancy import AWS
from iamsite.operations import AccessDenied, Call, Resource, operation
from iamsite.operations.sorting import containing
from identities.models import AccessKey, Group, MFADevice, Role, User
from policies.models import Policy

MOST = 10  # of each kind
ARN = re.compile(r"arn:aws:(?:iam|sts)::(\d{12}|aws):([a-z-]+)/(.+)")
# By the action that lets a caller list each kind: the kind and its model.
KINDS: dict[str, tuple[str, Any]] = {
    "iam:ListUsers": ("User", User),
    "iam:ListGroups": ("Group", Group),
    "iam:ListRoles": ("Role", Role),
    "iam:ListPolicies": ("Policy", Policy),
}


# It shows of each kind what its own list operation would, to whoever may perform that.
@operation("portal:Search", reads=True, authorizes_itself=True)
def search(call: Call, Query: str) -> dict[str, Any]:
    """Up to ten of each kind that the caller may list, names that begin with `Query` first.

    An access key id or an MFA device's serial number leads to its user, a session's ARN or id to
    its role.
    """
    matches: list[dict[str, Any]] = []
    for action, (kind, model) in KINDS.items():
        if _may(call, action, kind):
            matches += [_match(kind, row) for row in _found(call, kind, model, Query)]
    return {"Matches": matches}


def _may(call: Call, action: str, kind: str) -> bool:
    listed = Resource(f"arn:aws:iam::{call.account}:{kind.lower()}/", call.account)
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
    rows = rows.filter(containing(text) | _owning(call, kind, text)).order_by("lower_name", "id")
    first = list(rows.filter(lower_name__startswith=text.lower())[:MOST])
    known = [row.id for row in first]
    return first + list(rows.exclude(id__in=known)[: MOST - len(first)])


def _named(call: Call, kind: str, account: str, sort: str, rest: str) -> Q:
    """What the parts of an ARN say of a row of `kind`."""
    nothing = Q(pk__in=[])
    path, _slash, name = f"/{rest}".rpartition("/")
    if sort == kind.lower():
        return Q(account_id=account, lower_name=name.lower(), path=f"{path}/")
    if sort == "assumed-role" and kind == "Role":
        return Q(account_id=account, lower_name=rest.partition("/")[0].lower())
    if sort == "mfa" and kind == "User":
        devices = MFADevice.objects.of(call.account).filter(name=name, path=f"{path}/")
        return Q(account_id=account, id__in=devices.values("user_id"))
    return nothing


def _owning(call: Call, kind: str, text: str) -> Q:
    if kind == "User":
        return Q(id__in=AccessKey.objects.of(call.account).filter(id=text).values("user_id"))
    if kind == "Role" and ":" in text:  # a session's id: the role's, a colon, the session's name
        return Q(id=text.partition(":")[0])
    return Q(pk__in=[])


def _match(kind: str, row: Any) -> dict[str, Any]:
    return {"Type": kind, "Name": row.name, "Id": row.id, "Arn": row.arn, "Path": row.path}
