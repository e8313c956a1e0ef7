"""Roles: list, one role, trust policy, delete."""

from __future__ import annotations

from operator import itemgetter
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
from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.documents import DocumentForm
from iamsite.console.export import export
from iamsite.console.forms import DocumentField, OperationForm
from iamsite.console.gone import gone
from iamsite.console.steps import InSteps, Step
from iamsite.console.table import BulkLink, Column, Table, shown
from iamsite.console.tabs import chosen_tab, tabs
from iamsite.operations import OperationError, Somewhere
from identities.console.role_creation import trust_templates
from identities.console.trust import Trusted, trusted
from policies.console.access_advisor import advice
from policies.console.effective import effective
from policies.console.sources import Sources, role_sources
from policies.console.trust_graph import graph_of
from policies.engine import DocumentKind

TABS = {
    "permissions": gettext_lazy("Policies"),
    "effective": gettext_lazy("Effective permissions"),
    "trust": gettext_lazy("Trust"),
    "access": gettext_lazy("Access advisor"),
    "tags": gettext_lazy("Tags"),
}


ROLES = Table(
    name="roles",
    identity="RoleName",
    source=("ListRoleSummaries", "RoleSummaries"),
    plain=("ListRoles", "Roles"),
    columns=(
        Column("name", gettext_lazy("Name"), itemgetter("RoleName"), "Name", is_secondary=False),
        Column(
            "trusted",
            gettext_lazy("Who may assume it"),
            lambda role: [one.principal for one in trusted_by(role)],
            is_secondary=False,
        ),
        Column(
            "used",
            gettext_lazy("Last used"),
            lambda role: role["RoleLastUsed"].get("LastUsedDate"),
            "LastUsedDate",
            only="source",
        ),
        Column("path", gettext_lazy("Path"), itemgetter("Path")),
        Column("created", gettext_lazy("Created"), itemgetter("CreateDate"), "CreateDate"),
        Column("id", gettext_lazy("Unique id"), itemgetter("RoleId"), is_shown=False),
        Column("arn", gettext_lazy("ARN"), itemgetter("Arn"), is_shown=False),
    ),
    bulk=(
        BulkLink(
            "delete-roles",
            gettext_lazy("Delete"),
            "trash",
            "danger",
            Somewhere("DeleteRole", {"RoleName": "any-role"}),
        ),
    ),
)


@require_safe
def list_roles(request: ConsoleRequest) -> HttpResponseBase:
    path = request.GET.get("path", "")
    params = {"PathPrefix": path} if path.startswith("/") else {}
    if file := export(request, ROLES, params):
        return file
    table = shown(request, ROLES, params, ["path"])
    for role in table.page.rows:
        role["Trusted"] = trusted_by(role)
    context = {
        "table": table,
        "listing": table.page,
        "templates": trust_templates(""),
        "may": request.ask.may(
            create=Somewhere("CreateRole", {"RoleName": "new", "AssumeRolePolicyDocument": "{}"})
        ),
    }
    return render(request, "identities/roles.html", context)


@require_safe
def role(request: ConsoleRequest, name: str) -> HttpResponse:
    who = {"RoleName": name}
    try:
        found = request.ask.perform("GetRole", who)["Role"]
    except OperationError as error:
        return gone(request, "Role", name, error)
    any_policy = {**who, "PolicyArn": f"{found['Arn'].partition(':role')[0]}:policy/any"}
    bounded = {**who, "PermissionsBoundary": any_policy["PolicyArn"]}
    tab = chosen_tab(request, list(TABS))
    context: dict[str, Any] = {
        "role": found,
        "name": name,
        "tab": tab,
        "tabs": tabs(request, tab, TABS),
        "may": request.ask.may(
            edit=("UpdateRole", who),
            delete=("DeleteRole", who),
            trust=("UpdateAssumeRolePolicy", {**who, "PolicyDocument": "{}"}),
            attach=("AttachRolePolicy", any_policy),
            detach=("DetachRolePolicy", any_policy),
            put=("PutRolePolicy", {**who, "PolicyName": "any", "PolicyDocument": "{}"}),
            drop=("DeleteRolePolicy", {**who, "PolicyName": "any"}),
            boundary=("PutRolePermissionsBoundary", bounded),
            tag=("TagRole", {**who, "Tags": []}),
        ),
    }
    if tab == "permissions":
        context["sources"] = role_sources(request.ask, name)
    elif tab == "effective":
        sources = role_sources(request.ask, name)
        context["effective"] = effective(request.ask, "Role", name, sources)
        context["boundary"] = sources.boundary
    elif tab == "trust":
        context["trusted"] = trusted_by(found)
        context["graph"] = graph_of(request.ask, found["Arn"])
    elif tab == "access":
        context["advice"] = advice(request, found["Arn"])
    return render(request, f"identities/role_{tab}.html", context)


