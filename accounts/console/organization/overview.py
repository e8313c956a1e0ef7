"""The organization: its tree, its policies, its invitations; and how an account comes into one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.console.organization.acting import OrganizationAction
from accounts.console.organization.delegated import delegated
from accounts.console.organization.looking import KINDS, Standing, all_of, standing, tree
from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.forms import OperationForm, Option
from iamsite.console.tabs import chosen_tab, tabs

TABS = {
    "accounts": gettext_lazy("Accounts"),
    "policies": gettext_lazy("Policies"),
    "invitations": gettext_lazy("Invitations"),
    "delegation": gettext_lazy("Delegation"),
}


@require_safe
def organization(request: ConsoleRequest) -> HttpResponse:
    standing_ = standing(request)
    context: dict[str, Any] = {"standing": standing_}
    if standing_.reads:
        return _inside(request, standing_, context)
    if standing_.organization is None:
        listed = request.ask.see(mine=("organizations:ListHandshakesForAccount", {}))["mine"]
        handshakes = listed.result.get("Handshakes", [])
        context["invitations"] = [one for one in handshakes if one["State"] == "OPEN"]
    context["may"] = request.ask.may(
        create=("organizations:CreateOrganization", {}),
        answer=("organizations:AcceptHandshake", {"HandshakeId": "h-anyanyan"}),
        leave=("organizations:LeaveOrganization", {}),
    )
    return render(request, "accounts/organization/outside.html", context)


def _inside(request: ConsoleRequest, found: Standing, context: dict[str, Any]) -> HttpResponse:
    tab = chosen_tab(request, list(TABS))
    context |= {
        "tab": tab,
        "tabs": tabs(request, tab, TABS),
        "may": request.ask.may(
            create=("organizations:CreateAccount", {"Email": "a@b.example", "AccountName": "any"}),
            invite=(
                "organizations:InviteAccountToOrganization",
                {"Target": {"Type": "ACCOUNT", "Id": "000000000000"}},
            ),
            policy=("organizations:CreatePolicy", {"Type": "SERVICE_CONTROL_POLICY"}),
            enable=("organizations:EnablePolicyType", {"RootId": found.root["Id"]}),
            unit=(
                "organizations:CreateOrganizationalUnit",
                {"ParentId": found.root["Id"], "Name": "any"},
            ),
            cancel=("organizations:CancelHandshake", {"HandshakeId": "h-anyanyan"}),
        ),
    }
    if tab == "accounts":
        context |= {"nodes": tree(request.ask, found.root), "root": found.root["Id"]}
    elif tab == "policies":
        context["kinds"] = [
            {
                "type": kind,
                "label": label,
                "is_enabled": kind in found.kinds,
                "policies": all_of(request.ask, "ListPolicies", "Policies", Filter=kind),
            }
            for kind, label in KINDS.items()
        ]
    elif tab == "delegation":
        told = delegated(request, found)
        context |= {**told, "may": context["may"] | told["may"]}
    else:
        context["handshakes"] = all_of(request.ask, "ListHandshakesForOrganization", "Handshakes")
    return render(request, f"accounts/organization/{tab}.html", context)


class CreateForm(OperationForm):
    FeatureSet = forms.ChoiceField(
        label=gettext_lazy("Features"),
        widget=forms.RadioSelect,
        initial="ALL",
        choices=[
            (
                "ALL",
                Option(
                    gettext_lazy("All features"),
                    gettext_lazy("Policies can limit what members may do."),
                ),
            ),
            (
                "CONSOLIDATED_BILLING",
                Option(
                    gettext_lazy("Accounts only"),
                    gettext_lazy("Members are listed together and limited by nothing."),
                ),
            ),
        ],
    )


class CreateOrganization(OrganizationAction):
    operation = "organizations:CreateOrganization"
    form_class = CreateForm
    title = gettext_lazy("Create organization")
    lead = gettext_lazy(
        "This account becomes the management account. No policy of the organization limits it, so "
        "keep daily work in member accounts."
    )
    success = gettext_lazy("The organization was created.")


class LeaveOrganization(OrganizationAction):
    operation = "organizations:LeaveOrganization"
    title = gettext_lazy("Leave the organization")
    lead = gettext_lazy("Its policies no longer limit this account.")
    success = gettext_lazy("This account has left the organization.")


class AccountForm(OperationForm):
    Email = forms.EmailField(
        label=gettext_lazy("Email address of the root user"),
        widget=forms.EmailInput(attrs={"autofocus": True}),
    )
    AccountName = forms.CharField(label=gettext_lazy("Account name"), max_length=50)
    RoleName = forms.CharField(
        label=gettext_lazy("Role to enter it by"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"placeholder": "OrganizationAccountAccessRole"}),
        help_text=gettext_lazy("Administrators of this account may assume it."),
    )


class CreateAccount(OrganizationAction):
    operation = "organizations:CreateAccount"
    form_class = AccountForm
    title = gettext_lazy("Create account")
    lead = gettext_lazy("It is a member from the start, below the root.")
    success = gettext_lazy("The account %(AccountName)s was created.")

    def done(self, result: dict[str, Any], params: Params) -> Any:
        if result["CreateAccountStatus"]["State"] == "FAILED":
            form = self.form(self.request.POST)
            form.is_valid()
            form.add_error("Email", _("There is an account with this email address already."))
            return self.page(form, status=422)
        return super().done(result, params)


class InviteForm(OperationForm):
    blames = {"InvalidInputException": "Id", "DuplicateHandshakeException": "Id"}

    Id = forms.CharField(
        label=gettext_lazy("Account id or email address of its root user"),
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    Notes = forms.CharField(label=gettext_lazy("Message"), required=False, max_length=1024)

    def parameters(self) -> Params:
        typed = super().parameters()
        whom = typed.pop("Id").strip()
        return {**typed, "Target": {"Type": "EMAIL" if "@" in whom else "ACCOUNT", "Id": whom}}


class InviteAccount(OrganizationAction):
    operation = "organizations:InviteAccountToOrganization"
    form_class = InviteForm
    title = gettext_lazy("Invite account")
    lead = gettext_lazy("It joins when its people accept, and is limited then.")
    success = gettext_lazy("The invitation is sent.")
    tab = "invitations"


class HandshakeAction(OrganizationAction):
    names = {"handshake": "HandshakeId"}


class CancelInvitation(HandshakeAction):
    operation = "organizations:CancelHandshake"
    title = gettext_lazy("Cancel the invitation")
    submit = gettext_lazy("Cancel invitation")
    success = gettext_lazy("The invitation was cancelled.")
    tab = "invitations"


class AcceptInvitation(HandshakeAction):
    operation = "organizations:AcceptHandshake"
    title = gettext_lazy("Join the organization")
    lead = gettext_lazy("From now on its policies limit every user and role of this account.")
    submit = gettext_lazy("Join")
    success = gettext_lazy("This account has joined the organization.")


class DeclineInvitation(HandshakeAction):
    operation = "organizations:DeclineHandshake"
    title = gettext_lazy("Decline the invitation")
    submit = gettext_lazy("Decline")
    success = gettext_lazy("The invitation was declined.")
