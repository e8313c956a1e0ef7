"""Account settings: the alias, and what the account holds against its quotas."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import ConsoleRequest
from iamsite.console.forms import OperationForm

QUOTAS = (
    ("Users", gettext_lazy("Users"), "UsersQuota"),
    ("Groups", gettext_lazy("Groups"), "GroupsQuota"),
    ("Roles", gettext_lazy("Roles"), "RolesQuota"),
    ("Policies", gettext_lazy("Customer managed policies"), "PoliciesQuota"),
    ("PolicyVersionsInUse", gettext_lazy("Policy versions"), "PolicyVersionsInUseQuota"),
)
LIMITS = (
    ("GroupsPerUserQuota", gettext_lazy("Groups a user may be in")),
    ("AccessKeysPerUserQuota", gettext_lazy("Access keys a user may have")),
    ("AttachedPoliciesPerUserQuota", gettext_lazy("Managed policies on a user")),
    ("AttachedPoliciesPerGroupQuota", gettext_lazy("Managed policies on a group")),
    ("AttachedPoliciesPerRoleQuota", gettext_lazy("Managed policies on a role")),
    ("VersionsPerPolicyQuota", gettext_lazy("Versions of a policy")),
)


@require_safe
def account(request: ConsoleRequest) -> HttpResponse:
    seen = request.ask.see(
        status=("GetAccountStatus", {}),
        alias=("ListAccountAliases", {}),
        summary=("GetAccountSummary", {}),
    )
    summary = seen["summary"].result.get("SummaryMap", {})
    aliases = seen["alias"].result.get("AccountAliases", [])
    context = {
        **seen,
        "account_alias": aliases[0] if aliases else "",
        "quotas": [
            (label, summary.get(name, 0), summary[quota])
            for name, label, quota in QUOTAS
            if quota in summary
        ],
        "limits": [(label, summary[name]) for name, label in LIMITS if name in summary],
        "may": request.ask.may(
            name=("UpdateAccountName", {"AccountName": "any"}),
            alias=("CreateAccountAlias", {"AccountAlias": "new"}),
            drop=("DeleteAccountAlias", {"AccountAlias": "new"}),
        ),
    }
    return render(request, "accounts/account.html", context)


class NameForm(OperationForm):
    AccountName = forms.CharField(
        label=gettext_lazy("Account name"),
        max_length=128,
        widget=forms.TextInput(attrs={"autofocus": True}),
    )


class ChangeName(Action):
    operation = "UpdateAccountName"
    form_class = NameForm
    title = gettext_lazy("Rename the account")
    submit = gettext_lazy("Save name")
    success = gettext_lazy("The account is called %(AccountName)s now.")

    def back_url(self) -> str:
        return reverse("console:account")

    def crumbs(self) -> list[Crumb]:
        return [(_("Account settings"), self.back)]

    def initial(self) -> dict[str, Any]:
        return {"AccountName": self.request.ask.perform("GetAccountStatus").get("AccountName", "")}


class AliasForm(OperationForm):
    blames = {"EntityAlreadyExists": "AccountAlias"}

    AccountAlias = forms.CharField(
        label=gettext_lazy("Alias"),
        max_length=63,
        help_text=gettext_lazy(
            "Lower-case letters, digits and hyphens. People may type it in place of the account id."
        ),
        widget=forms.TextInput(attrs={"autofocus": True}),
    )


class AliasAction(Action):
    def back_url(self) -> str:
        return reverse("console:account")

    def crumbs(self) -> list[Crumb]:
        return [(_("Account settings"), self.back)]


class SetAlias(AliasAction):
    operation = "CreateAccountAlias"
    form_class = AliasForm
    title = gettext_lazy("Set the account alias")
    lead = gettext_lazy("It is unique in this installation and replaces the one before.")
    submit = gettext_lazy("Save alias")
    success = gettext_lazy("The account alias is %(AccountAlias)s.")

    def initial(self) -> dict[str, Any]:
        aliases = self.request.ask.perform("ListAccountAliases")["AccountAliases"]
        return {"AccountAlias": aliases[0] if aliases else ""}


class RemoveAlias(AliasAction):
    operation = "DeleteAccountAlias"
    names = {"alias": "AccountAlias"}
    title = gettext_lazy("Remove the alias %(alias)s")
    lead = gettext_lazy("Users sign in with the account id again; anyone else may take the alias.")
    submit = gettext_lazy("Remove alias")
    success = gettext_lazy("The alias %(alias)s was removed.")
    is_danger = True
    confirmed_by = "alias"
