"""Attaching managed policies to users, groups and roles, and taking them off."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import Params
from iamsite.console.forms import OperationForm, Option, PickField, Text, blamed
from iamsite.console.steps import InSteps, Step
from iamsite.operations import OperationError
from policies.console.offered import offered_policies
from policies.console.policies import PolicyAction

PLURALS = {"User": "users", "Group": "groups", "Role": "roles"}
LABELS: dict[str, Text] = {
    "User": gettext_lazy("Users"),
    "Group": gettext_lazy("Groups"),
    "Role": gettext_lazy("Roles"),
}


class PrincipalAction(Action):
    """An action on the user, group or role that the address names; `kind` comes from the route."""

    kind = ""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        arn = kwargs.get("arn", "")
        super().setup(request, *args, **{**kwargs, "policy": arn.rpartition("/")[2]})

    def target(self) -> Params:
        return {f"{self.kind}Name": self.kwargs["name"]}

    def back_url(self) -> str:
        url = reverse(f"console:{self.kind.lower()}", args=[self.kwargs["name"]])
        return f"{url}?tab=permissions" if self.kind == "Group" else url

    def crumbs(self) -> list[Crumb]:
        return [
            (str(LABELS[self.kind]), reverse(f"console:{PLURALS[self.kind]}")),
            (
                self.kwargs["name"],
                reverse(f"console:{self.kind.lower()}", args=[self.kwargs["name"]]),
            ),
        ]


class AttachForm(OperationForm):
    Policies = PickField(
        label=gettext_lazy("Policies"),
        required=True,
        empty=gettext_lazy("Every policy is attached already."),
    )


class Attach(InSteps, PrincipalAction):
    """Attaches any number of managed policies."""

    form_class = AttachForm
    title = gettext_lazy("Attach policies to %(name)s")
    submit = gettext_lazy("Attach")
    success = gettext_lazy("The policies are attached to %(name)s.")
    previews = True

    def prepare(self) -> None:
        ask = self.request.ask
        held = ask.everything(f"ListAttached{self.kind}Policies", "AttachedPolicies", self.target())
        arns = {policy["PolicyArn"] for policy in held}
        self.offered = offered_policies(ask, arns)

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        form.offer("Policies", self.offered)
        return form

    def performed(self, form: OperationForm) -> list[Step]:
        return [
            (f"Attach{self.kind}Policy", {**self.target(), "PolicyArn": arn})
            for arn in form.cleaned_data["Policies"]
        ]


class Detach(PrincipalAction):
    title = gettext_lazy("Detach %(policy)s from %(name)s")
    lead = gettext_lazy(
        "What it allows, and what it denies, counts no more from the next request. "
        "The policy stays."
    )
    submit = gettext_lazy("Detach")
    success = gettext_lazy("%(policy)s is detached from %(name)s.")
    previews = True

    def back_url(self) -> str:
        if self.request.GET.get("from") == "policy":
            return f"{reverse('console:policy', args=[self.kwargs['arn']])}?tab=attached"
        return super().back_url()

    def target(self) -> Params:
        return {**super().target(), "PolicyArn": self.kwargs["arn"]}

    def performed(self, form: OperationForm) -> list[Step]:
        return [(f"Detach{self.kind}Policy", self.target())]

    def run(self, form: OperationForm) -> dict[str, Any]:
        return self.request.ask.perform(*self.performed(form)[0])


class AttachToForm(OperationForm):
    Kind = forms.ChoiceField(
        label=gettext_lazy("Attach to a"),
        choices=[
            ("User", Option(gettext_lazy("User"))),
            ("Group", Option(gettext_lazy("Group"))),
            ("Role", Option(gettext_lazy("Role"))),
        ],
        initial="Group",
        widget=forms.RadioSelect,
    )
    Name = forms.CharField(
        label=gettext_lazy("Its name"),
        max_length=128,
        widget=forms.TextInput(attrs={"list": "principals"}),
    )

    def refuse(self, error: OperationError) -> bool:
        """The name is a parameter of its own for each kind."""
        named = [f"{kind}Name" for kind in PLURALS]
        found = blamed(error, named, {"NoSuchEntity": named[0]})
        for _parameter, message in found:
            self.add_error("Name", message)
        return bool(found)


class AttachTo(PolicyAction):
    """From the policy's side: attaches it to one principal."""

    operation = "AttachUserPolicy"
    form_class = AttachToForm
    title = gettext_lazy("Attach %(policy)s")
    submit = gettext_lazy("Attach")
    success = gettext_lazy("%(policy)s is attached to %(Name)s.")
    fields_template = "policies/attach_fields.html"
    tab = "attached"
    previews = True

    def prepare(self) -> None:
        """The names to suggest: the first of each kind that the viewer may list."""
        lists = {
            kind: (f"List{plural.title()}", {"MaxItems": 1000}) for kind, plural in PLURALS.items()
        }
        self.suggested = [
            (LABELS[kind], one[f"{kind}Name"])
            for kind, answer in self.request.ask.see(**lists).items()
            for one in answer.result.get(PLURALS[kind].title(), [])
        ]

    def context(self, form: OperationForm, **context: Any) -> dict[str, Any]:
        return super().context(form, suggested=self.suggested, **context)

    def performed(self, form: OperationForm) -> list[Step]:
        kind, name = form.cleaned_data["Kind"], form.cleaned_data["Name"]
        return [(f"Attach{kind}Policy", {f"{kind}Name": name, **self.target()})]

    def run(self, form: OperationForm) -> dict[str, Any]:
        return self.request.ask.perform(*self.performed(form)[0])
