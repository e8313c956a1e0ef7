"""A group made like another, and members moved from one group to another."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy

from iamsite.console.asking import Params
from iamsite.console.forms import OperationForm, Option
from iamsite.console.steps import InSteps, Step
from identities.console.groups import GroupAction


class InGroup(InSteps, GroupAction):
    """An action of several steps, in which the address's group is not the one of the operation."""

    names = {}


class CloneForm(OperationForm):
    blames = {"EntityAlreadyExists": "GroupName"}

    GroupName = forms.CharField(
        label=gettext_lazy("Name of the new group"),
        max_length=128,
        widget=forms.TextInput(attrs={"autofocus": True}),
    )


class CloneGroup(InGroup):
    """Makes a group with the same path and policies; its members stay where they are."""

    operation = "CreateGroup"
    form_class = CloneForm
    title = gettext_lazy("Clone %(name)s")
    lead = gettext_lazy("A new group with the same policies, and nobody in it yet.")
    submit = gettext_lazy("Clone group")
    success = gettext_lazy("Group %(GroupName)s was created.")

    def prepare(self) -> None:
        ask, who = self.request.ask, {"GroupName": self.kwargs["name"]}
        self.path = ask.perform("GetGroup", {**who, "MaxItems": 1})["Group"]["Path"]
        attached = ask.everything("ListAttachedGroupPolicies", "AttachedPolicies", who)
        self.attached = [policy["PolicyArn"] for policy in attached]
        self.inline = {
            name: ask.perform("GetGroupPolicy", {**who, "PolicyName": name})["PolicyDocument"]
            for name in ask.everything("ListGroupPolicies", "PolicyNames", who)
        }

    def performed(self, form: OperationForm) -> list[Step]:
        who = form.parameters()
        return [
            ("CreateGroup", {**who, "Path": self.path}),
            *(("AttachGroupPolicy", {**who, "PolicyArn": arn}) for arn in self.attached),
            *(
                ("PutGroupPolicy", {**who, "PolicyName": name, "PolicyDocument": document})
                for name, document in self.inline.items()
            ),
        ]

    def taken_url(self, form: OperationForm) -> str:
        return reverse("console:group", args=[form["GroupName"].value()])

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:group", args=[params["GroupName"]])


class MoveForm(OperationForm):
    GroupName = forms.ChoiceField(label=gettext_lazy("To the group"))


class MoveMember(InGroup):
    """Joins the other group before leaving this one, so that nothing is lost in between."""

    operation = "AddUserToGroup"
    form_class = MoveForm
    names = {"user": "UserName"}
    title = gettext_lazy("Move %(user)s out of %(name)s")
    lead = gettext_lazy(
        "From the next request on, the other group's policies count in place of this one's."
    )
    submit = gettext_lazy("Move")
    success = gettext_lazy("%(user)s is in %(GroupName)s now, and no longer in %(name)s.")
    previews = True

    def prepare(self) -> None:
        self.request.ask.perform("GetGroup", {"GroupName": self.kwargs["name"], "MaxItems": 1})

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        groups = self.request.ask.everything("ListGroups", "Groups")
        others = [one["GroupName"] for one in groups if one["GroupName"] != self.kwargs["name"]]
        form.offer("GroupName", [(name, Option(name)) for name in others])
        return form

    def performed(self, form: OperationForm) -> list[Step]:
        leaving = {**self.target(), "GroupName": self.kwargs["name"]}
        return [
            ("AddUserToGroup", self.parameters(form)),
            ("RemoveUserFromGroup", leaving),
        ]
