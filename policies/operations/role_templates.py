"""Role templates: roles made from a pattern that somebody else has thought through.

Source: the service model of IAM; IAM User Guide, "Role manager"; api-behaviour.md §8.13.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.properties import ROLE_MANAGER, account_properties
from iamsite.operations import Call, OperationError, operation
from iamsite.operations.errors import invalid_input, no_such_entity
from identities import placeholders
from identities.models import Role
from identities.operations import find
from identities.operations.roles import get_role, make_role, new_role
from identities.role_templates import TemplateVersion, templates
from policies.models import Attachment, InlinePolicy
from policies.operations.attachments import attach_policy
from policies.operations.inline import put_policy
from policies.operations.principals import ROLE

LONGEST_VALUE = 1024
LISTS = ("StringList", "NumberList", "ArnList")
OF_TYPE = {
    "Number": re.compile(r"-?[0-9]{1,18}"),
    "Arn": re.compile(r"arn:[a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]{0,12}:\S+", re.ASCII),
}
OF_SUBTYPE = {
    "AccountId": re.compile(r"[0-9]{12}"),
    "Branch": re.compile(r"[\w./-]+", re.ASCII),
    "BucketName": re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    "ExternalId": re.compile(r"[\w+=,.:/-]{2,1024}", re.ASCII),
    "Name": re.compile(r"[\w+=,.-]+", re.ASCII),
    "Repository": re.compile(r"[\w.-]+/[\w.-]+", re.ASCII),
    "ServicePrincipal": re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?"),
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A role as a template makes it: documents are text, inline policies by name."""

    version: TemplateVersion
    values: Mapping[str, list[str]]
    name: str
    path: str
    description: str
    trust_policy: str
    inline: Mapping[str, str]
    tags: list[dict[str, str]]


def _version(arn: str, minor: int | None) -> TemplateVersion:
    """Raises NoSuchEntity."""
    versions = templates().get(arn)
    if versions is None:
        known = ", ".join(templates())
        raise no_such_entity(f"The role template {arn} cannot be found. There are {known}.")
    first = next(iter(versions.values()))
    found = versions.get(first.default_minor if minor is None else minor)
    if found is None:
        raise no_such_entity(f"The role template {arn} has no minor version {minor}.")
    return found


@operation(
    "iam:GetRoleTemplateVersion",
    reads=True,
    differs="The templates are the portal's own: FunctionExecution, InstanceAccess, ServiceAccess, "
    "CrossAccountAudit and PipelineDeployment, as arn:aws:iam::aws:role-template/NAME.",
)
def get_role_template_version(
    call: Call, TemplateArn: str, MinorVersion: int | None = None
) -> dict[str, Any]:
    version = _version(TemplateArn, MinorVersion)
    output = {
        "TemplateArn": version.arn,
        "TemplateName": version.name,
        "TemplateVersionId": version.id,
        "Description": version.description,
        "MajorVersion": version.major,
        "DefaultMinorVersion": version.default_minor,
        "ManagedByType": "Service",
        "ManagedByValue": version.managed_by,
        "Enabled": version.enabled and _is_on(call),
        "MinorVersion": version.minor,
        "RoleNamePattern": version.role_name,
        "RolePathPattern": version.role_path,
        "RoleDescriptionPattern": version.role_description,
        "AssumeRolePolicyDocumentTemplate": _text(version.trust_policy),
        "InlinePolicyTemplates": [
            {**one, "PolicyDocument": _text(one["PolicyDocument"])}
            for one in version.inline_policies
        ],
        "ManagedPolicyArns": list(version.managed_policy_arns),
        "ParametersDefinition": [dict(one) for one in version.parameters],
        "RoleTagsTemplate": [dict(one) for one in version.tags],
        "MaxSessionDuration": version.max_session_duration,
        "VersionEnabled": version.version_enabled,
        "CreateTimestamp": version.created_at,
        "UpdateTimestamp": version.updated_at,
    }
    if version.boundary is not None:
        output["PermissionBoundaryArn"] = version.boundary
    return {"RoleTemplateVersion": output}


def _is_on(call: Call) -> bool:
    return account_properties(call.account)[ROLE_MANAGER] == "true"


def _text(document: Any) -> str:
    return json.dumps(document, indent=2)


def _values(version: TemplateVersion, given: Mapping[str, Any]) -> dict[str, list[str]]:
    """The values of every parameter. Raises InvalidInput."""
    definitions = {one["Name"]: one for one in version.parameters}
    for name in given:
        if name not in definitions:
            raise invalid_input(f"The template has no parameter {name}.")
    values = {}
    for name, definition in definitions.items():
        held = list(given[name]["Values"]) if name in given else []
        if not held and "DefaultValue" in definition:
            held = [definition["DefaultValue"]]
        if not held:
            raise invalid_input(f"The parameter {name} needs a value.")
        _check(definition, held)
        values[name] = held
    return values


