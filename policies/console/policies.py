"""Managed policies: list, create, delete."""

from __future__ import annotations

import json
from operator import itemgetter
from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.bulk import BulkAction
from iamsite.console.documents import DocumentForm
from iamsite.console.export import export
from iamsite.console.forms import DocumentField, OperationForm, TagsField
from iamsite.console.listing import address
from iamsite.console.steps import InSteps, Step
from iamsite.console.table import BulkLink, Column, Table, shown
from iamsite.operations import Somewhere
from policies.engine import DocumentKind

EXAMPLE = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "", "Effect": "Allow", "Action": ["iam:Get*", "iam:List*"], "Resource": "*"}
        ],
    },
    indent=2,
).replace('      "Sid": "",\n', "")

SCOPES = {
    "": ("Local", gettext_lazy("Your own")),
    "aws": ("AWS", gettext_lazy("AWS managed")),
    "all": ("All", gettext_lazy("All")),
}


POLICIES = Table(
    name="policies",
    identity="Arn",
    source=("ListPolicySummaries", "PolicySummaries"),
    plain=("ListPolicies", "Policies"),
    columns=(
        Column("name", gettext_lazy("Name"), itemgetter("PolicyName"), "Name", is_secondary=False),
        Column("kind", gettext_lazy("Kind"), lambda policy: kind_of(policy["Arn"])),
        Column(
            "attached",
            gettext_lazy("Attached to"),
            itemgetter("AttachmentCount"),
            "AttachmentCount",
            is_secondary=False,
            is_numeric=True,
        ),
        Column("version", gettext_lazy("Version"), itemgetter("DefaultVersionId")),
        Column(
            "lint",
            gettext_lazy("Lint"),
            lambda policy: grade_of(policy)[1],
            only="source",
        ),
        Column("changed", gettext_lazy("Changed"), itemgetter("UpdateDate"), "UpdateDate"),
        Column("created", gettext_lazy("Created"), itemgetter("CreateDate"), is_shown=False),
        Column("id", gettext_lazy("Unique id"), itemgetter("PolicyId"), is_shown=False),
        Column("arn", gettext_lazy("ARN"), itemgetter("Arn"), is_shown=False),
    ),
    bulk=(
        BulkLink("compare-policies", gettext_lazy("Compare two"), "git-compare"),
        BulkLink("delete-policies", gettext_lazy("Delete"), "trash", "danger"),
    ),
    more={"IncludeFindings": True},
)


# The kinds of finding, the gravest first.
GRADES = (
    ("Errors", "bad", ngettext_lazy("%(n)d error", "%(n)d errors", "n")),
    (
        "SecurityWarnings",
        "warn",
        ngettext_lazy("%(n)d security warning", "%(n)d security warnings", "n"),
    ),
    ("Warnings", "warn", ngettext_lazy("%(n)d warning", "%(n)d warnings", "n")),
    ("Suggestions", "info", ngettext_lazy("%(n)d suggestion", "%(n)d suggestions", "n")),
)


def grade_of(policy: dict[str, Any]) -> tuple[str, str]:
    """The gravest kind of finding in a policy, as a tone and in words."""
    found = policy.get("FindingCounts")
    if found is None:
        return "", _("Too long to lint")
    for name, tone, label in GRADES:
        if found[name]:
            return tone, label % {"n": found[name]}
    return "good", _("Clean")


def kind_of(arn: str) -> str:
    return _("AWS managed") if arn.startswith("arn:aws:iam::aws:") else _("Customer managed")


@require_safe
def list_policies(request: ConsoleRequest) -> HttpResponseBase:
    chosen = request.GET.get("scope", "")
    chosen = chosen if chosen in SCOPES else ""
    params: Params = {"Scope": SCOPES[chosen][0]}
    if request.GET.get("attached"):
        params["OnlyAttached"] = True
    if file := export(request, POLICIES, params):
        return file
    table = shown(request, POLICIES, params, ["attached"])
    for row in table.page.rows:
        row["Grade"] = grade_of(row)
    context = {
        "table": table,
        "listing": table.page,
        "scope": chosen,
        "scopes": [
            {
                "label": label,
                "url": address(request, scope=name, marker=""),
                "current": name == chosen,
            }
            for name, (_scope, label) in SCOPES.items()
        ],
        "may": request.ask.may(
            create=Somewhere("CreatePolicy", {"PolicyName": "new", "PolicyDocument": ""})
        ),
    }
    return render(request, "policies/policies.html", context)


class PolicyForm(DocumentForm):
    kind = DocumentKind.MANAGED
    blames = {
        "EntityAlreadyExists": "PolicyName",
        "MalformedPolicyDocument": "PolicyDocument",
    }

    PolicyName = forms.CharField(
        label=gettext_lazy("Policy name"),
        max_length=128,
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    Description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("It cannot be changed later."),
    )
    PolicyDocument = DocumentField(label=gettext_lazy("Document"))
    Path = forms.CharField(
        label=gettext_lazy("Path"),
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "/"}),
    )
    Tags = TagsField(label=gettext_lazy("Tags"), required=False)


