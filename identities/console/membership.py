"""Who belongs to which group."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import Params
from iamsite.console.forms import OperationForm, Option, PickField
from iamsite.console.steps import perform_all
from identities.console.users import UserAction


class GroupsForm(OperationForm):
    Groups = PickField(
        label=gettext_lazy("Groups"), empty=gettext_lazy("There is no group yet. Create one first.")
    )


class EditGroups(UserAction):
    """All groups with a tick at those the user is in; saving performs the differences."""

    operation = "AddUserToGroup"
    form_class = GroupsForm
    title = gettext_lazy("Groups of %(name)s")
    submit = gettext_lazy("Save groups")
    success = gettext_lazy("The groups of %(name)s are saved.")
    tab = "groups"

    def prepare(self) -> None:
        ask = self.request.ask
        current = ask.perform("ListGroupsForUser", self.target())["Groups"]
        self.current = [group["GroupName"] for group in current]
        self.all = [group["GroupName"] for group in ask.everything("ListGroups", "Groups")]

    def initial(self) -> dict[str, Any]:
        return {"Groups": self.current}

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        form.offer("Groups", [(name, Option(name)) for name in self.all])
        return form

    def performed(self, form: OperationForm) -> list[tuple[str, Params]]:
        wanted, who = form.cleaned_data["Groups"], self.target()
        # Joined before left, so that nothing is lost in between.
        return [
            *(("AddUserToGroup", {"GroupName": g, **who}) for g in wanted if g not in self.current),
            *(
                ("RemoveUserFromGroup", {"GroupName": g, **who})
                for g in self.current
                if g not in wanted
            ),
        ]

    def run(self, form: OperationForm) -> dict[str, Any]:
        perform_all(self.request.ask, self.performed(form))
        return {}


class MembersForm(OperationForm):
    Users = PickField(
        label=gettext_lazy("Users"),
        required=True,
        empty=gettext_lazy("Every user is in this group already."),
    )


class AddMembers(Action):
    operation = "AddUserToGroup"
    form_class = MembersForm
    names = {"name": "GroupName"}
    title = gettext_lazy("Add users to %(name)s")
    submit = gettext_lazy("Add users")
    success = gettext_lazy("The users were added to %(name)s.")

    def prepare(self) -> None:
        ask = self.request.ask
        members = {user["UserName"] for user in ask.everything("GetGroup", "Users", self.target())}
        users = ask.perform("ListUsers", {"MaxItems": 1000})["Users"]
        self.others = [user["UserName"] for user in users if user["UserName"] not in members]

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        form.offer("Users", [(name, Option(name)) for name in self.others])
        return form

    def back_url(self) -> str:
        return reverse("console:group", args=[self.kwargs["name"]])

    def crumbs(self) -> list[Crumb]:
        return [(_("Groups"), reverse("console:groups")), (self.kwargs["name"], self.back)]

    def performed(self, form: OperationForm) -> list[tuple[str, Params]]:
        return [
            ("AddUserToGroup", {**self.target(), "UserName": name})
            for name in form.cleaned_data["Users"]
        ]

    def run(self, form: OperationForm) -> dict[str, Any]:
        perform_all(self.request.ask, self.performed(form))
        return {}


class RemoveMember(Action):
    operation = "RemoveUserFromGroup"
    names = {"name": "GroupName", "user": "UserName"}
    title = gettext_lazy("Remove %(user)s from %(name)s")
    lead = gettext_lazy("What the group's policies allow counts no more from the next request.")
    submit = gettext_lazy("Remove")
    success = gettext_lazy("%(user)s is no longer in %(name)s.")

    def back_url(self) -> str:
        return reverse("console:group", args=[self.kwargs["name"]])

    def crumbs(self) -> list[Crumb]:
        return [(_("Groups"), reverse("console:groups")), (self.kwargs["name"], self.back)]
