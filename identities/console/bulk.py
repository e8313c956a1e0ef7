"""One action on many users, groups or roles."""

from __future__ import annotations

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from iamsite.console.action import Crumb
from iamsite.console.bulk import BulkAction
from iamsite.console.forms import OperationForm
from iamsite.console.steps import Step
from identities.console.disabling import disabling
from identities.console.groups import teardown as group_teardown
from identities.console.roles import teardown as role_teardown
from identities.console.users import teardown as user_teardown


class BulkUsers(BulkAction):
    result_label = gettext_lazy("User")

    def back_url(self) -> str:
        return reverse("console:users")

    def crumbs(self) -> list[Crumb]:
        return [(_("Users"), self.back)]

    def item_url(self, item: str) -> str:
        return reverse("console:user", args=[item])


class GroupForm(OperationForm):
    GroupName = forms.ChoiceField(label=gettext_lazy("Group"))


class AddToGroup(BulkUsers):
    operation = "AddUserToGroup"
    form_class = GroupForm
    title = gettext_lazy("Add users to a group")
    lead = gettext_lazy("What the group's policies allow, each of them may do at once.")
    submit = gettext_lazy("Add to group")
    previews = True

    def form(self, data: object = None) -> OperationForm:
        form = super().form(data)
        names = [
            group["GroupName"] for group in self.request.ask.everything("ListGroups", "Groups")
        ]
        field = form.fields["GroupName"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, name) for name in names]
        return form

    def steps(self, item: str, form: OperationForm) -> list[Step]:
        return [("AddUserToGroup", {"UserName": item, **form.parameters()})]


class DeactivateKeys(BulkUsers):
    operation = "UpdateAccessKey"
    title = gettext_lazy("Deactivate access keys")
    lead = gettext_lazy(
        "Every active access key of these users is refused from the next request. Each can be "
        "activated again."
    )
    submit = gettext_lazy("Deactivate keys")

    def steps(self, item: str, form: OperationForm) -> list[Step]:
        who = {"UserName": item}
        keys = self.request.ask.perform("ListAccessKeys", who)["AccessKeyMetadata"]
        return [
            (
                "UpdateAccessKey",
                {**who, "AccessKeyId": key["AccessKeyId"], "Status": "Inactive"},
            )
            for key in keys
            if key["Status"] == "Active"
        ]


class DisableUsers(BulkUsers):
    operation = "UpdateAccessKey"
    title = gettext_lazy("Disable users")
    lead = gettext_lazy(
        "Their keys and other credentials become inactive, their console passwords are removed, "
        "and signed-in browsers and temporary credentials are refused from the next request. Each "
        "can be enabled again."
    )
    submit = gettext_lazy("Disable users")
    is_danger = True

    def steps(self, item: str, form: OperationForm) -> list[Step]:
        return list(disabling(self.request.ask, item).values())


class DeleteUsers(BulkUsers):
    operation = "DeleteUser"
    title = gettext_lazy("Delete users")
    lead = gettext_lazy(
        "With their passwords, keys, devices, memberships and inline policies. Programs and "
        "signed-in browsers of these users are refused from the next request."
    )
    is_danger = True
    previews = True

    def steps(self, item: str, form: OperationForm) -> list[Step]:
        return [*user_teardown(self.request, item), ("DeleteUser", {"UserName": item})]


class DeleteGroups(BulkAction):
    operation = "DeleteGroup"
    title = gettext_lazy("Delete groups")
    lead = gettext_lazy("Their users stay, and lose what these groups allow.")
    result_label = gettext_lazy("Group")
    is_danger = True
    previews = True

    def back_url(self) -> str:
        return reverse("console:groups")

    def crumbs(self) -> list[Crumb]:
        return [(_("Groups"), self.back)]

    def item_url(self, item: str) -> str:
        return reverse("console:group", args=[item])

    def steps(self, item: str, form: OperationForm) -> list[Step]:
        return group_teardown(self.request, item)


class DeleteRoles(BulkAction):
    operation = "DeleteRole"
    title = gettext_lazy("Delete roles")
    lead = gettext_lazy("Sessions of these roles end at once.")
    result_label = gettext_lazy("Role")
    is_danger = True
    previews = True

    def back_url(self) -> str:
        return reverse("console:roles")

    def crumbs(self) -> list[Crumb]:
        return [(_("Roles"), self.back)]

    def item_url(self, item: str) -> str:
        return reverse("console:role", args=[item])

    def steps(self, item: str, form: OperationForm) -> list[Step]:
        return role_teardown(self.request, item)
