"""The permissions boundary of a user or a role: set, changed, removed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from iamsite.console.action import Action
from iamsite.console.forms import OperationForm, Option, Text
from iamsite.console.steps import Step
from identities.console.roles import RoleAction
from identities.console.users import UserAction
from policies.console.offered import offered_policies
from policies.console.sources import AWS_MANAGED


class BoundaryForm(OperationForm):
    PermissionsBoundary = forms.ChoiceField(
        label=gettext_lazy("Permissions boundary"),
        required=False,
        help_text=gettext_lazy(
            "It allows nothing by itself: what is allowed must be allowed by a policy and by this."
        ),
    )


class EditBoundary(Action):
    """Stands before the action of what has the boundary; `kind` is User or Role."""

    kind: str
    form_class: type[OperationForm] = BoundaryForm
    title: Text = gettext_lazy("Permissions boundary of %(name)s")
    lead: Text = gettext_lazy(
        "The most that %(name)s may ever do. It counts from the next request."
    )
    submit: Text = gettext_lazy("Save boundary")
    success: Text = gettext_lazy("The permissions boundary of %(name)s is saved.")
    edits = True
    previews = True

    def prepare(self) -> None:
        ask = self.request.ask
        found = ask.perform(f"Get{self.kind}", self.target())[self.kind]
        self.current = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
        self.offered = offered_policies(ask)
        if self.current and self.current not in dict(self.offered):
            note = _("AWS managed") if self.current.startswith(AWS_MANAGED) else ""
            self.offered.insert(0, (self.current, Option(self.current.rpartition("/")[2], note)))

    def initial(self) -> dict[str, Any]:
        return {"PermissionsBoundary": self.current}

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        form.offer("PermissionsBoundary", [("", Option(_("None"))), *self.offered])
        return form

    def performed(self, form: OperationForm) -> list[Step]:
        wanted = form.cleaned_data["PermissionsBoundary"]
        if wanted == self.current:
            return []
        if not wanted:
            return [(f"Delete{self.kind}PermissionsBoundary", self.target())]
        put = {**self.target(), "PermissionsBoundary": wanted}
        return [(f"Put{self.kind}PermissionsBoundary", put)]

    def run(self, form: OperationForm) -> dict[str, Any]:
        for step in self.performed(form):
            self.request.ask.perform(*step)
        return {}


class EditUserBoundary(EditBoundary, UserAction):
    kind = "User"


class EditRoleBoundary(EditBoundary, RoleAction):
    kind = "Role"
