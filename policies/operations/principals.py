"""Users, groups and roles as holders of policies: one idea, registered once for each kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from iamsite.operations import Call, Resource, operation
from iamsite.operations.errors import invalid_input, no_such_entity
from iamsite.operations.registry import ResourceOf, Result
from identities.models import Group, Role, User
from identities.models.principals import Named
from identities.operations import find
from identities.operations.protected import refuse_protected

ARN = re.compile(
    r"arn:aws:iam::(?P<account>\d{12}):(?P<kind>user|group|role)(?P<path>/(?:.*/)?)(?P<name>[^/]+)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of principal that holds policies. `name` is as operations spell it: User."""

    name: str
    model: type[Named]
    get: Callable[[Call, str], Any]
    resource: ResourceOf

    @property
    def parameter(self) -> str:
        return f"{self.name}Name"


USER = Kind("User", User, find.get_user, find.user)
GROUP = Kind("Group", Group, find.get_group, find.group)
ROLE = Kind("Role", Role, find.get_role, find.role)
KINDS = (USER, GROUP, ROLE)
BY_WORD = {kind.model.KIND: kind for kind in KINDS}


def each_kind(
    action: str, *, kinds: Sequence[Kind] = KINDS, reads: bool = False, **options: Any
) -> Callable[[Callable[..., Result | None]], Callable[..., Result | None]]:
    """Registers a function as an operation of each kind, `{}` in `action` standing for its name.

    The function is called with the call, the kind, the principal found, and the parameters without
    the principal's name. Changes are refused on roles that only the system changes.
    """

    def register(function: Callable[..., Result | None]) -> Callable[..., Result | None]:
        for kind in kinds:
            operation(action.format(kind.name), resource=kind.resource, reads=reads, **options)(
                _of_kind(function, kind, reads)
            )
        return function

    return register


def _of_kind(
    function: Callable[..., Result | None], kind: Kind, reads: bool
) -> Callable[..., Result | None]:
    def run(call: Call, **params: Any) -> Result | None:
        principal = kind.get(call, params.pop(kind.parameter))
        if not reads and kind is ROLE:
            refuse_protected(principal)
        return function(call, kind, principal, **params)

    return run


def find_by_arn(call: Call, arn: str) -> tuple[Kind, Any] | None:
    """The kind and the user, group or role of the account with that ARN, or None.

    Raises InvalidInput for a text that is the ARN of none of the three.
    """
    match = ARN.fullmatch(arn)
    if match is None:
        raise invalid_input(f"{arn} is not the ARN of a user, group or role.")
    kind = BY_WORD[match["kind"]]
    if match["account"] != call.account:
        return None
    found = find.find(call, kind.model, match["name"])
    return (kind, found) if found is not None and found.arn == arn else None


def get_by_arn(call: Call, arn: str) -> tuple[Kind, Any]:
    """As `find_by_arn`; raises NoSuchEntity."""
    found = find_by_arn(call, arn)
    if found is None:
        kind, _, name = arn.split(":", 5)[5].partition("/")
        name = name.rpartition("/")[2]
        raise no_such_entity(f"The {kind} with name {name} cannot be found.")
    return found


def resource_by_arn(call: Call, arn: str) -> Resource:
    """What authorization sees of the principal with that ARN."""
    found = find_by_arn(call, arn)
    if found is None:
        return Resource(arn, arn.split(":")[4])
    return find.resource_of(call, found[0].model, found[1].name)