class CreatePolicy(Action):
    operation = "CreatePolicy"
    form_class = PolicyForm
    title = gettext_lazy("Create policy")
    lead = gettext_lazy("What it allows or denies holds for every identity it is attached to.")
    success = gettext_lazy("Policy %(PolicyName)s was created.")
    wide = True

    def initial(self) -> dict[str, Any]:
        return {"PolicyDocument": EXAMPLE}

    def back_url(self) -> str:
        return reverse("console:policies")

    def crumbs(self) -> list[Crumb]:
        return [(_("Policies"), reverse("console:policies"))]

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:policy", args=[result["Policy"]["Arn"]])

    def taken_url(self, form: OperationForm) -> str:
        # What has the name may have another path, and be written in other cases.
        name = str(form["PolicyName"].value())
        found = self.request.ask.see(found=("Search", {"Query": name}))["found"]
        taken = (
            reverse("console:policy", args=[one["Arn"]])
            for one in found.result.get("Matches", [])
            if one["Type"] == "Policy"
            and one["Name"].lower() == name.lower()
            and not one["Arn"].startswith("arn:aws:iam::aws:")
        )
        return next(taken, "")


class PolicyAction(Action):
    """An action on the policy whose ARN the address holds."""

    names = {"arn": "PolicyArn"}
    tab = ""

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        kwargs["policy"] = kwargs["arn"].rpartition("/")[2]
        super().setup(request, *args, **kwargs)

    def back_url(self) -> str:
        url = reverse("console:policy", args=[self.kwargs["arn"]])
        return f"{url}?tab={self.tab}" if self.tab else url

    def crumbs(self) -> list[Crumb]:
        return [
            (_("Policies"), reverse("console:policies")),
            (self.kwargs["policy"], reverse("console:policy", args=[self.kwargs["arn"]])),
        ]


class DeletePolicy(InSteps, PolicyAction):
    """Detaches it everywhere and deletes its versions first, as the API demands."""

    operation = "DeletePolicy"
    title = gettext_lazy("Delete %(policy)s")
    submit = gettext_lazy("Delete policy")
    success = gettext_lazy("Policy %(policy)s was deleted.")
    is_danger = True
    confirmed_by = "policy"
    previews = True

    def prepare(self) -> None:
        self.attached, self.versions = held(self.request, self.kwargs["arn"])

    def consequences(self) -> list[str]:
        return [
            _("%(kind)s %(name)s loses what it allows and what it denies.")
            % {"kind": kind, "name": name}
            for kind, name in self.attached
        ]

    def performed(self, form: Any) -> list[Step]:
        return steps(self.kwargs["arn"], self.attached, self.versions)

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:policies")


def held(request: ConsoleRequest, arn: str) -> tuple[list[tuple[str, str]], list[str]]:
    """What keeps a policy from being deleted: where it is attached, and its former versions."""
    attached = attached_to(request, arn)
    versions = request.ask.perform("ListPolicyVersions", {"PolicyArn": arn})["Versions"]
    return attached, [v["VersionId"] for v in versions if not v["IsDefaultVersion"]]


def steps(arn: str, attached: list[tuple[str, str]], versions: list[str]) -> list[Step]:
    which = {"PolicyArn": arn}
    return [
        *((f"Detach{kind}Policy", {f"{kind}Name": name, **which}) for kind, name in attached),
        *(("DeletePolicyVersion", {**which, "VersionId": version}) for version in versions),
        ("DeletePolicy", which),
    ]


def attached_to(request: ConsoleRequest, arn: str) -> list[tuple[str, str]]:
    """Every (kind, name) that the policy is attached to: kind is User, Group or Role."""
    found: list[tuple[str, str]] = []
    asked: Params = {"PolicyArn": arn, "MaxItems": 1000, "PolicyUsageFilter": "PermissionsPolicy"}
    while True:
        result = request.ask.perform("ListEntitiesForPolicy", asked)
        for kind in ("User", "Group", "Role"):
            found += [(kind, entity[f"{kind}Name"]) for entity in result[f"Policy{kind}s"]]
        if not result.get("IsTruncated"):
            return found
        asked = {**asked, "Marker": result["Marker"]}


class DeletePolicies(BulkAction):
    operation = "DeletePolicy"
    title = gettext_lazy("Delete policies")
    lead = gettext_lazy("Whoever they are attached to loses what they allow and what they deny.")
    result_label = gettext_lazy("Policy")
    is_danger = True
    previews = True

    def back_url(self) -> str:
        return reverse("console:policies")

    def crumbs(self) -> list[Crumb]:
        return [(_("Policies"), self.back)]

    def item_url(self, item: str) -> str:
        return reverse("console:policy", args=[item])

    def steps(self, item: str, form: OperationForm) -> list[Step]:
        return steps(item, *held(self.request, item))
