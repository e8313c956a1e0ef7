"""The state of an account: what to mend first, and the first steps of a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from iamsite.console.asking import Asking
from iamsite.operations import Somewhere, Verdict

# The recommendations by their names in the portal model, and what each is called.
STEPS: dict[str, str | Promise] = {
    "ProtectRoot": gettext_lazy("Protect the root user"),
    "FirstGroup": gettext_lazy("Create a group"),
    "FirstAdministrator": gettext_lazy("Create the first administrator"),
    "LockRoot": gettext_lazy("Lock root away"),
    "FirstKey": gettext_lazy("Give a program a key"),
    "FirstCall": gettext_lazy("Make the first call"),
}
FINDINGS: dict[str, str | Promise] = {
    "RootAccessKeys": gettext_lazy("The root user has access keys"),
    "RootMFA": gettext_lazy("The root user signs in with a password alone"),
    "NoAdministrator": gettext_lazy("There is no administrator but root"),
    "RootNotLocked": gettext_lazy("The root user is not locked away"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend; `tone` is bad or warn, `until` when it is told where it is put off.

    `right` names the verdict of Posture.may on its action.
    """

    name: str
    tone: str
    why: str
    url: str
    action: str
    right: str
    until: datetime | None = None

    @property
    def title(self) -> str:
        return str(FINDINGS[self.name])


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps, done or not; `skipped_by` is the ARN of who skipped it.

    `right` names the verdict of Posture.may on its action, "" where everybody may.
    """

    name: str
    done: bool
    why: str
    url: str
    action: str
    right: str = ""
    skipped_by: str = ""

    @property
    def title(self) -> str:
        return str(STEPS[self.name])

    @property
    def skipped(self) -> bool:
        return bool(self.skipped_by) and not self.done


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
    put_off: Sequence[Finding] = ()
    may: Mapping[str, Verdict] = field(default_factory=dict)

    @property
    def skipped(self) -> int:
        return sum(step.skipped for step in self.steps)

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)

    @property
    def is_ready(self) -> bool:
        """Whether nothing is left to do: hidden on the dashboard then."""
        return self.done + self.skipped == len(self.steps)


def posture(ask: Asking) -> Posture:
    """Looks at the account by a fixed number of operations, whatever its size."""
    seen = ask.see(
        status=("GetAccountStatus", {}),
        summary=("GetAccountSummary", {}),
        keyed=("ListUserSummaries", {"SortBy": "OldestActiveKeyDate", "MaxItems": 1}),
        used=("ListUserSummaries", {"HasUsedKey": True, "MaxItems": 1}),
    )
    hidden = [*dict.fromkeys(answer.denied for answer in seen.values() if answer.denied)]
    status = seen["status"].result
    summary = seen["summary"].result.get("SummaryMap", {})
    keyed, used = (seen[name].result.get("UserSummaries", ()) for name in ("keyed", "used"))
    has_key = any("OldestActiveKeyDate" in user for user in keyed)
    dismissed = {
        one["RecommendationName"]: one for one in status.get("DismissedRecommendations", ())
    }
    found = [
        replace(one, until=dismissed.get(one.name, {}).get("Until"))
        for one in (_findings(status) if status else ())
    ]
    steps = [
        replace(step, skipped_by=dismissed.get(step.name, {}).get("PrincipalArn", ""))
        for step in (_steps(status, summary, has_key, bool(used)) if all(seen.values()) else ())
    ]
    return Posture(
        findings=[one for one in found if one.until is None],
        put_off=[one for one in found if one.until is not None],
        steps=steps,
        may=ask.may(
            dismiss=("DismissRecommendation", {"RecommendationName": "FirstKey"}),
            restore=("RestoreRecommendation", {"RecommendationName": "FirstKey"}),
            root=("LockRoot", {}),
            user=Somewhere("CreateUser", {"UserName": "any-user"}),
            group=Somewhere("CreateGroup", {"GroupName": "any-group"}),
        ),
        counts=_counts(summary) if summary else (),
        hidden=hidden,
    )


def _findings(status: dict[str, Any]) -> list[Finding]:
    found = []
    if status["RootAccessKeysActive"]:
        found.append(
            Finding(
                "RootAccessKeys",
                "bad",
                _("A program with root's key may do everything, and no policy can limit it."),
                reverse("console:security-credentials"),
                _("Root's keys"),
                "root",
            )
        )
    if not status["RootMFAEnabled"]:
        found.append(
            Finding(
                "RootMFA",
                "bad",
                _("Whoever learns it owns the account. MFA stops that."),
                reverse("console:security-credentials"),
                _("Protect root"),
                "root",
            )
        )
    if not status["AdministratorPresent"]:
        found.append(
            Finding(
                "NoAdministrator",
                "warn",
                _("Create a user with AdministratorAccess for daily work and leave root alone."),
                reverse("console:create-user"),
                _("Create user"),
                "user",
            )
        )
    elif status["RootMFAEnabled"] and not status["RootLocked"]:
        found.append(
            Finding(
                "RootNotLocked",
                "warn",
                _("There is an administrator now: root need not be at hand."),
                reverse("console:security-credentials"),
                _("Lock root away"),
                "root",
            )
        )
    return found


def _steps(
    status: dict[str, Any], summary: dict[str, int], has_key: bool, used: bool
) -> list[Step]:
    credentials = reverse("console:security-credentials")
    return [
        Step(
            "ProtectRoot",
            bool(status["RootMFAEnabled"]),
            _("An MFA device beside its password."),
            credentials,
            _("Protect root"),
            "root",
        ),
        Step(
            "FirstGroup",
            summary.get("Groups", 0) > 0,
            _("Policies on a group hold for everyone in it. Start with one for administrators."),
            reverse("console:create-group"),
            _("Create group"),
            "group",
        ),
        Step(
            "FirstAdministrator",
            bool(status["AdministratorPresent"]),
            _("A user in a group with AdministratorAccess, for the daily work."),
            reverse("console:create-user"),
            _("Create user"),
            "user",
        ),
        Step(
            "LockRoot",
            bool(status["RootLocked"]),
            _("Its keys are turned off, and it signs in with MFA only."),
            credentials,
            _("Lock root"),
            "root",
        ),
        Step(
            "FirstKey",
            has_key,
            _("An access key for the AWS CLI, an SDK or Terraform."),
            reverse("console:users"),
            _("Choose a user"),
        ),
        Step(
            "FirstCall",
            used,
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
