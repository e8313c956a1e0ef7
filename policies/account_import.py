"""Brings over what `aws iam get-account-authorization-details` prints of another account.

Everything is made through operations, as the root user of the account that receives it: what they
refuse is reported, and the rest goes on. What is there already stays as it is.
"""

from __future__ import annotations

import json
import re
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from iamsite.operations import OperationError

Perform = Callable[..., dict[str, Any]]
Details = dict[str, Any]

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
ARN = re.compile(r"(?P<front>arn:aws:[^:]*:[^:]*:)(?P<account>\d{12})(?=:)")
ACCOUNT_OF = re.compile(r"arn:aws:iam::(\d{12}):")
SERVICE_LINKED = "/aws-service-role/"
# For a role whose trust policy names a role that comes later: nobody until that one is there.
TRUSTS_NOBODY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
)


ABSENT = "Invalid principal in policy"


class ImportRefused(ValueError):
    """The text is not what the AWS CLI prints."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that could not be brought over: "role Deploy", "attach …", and why."""

    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}"


@dataclass
class Report:
    """What came over, counted by kind; what was there before; what could not be; what differs."""

    brought: Counter[str] = field(default_factory=Counter)
    present: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(text: str) -> Details:
    """The details in `text`; raises ImportRefused."""
    try:
        details = json.loads(text)
    except ValueError as error:
        raise ImportRefused(f"The file is not JSON: {error}.") from error
    if not isinstance(details, dict) or not any(name in details for name in LISTS):
        raise ImportRefused(f"The file holds none of {', '.join(LISTS)}.")
    for name in LISTS:
        rows = details.setdefault(name, [])
        if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
            raise ImportRefused(f"{name} is not a list of objects.")
    if details.get("IsTruncated"):
        raise ImportRefused(
            "The file is one page of several: call the AWS CLI without --max-items."
        )
    return details


def bring_over(details: Details, account: str, perform: Perform) -> Report:
    """Makes everything in `details` in `account`; `perform(operation, **params)` acts for its root.

    The account id that the details come from becomes `account` wherever an ARN or a principal
    holds it.
    """
    return _Import(details, account, perform).run()


