"""Groups: list, one group, create, rename, delete."""

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
from iamsite.console.export import export
from iamsite.console.forms import OperationForm, Option
from iamsite.console.gone import gone
from iamsite.console.listing import listing
from iamsite.console.steps import InSteps, Step
from iamsite.console.table import BulkLink, Column, Table, shown
from iamsite.console.tabs import chosen_tab, tabs
from iamsite.operations import OperationError, Somewhere
from policies.console.access_advisor import advice
from policies.console.sources import Sources, group_sources

TABS = {
    "members": gettext_lazy("Members"),
    "permissions": gettext_lazy("Policies"),
    "access": gettext_lazy("Access advisor"),
}


GROUPS = Table(
    name="groups",
    identity="GroupName",
    source=("ListGroupSummaries", "GroupSummaries"),
    plain=("ListGroups", "Groups"),
    columns=(
        Column("name", gettext_lazy("Name"), itemgetter("GroupName"), "Name", is_secondary=False),
        Column(
            "members",
            gettext_lazy("Users"),
            itemgetter("MemberCount"),
            "MemberCount",
            only="source",
            is_secondary=False,
            is_numeric=True,
        ),
        Column(
            "policies",
            gettext_lazy("Policies"),
            itemgetter("PolicyCount"),
            "PolicyCount",
            only="source",
            is_numeric=True,
        ),
        Column("path", gettext_lazy("Path"), itemgetter("Path")),
        Column("id", gettext_lazy("Unique id"), itemgetter("GroupId")),
        Column("created", gettext_lazy("Created"), itemgetter("CreateDate"), "CreateDate"),
        Column("arn", gettext_lazy("ARN"), itemgetter("Arn"), is_shown=False),
    ),
    bulk=(
        BulkLink(
            "delete-groups",
            gettext_lazy("Delete"),
            "trash",
            "danger",
            Somewhere("DeleteGroup", {"GroupName": "any-group"}),
        ),
    ),
)


@require_safe
def list_groups(request: ConsoleRequest) -> HttpResponseBase:
    path = request.GET.get("path", "")
    params = {"PathPrefix": path} if path.startswith("/") else {}
    if file := export(request, GROUPS, params):
        return file
    table = shown(request, GROUPS, params, ["path"])
    context = {
        "table": table,
        "listing": table.page,
        "may": request.ask.may(create=Somewhere("CreateGroup", {"GroupName": "new"})),
    }
    return render(request, "identities/groups.html", context)


@require_safe
def group(request: ConsoleRequest, name: str) -> HttpResponse:
    who = {"GroupName": name}
    try:
        found = request.ask.perform("GetGroup", {**who, "MaxItems": 1})["Group"]
    except OperationError as error:
        return gone(request, "Group", name, error)
    any_policy = {**who, "PolicyArn": f"{found['Arn'].partition(':group')[0]}:policy/any"}
    tab = chosen_tab(request, list(TABS))
    context = {
        "group": found,
        "name": name,
        "tab": tab,
        "tabs": tabs(request, tab, TABS),
        "may": request.ask.may(
            clone=Somewhere("CreateGroup", {"GroupName": "new"}),
            rename=("UpdateGroup", who),
            delete=("DeleteGroup", who),
            add=("AddUserToGroup", {**who, "UserName": "any"}),
            remove=("RemoveUserFromGroup", {**who, "UserName": "any"}),
            attach=("AttachGroupPolicy", any_policy),
            detach=("DetachGroupPolicy", any_policy),
            put=("PutGroupPolicy", {**who, "PolicyName": "any", "PolicyDocument": "{}"}),
            drop=("DeleteGroupPolicy", {**who, "PolicyName": "any"}),
        ),
    }
    if tab == "members":
        context["listing"] = listing(request, "GetGroup", "Users", who)
    elif tab == "permissions":
        context["sources"] = group_sources(request.ask, name)
    else:
        context["advice"] = advice(request, found["Arn"])
    return render(request, f"identities/group_{tab}.html", context)


# What groups are usually for, and the AWS managed policies that let their members do it.
TEMPLATES: dict[str, tuple[Option, tuple[str, ...]]] = {
    "": (Option(gettext_lazy("Nothing yet"), gettext_lazy("Attach policies afterwards.")), ()),
    "administrators": (
        Option(gettext_lazy("Administrators"), gettext_lazy("Everything in the account.")),
        ("AdministratorAccess",),
    ),
    "power-users": (
        Option(gettext_lazy("Power users"), gettext_lazy("All services but users and policies.")),
        ("PowerUserAccess",),
    ),
    "auditors": (
        Option(gettext_lazy("Auditors"), gettext_lazy("Read configuration, change nothing.")),
        ("SecurityAudit", "job-function/ViewOnlyAccess"),
    ),
    "billing": (
        Option(gettext_lazy("Billing"), gettext_lazy("Costs, invoices and payment.")),
        ("job-function/Billing",),
    ),
}


