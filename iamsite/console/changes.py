"""What the operations behind a form change of people's access, as PreviewPolicyChange takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from iamsite.console.asking import Asking, Params
from iamsite.console.steps import Step

KINDS = ("User", "Group", "Role")
# An operation for each kind of principal, and the change that it is.
OF_KINDS = {
    "Attach{}Policy": "Attach",
    "Detach{}Policy": "Detach",
    "Put{}Policy": "InlinePolicy",
    "Delete{}Policy": "DeleteInlinePolicy",
    "Put{}PermissionsBoundary": "Boundary",
    "Delete{}PermissionsBoundary": "DeleteBoundary",
}
OF_PRINCIPALS = {
    operation.format(kind): (change, kind)
    for operation, change in OF_KINDS.items()
    for kind in KINDS
}
OF_PRINCIPALS |= {
    "AddUserToGroup": ("AddToGroup", "User"),
    "RemoveUserFromGroup": ("RemoveFromGroup", "User"),
    "DeleteUser": ("DeleteUser", "User"),
    "DeleteGroup": ("DeleteGroup", "Group"),
    "DeleteRole": ("DeleteRole", "Role"),
    "UpdateAssumeRolePolicy": ("TrustPolicy", "Role"),
}
OF_POLICIES = {
    "CreatePolicyVersion": "NewVersion",
    "SetDefaultPolicyVersion": "DefaultVersion",
    "DeletePolicy": "DeletePolicy",
}
OF_RESOURCES = {
    "PutResourcePolicy": "ResourcePolicy",
    "DeleteResourcePolicy": "DeleteResourcePolicy",
    "DeregisterResource": "DeregisterResource",
}
# What goes with it is not told of by itself.
TELL_ALL = ("DeletePolicy", "DeleteUser", "DeleteGroup", "DeleteRole")
CREATED = {"CreateUser": "User", "CreateRole": "Role"}
KEPT = (
    "PolicyArn",
    "PolicyName",
    "PolicyDocument",
    "VersionId",
    "GroupName",
    "ResourceArn",
    "Tags",
)


def changes_of(ask: Asking, steps: Sequence[Step]) -> list[Params]:
    """The PolicyChanges that `steps` come to; steps that change nobody's access are none.

    Raises OperationError where the viewer may not read whom a step is about.
    """
    created = {
        (kind, str(params[f"{kind}Name"])): _arn_to_be(ask, kind, params)
        for operation, params in steps
        if (kind := CREATED.get(operation))
    }

    @cache
    def arn_of(kind: str, name: str) -> str:
        if (kind, name) in created:
            return created[kind, name]
        return str(ask.perform(f"Get{kind}", {f"{kind}Name": name})[kind]["Arn"])

    return [one for step in _telling(steps) for one in _changes(step, arn_of)]


def _telling(steps: Sequence[Step]) -> list[Step]:
    """Without what goes with something that is deleted, which tells it all."""
    gone = [params for name, params in steps if name in TELL_ALL]
    return [
        (name, params)
        for name, params in steps
        if name in TELL_ALL or not any(params.items() >= one.items() for one in gone)
    ]


def _changes(step: Step, arn_of: Callable[[str, str], str]) -> list[Params]:
    operation, params = step
    kept = {name: params[name] for name in KEPT if name in params}
    if operation in OF_POLICIES:
        # A version that is not to be the default counts for nobody yet.
        counts = operation != "CreatePolicyVersion" or params.get("SetAsDefault")
        return [{"ChangeType": OF_POLICIES[operation], **kept}] if counts else []
    if operation in OF_RESOURCES:
        return [{"ChangeType": OF_RESOURCES[operation], **kept}]
    if kind := CREATED.get(operation):
        arn = arn_of(kind, str(params[f"{kind}Name"]))
        made = {"ChangeType": operation, "PrincipalArn": arn, **kept}
        if kind == "Role":
            made["PolicyDocument"] = params["AssumeRolePolicyDocument"]
        bound = params.get("PermissionsBoundary")
        limit = {"ChangeType": "Boundary", "PrincipalArn": arn, "PolicyArn": bound}
        return [made, limit] if bound else [made]
    if operation not in OF_PRINCIPALS:
        return []
    change, kind = OF_PRINCIPALS[operation]
    arn = arn_of(kind, str(params[f"{kind}Name"]))
    if change == "Boundary":
        kept["PolicyArn"] = params["PermissionsBoundary"]
    return [{"ChangeType": change, "PrincipalArn": arn, **kept}]


def _arn_to_be(ask: Asking, kind: str, params: Params) -> str:
    account = ask.perform("GetCallerIdentity")["Account"]
    where = f"{kind.lower()}{params.get('Path') or '/'}"
    return f"arn:aws:iam::{account}:{where}{params[f'{kind}Name']}"
