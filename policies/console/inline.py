"""Inline policies of users, groups and roles."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from iamsite.console.asking import Params
from iamsite.console.documents import DocumentForm
from iamsite.console.forms import DocumentField, OperationForm, Text
from iamsite.console.steps import Step
from policies.console.attachments import PrincipalAction
from policies.console.policies import EXAMPLE


class InlineForm(DocumentForm):
    blames = {"MalformedPolicyDocument": "PolicyDocument"}

    PolicyName = forms.CharField(
        label=_("Policy name"), max_length=128, widget=forms.TextInput(attrs={"autofocus": True})
    )
    PolicyDocument = DocumentField(label=_("Document"))


class CreateInline(PrincipalAction):
    form_class: type[OperationForm] = InlineForm
    title = _("Add an inline policy to %(name)s")
    lead: Text = _(
        "It belongs to %(name)s alone and is deleted with it. A managed policy can be shared."
    )
    submit = _("Save policy")
    success = _("The inline policy %(PolicyName)s is saved.")
    wide = True
    previews = True

    def initial(self) -> dict[str, Any]:
        return {"PolicyDocument": EXAMPLE}

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        assert isinstance(form, DocumentForm)
        form.holder = self.kind
        return form

    def performed(self, form: OperationForm) -> list[Step]:
        return [(f"Put{self.kind}Policy", self.parameters(form))]

    def run(self, form: OperationForm) -> dict[str, Any]:
        return self.request.ask.perform(*self.performed(form)[0])


class DocumentOnlyForm(DocumentForm):
    blames = {"MalformedPolicyDocument": "PolicyDocument"}

    PolicyDocument = DocumentField(label=_("Document"))


class EditInline(CreateInline):
    form_class = DocumentOnlyForm
    title = _("Edit %(policy_name)s of %(name)s")
    lead = ""
    success = _("The inline policy %(policy_name)s is saved.")
    edits = True

    def initial(self) -> dict[str, Any]:
        found = self.request.ask.perform(f"Get{self.kind}Policy", self.target())
        return {"PolicyDocument": found["PolicyDocument"]}

    def target(self) -> Params:
        return {**super().target(), "PolicyName": self.kwargs["policy_name"]}


class DeleteInline(PrincipalAction):
    title = _("Delete %(policy_name)s of %(name)s")
    submit = _("Delete policy")
    success = _("The inline policy %(policy_name)s was deleted.")
    is_danger = True
    confirmed_by = "policy_name"
    previews = True

    def target(self) -> Params:
        return {**super().target(), "PolicyName": self.kwargs["policy_name"]}

    def performed(self, form: OperationForm) -> list[Step]:
        return [(f"Delete{self.kind}Policy", self.target())]

    def run(self, form: OperationForm) -> dict[str, Any]:
        return self.request.ask.perform(*self.performed(form)[0])
