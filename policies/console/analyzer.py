"""The analyzer's pages: findings, the worst first, and one finding with its proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import Asking, ConsoleRequest, Params
from iamsite.console.bulk import BulkAction
from iamsite.console.export import exported, file_urls
from iamsite.console.forms import OperationForm
from iamsite.console.listing import listing
from iamsite.console.steps import Step
from iamsite.console.table import file_columns
from iamsite.operations import OperationError, Verdict

WORST = 5  # findings that the dashboard shows
ANY_FINDING = "0" * 8 + "-0000-0000-0000-" + "0" * 12
Labels = Mapping[str, str | Promise]

STATUSES: Labels = {
    "ACTIVE": gettext_lazy("Active"),
    "ARCHIVED": gettext_lazy("Archived"),
    "RESOLVED": gettext_lazy("Resolved"),
}
KINDS: Labels = {
    "EXTERNAL_ACCESS": gettext_lazy("Access from outside"),
    "UNUSED_ACCESS": gettext_lazy("Unused access"),
    "WIDE_POLICY": gettext_lazy("Wide policies"),
}
SEVERITIES: Labels = {
    "HIGH": gettext_lazy("High"),
    "MEDIUM": gettext_lazy("Medium"),
    "LOW": gettext_lazy("Low"),
}
# What mends each type of finding, in a sentence or two.
ADVICE: Labels = {
    "RoleTrustsOutside": gettext_lazy(
        "If this is intended, archive the finding. If not, name only principals you know in the "
        "trust policy, and require in a condition an external id or your organization, or of an "
        "identity provider the audience and whom it vouches for."
    ),
    "ResourceOpenToOutside": gettext_lazy(
        "If this is intended, archive the finding. If not, name only principals you know in the "
        "resource's policy, and only the actions they need."
    ),
    "UnusedUser": gettext_lazy(
        "Deactivate its keys and take its password away. Delete the user once nobody has missed it."
    ),
    "UnusedRole": gettext_lazy(
        "Delete the role, or let nobody assume it until it is needed: a role that nobody uses is "
        "one that nobody watches."
    ),
    "UnusedAccessKey": gettext_lazy(
        "Deactivate the key, which can be undone. Delete it once nothing has failed for a while."
    ),
    "UnusedPassword": gettext_lazy(
        "Take the password away. Whoever needs the console again can be given a new one."
    ),
    "UnusedPermissions": gettext_lazy(
        "Take the services out of the policies that grant them. The access advisor tells which "
        "policy grants each."
    ),
    "FullAccess": gettext_lazy(
        "Grant the actions that are needed. The access advisor of whoever holds the policy tells "
        "which were used."
    ),
    "AllButSome": gettext_lazy(
        "Name what is allowed instead of what is not: every new service and action is granted "
        "unseen."
    ),
    "GivesPermissions": gettext_lazy(
        "Whoever holds it can give itself everything. Grant single actions, on named users and "
        "roles, and set a permissions boundary."
    ),
}
COLUMNS = file_columns(
    ("Message", gettext_lazy("Finding")),
    ("Severity", gettext_lazy("Severity")),
    ("Kind", gettext_lazy("Kind")),
    ("FindingType", gettext_lazy("Type")),
    ("Status", gettext_lazy("Status")),
    ("ResourceArn", gettext_lazy("About")),
    ("CreateDate", gettext_lazy("Found")),
    ("FindingId", gettext_lazy("Id")),
)
TONES = {"HIGH": "bad", "MEDIUM": "warn", "LOW": "info"}


@require_safe
def analyzer(request: ConsoleRequest) -> HttpResponseBase:
    seen = request.ask.see(analysis=("GetAnalysis", {}))["analysis"]
    status = _chosen(request, "status", STATUSES) or "ACTIVE"
    kind, severity = _chosen(request, "kind", KINDS), _chosen(request, "severity", SEVERITIES)
    asked: Params = {"Status": status}
    if kind:
        asked["Kind"] = kind
    if severity:
        asked["Severity"] = severity
    source = ("ListFindings", "Findings")
    if file := exported(request, "findings", COLUMNS, source, asked):
        return file
    found = listing(request, *source, asked, ["kind", "severity"])
    analysis = seen.result.get("Analysis")
    counts = analysis or {}
    context = {
        "denied": seen.denied,
        **file_urls(request),
        "analysis": analysis,
        "listing": found,
        "rows": [_shown(one) for one in found.rows],
        "status": status,
        "kind": kind,
        "severity": severity,
        "kinds": KINDS.items(),
        "severities": SEVERITIES.items(),
        "statuses": [
            (name, label, counts.get(f"{name.title()}Findings", 0))
            for name, label in STATUSES.items()
        ],
        "may": request.ask.may(
            analyze=("AnalyzeAccount", {}),
            archive=("ArchiveFinding", {"FindingId": ANY_FINDING}),
        ),
    }
    return render(request, "policies/analyzer.html", context)


def _chosen(request: ConsoleRequest, name: str, known: Labels) -> str:
    value = request.GET.get(name, "")
    return value if value in known else ""


@require_safe
def finding(request: ConsoleRequest, finding_id: str) -> HttpResponse:
    which = {"FindingId": finding_id}
    found = request.ask.perform("GetFinding", which)["Finding"]
    context = {
        "finding": _shown(found),
        "may": request.ask.may(
            archive=("ArchiveFinding", which), unarchive=("UnarchiveFinding", which)
        ),
    }
    return render(request, "policies/finding.html", context)


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    """A finding with what a person is told of it, and where it can be mended."""
    return {
        **found,
        "title": found["Message"].removesuffix("."),
        "tone": TONES[found["Severity"]],
        "severity": SEVERITIES[found["Severity"]],
        "kind": KINDS[found["Kind"]],
        "status": STATUSES[found["Status"]],
        "subject": _subject(found),
        "fix": _fix(found),
        "advice": ADVICE.get(found["FindingType"], ""),
    }


def _subject(found: dict[str, Any]) -> str:
    """The address of the page of what it is about; empty where there is none."""
    arn = found["ResourceArn"]
    kind, _slash, name = arn.split(":", 5)[5].partition("/")
    if found["FindingType"] == "ResourceOpenToOutside":
        return reverse("console:resource", args=[arn])
    if arn.split(":", 3)[2] != "iam" or kind not in ("user", "group", "role", "policy"):
        return ""
    return reverse(f"console:{kind}", args=[arn if kind == "policy" else name.rpartition("/")[2]])


def _fix(found: dict[str, Any]) -> tuple[str, str] | None:
    """What mends it: an address and what one does there."""
    arn, type_ = found["ResourceArn"], found["FindingType"]
    kind, _slash, path = arn.split(":", 5)[5].partition("/")
    name = path.rpartition("/")[2]
    if kind == "root":
        return reverse("console:security-credentials"), _("Root's keys")
    if type_ == "ResourceOpenToOutside":
        return reverse("console:edit-resource-policy", args=[arn]), _("Edit policy")
    if type_ == "RoleTrustsOutside":
        return reverse("console:edit-trust", args=[name]), _("Edit trust")
    if type_ in ("UnusedUser", "UnusedRole"):
        return reverse(f"console:{kind}", args=[name]) + "?tab=access", _("Permissions")
    if type_ in ("UnusedAccessKey", "UnusedPassword"):
        return reverse("console:user", args=[name]) + "?tab=credentials", _("Credentials")
    if type_ == "UnusedPermissions":
        url = reverse(f"console:{kind}", args=[name])
        return f"{url}?tab=access&show=unused", _("See what is unused")
    if kind == "policy":
        return reverse("console:edit-policy", args=[arn]), _("Edit policy")
    if found["Kind"] == "WIDE_POLICY":
        url = reverse(f"console:edit-inline-{kind}-policy", args=[name, found["PolicyName"]])
        return url, _("Edit policy")
    return None


@dataclass(frozen=True, slots=True)
class Worst:
    """The active findings that are worst, and how many there are; nothing for who may not see.

    `analyzed` is when the account was last looked at, None for never. `may_analyze` is true where
    it never was and the viewer may see to that.
    """

    findings: Sequence[Mapping[str, Any]] = ()
    active: int = 0
    analyzed: datetime | None = None
    may_analyze: bool = False
    may_archive: Verdict | None = None


def worst_findings(ask: Asking) -> Worst:
    """What the dashboard says of the last analysis."""
    seen = ask.see(
        analysis=("GetAnalysis", {}),
        found=("ListFindings", {"Status": "ACTIVE", "MaxItems": WORST}),
    )
    may = ask.may(
        analyze=("AnalyzeAccount", {}), archive=("ArchiveFinding", {"FindingId": ANY_FINDING})
    )
    analysis = seen["analysis"].result.get("Analysis")
    if analysis is None:
        return Worst(may_analyze=bool(may["analyze"]) and bool(seen["analysis"]))
    return Worst(
        [_shown(one) for one in seen["found"].result.get("Findings", [])],
        analysis["ActiveFindings"],
        analysis["AnalyzedDate"],
        may_archive=may["archive"],
    )


class AnalyzeForm(OperationForm):
    UnusedDays = forms.IntegerField(
        label=gettext_lazy("Days after which access is unused"),
        min_value=1,
        max_value=365,
        initial=90,
        help_text=gettext_lazy("Nothing younger than that is reported as unused."),
    )


class Analyze(Action):
    operation = "AnalyzeAccount"
    form_class = AnalyzeForm
    title = gettext_lazy("Analyze the account")
    lead = gettext_lazy(
        "Looks at every role, resource, user, key and policy. What was archived stays archived."
    )
    submit = gettext_lazy("Analyze")
    success = gettext_lazy("The account was analyzed.")

    def back_url(self) -> str:
        return reverse("console:analyzer")

    def crumbs(self) -> list[Crumb]:
        return [(_("Analyzer"), self.back)]


class FindingAction(Action):
    names = {"finding_id": "FindingId"}

    def back_url(self) -> str:
        return reverse("console:finding", args=[self.kwargs["finding_id"]])

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:analyzer")

    def crumbs(self) -> Sequence[Crumb]:
        return [(_("Analyzer"), reverse("console:analyzer")), (_("Finding"), self.back)]


class ArchiveFinding(FindingAction):
    operation = "ArchiveFinding"
    title = gettext_lazy("Archive this finding")
    lead = gettext_lazy(
        "For what is meant to be so. It is not listed with the active ones any more, unless it "
        "goes away and comes back."
    )
    submit = gettext_lazy("Archive")
    success = gettext_lazy("The finding is archived.")


class ArchiveFindings(BulkAction):
    operation = "ArchiveFinding"
    title = gettext_lazy("Archive findings")
    lead = gettext_lazy("For what is meant to be so. Each can be made active again.")
    submit = gettext_lazy("Archive")
    result_label = gettext_lazy("Finding")

    def back_url(self) -> str:
        return reverse("console:analyzer")

    def crumbs(self) -> list[Crumb]:
        return [(_("Analyzer"), self.back)]

    def steps(self, item: str, form: OperationForm) -> list[Step]:
        return [("ArchiveFinding", {"FindingId": item})]

    def item_url(self, item: str) -> str:
        return reverse("console:finding", args=[item])

    def item_name(self, item: str) -> str:
        """What it found, to who may see it."""
        try:
            found = self.request.ask.see(one=("GetFinding", {"FindingId": item}))["one"]
        except OperationError:
            return item
        return str(found.result["Finding"]["Message"]).removesuffix(".") if found else item


class UnarchiveFinding(FindingAction):
    operation = "UnarchiveFinding"
    title = gettext_lazy("Make this finding active again")
    submit = gettext_lazy("Make active")
    success = gettext_lazy("The finding is active again.")
