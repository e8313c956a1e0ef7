"""Workloads: list, one workload with its tokens, register, hand another role, deregister."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import Asking, ConsoleRequest, Params
from iamsite.console.export import exported, file_urls
from iamsite.console.forms import OperationForm, Option
from iamsite.console.listing import listing
from iamsite.console.table import file_columns
from iamsite.operations import Somewhere
from identities.console.trust import trusted
from policies.console.services import ServiceAction

COLUMNS = file_columns(
    ("WorkloadName", gettext_lazy("Workload")),
    ("ServicePrefix", gettext_lazy("Service")),
    ("InstanceProfileName", gettext_lazy("Instance profile")),
    ("RoleArn", gettext_lazy("Role")),
    ("CreateDate", gettext_lazy("Registered")),
    ("LastCredentialsDate", gettext_lazy("Last credentials")),
)
DAY = 86_400


@require_safe
def list_workloads(request: ConsoleRequest) -> HttpResponseBase:
    source = ("ListWorkloads", "Workloads")
    if file := exported(request, "workloads", COLUMNS, source, {}):
        return file
    context = {
        "listing": listing(request, *source, {}),
        **file_urls(request),
        "may": request.ask.may(register=Somewhere("RegisterWorkload", {"WorkloadName": "new"})),
    }
    return render(request, "identities/workloads.html", context)


@require_safe
def workload(request: ConsoleRequest, name: str) -> HttpResponse:
    which = {"WorkloadName": name}
    found = request.ask.perform("GetWorkload", which)["Workload"]
    context = {
        "workload": found,
        "name": found["WorkloadName"],
        "setup": setup(found, f"{request.scheme}://{request.get_host()}"),
        "may": request.ask.may(
            edit=("UpdateWorkload", which),
            delete=("DeregisterWorkload", which),
            create=("CreateWorkloadToken", which),
            drop=("DeleteWorkloadToken", {**which, "TokenId": "any"}),
        ),
        **request.ask.see(tokens=("ListWorkloadTokens", which)),
    }
    return render(request, "identities/workload.html", context)


def setup(workload: dict[str, Any], portal: str) -> str:
    """What to run on the machine, or to set in the program's environment."""
    if "ServicePrefix" not in workload:
        return (
            f"python -m iamsite.agent --portal {portal} --token-file /etc/iamsite/token &\n"
            "export AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1338\n"
            f"export AWS_ENDPOINT_URL={portal}"
        )
    return (
        f"export AWS_CONTAINER_CREDENTIALS_FULL_URI={portal}/workload/credentials\n"
        "export AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/run/secrets/iamsite-token\n"
        f"export AWS_ENDPOINT_URL={portal}"
    )


class NameForm(OperationForm):
    blames = {"EntityAlreadyExists": "WorkloadName"}

    WorkloadName = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=64,
        help_text=gettext_lazy("Its sessions carry it, and the trail shows it."),
        widget=forms.TextInput(attrs={"autofocus": True}),
    )


class RoleForm(OperationForm):
    RoleArn = forms.CharField(
        label=gettext_lazy("Role"),
        widget=forms.TextInput(attrs={"placeholder": "arn:aws:iam::123456789012:role/Name"}),
    )


class ProfileForm(OperationForm):
    InstanceProfileName = forms.CharField(label=gettext_lazy("Instance profile"), max_length=128)


class NewProgramForm(RoleForm, NameForm):
    field_order = ("WorkloadName", "RoleArn")


class NewMachineForm(ProfileForm, NameForm):
    field_order = ("WorkloadName", "InstanceProfileName")


def offer_roles(form: OperationForm, ask: Asking, principal: str) -> None:
    """Lets `form` choose among the roles that trust the service; without any, one is typed."""
    if not ask.may(roles=("ListRoles", {}))["roles"]:
        return
    trusting = [
        role
        for role in ask.everything("ListRoles", "Roles")
        if any(
            one.kind == "Service" and one.principal == principal and one.effect == "Allow"
            for one in trusted(role["AssumeRolePolicyDocument"])
        )
    ]
    if trusting:
        _choose(form, "RoleArn", [(role["Arn"], role["RoleName"]) for role in trusting])
    else:
        form.fields["RoleArn"].help_text = _(
            "No role trusts %(principal)s yet: name it in a role's trust policy first."
        ) % {"principal": principal}


def offer_profiles(form: OperationForm, ask: Asking) -> None:
    """Lets `form` choose among the instance profiles."""
    if not ask.may(profiles=("ListInstanceProfiles", {}))["profiles"]:
        return
    names = [
        profile["InstanceProfileName"]
        for profile in ask.everything("ListInstanceProfiles", "InstanceProfiles")
    ]
    if names:
        _choose(form, "InstanceProfileName", [(name, name) for name in names])