def _check(definition: Mapping[str, Any], held: list[str]) -> None:
    name, kind = definition["Name"], definition["Type"]
    if kind not in LISTS and len(held) > 1:
        raise invalid_input(f"The parameter {name} has one value.")
    forms = (OF_TYPE.get(kind.removesuffix("List")), OF_SUBTYPE.get(definition.get("SubType", "")))
    for value in held:
        plain = placeholders.is_plain(value) and value.isprintable()
        formed = all(form is None or form.fullmatch(value) for form in forms)
        if not (plain and formed and 0 < len(value) <= LONGEST_VALUE):
            wanted = definition.get("SubType") or kind
            raise invalid_input(f"The parameter {name} cannot be {value}: it must be a {wanted}.")


def _rendered(
    call: Call,
    TemplateArn: str,
    TemplateMinorVersion: int | None = None,
    ReplacementValues: Mapping[str, Any] | None = None,
) -> Rendered:
    """The role that the call asks for, kept for the call.

    Raises NoSuchEntity, InvalidInput, RoleTemplateDisabled.
    """
    if Rendered not in call.found:
        version = _version(TemplateArn, TemplateMinorVersion)
        if not (version.enabled and version.version_enabled and _is_on(call)):
            raise OperationError(
                "RoleTemplateDisabled",
                f"The role template {TemplateArn} is disabled in minor version {version.minor}."
                if _is_on(call)
                else f"Role templates are disabled in this account ({ROLE_MANAGER}).",
            )
        values = _values(version, ReplacementValues or {})
        call.found[Rendered] = _render(version, values)
    found: Rendered = call.found[Rendered]
    return found


def _render(version: TemplateVersion, values: Mapping[str, list[str]]) -> Rendered:
    def text(pattern: str) -> str:
        return str(placeholders.fill(pattern, values))

    name = text(version.role_name)
    if len(name) > 64:
        raise invalid_input(f"The name of the role, {name}, would be longer than 64 characters.")
    return Rendered(
        version,
        values,
        name,
        text(version.role_path),
        text(version.role_description)[:512],
        _text(placeholders.fill(version.trust_policy, values)),
        {
            one["PolicyName"]: _text(placeholders.fill(one["PolicyDocument"], values))
            for one in version.inline_policies
        },
        [{key: text(value) for key, value in tag.items()} for tag in version.tags],
    )


def _authorize(call: Call, **params: Any) -> None:
    """By the actions that a caller would need to make, or see, the role by hand."""
    role = _rendered(call, **params)
    of_template = {"iam:RoleTemplateARN": role.version.arn}
    if find.find(call, Role, role.name) is not None:
        call.authorize("iam:GetRole", find.role(call, role.name), of_template)
        return
    resource = new_role(call, role.name, role.path)
    tags: dict[str, Any] = {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in role.tags}
    if tags:
        tags["aws:TagKeys"] = tuple(tag["Key"] for tag in role.tags)
        call.authorize("iam:TagRole", resource, {**of_template, **tags})
    bounded = {**of_template, "iam:PermissionsBoundary": role.version.boundary}
    call.authorize("iam:CreateRole", resource, {**bounded, **tags})
    if role.inline:
        call.authorize("iam:PutRolePolicy", resource, bounded)
    for arn in role.version.managed_policy_arns:
        call.authorize("iam:AttachRolePolicy", resource, {**bounded, "iam:PolicyARN": arn})


@operation(
    "iam:AcquireRole",
    authorizes_itself=_authorize,
    differs="Values are plain text: no wildcard, no policy variable. A role that the same template "
    "and values have made, unchanged since, is answered instead of made again.",
)
def acquire_role(call: Call, TemplateArn: str, **params: Any) -> dict[str, Any]:
    role = _rendered(call, TemplateArn, **params)
    held = find.find(call, Role, role.name)
    if held is not None:
        _refuse_other(call, held, role)
        return get_role(call, role.name)
    made = make_role(
        call,
        role.name,
        role.trust_policy,
        role.path,
        role.description,
        role.version.max_session_duration,
        role.version.boundary,
        role.tags,
    )
    made.template = {"Arn": role.version.arn, "MinorVersion": role.version.minor}
    made.save(update_fields=["template"])
    for name, document in role.inline.items():
        put_policy(call, ROLE, made, name, document)
    for arn in role.version.managed_policy_arns:
        attach_policy(call, ROLE, made, arn)
    del call.found[(Role, role.name.lower())]  # which knows of none
    return get_role(call, role.name)


def _refuse_other(call: Call, held: Any, role: Rendered) -> None:
    """Raises NameConflict for a role that did not come of the template, RoleModified for one that
    is no longer as these values make it."""
    if held.template.get("Arn") != role.version.arn:
        raise OperationError(
            "NameConflict", f"There is a role {role.name}, which is not from {role.version.arn}."
        )
    inline = InlinePolicy.objects.of(call.account).filter(principal_id=held.id)
    attached = Attachment.objects.of(call.account).filter(principal_id=held.id)
    now = (
        held.path,
        held.trust_policy,
        held.max_session_duration,
        held.boundary,
        dict(inline.values_list("name", "document")),
        {row.policy.arn for row in attached.select_related("policy")},
    )
    made = (
        role.path,
        role.trust_policy,
        role.version.max_session_duration,
        role.version.boundary,
        dict(role.inline),
        set(role.version.managed_policy_arns),
    )
    if now != made:
        raise OperationError(
            "RoleModified",
            f"The role {role.name} differs from what the template makes of these values.",
        )
