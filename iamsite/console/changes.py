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
    "DeleteGroup": ("DeleteGroup", "Group"),
    "UpdateAssumeRolePolicy": ("TrustPolicy", "Role"),
}
OF_POLICIES = {
    "CreatePolicyVersion": "NewVersion",
    "SetDefaultPolicyVersion": "DefaultVersion",
    "DeletePolicy": "DeletePolicy",
}
KEPT = ("PolicyArn", "PolicyName", "PolicyDocument", "VersionId", "GroupName", "Tags")


def changes_of(ask: Asking, steps: Sequence[Step]) -> list[Params]:
    """The PolicyChanges that `steps` come to; steps that change nobody's access are none.

    Raises OperationError where the viewer may not read whom a step is about.
    """
    created = {
        str(params["UserName"]): _arn_to_be(ask, params)
        for operation, params in steps
        if operation == "CreateUser"
    }

    @cache
    def arn_of(kind: str, name: str) -> str:
        if kind == "User" and name in created:
            return created[name]
        return str(ask.perform(f"Get{kind}", {f"{kind}Name": name})[kind]["Arn"])

    return [one for step in _telling(steps) for one in _changes(step, arn_of)]


def _telling(steps: Sequence[Step]) -> list[Step]:
    """Without what goes with a policy or a group that is deleted, which tells it all."""
    gone = [params for name, params in steps if name in ("DeletePolicy", "DeleteGroup")]
    return [
        (name, params)
        for name, params in steps
        if name in ("DeletePolicy", "DeleteGroup")
        or not any(params.items() >= one.items() for one in gone)
    ]


def _changes(step: Step, arn_of: Callable[[str, str], str]) -> list[Params]:
    operation, params = step
    kept = {name: params[name] for name in KEPT if name in params}
    if operation in OF_POLICIES:
        # A version that is not to be the default counts for nobody yet.
        counts = operation != "CreatePolicyVersion" or params.get("SetAsDefault")
        return [{"ChangeType": OF_POLICIES[operation], **kept}] if counts else []
    if operation == "CreateUser":
        arn = arn_of("User", str(params["UserName"]))
        made = {"ChangeType": "CreateUser", "PrincipalArn": arn, **kept}
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


def _arn_to_be(ask: Asking, params: Params) -> str:
    account = ask.perform("GetCallerIdentity")["Account"]
    return f"arn:aws:iam::{account}:user{params.get('Path') or '/'}{params['UserName']}"
