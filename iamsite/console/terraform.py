"""Operations as resources of Terraform's AWS provider."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from iamsite.console.asking import Params


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource type and the argument that each parameter becomes.

    `named` are the parameters that make up the resource's local name.
    """

    type: str
    arguments: dict[str, str]
    named: tuple[str, ...]


def _inline(kind: str) -> Resource:
    name = f"{kind.title()}Name"
    return Resource(
        f"aws_iam_{kind}_policy",
        {"PolicyName": "name", name: kind, "PolicyDocument": "policy"},
        (name, "PolicyName"),
    )


def _attachment(kind: str) -> Resource:
    name = f"{kind.title()}Name"
    return Resource(
        f"aws_iam_{kind}_policy_attachment",
        {name: kind, "PolicyArn": "policy_arn"},
        (name, "PolicyArn"),
    )


_ENTITY = {"Path": "path", "PermissionsBoundary": "permissions_boundary", "Tags": "tags"}

RESOURCES = {
    "CreateUser": Resource("aws_iam_user", {"UserName": "name", **_ENTITY}, ("UserName",)),
    "CreateGroup": Resource("aws_iam_group", {"GroupName": "name", "Path": "path"}, ("GroupName",)),
    "CreateRole": Resource(
        "aws_iam_role",
        {
            "RoleName": "name",
            "Description": "description",
            "MaxSessionDuration": "max_session_duration",
            "AssumeRolePolicyDocument": "assume_role_policy",
            **_ENTITY,
        },
        ("RoleName",),
    ),
    "CreatePolicy": Resource(
        "aws_iam_policy",
        {
            "PolicyName": "name",
            "Path": "path",
            "Description": "description",
            "PolicyDocument": "policy",
            "Tags": "tags",
        },
        ("PolicyName",),
    ),
    "AddUserToGroup": Resource(
        "aws_iam_user_group_membership",
        {"UserName": "user", "GroupName": "groups"},
        ("UserName", "GroupName"),
    ),
    "CreateAccessKey": Resource("aws_iam_access_key", {"UserName": "user"}, ("UserName",)),
    "CreateLoginProfile": Resource(
        "aws_iam_user_login_profile",
        {"UserName": "user", "PasswordResetRequired": "password_reset_required"},
        ("UserName",),
    ),
    "CreateAccountAlias": Resource(
        "aws_iam_account_alias", {"AccountAlias": "account_alias"}, ("AccountAlias",)
    ),
    "UpdateAccountPasswordPolicy": Resource(
        "aws_iam_account_password_policy",
        {
            "MinimumPasswordLength": "minimum_password_length",
            "RequireUppercaseCharacters": "require_uppercase_characters",
            "RequireLowercaseCharacters": "require_lowercase_characters",
            "RequireNumbers": "require_numbers",
            "RequireSymbols": "require_symbols",
            "MaxPasswordAge": "max_password_age",
            "HardExpiry": "hard_expiry",
            "PasswordReusePrevention": "password_reuse_prevention",
            "AllowUsersToChangePassword": "allow_users_to_change_password",
        },
        (),
    ),
    "SetSecurityTokenServicePreferences": Resource(
        "aws_iam_security_token_service_preferences",
        {"GlobalEndpointTokenVersion": "global_endpoint_token_version"},
        (),
    ),
    **{f"Put{kind.title()}Policy": _inline(kind) for kind in ("user", "group", "role")},
    **{f"Attach{kind.title()}Policy": _attachment(kind) for kind in ("user", "group", "role")},
}
# What takes a resource away again, which in Terraform is the block's absence.
REMOVES = {
    "RemoveUserFromGroup": "AddUserToGroup",
    "DeleteAccountPasswordPolicy": "UpdateAccountPasswordPolicy",
    **{name.replace("Create", "Delete"): name for name in RESOURCES if name.startswith("Create")},
    **{f"Delete{kind}Policy": f"Put{kind}Policy" for kind in ("User", "Group", "Role")},
    **{f"Detach{kind}Policy": f"Attach{kind}Policy" for kind in ("User", "Group", "Role")},
}
_DOCUMENTS = {"policy", "assume_role_policy"}


def resources(performed: Sequence[tuple[str, Params]]) -> str:
    """A block for each operation; "" when one of them has no resource."""
    blocks = []
    for name, params in performed:
        known = RESOURCES.get(REMOVES.get(name, name))
        if known is None:
            return ""
        if name in REMOVES:
            label = f'"{known.type}" "{_local_name(known, params)}"'
            blocks.append(f"# Delete the block `resource {label}` and apply.")
        else:
            blocks.append(_block(known, params))
    return "\n\n".join(blocks)


def _block(resource: Resource, params: Params) -> str:
    given = {
        argument: params[parameter]
        for parameter, argument in resource.arguments.items()
        if parameter in params
    }
    width = max((len(argument) for argument in given), default=0)
    lines = [
        f"  {argument:<{width}} = {_value(argument, value)}" for argument, value in given.items()
    ]
    return "\n".join(
        [f'resource "{resource.type}" "{_local_name(resource, params)}" {{', *lines, "}"]
    )


def _local_name(resource: Resource, params: Params) -> str:
    words = [str(params[name]).rpartition("/")[2] for name in resource.named if params.get(name)]
    text = re.sub(r"\W+", "_", "_".join(words)).strip("_").lower() or "this"
    return f"_{text}" if text[0].isdigit() else text


def _value(argument: str, value: Any) -> str:
    if argument in _DOCUMENTS:
        try:
            expression = _expression(json.loads(value), 1)
            expression.encode()  # JSON's escapes can write half a surrogate pair
        except (ValueError, RecursionError):
            return _string(value)
        return f"jsonencode({expression})"
    if argument == "groups":
        return f"[{_string(value)}]"
    if argument == "tags":
        return _expression({tag["Key"]: tag["Value"] for tag in value}, 1)
    return _expression(value, 1)


def _expression(value: Any, depth: int) -> str:
    """A JSON value as an HCL expression."""
    pad, end = "  " * (depth + 1), "  " * depth
    if isinstance(value, dict):
        if not value:
            return "{}"
        lines = [
            f"{pad}{_key(key)} = {_expression(item, depth + 1)}" for key, item in value.items()
        ]
        return "\n".join(["{", *lines, f"{end}}}"])
    if isinstance(value, list):
        if not any(isinstance(item, dict | list) for item in value):
            return f"[{', '.join(_expression(item, depth) for item in value)}]"
        items = [f"{pad}{_expression(item, depth + 1)}," for item in value]
        return "\n".join(["[", *items, f"{end}]"])
    return _string(value) if isinstance(value, str) else json.dumps(value)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z_]\w*", key) else _string(key)


def _string(text: str) -> str:
    """A quoted string; `${` and `%{` would begin a template in HCL."""
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted.replace("${", "$${").replace("%{", "%%{")
