"""Services of one's own: list, one service, register, edit, deregister."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.export import exported, file_urls
from iamsite.console.forms import OperationForm
from iamsite.console.listing import listing
from iamsite.console.table import file_columns
from iamsite.console.tabs import chosen_tab, tabs
from iamsite.json_object import json_object
from iamsite.operations import OperationError, Somewhere

TABS = {
    "definition": gettext_lazy("Definition"),
    "keys": gettext_lazy("Access keys"),
    "workloads": gettext_lazy("Workloads"),
}
COLUMNS = file_columns(
    ("ServicePrefix", gettext_lazy("Prefix")),
    ("ServiceName", gettext_lazy("Name")),
    ("ServicePrincipal", gettext_lazy("Principal")),
    ("CreateDate", gettext_lazy("Registered")),
    ("UpdateDate", gettext_lazy("Changed")),
)
LISTS = ("Actions", "ResourceTypes", "ConditionKeys")
EXAMPLE: Params = {
    "Actions": [
        {"ActionName": "GetEntry", "AccessLevel": "Read", "ResourceTypes": ["entry"]},
        {"ActionName": "PostEntry", "AccessLevel": "Write", "ResourceTypes": ["entry"]},
    ],
    "ResourceTypes": [
        {
            "ResourceTypeName": "entry",
            "ArnFormat": "arn:aws:ledger::${Account}:entry/${EntryId}",
        }
    ],
    "ConditionKeys": [],
}


def written(lists: Params) -> str:
    """The lists of a definition as JSON, each entry on a line of its own."""
    members = []
    for name in LISTS:
        entries = [json.dumps(one, ensure_ascii=False) for one in lists.get(name, [])]
        inside = ",\n".join(f"    {entry}" for entry in entries)
        members.append(f'  "{name}": [\n{inside}\n  ]' if entries else f'  "{name}": []')
    return "{\n" + ",\n".join(members) + "\n}"


@require_safe
def list_services(request: ConsoleRequest) -> HttpResponseBase:
    source = ("ListServices", "Services")
    if file := exported(request, "services", COLUMNS, source, {}):
        return file
    new = {"ServicePrefix": "new", "ServiceName": "new", "ServicePrincipal": "new.example.com"}
    context = {
        "listing": listing(request, *source, {}),
        **file_urls(request),
        "may": request.ask.may(register=Somewhere("RegisterService", new)),
    }
    return render(request, "policies/services.html", context)


@require_safe
def service(request: ConsoleRequest, prefix: str) -> HttpResponse:
    which = {"ServicePrefix": prefix}
    key = {**which, "AccessKeyId": "AKIA0000000000000000"}
    found = request.ask.perform("GetService", which)["Service"]
    tab = chosen_tab(request, list(TABS))
    context: dict[str, Any] = {
        "service": found,
        "prefix": prefix,
        "tab": tab,
        "tabs": tabs(request, tab, TABS),
        "may": request.ask.may(
            edit=("UpdateService", which),
            delete=("DeregisterService", which),
            create_key=("CreateServiceAccessKey", which),
            rotate=("RotateServiceAccessKey", key),
            update=("UpdateServiceAccessKey", {**key, "Status": "Inactive"}),
            forget=("DeleteServiceAccessKey", key),
            workload=Somewhere("RegisterWorkload", {"WorkloadName": "any"}),
        ),
    }
    if tab == "keys":
        context |= request.ask.see(keys=("ListServiceAccessKeys", which))
    elif tab == "workloads":
        asked: Params = {**which, "MaxItems": 100}
        if request.GET.get("marker"):
            asked["Marker"] = request.GET["marker"]
        context |= request.ask.see(workloads=("ListWorkloads", asked))
    return render(request, f"policies/service_{tab}.html", context)


class ServiceForm(OperationForm):
    blames = {
        "EntityAlreadyExists": "ServicePrincipal",
        "InvalidInput": "Definition",
        "ValidationError": "Definition",
    }

    ServiceName = forms.CharField(label=gettext_lazy("Name"), max_length=128)
    ServicePrincipal = forms.CharField(
        label=gettext_lazy("Principal"),
        max_length=128,
        help_text=gettext_lazy("How policies of this account name it, such as ledger.example.com."),
    )
    Definition = forms.CharField(
        label=gettext_lazy("Actions, resource types and condition keys"),
        required=False,
        strip=False,
        help_text=gettext_lazy("JSON. Policies and the policy editor offer what you list here."),
        widget=forms.Textarea(
            attrs={"class": "input code", "spellcheck": "false", "wrap": "off", "rows": 16}
        ),
    )

    def clean_Definition(self) -> str:  # noqa: N802  the field's name is the parameter's
        text = str(self.cleaned_data["Definition"]).strip()
        try:
            read = json_object(text.encode(), "The definition")
        except OperationError as error:
            raise forms.ValidationError(error.message) from error
        if not all(name in LISTS and isinstance(read[name], list) for name in read):
            raise forms.ValidationError(
                _("An object with the lists Actions, ResourceTypes and ConditionKeys.")
            )
        return text

    def parameters(self) -> Params:
        typed = super().parameters()
        read = json_object(str(typed.pop("Definition", "")).encode())
        return {**typed, **{name: read.get(name, []) for name in LISTS}}


class NewServiceForm(ServiceForm):
    ServicePrefix = forms.CharField(
        label=gettext_lazy("Prefix"),
        max_length=64,
        help_text=gettext_lazy("Begins its actions, as in ledger:PostEntry. It cannot change."),
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    field_order = ("ServicePrefix", "ServiceName", "ServicePrincipal", "Definition")


class RegisterService(Action):
    operation = "RegisterService"
    form_class = NewServiceForm
    title = gettext_lazy("Register service")
    lead = gettext_lazy("An application of your own. Policies can name it and roles can trust it.")
    success = gettext_lazy("The service %(ServicePrefix)s is registered.")
    wide = True

    def initial(self) -> dict[str, Any]:
        return {"Definition": written(EXAMPLE)}

    def back_url(self) -> str:
        return reverse("console:services")

    def crumbs(self) -> list[Crumb]:
        return [(_("Services"), reverse("console:services"))]

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:service", args=[params["ServicePrefix"]])


class ServiceAction(Action):
    """An action on the service whose prefix the address holds."""

    names = {"prefix": "ServicePrefix"}
    tab = ""

    def back_url(self) -> str:
        url = reverse("console:service", args=[self.kwargs["prefix"]])
        return f"{url}?tab={self.tab}" if self.tab else url

    def crumbs(self) -> list[Crumb]:
        prefix = self.kwargs["prefix"]
        return [
            (_("Services"), reverse("console:services")),
            (prefix, reverse("console:service", args=[prefix])),
        ]


class EditService(ServiceAction):
    operation = "UpdateService"
    form_class = ServiceForm
    title = gettext_lazy("Edit %(prefix)s")
    submit = gettext_lazy("Save service")
    success = gettext_lazy("The service %(prefix)s is saved.")
    wide = True
    edits = True

    def initial(self) -> dict[str, Any]:
        found = self.request.ask.perform("GetService", self.target())["Service"]
        return {
            "ServiceName": found["ServiceName"],
            "ServicePrincipal": found["ServicePrincipal"],
            "Definition": written(found),
        }


class DeregisterService(ServiceAction):
    operation = "DeregisterService"
    title = gettext_lazy("Deregister %(prefix)s")
    submit = gettext_lazy("Deregister service")
    success = gettext_lazy("The service %(prefix)s was deregistered.")
    is_danger = True
    confirmed_by = "prefix"

    def prepare(self) -> None:
        which = self.target()
        self.held = self.request.ask.see(
            keys=("ListServiceAccessKeys", which), workloads=("ListWorkloads", which)
        )

    def consequences(self) -> list[str]:
        keys = self.held["keys"].result.get("AccessKeyMetadata", [])
        workloads = self.held["workloads"].result.get("Workloads", [])
        told = [_("Roles that trust it can no longer be assumed by it.")]
        if keys:
            text = ngettext("%(n)d access key ends.", "%(n)d access keys end.", len(keys))
            told.append(text % {"n": len(keys)})
        told += [
            _("The workload %(name)s, its tokens and its sessions end.")
            % {"name": one["WorkloadName"]}
            for one in workloads
        ]
        return told

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:services")
