"""Users, groups and roles as operations name them: looked up once a call, for authorization first.

Access is decided before existence: the resource of something that is not there is the ARN that its
name would have at the path `/` (evaluation.md §10).
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from iamsite.operations import Call, OperationError, Resource
from iamsite.operations.errors import no_such_entity, validation_error
from iamsite.operations.rows import Reader, fetch_one
from identities.models import Group, Role, User
from identities.models.principals import Named
from policies.engine import PrincipalKind

Kind = TypeVar("Kind", bound=Named)

BY_NAME = """
SELECT {columns}, (SELECT 'arn:aws:iam::' || p.account_id || ':policy' || p.path || p.name
                   FROM policies_boundary b JOIN policies_policy p ON p.id = b.policy_id
                   WHERE b.principal_id = named.id) AS boundary
FROM {table} named WHERE account_id = %s AND lower_name = lower(%s)
"""


@cache
def _by_name(model: type[Kind]) -> tuple[str, Reader[Kind]]:
    reader = Reader(model, "boundary")
    return BY_NAME.format(columns=reader.columns, table=model._meta.db_table), reader


def find(call: Call, model: type[Kind], name: str) -> Kind | None:
    """The user, group or role called `name`, whatever the case, or None; kept for the call.

    Users and roles come with `boundary`, the ARN of their permissions boundary or None.
    """
    key = (model, name.lower())
    if "\0" in name:
        return None  # asked before names are validated; the database takes no NUL
    if key not in call.found:
        query, reader = _by_name(model)
        row = fetch_one(query, [call.account, name])
        call.found[key] = reader.read(row) if row is not None else None
    found: Kind | None = call.found[key]
    return found


def get_user(call: Call, name: str) -> User:
    """Raises NoSuchEntity."""
    if (found := find(call, User, name)) is None:
        raise no_such_entity(f"The user with name {name} cannot be found.")
    return found


def get_group(call: Call, name: str) -> Group:
    """Raises NoSuchEntity."""
    if (found := find(call, Group, name)) is None:
        raise no_such_entity(f"The group with name {name} cannot be found.")
    return found


def get_role(call: Call, name: str) -> Role:
    """Raises NoSuchEntity."""
    if (found := find(call, Role, name)) is None:
        raise no_such_entity(f"The role with name {name} cannot be found.")
    return found


def resource_of(call: Call, model: type[Named], name: str) -> Resource:
    """What authorization sees of the user, group or role called `name`."""
    found = find(call, model, name)
    if found is None:
        return Resource(f"arn:aws:iam::{call.account}:{model.KIND}/{name}", call.account)
    return as_resource(call, found)


def as_resource(call: Call, found: Named) -> Resource:
    return Resource(
        found.arn,
        call.account,
        tags=getattr(found, "tags", {}),
        boundary=getattr(found, "boundary", None),
    )


def own_name(call: Call, UserName: str | None = None) -> str | None:
    """The user that an operation is about: the named one, else the calling user.

    None stands for the root user. Raises ValidationError for any other caller without a name.
    """
    if UserName is not None:
        return UserName
    if call.caller.kind is PrincipalKind.USER:
        return call.caller.name
    if call.caller.is_root:
        return None
    raise must_specify_user_name()


def must_specify_user_name() -> OperationError:
    return validation_error("Must specify userName when calling with non-User credentials")


def user(call: Call, UserName: str, **_: Any) -> Resource:
    return resource_of(call, User, UserName)


def own_user(call: Call, UserName: str | None = None, **_: Any) -> Resource:
    """As `user`, for operations whose UserName defaults to the caller."""
    name = own_name(call, UserName)
    if name is None:
        return Resource(f"arn:aws:iam::{call.account}:root", call.account)
    return resource_of(call, User, name)


def group(call: Call, GroupName: str, **_: Any) -> Resource:
    return resource_of(call, Group, GroupName)


def role(call: Call, RoleName: str, **_: Any) -> Resource:
    return resource_of(call, Role, RoleName)


def path_of(kind: str) -> Any:
    """The resource of list operations: `user/` and the path prefix (evaluation.md §10)."""

    def listed(call: Call, PathPrefix: str = "/", **_: Any) -> Resource:
        arn = f"arn:aws:iam::{call.account}:{kind}/{PathPrefix.removeprefix('/')}"
        return Resource(arn, call.account)

    return listed
