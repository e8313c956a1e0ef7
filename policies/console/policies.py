"""Managed policies: list, create, delete."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.documents import DocumentForm
from iamsite.console.forms import DocumentField, TagsField
from iamsite.console.listing import address, listing
from iamsite.console.steps import Step, perform_all
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


@require_safe
def list_policies(request: ConsoleRequest) -> HttpResponse:
    chosen = request.GET.get("scope", "")
    chosen = chosen if chosen in SCOPES else ""
    params: Params = {"Scope": SCOPES[chosen][0]}
    if request.GET.get("attached"):
        params["OnlyAttached"] = True
    context = {
        "listing": listing(request, "ListPolicies", "Policies", params, ["attached"]),
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
            create=("CreatePolicy", {"PolicyName": "new", "PolicyDocument": ""})
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
    lead = gettext_lazy(
        "Says what is allowed or denied, once, for every identity it is attached to."
    )
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


class DeletePolicy(PolicyAction):
    """Detaches it everywhere and deletes its versions first, as the API demands."""

    operation = "DeletePolicy"
    title = gettext_lazy("Delete %(policy)s")
    submit = gettext_lazy("Delete policy")
    success = gettext_lazy("Policy %(policy)s was deleted.")
    is_danger = True
    confirmed_by = "policy"

    def prepare(self) -> None:
        ask, arn = self.request.ask, self.target()
        self.attached = attached_to(self.request, self.kwargs["arn"])
        versions = ask.perform("ListPolicyVersions", arn)["Versions"]
        self.versions = [v["VersionId"] for v in versions if not v["IsDefaultVersion"]]

    def consequences(self) -> list[str]:
        return [
            _("%(kind)s %(name)s loses what it allows and what it denies.")
            % {"kind": kind, "name": name}
            for kind, name in self.attached
        ]

    def performed(self, form: Any) -> list[Step]:
        arn = self.target()
        return [
            *(
                (f"Detach{kind}Policy", {f"{kind}Name": name, **arn})
                for kind, name in self.attached
            ),
            *(("DeletePolicyVersion", {**arn, "VersionId": version}) for version in self.versions),
            ("DeletePolicy", arn),
        ]

    def run(self, form: Any) -> dict[str, Any]:
        perform_all(self.request.ask, self.performed(form))
        return {}

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:policies")


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
