"""The state of an account: what to mend first, and the first steps of a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from iamsite.console.asking import Asking

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
LOOKED_AT = 3  # administrators whose keys are looked at


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend; `tone` is bad or warn."""

    tone: str
    title: str
    why: str
    url: str
    action: str


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps, done or not."""

    done: bool
    title: str
    why: str
    url: str
    action: str


@dataclass(frozen=True, slots=True)
class Count:
    name: str
    value: int
    quota: int
    url: str


@dataclass(frozen=True, slots=True)
class Posture:
    """What could be seen; `hidden` tells why the rest could not."""

    findings: Sequence[Finding]
    steps: Sequence[Step]
    counts: Sequence[Count]
    hidden: Sequence[str]

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)

    @property
    def is_ready(self) -> bool:
        return self.done == len(self.steps)


def posture(ask: Asking) -> Posture:
    """Looks at the account by a fixed number of operations, whatever its size."""
    seen = ask.see(
        status=("GetAccountStatus", {}),
        summary=("GetAccountSummary", {}),
        administrators=("ListEntitiesForPolicy", {"PolicyArn": ADMINISTRATOR}),
    )
    hidden = [answer.denied for answer in seen.values() if answer.denied]
    status = seen["status"].result
    summary = seen["summary"].result.get("SummaryMap", {})
    entities = seen["administrators"].result
    users = [user["UserName"] for user in entities.get("PolicyUsers", [])]
    through = [group["GroupName"] for group in entities.get("PolicyGroups", [])]
    users += _members(ask, through[:LOOKED_AT])
    used, has_key = _keys(ask, users[:LOOKED_AT])
    return Posture(
        findings=_findings(status) if status else (),
        steps=_steps(status, summary, has_key, used) if status and summary else (),
        counts=_counts(summary) if summary else (),
        hidden=hidden,
    )


def _members(ask: Asking, groups: Sequence[str]) -> list[str]:
    parts = {group: ("GetGroup", {"GroupName": group, "MaxItems": LOOKED_AT}) for group in groups}
    return [
        user["UserName"]
        for answer in ask.see(**parts).values()
        for user in answer.result.get("Users", [])
    ]


def _keys(ask: Asking, users: Sequence[str]) -> tuple[bool, bool]:
    """Whether one of these users has used a key, and whether one has a key at all."""
    listed = ask.see(**{user: ("ListAccessKeys", {"UserName": user}) for user in users})
    keys = [
        key["AccessKeyId"]
        for answer in listed.values()
        for key in answer.result.get("AccessKeyMetadata", [])
    ]
    last = ask.see(**{key: ("GetAccessKeyLastUsed", {"AccessKeyId": key}) for key in keys})
    used = any(
        "LastUsedDate" in answer.result.get("AccessKeyLastUsed", {}) for answer in last.values()
    )
    return used, bool(keys)


def _findings(status: dict[str, Any]) -> list[Finding]:
    found = []
    if status["RootAccessKeysActive"]:
        found.append(
            Finding(
                "bad",
                _("The root user has access keys"),
                _("A program with root's key may do everything, and no policy can limit it."),
                reverse("console:security-credentials"),
                _("Root's keys"),
            )
        )
    if not status["RootMFAEnabled"]:
        found.append(
            Finding(
                "bad",
                _("The root user signs in with a password alone"),
                _("Whoever learns it owns the account. A second factor stops that."),
                reverse("console:security-credentials"),
                _("Protect root"),
            )
        )
    if not status["AdministratorPresent"]:
        found.append(
            Finding(
                "warn",
                _("There is no administrator but root"),
                _("Make a user with AdministratorAccess for the daily work and leave root alone."),
                reverse("console:create-user"),
                _("Create user"),
            )
        )
    elif status["RootMFAEnabled"] and not status["RootLocked"]:
        found.append(
            Finding(
                "warn",
                _("The root user is not locked away"),
                _("There is an administrator now: root need not be at hand."),
                reverse("console:security-credentials"),
                _("Lock root away"),
            )
        )
    return found


def _steps(
    status: dict[str, Any], summary: dict[str, int], has_key: bool, used: bool
) -> list[Step]:
    credentials = reverse("console:security-credentials")
    return [
        Step(
            bool(status["RootMFAEnabled"]),
            _("Protect the root user"),
            _("A second factor beside its password."),
            credentials,
            _("Protect root"),
        ),
        Step(
            summary.get("Groups", 0) > 0,
            _("Make a group"),
            _("Policies on a group hold for everyone in it. Start with one for administrators."),
            reverse("console:create-group"),
            _("Create group"),
        ),
        Step(
            bool(status["AdministratorPresent"]),
            _("Make the first administrator"),
            _("A user in a group with AdministratorAccess, for the daily work."),
            reverse("console:create-user"),
            _("Create user"),
        ),
        Step(
            bool(status["RootLocked"]),
            _("Lock root away"),
            _("Its keys are turned off, and it signs in with its second factor only."),
            credentials,
            _("Lock root"),
        ),
        Step(
            has_key,
            _("Give a program a key"),
            _("An access key for the AWS CLI, an SDK or Terraform."),
            reverse("console:users"),
            _("Choose a user"),
        ),
        Step(
            used,
            _("Make the first call"),
            _("With the key: aws sts get-caller-identity"),
            reverse("console:getting-started") + "#first-call",
            _("Show me"),
        ),
    ]


def _counts(summary: dict[str, int]) -> list[Count]:
    return [
        Count(
            label, summary.get(key, 0), summary.get(f"{key}Quota", 0), reverse(f"console:{route}")
        )
        for key, label, route in (
            ("Users", _("Users"), "users"),
            ("Groups", _("Groups"), "groups"),
            ("Roles", _("Roles"), "roles"),
            ("Policies", _("Policies"), "policies"),
        )
    ]