class _Import:
    def __init__(self, details: Details, account: str, perform: Perform) -> None:
        self.account = account
        self.source = _source(details)
        self.details: Details = {name: _walked(details[name], self.moved_arns) for name in LISTS}
        self.perform = perform
        self.report = Report()

    def run(self) -> Report:
        if self.source not in (None, self.account):
            self.report.notes.append(f"account {self.source} became {self.account} in every ARN")
        for policy in self.details["Policies"]:
            self.policy(policy)
        for group in self.details["GroupDetailList"]:
            self.group(group)
        for user in self.details["UserDetailList"]:
            self.user(user)
        self.roles(self.details["RoleDetailList"])
        return self.report

    def moved_arns(self, text: str) -> str:
        """`text` with the new account in every ARN that holds the old one."""

        def moved(match: re.Match[str]) -> str:
            return match["front"] + self.moved_id(match["account"])

        return ARN.sub(moved, text)

    def moved_id(self, text: str) -> str:
        return self.account if text == self.source else text

    def text(self, document: Any) -> str | None:
        """A policy document as operations take it; the AWS CLI prints it as an object."""
        if isinstance(document, str):
            if document.startswith("%7B"):
                document = urllib.parse.unquote(document)
            try:
                document = json.loads(document)
            except ValueError:
                return str(document)  # for the operation to refuse
        if document is None:
            return None
        moved = _walked(document, lambda text: self.moved_id(self.moved_arns(text)))
        return json.dumps(moved, ensure_ascii=False)

    def attempt(self, what: str, operation: str, **params: Any) -> bool:
        """Performs, and tells whether it was done; a refusal goes into the report."""
        try:
            self.perform(operation, **{key: value for key, value in params.items() if value})
        except OperationError as error:
            self.report.failures.append(Failure(what, str(error)))
            return False
        return True

    def make(self, kind: str, name: Any, operation: str, **params: Any) -> bool:
        """Makes a user, group, role, policy or instance profile; False leaves it as it is."""
        what = f"{kind} {name}"
        try:
            self.perform(operation, **{key: value for key, value in params.items() if value})
        except OperationError as error:
            if _is_there(error):
                self.report.present.append(what)
            elif error.message.startswith(ABSENT):
                raise _NamesTheAbsent from error
            else:
                self.report.failures.append(Failure(what, str(error)))
            return False
        self.report.brought[kind] += 1
        return True

    def policy(self, policy: Details) -> None:
        arn, name = str(policy.get("Arn")), policy.get("PolicyName")
        if arn.startswith("arn:aws:iam::aws:"):
            return  # AWS's own are loaded by load_managed_policies
        versions = sorted(policy.get("PolicyVersionList") or [], key=_number)
        if not versions:
            self.report.failures.append(Failure(f"policy {name}", "it has no versions"))
            return
        first, *later = versions
        made = self.make(
            "policy",
            name,
            "CreatePolicy",
            PolicyName=name,
            Path=policy.get("Path"),
            Description=policy.get("Description"),
            Tags=policy.get("Tags"),
            PolicyDocument=self.text(first.get("Document")),
        )
        if not made:
            return
        self.default(arn, "v1", first)
        for version in later:
            self.version(arn, name, version)
        numbers = [str(one.get("VersionId")) for one in versions]
        if numbers != [f"v{number}" for number in range(1, len(numbers) + 1)]:
            self.report.notes.append(f"policy {name}: versions {', '.join(numbers)} are v1 onwards")

    def version(self, arn: str, name: Any, version: Details) -> None:
        what = f"version {version.get('VersionId')} of policy {name}"
        if version.get("IsDefaultVersion"):
            what = f"default {what}, so that an older one holds"
        params = {"PolicyArn": arn, "PolicyDocument": self.text(version.get("Document"))}
        try:
            made = self.perform("CreatePolicyVersion", **params)["PolicyVersion"]
        except OperationError as error:
            self.report.failures.append(Failure(what, str(error)))
            return
        self.report.brought["policy version"] += 1
        self.default(arn, made["VersionId"], version)

    def default(self, arn: str, version_id: str, version: Details) -> None:
        if version.get("IsDefaultVersion") and version_id != "v1":
            self.attempt(
                f"default version of {arn}",
                "SetDefaultPolicyVersion",
                PolicyArn=arn,
                VersionId=version_id,
            )

    def group(self, group: Details) -> None:
        name = group.get("GroupName")
        if self.make("group", name, "CreateGroup", GroupName=name, Path=group.get("Path")):
            self.permissions("Group", name, group)

    def user(self, user: Details) -> None:
        name = user.get("UserName")
        made = self.make(
            "user",
            name,
            "CreateUser",
            UserName=name,
            Path=user.get("Path"),
            PermissionsBoundary=_boundary(user),
            Tags=user.get("Tags"),
        )
        if made:
            self.permissions("User", name, user)
            for group in user.get("GroupList") or []:
                what = f"user {name} in group {group}"
                self.attempt(what, "AddUserToGroup", UserName=name, GroupName=group)

    def permissions(self, kind: str, name: Any, holder: Details) -> None:
        """The inline policies and attachments of a user, group or role that was just made."""
        of = {f"{kind}Name": name}
        for inline in holder.get(f"{kind}PolicyList") or []:
            policy = inline.get("PolicyName")
            what = f"inline policy {policy} of {kind.lower()} {name}"
            document = self.text(inline.get("PolicyDocument"))
            params = {"PolicyName": policy, "PolicyDocument": document, **of}
            if self.attempt(what, f"Put{kind}Policy", **params):
                self.report.brought["inline policy"] += 1
        for attached in holder.get("AttachedManagedPolicies") or []:
            arn = attached.get("PolicyArn")
            what = f"attachment of {arn} to {kind.lower()} {name}"
            if self.attempt(what, f"Attach{kind}Policy", PolicyArn=arn, **of):
                self.report.brought["attachment"] += 1

    def roles(self, roles: Iterable[Details]) -> None:
        """Roles may trust one another: those that name one still to come are made closed first."""
        closed = []
        for role in roles:
            if str(role.get("Path")).startswith(SERVICE_LINKED):
                self.service_linked(role)
                continue
            trust = self.text(role.get("AssumeRolePolicyDocument"))
            try:
                made = self.role(role, trust)
            except _NamesTheAbsent:
                made = self.role(role, TRUSTS_NOBODY)
                closed.append((role.get("RoleName"), trust))
            if made:
                self.permissions("Role", role.get("RoleName"), role)
                self.profiles(role)
        for name, trust in closed:
            what = f"trust policy of role {name}, which nobody may assume"
            self.attempt(what, "UpdateAssumeRolePolicy", RoleName=name, PolicyDocument=trust)

    def role(self, role: Details, trust: str | None) -> bool:
        """Raises _NamesTheAbsent for a trust policy whose principals are not all there."""
        name = role.get("RoleName")
        return self.make(
            "role",
            name,
            "CreateRole",
            RoleName=name,
            Path=role.get("Path"),
            AssumeRolePolicyDocument=trust,
            PermissionsBoundary=_boundary(role),
            Tags=role.get("Tags"),
        )

    def service_linked(self, role: Details) -> None:
        """Made anew by its service's name, since nobody may write its policies."""
        name = str(role.get("RoleName"))
        service = str(role.get("Path")).removeprefix(SERVICE_LINKED).strip("/")
        suffix = name.partition("_")[2]
        self.make(
            "service-linked role",
            name,
            "CreateServiceLinkedRole",
            AWSServiceName=service,
            CustomSuffix=suffix,
        )

    def profiles(self, role: Details) -> None:
        for profile in role.get("InstanceProfileList") or []:
            name, role_name = profile.get("InstanceProfileName"), role.get("RoleName")
            params = {"InstanceProfileName": name, "Path": profile.get("Path")}
            if self.make("instance profile", name, "CreateInstanceProfile", **params):
                self.attempt(
                    f"role {role_name} in instance profile {name}",
                    "AddRoleToInstanceProfile",
                    InstanceProfileName=name,
                    RoleName=role_name,
                )


class _NamesTheAbsent(Exception):
    """A trust policy names a principal that is not there, or not yet."""


def _source(details: Details) -> str | None:
    """The account that the details are of."""
    for name in LISTS:
        for one in details[name]:
            match = ACCOUNT_OF.match(str(one.get("Arn")))
            if match is not None:
                return match[1]
    return None


def _is_there(error: OperationError) -> bool:
    return error.code == "EntityAlreadyExists" or "has been taken in this account" in error.message


def _number(version: Details) -> int:
    digits = str(version.get("VersionId")).removeprefix("v")
    return int(digits) if digits.isdecimal() else 0


def _boundary(holder: Details) -> str | None:
    boundary = holder.get("PermissionsBoundary") or {}
    arn: str | None = boundary.get("PermissionsBoundaryArn")
    return arn


def _walked(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_walked(one, change) for one in value]
    if isinstance(value, dict):
        return {key: _walked(one, change) for key, one in value.items()}
    return value
