"""Service control and resource control policies: one policy, its text and where it is attached."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.console.organization.acting import OrganizationAction
from accounts.console.organization.looking import KINDS, RCP, SCP, all_of, standing
from iamsite.console.action import Crumb
from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.documents import DocumentForm, sentences
from iamsite.console.forms import DocumentField, Text
from iamsite.operations.organization import document_of
from policies.engine import DocumentKind

EXAMPLES = {
    SCP: """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "NobodyLeaves",
      "Effect": "Deny",
      "Action": "organizations:LeaveOrganization",
      "Resource": "*"
    }
  ]
}""",
    RCP: """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "OverTLSOnly",
      "Effect": "Deny",
      "Principal": "*",
      "Action": "s3:*",
      "Resource": "*",
      "Condition": { "Bool": { "aws:SecureTransport": "false" } }
    }
  ]
}""",
}


@require_safe
def policy(request: ConsoleRequest, policy: str) -> HttpResponse:
    asked = {"PolicyId": policy}
    found = request.ask.perform("organizations:DescribePolicy", asked)["Policy"]
    summary = found["PolicySummary"]
    context = {
        "summary": summary,
        "kind": KINDS[summary["Type"]],
        "content": found["Content"],
        "sentences": sentences(request.ask, document_of(found["Content"], summary["Type"])),
        "targets": all_of(request.ask, "ListTargetsForPolicy", "Targets", PolicyId=policy),
        "may": request.ask.may(
            edit=("organizations:UpdatePolicy", asked),
            delete=("organizations:DeletePolicy", asked),
        ),
    }
    return render(request, "accounts/organization/policy.html", context)


class PolicyForm(DocumentForm):
    blames = {
        "DuplicatePolicyException": "Name",
        "MalformedPolicyDocumentException": "Content",
    }

    Name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=128,
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    Description = forms.CharField(label=gettext_lazy("Description"), required=False, max_length=512)
    Content = DocumentField(label=gettext_lazy("Policy"))


class ServicePolicyForm(PolicyForm):
    kind = DocumentKind.SCP


class ResourcePolicyForm(PolicyForm):
    kind = DocumentKind.RCP


FORMS = {SCP: ServicePolicyForm, RCP: ResourcePolicyForm}


class PolicyAction(OrganizationAction):
    tab = "policies"
    wide = True
    type: str

    def form(self, data: Any = None) -> PolicyForm:
        return FORMS[self.type](data, initial=self.initial() if data is None else None)


class CreatePolicy(PolicyAction):
    operation = "organizations:CreatePolicy"
    title: Text = gettext_lazy("Create policy")
    lead = gettext_lazy("It limits nobody until it is attached to the root, a unit or an account.")
    submit = gettext_lazy("Create policy")
    success = gettext_lazy("The policy %(Name)s was created.")

    def prepare(self) -> None:
        self.type = self.request.GET.get("type", SCP)
        if self.type not in FORMS:
            self.type = SCP
        self.title = _("Create %(kind)s") % {"kind": str(KINDS[self.type]).lower()}

    def initial(self) -> dict[str, Any]:
        return {"Content": EXAMPLES[self.type]}

    def target(self) -> Params:
        return {"Type": self.type, "Description": ""}

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        made = result["Policy"]["PolicySummary"]["Id"]
        return reverse("console:organization-policy", args=[made])


class OnePolicy(PolicyAction):
    names = {"policy": "PolicyId"}

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        asked = {"PolicyId": kwargs["policy"]}
        self.found = request.ask.perform("organizations:DescribePolicy", asked)["Policy"]
        self.name = self.found["PolicySummary"]["Name"]
        self.type = self.found["PolicySummary"]["Type"]
        super().setup(request, *args, **{**kwargs, "name": self.name})

    def back_url(self) -> str:
        return reverse("console:organization-policy", args=[self.kwargs["policy"]])

    def crumbs(self) -> list[Crumb]:
        return [*super().crumbs(), (self.name, self.back)]


class EditPolicy(OnePolicy):
    operation = "organizations:UpdatePolicy"
    title = gettext_lazy("Edit %(name)s")
    lead = gettext_lazy("What it says counts from the next request of every account below it.")
    submit = gettext_lazy("Save policy")
    success = gettext_lazy("The policy is saved.")
    edits = True
    previews = True

    def initial(self) -> dict[str, Any]:
        summary = self.found["PolicySummary"]
        return {
            "Name": summary["Name"],
            "Description": summary["Description"],
            "Content": self.found["Content"],
        }

    def parameters(self, form: Any) -> Params:
        # An emptied description is a change like any other.
        given = form.cleaned_data.get("Description", "")
        return {**super().parameters(form), "Description": given}


class DeletePolicy(OnePolicy):
    operation = "organizations:DeletePolicy"
    title = gettext_lazy("Delete %(name)s")
    lead = gettext_lazy("Only a policy that is attached nowhere can be deleted.")
    submit = gettext_lazy("Delete policy")
    success = gettext_lazy("The policy %(name)s was deleted.")
    is_danger = True
    wide = False

    def form(self, data: Any = None) -> Any:
        return self.form_class(data)

    def confirm(self) -> str:
        return self.name

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return f"{reverse('console:organization')}?tab=policies"


class KindAction(OrganizationAction):
    names = {"type": "PolicyType"}
    tab = "policies"

    def target(self) -> Params:
        return {**super().target(), "RootId": standing(self.request).root["Id"]}


class EnableKind(KindAction):
    operation = "organizations:EnablePolicyType"
    title = gettext_lazy("Enable this kind of policy")
    lead = gettext_lazy("Every node begins with a policy that allows all: nothing changes yet.")
    submit = gettext_lazy("Enable")
    success = gettext_lazy("Policies of this kind can be attached now.")


class DisableKind(KindAction):
    operation = "organizations:DisablePolicyType"
    title = gettext_lazy("Disable this kind of policy")
    submit = gettext_lazy("Disable")
    success = gettext_lazy("Policies of this kind limit nobody any more.")
    is_danger = True
    previews = True

    def confirm(self) -> str:
        return str(self.kwargs["type"])

    def consequences(self) -> list[str]:
        return [
            _("Every policy of this kind is detached from every node, for good."),
            _("What they denied is denied no longer, from the next request."),
        ]
