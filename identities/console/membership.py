"""Who belongs to which group."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from iamsite.console.asking import Asking, Params
from iamsite.console.forms import OperationForm, Option, PickField
from iamsite.console.listing import matching
from iamsite.console.steps import InSteps
from identities.console.groups import GroupAction
from identities.console.users import UserAction

OFFERED = 50  # users to choose from at once


class GroupsForm(OperationForm):
    Groups = PickField(
        label=gettext_lazy("Groups"), empty=gettext_lazy("There is no group yet. Create one first.")
    )


class EditGroups(InSteps, UserAction):
    """All groups with a tick at those the user is in; saving performs the differences."""

    operation = "AddUserToGroup"
    form_class = GroupsForm
    title = gettext_lazy("Groups of %(name)s")
    submit = gettext_lazy("Save groups")
    success = gettext_lazy("The groups of %(name)s are saved.")
    tab = "groups"
    edits = True
    previews = True

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


class MembersForm(OperationForm):
    Users = PickField(
        label=gettext_lazy("Users"),
        required=True,
        finds=True,
        empty=gettext_lazy("No user outside of this group has this in the name."),
    )


def _outside(ask: Asking, group: str, sought: str) -> list[str]:
    """Some users that are not in `group`, with `sought` in their names."""
    summaries = ("ListUserSummaries", {"MaxItems": OFFERED, "SortBy": "Name"})
    if ask.may(summaries=summaries)["summaries"]:
        narrowed = {"Contains": sought[:128]} if sought else {}
        rows = ask.perform(summaries[0], {**summaries[1], **narrowed})["UserSummaries"]
        return [user["UserName"] for user in rows if group not in user["GroupNames"]]
    # AWS's own operations neither search nor tell groups: what one may list is looked through.
    members = {u["UserName"] for u in ask.everything("GetGroup", "Users", {"GroupName": group})}
    users = matching(ask.everything("ListUsers", "Users"), sought)
    return [user["UserName"] for user in users if user["UserName"] not in members][:OFFERED]


class AddMembers(InSteps, GroupAction):
    operation = "AddUserToGroup"
    form_class = MembersForm
    title = gettext_lazy("Add users to %(name)s")
    submit = gettext_lazy("Add users")
    success = gettext_lazy("The users were added to %(name)s.")
    previews = True

    def prepare(self) -> None:
        asked = self.request.POST if self.request.method == "POST" else self.request.GET
        self.sought = asked.get(PickField.FIND, "").strip()
        self.ticked = self.request.POST.getlist("Users")
        group = str(self.kwargs["name"])
        self.request.ask.perform("GetGroup", {"GroupName": group, "MaxItems": 1})
        self.others = _outside(self.request.ask, group, self.sought)

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        offered = [*self.ticked, *(name for name in self.others if name not in self.ticked)]
        form.offer("Users", [(name, Option(name)) for name in offered])
        field = form.fields["Users"]
        assert isinstance(field, PickField)
        field.found = self.sought
        return form

    def performed(self, form: OperationForm) -> list[tuple[str, Params]]:
        return [
            ("AddUserToGroup", {**self.target(), "UserName": name})
            for name in form.cleaned_data["Users"]
        ]


class RemoveMember(GroupAction):
    operation = "RemoveUserFromGroup"
    names = {"name": "GroupName", "user": "UserName"}
    title = gettext_lazy("Remove %(user)s from %(name)s")
    lead = gettext_lazy("What the group's policies allow counts no more from the next request.")
    submit = gettext_lazy("Remove")
    success = gettext_lazy("%(user)s is no longer in %(name)s.")
    previews = True
