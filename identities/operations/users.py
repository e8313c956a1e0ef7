"""Users (IAM API Reference; api-behaviour.md §8.1 and §8.2)."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from accounts.identifiers import unique_id
from accounts.models import Account, Person
from accounts.quotas import quota
from iamsite.operations import Call, Resource, operation
from iamsite.operations.errors import (
    delete_conflict,
    entity_already_exists,
    limit_exceeded,
)
from iamsite.operations.paging import page
from iamsite.operations.rows import Row, count_of, fetch, insert
from identities.models import (
    AccessKey,
    LoginProfile,
    Membership,
    MFADevice,
    ServiceSpecificCredential,
    SigningCertificate,
    SSHPublicKey,
    User,
)
from identities.operations import find
from identities.operations.renaming import rename
from identities.operations.tags import checked_tags, new_resource, tag_list, tag_operations
from policies.models import Attachment, InlinePolicy
from policies.operations.boundaries import boundary_member, boundary_policy, set_boundary


def new_user(call: Call, UserName: str, Path: str = "/", **_: Any) -> Resource:
    return new_resource(call, f"arn:aws:iam::{call.account}:user{Path}{UserName}")


def user_output(user: User) -> dict[str, Any]:
    """The `User` shape without tags and boundary, as lists give it."""
    output = {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": user.arn,
        "CreateDate": user.created_at,
    }
    if user.password_last_used is not None:
        output["PasswordLastUsed"] = user.password_last_used
    return output


@operation(
    "iam:CreateUser",
    resource=new_user,
    context={"iam:PermissionsBoundary": "PermissionsBoundary"},
)
def create_user(
    call: Call,
    UserName: str,
    Path: str = "/",
    PermissionsBoundary: str | None = None,
    Tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    tags = checked_tags(call, Tags or [], ignoring_case=True)
    if Tags:
        call.authorize("iam:TagUser", new_user(call, UserName, Path), call.tag_keys)
    boundary = boundary_policy(call, PermissionsBoundary)
    if find.find(call, User, UserName) is not None:
        raise entity_already_exists(f"User with name {UserName} already exists.")
    limit = quota(call.account, "UsersPerAccount")
    if count_of(User, call.account) >= limit:
        raise limit_exceeded("UsersPerAccount", limit)
    user = User(
        id=unique_id("AIDA"),
        account_id=call.account,
        name=UserName,
        path=Path,
        tags=tags,
        created_at=call.now,
    )
    insert(user)
    set_boundary(call, user.id, boundary)
    output = user_output(user)
    if tags:
        output["Tags"] = tag_list(tags)
    return {"User": {**output, **boundary_member(PermissionsBoundary)}}


@operation("iam:GetUser", resource=find.own_user, reads=True)
def get_user(call: Call, UserName: str | None = None) -> dict[str, Any]:
    name = find.own_name(call, UserName)
    if name is None:
        return {"User": root_output(call)}
    user = find.get_user(call, name)
    output = {**user_output(user), **boundary_member(getattr(user, "boundary", None))}
    if user.tags:
        output["Tags"] = tag_list(user.tags)
    return {"User": output}


def root_output(call: Call) -> dict[str, Any]:
    """The root user in the `User` shape: it has no name, and its id is the account's."""
    account = Account.objects.get(id=call.account)
    output = {
        "Path": "/",
        "UserId": account.id,
        "Arn": account.root_arn,
        "CreateDate": account.created_at,
    }
    used = Person.objects.values_list("password_last_used", flat=True).get(account=account)
    return {**output, "PasswordLastUsed": used} if used else output


@operation("iam:ListUsers", resource=find.path_of("user"), reads=True)
def list_users(
    call: Call, PathPrefix: str = "/", Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    prefix = "" if PathPrefix == "/" else PathPrefix

    def fetch_page(after: Any, limit: int) -> list[Row]:
        return fetch(PAGE, [call.account, after or "", prefix, limit])

    rows, paging = page(call, fetch_page, lambda row: row[-1])
    return {"Users": [listed_user(call.account, row) for row in rows], **paging}


# Written by hand, since a page of instances costs several times its query. Times come without
# their zone, which psycopg reads much faster.
PAGE = """
SELECT id, name, path, created_at AT TIME ZONE 'UTC', password_last_used AT TIME ZONE 'UTC',
       lower_name
FROM identities_user
WHERE account_id = %s AND lower_name > %s AND starts_with(path, %s)
ORDER BY lower_name LIMIT %s
"""


def listed_user(account: str, row: Row) -> dict[str, Any]:
    """A row of `PAGE` as `user_output` has it."""
    id_, name, path, created_at, used, _ = row
    output = {
        "Path": path,
        "UserName": name,
        "UserId": id_,
        "Arn": f"arn:aws:iam::{account}:user{path}{name}",
        "CreateDate": created_at.replace(tzinfo=UTC),
    }
    if used is not None:
        output["PasswordLastUsed"] = used.replace(tzinfo=UTC)
    return output


@operation("iam:UpdateUser", resource=find.user)
def update_user(
    call: Call, UserName: str, NewPath: str | None = None, NewUserName: str | None = None
) -> None:
    rename(call, find.get_user(call, UserName), "iam:UpdateUser", NewUserName, NewPath)


@operation("iam:DeleteUser", resource=find.user)
def delete_user(call: Call, UserName: str) -> None:
    user = find.get_user(call, UserName)
    hindrances = [
        ("detach all policies", Attachment.objects.filter(principal_id=user.id)),
        ("delete policies", InlinePolicy.objects.filter(principal_id=user.id)),
        ("remove users from group", Membership.objects.filter(user=user)),
        ("delete login profile", LoginProfile.objects.filter(user=user)),
        ("delete access keys", AccessKey.objects.filter(user=user)),
        ("delete MFA device", MFADevice.objects.filter(user=user)),
        ("delete signing certificates", SigningCertificate.objects.filter(user=user)),
        ("remove referenced objects", ServiceSpecificCredential.objects.filter(user=user)),
        ("remove referenced objects", SSHPublicKey.objects.filter(user=user)),
    ]
    for what, rows in hindrances:
        if rows.exists():
            raise delete_conflict(f"Cannot delete entity, must {what} first.")
    user.delete()


tag_operations("User", "UserName", find.user, find.get_user, ignoring_case=True)