class GroupForm(OperationForm):
    blames = {"EntityAlreadyExists": "GroupName"}

    GroupName = forms.CharField(
        label=gettext_lazy("Group name"),
        max_length=128,
        help_text=gettext_lazy("Letters, digits and + = , . @ _ -"),
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    Template = forms.ChoiceField(
        label=gettext_lazy("What its members may do"),
        required=False,
        choices=[(name, option) for name, (option, _policies) in TEMPLATES.items()],
        widget=forms.RadioSelect,
    )
    Path = forms.CharField(
        label=gettext_lazy("Path"),
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "/"}),
    )

    def parameters(self) -> Params:
        typed = super().parameters()
        typed.pop("Template", None)
        return typed


class CreateGroup(InSteps, Action):
    operation = "CreateGroup"
    form_class = GroupForm
    title = gettext_lazy("Create group")
    lead = gettext_lazy("What a group's policies allow, each of its users may do.")
    success = gettext_lazy("Group %(GroupName)s was created.")

    def performed(self, form: OperationForm) -> list[Step]:
        made = self.parameters(form)
        _option, policies = TEMPLATES[form.cleaned_data["Template"]]
        return [
            (self.operation, made),
            *(
                (
                    "AttachGroupPolicy",
                    {
                        "GroupName": made["GroupName"],
                        "PolicyArn": f"arn:aws:iam::aws:policy/{policy}",
                    },
                )
                for policy in policies
            ),
        ]

    def taken_url(self, form: OperationForm) -> str:
        return reverse("console:group", args=[form["GroupName"].value()])

    def back_url(self) -> str:
        return reverse("console:groups")

    def crumbs(self) -> list[Crumb]:
        return [(_("Groups"), reverse("console:groups"))]

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:group", args=[params["GroupName"]])


class GroupAction(Action):
    names = {"name": "GroupName"}

    def back_url(self) -> str:
        return reverse("console:group", args=[self.kwargs["name"]])

    def crumbs(self) -> list[Crumb]:
        return [(_("Groups"), reverse("console:groups")), (self.kwargs["name"], self.back)]


class RenameForm(OperationForm):
    blames = {"EntityAlreadyExists": "NewGroupName"}

    NewGroupName = forms.CharField(label=gettext_lazy("New name"), max_length=128)
    NewPath = forms.CharField(label=gettext_lazy("Path"), required=False)


class RenameGroup(GroupAction):
    operation = "UpdateGroup"
    form_class = RenameForm
    title = gettext_lazy("Rename %(name)s")
    lead = gettext_lazy("Members and policies stay. The ARN changes.")
    submit = gettext_lazy("Rename")
    success = gettext_lazy("%(name)s is now %(NewGroupName)s.")
    edits = True

    def initial(self) -> dict[str, Any]:
        found = self.request.ask.perform("GetGroup", {**self.target(), "MaxItems": 1})["Group"]
        return {"NewGroupName": found["GroupName"], "NewPath": found["Path"]}

    def taken_url(self, form: OperationForm) -> str:
        return reverse("console:group", args=[form["NewGroupName"].value()])

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:group", args=[params["NewGroupName"]])


class DeleteGroup(InSteps, GroupAction):
    """Members leave and policies are taken off first, as the API demands."""

    operation = "DeleteGroup"
    title = gettext_lazy("Delete %(name)s")
    submit = gettext_lazy("Delete group")
    success = gettext_lazy("Group %(name)s was deleted.")
    is_danger = True
    confirmed_by = "name"
    previews = True

    def prepare(self) -> None:
        self.members, self.sources = held(self.request, self.kwargs["name"])

    def consequences(self) -> list[str]:
        lines = []
        if self.members:
            lines.append(
                _("%(count)d users lose what this group allows: %(names)s")
                % {"count": len(self.members), "names": _some(self.members)}
            )
        lines += [
            (
                _("%(name)s is detached.")
                if source.arn
                else _("The inline policy %(name)s is deleted.")
            )
            % {"name": source.name}
            for source in self.sources.policies
        ]
        return lines

    def performed(self, form: OperationForm) -> list[Step]:
        return steps(self.kwargs["name"], self.members, self.sources)

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:groups")


def held(request: ConsoleRequest, name: str) -> tuple[list[str], Sources]:
    """What keeps a group from being deleted: its users and its policies."""
    users = request.ask.everything("GetGroup", "Users", {"GroupName": name})
    return [user["UserName"] for user in users], group_sources(request.ask, name)


def steps(name: str, members: list[str], sources: Sources) -> list[Step]:
    who = {"GroupName": name}
    return [
        *(("RemoveUserFromGroup", {**who, "UserName": member}) for member in members),
        *(
            ("DetachGroupPolicy", {**who, "PolicyArn": source.arn})
            if source.arn
            else ("DeleteGroupPolicy", {**who, "PolicyName": source.name})
            for source in sources.policies
        ),
        ("DeleteGroup", who),
    ]


def teardown(request: ConsoleRequest, name: str) -> list[Step]:
    """The operations that delete a group with all that would keep it from being deleted."""
    return steps(name, *held(request, name))


def _some(names: list[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return f"{shown}, …" if len(names) > most else shown