def _choose(form: OperationForm, name: str, choices: list[tuple[str, str]]) -> None:
    typed = form.fields[name]
    form.fields[name] = forms.ChoiceField(
        label=typed.label,
        choices=choices,
        help_text=typed.help_text,
        initial=typed.initial,
        widget=forms.Select(attrs={"class": "input"}),
    )


class RegisterProgram(ServiceAction):
    operation = "RegisterWorkload"
    form_class = NewProgramForm
    title = gettext_lazy("Register a workload of %(prefix)s")
    lead = gettext_lazy(
        "A program that gets credentials of a role by itself, through any AWS SDK, without a key."
    )
    submit = gettext_lazy("Register workload")
    success = gettext_lazy("The workload %(WorkloadName)s is registered.")
    tab = "workloads"

    def prepare(self) -> None:
        found = self.request.ask.perform("GetService", self.target())["Service"]
        self.principal = found["ServicePrincipal"]

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        offer_roles(form, self.request.ask, self.principal)
        return form

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:workload", args=[params["WorkloadName"]])


class RegisterMachine(Action):
    operation = "RegisterWorkload"
    form_class = NewMachineForm
    title = gettext_lazy("Register machine")
    lead = gettext_lazy(
        "Its programs get credentials of the instance profile's role, as on EC2. Programs of a "
        "service are registered on the service's page."
    )
    submit = gettext_lazy("Register machine")
    success = gettext_lazy("The machine %(WorkloadName)s is registered.")

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        offer_profiles(form, self.request.ask)
        return form

    def back_url(self) -> str:
        return reverse("console:workloads")

    def crumbs(self) -> list[Crumb]:
        return [(_("Workloads"), reverse("console:workloads"))]

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:workload", args=[params["WorkloadName"]])


class WorkloadAction(Action):
    """An action on the workload that the address names."""

    names = {"name": "WorkloadName"}

    def back_url(self) -> str:
        return reverse("console:workload", args=[self.kwargs["name"]])

    def crumbs(self) -> list[Crumb]:
        return [
            (_("Workloads"), reverse("console:workloads")),
            (self.kwargs["name"], reverse("console:workload", args=[self.kwargs["name"]])),
        ]


class EditWorkload(WorkloadAction):
    operation = "UpdateWorkload"
    title = gettext_lazy("Hand %(name)s another role")
    lead = gettext_lazy("It counts from the next time that it asks for credentials.")
    submit = gettext_lazy("Save")
    success = gettext_lazy("The role of %(name)s is saved.")
    edits = True

    def prepare(self) -> None:
        self.found = self.request.ask.perform("GetWorkload", self.target())["Workload"]

    def initial(self) -> dict[str, Any]:
        return {name: self.found.get(name, "") for name in ("RoleArn", "InstanceProfileName")}

    def form(self, data: Any = None) -> OperationForm:
        given = {"initial": self.initial() if data is None else None}
        form: OperationForm
        if "ServicePrefix" in self.found:
            form = RoleForm(data, **given)
            offer_roles(form, self.request.ask, self.found["ServicePrincipal"])
        else:
            form = ProfileForm(data, **given)
            offer_profiles(form, self.request.ask)
        return form


class DeregisterWorkload(WorkloadAction):
    operation = "DeregisterWorkload"
    title = gettext_lazy("Deregister %(name)s")
    lead = gettext_lazy("Its tokens count no more, and the sessions that it got end at once.")
    submit = gettext_lazy("Deregister")
    success = gettext_lazy("The workload %(name)s was deregistered.")
    is_danger = True
    confirmed_by = "name"

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:workloads")


class TokenForm(OperationForm):
    DurationSeconds = forms.ChoiceField(
        label=gettext_lazy("It counts for"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            ("", Option(gettext_lazy("Until it is deleted"))),
            (str(DAY), Option(gettext_lazy("One day"))),
            (str(90 * DAY), Option(gettext_lazy("90 days"))),
            (str(365 * DAY), Option(gettext_lazy("One year"))),
        ],
    )

    def parameters(self) -> Params:
        chosen = self.cleaned_data["DurationSeconds"]
        return {"DurationSeconds": int(chosen)} if chosen else {}


class CreateToken(WorkloadAction):
    operation = "CreateWorkloadToken"
    form_class = TokenForm
    title = gettext_lazy("Create token")
    lead = gettext_lazy("Whoever has it can act in the role of %(name)s.")
    submit = gettext_lazy("Create token")

    def done(self, result: dict[str, Any], params: Params) -> HttpResponseBase:
        token = result["WorkloadToken"]
        return self.show_once("identities/token_secret.html", _("Token created"), token=token)


class DeleteToken(WorkloadAction):
    names = {"name": "WorkloadName", "token": "TokenId"}
    operation = "DeleteWorkloadToken"
    title = gettext_lazy("Delete token")
    lead = gettext_lazy(
        "It counts no more from the next request. Sessions that it got end within the hour."
    )
    submit = gettext_lazy("Delete token")
    success = gettext_lazy("The token was deleted.")
    is_danger = True
    confirmed_by = "token"