def trusted_by(role: dict[str, Any]) -> list[Trusted]:
    return trusted(role["AssumeRolePolicyDocument"], role["Arn"].split(":")[4])


class RoleAction(Action):
    names = {"name": "RoleName"}
    tab = ""

    def back_url(self) -> str:
        url = reverse("console:role", args=[self.kwargs["name"]])
        return f"{url}?tab={self.tab}" if self.tab else url

    def crumbs(self) -> list[Crumb]:
        name = self.kwargs["name"]
        return [
            (_("Roles"), reverse("console:roles")),
            (name, reverse("console:role", args=[name])),
        ]


class SettingsForm(OperationForm):
    Description = forms.CharField(
        label=gettext_lazy("Description"), required=False, max_length=1000
    )
    MaxSessionDuration = forms.IntegerField(
        label=gettext_lazy("Longest session, in seconds"),
        min_value=3600,
        max_value=43200,
        widget=forms.NumberInput(),
    )


class EditRole(RoleAction):
    operation = "UpdateRole"
    form_class = SettingsForm
    title = gettext_lazy("Settings of %(name)s")
    submit = gettext_lazy("Save")
    success = gettext_lazy("The settings of %(name)s are saved.")
    edits = True

    def initial(self) -> dict[str, Any]:
        found = self.request.ask.perform("GetRole", self.target())["Role"]
        return {name: found.get(name) for name in ("Description", "MaxSessionDuration")}

    def parameters(self, form: Any) -> Params:
        # An emptied description is a change like any other.
        return {
            **super().parameters(form),
            "Description": form.cleaned_data.get("Description", ""),
        }


class TrustForm(DocumentForm):
    kind = DocumentKind.TRUST
    blames = {"MalformedPolicyDocument": "PolicyDocument"}

    PolicyDocument = DocumentField(label=gettext_lazy("Trust policy"))


class EditTrust(RoleAction):
    operation = "UpdateAssumeRolePolicy"
    form_class = TrustForm
    title = gettext_lazy("Who may assume %(name)s")
    lead = gettext_lazy("Sessions that are running stay; only the next to assume it are affected.")
    submit = gettext_lazy("Save trust policy")
    success = gettext_lazy("The trust policy of %(name)s is saved.")
    tab = "trust"
    wide = True
    edits = True
    previews = True

    def initial(self) -> dict[str, Any]:
        found = self.request.ask.perform("GetRole", self.target())["Role"]
        return {"PolicyDocument": found["AssumeRolePolicyDocument"]}


class DeleteRole(InSteps, RoleAction):
    operation = "DeleteRole"
    title = gettext_lazy("Delete %(name)s")
    submit = gettext_lazy("Delete role")
    success = gettext_lazy("Role %(name)s was deleted.")
    is_danger = True
    confirmed_by = "name"
    previews = True

    def prepare(self) -> None:
        self.sources, self.profiles = held(self.request, self.kwargs["name"])

    def consequences(self) -> list[str]:
        return [
            _("Sessions of this role end at once."),
            *(
                (
                    _("%(name)s is detached.")
                    if source.arn
                    else _("The inline policy %(name)s is deleted.")
                )
                % {"name": source.name}
                for source in self.sources.policies
            ),
            *(
                _("The instance profile %(name)s is left without a role.") % {"name": name}
                for name in self.profiles
            ),
            _(
                "A new role of the same name is not this role: "
                "policies that trust it must be saved anew."
            ),
        ]

    def performed(self, form: Any) -> list[Step]:
        return steps(self.kwargs["name"], self.sources, self.profiles)

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:roles")


def held(request: ConsoleRequest, name: str) -> tuple[Sources, list[str]]:
    """What keeps a role from being deleted: its policies and its instance profiles."""
    listed = request.ask.see(profiles=("ListInstanceProfilesForRole", {"RoleName": name}))
    profiles = listed["profiles"].result.get("InstanceProfiles", [])
    return (
        role_sources(request.ask, name),
        [profile["InstanceProfileName"] for profile in profiles],
    )


def steps(name: str, sources: Sources, profiles: list[str]) -> list[Step]:
    who = {"RoleName": name}
    return [
        *(
            ("DetachRolePolicy", {**who, "PolicyArn": source.arn})
            if source.arn
            else ("DeleteRolePolicy", {**who, "PolicyName": source.name})
            for source in sources.policies
        ),
        *(
            ("RemoveRoleFromInstanceProfile", {**who, "InstanceProfileName": profile})
            for profile in profiles
        ),
        ("DeleteRole", who),
    ]


def teardown(request: ConsoleRequest, name: str) -> list[Step]:
    """The operations that delete a role with all that would keep it from being deleted."""
    return steps(name, *held(request, name))
