"""Account settings: name, alias, passwords, tokens, issuer, and what is held against quotas."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.console import issuer, password_policy
from accounts.console.account_action import AccountAction
from accounts.console.quotas import quotas_of
from iamsite.console.asking import ConsoleRequest
from iamsite.console.forms import OperationForm, Option
from iamsite.console.password_rules import current_policy
from iamsite.console.times import span
from iamsite.console.viewer import viewer_of

HOUR, MINUTE = 3600, 60
LENGTHS = (15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR)
IDLE = (5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 12 * HOUR)


@require_safe
def account(request: ConsoleRequest) -> HttpResponse:
    seen = request.ask.see(
        status=("GetAccountStatus", {}),
        alias=("ListAccountAliases", {}),
        summary=("GetAccountSummary", {}),
        sessions=("GetConsoleSettings", {}),
        limits=("ListQuotas", {}),
    )
    summary = seen["summary"].result.get("SummaryMap", {})
    aliases = seen["alias"].result.get("AccountAliases", [])
    viewer = viewer_of(request)
    named = aliases[0] if aliases else viewer.account if viewer else "-"
    passwords = current_policy(request.ask)
    context = {
        **seen,
        "passwords": passwords,
        "password_rules": password_policy.sentences(passwords.result) if passwords.result else (),
        "issuer": issuer.current(request),
        "decisions": request.ask.see(kept=("GetDecisionSettings", {}))["kept"],
        "token_version": summary.get("GlobalEndpointTokenVersion"),
        "account_alias": aliases[0] if aliases else "",
        "sign_in_url": settings.IAMSITE_URL + reverse("console:sign-in-account", args=[named]),
        "quotas": quotas_of(seen["limits"]),
        "may": request.ask.may(
            name=("UpdateAccountName", {"AccountName": "any"}),
            alias=("CreateAccountAlias", {"AccountAlias": "new"}),
            drop=("DeleteAccountAlias", {"AccountAlias": "new"}),
            passwords=("UpdateAccountPasswordPolicy", {}),
            drop_passwords=("DeleteAccountPasswordPolicy", {}),
            decisions=("UpdateDecisionSettings", {}),
            sessions=("UpdateConsoleSettings", {}),
            close=(
                "CloseAccount",
                {"AccountId": viewer.account if viewer else "-", "Password": "any"},
            ),
            tokens=(
                "SetSecurityTokenServicePreferences",
                {"GlobalEndpointTokenVersion": "v2Token"},
            ),
            issue=("EnableOutboundWebIdentityFederation", {}),
            stop=("DisableOutboundWebIdentityFederation", {}),
            rotate=("RotateOutboundSigningKeys", {}),
        ),
    }
    return render(request, "accounts/account.html", context)


class NameForm(OperationForm):
    AccountName = forms.CharField(
        label=gettext_lazy("Account name"),
        max_length=128,
        widget=forms.TextInput(attrs={"autofocus": True}),
    )


class ChangeName(AccountAction):
    operation = "UpdateAccountName"
    form_class = NameForm
    title = gettext_lazy("Rename the account")
    submit = gettext_lazy("Save name")
    success = gettext_lazy("The account is called %(AccountName)s now.")
    edits = True

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


class SetAlias(AccountAction):
    operation = "CreateAccountAlias"
    form_class = AliasForm
    title = gettext_lazy("Set the account alias")
    lead = gettext_lazy("It is unique in this installation and replaces the one before.")
    submit = gettext_lazy("Save alias")
    success = gettext_lazy("The account alias is %(AccountAlias)s.")
    edits = True

    def initial(self) -> dict[str, Any]:
        aliases = self.request.ask.perform("ListAccountAliases")["AccountAliases"]
        return {"AccountAlias": aliases[0] if aliases else ""}


class RemoveAlias(AccountAction):
    operation = "DeleteAccountAlias"
    names = {"alias": "AccountAlias"}
    title = gettext_lazy("Remove the alias %(alias)s")
    lead = gettext_lazy("Users sign in with the account id again; anyone else may take the alias.")
    submit = gettext_lazy("Remove alias")
    success = gettext_lazy("The alias %(alias)s was removed.")
    is_danger = True
    confirmed_by = "alias"


class SessionsForm(OperationForm):
    SessionDuration = forms.TypedChoiceField(
        label=gettext_lazy("A session lasts"),
        coerce=int,
        help_text=gettext_lazy(
            "From signing in, however one signs in: with a password, a passkey, at an identity "
            "provider or the federation endpoint. Roles one switches to end with it, or earlier "
            "where the role says so."
        ),
    )
    IdleTimeout = forms.TypedChoiceField(
        label=gettext_lazy("A browser that asks for nothing is signed out after"), coerce=int
    )


class SetSessions(AccountAction):
    operation = "UpdateConsoleSettings"
    form_class = SessionsForm
    title = gettext_lazy("Console sessions")
    lead = gettext_lazy(
        "Holds for everybody who signs in to this account. Sessions that have begun already are "
        "cut to it too."
    )
    submit = gettext_lazy("Save")
    success = gettext_lazy("Console sessions follow the choice.")
    edits = True

    def prepare(self) -> None:
        self.found = self.request.ask.perform("GetConsoleSettings")

    def initial(self) -> dict[str, Any]:
        return {name: self.found[name] for name in ("SessionDuration", "IdleTimeout")}

    def form(self, data: Any = None) -> OperationForm:
        form, found = super().form(data), self.found
        for name, most, offered in (
            ("SessionDuration", found["MaxSessionDuration"], LENGTHS),
            ("IdleTimeout", found["MaxIdleTimeout"], IDLE),
        ):
            seconds = sorted({*(one for one in offered if one <= most), found[name]})
            form.offer(name, [(str(one), Option(span(one))) for one in seconds])
        return form


class DecisionsForm(OperationForm):
    RetentionDays = forms.IntegerField(
        label=gettext_lazy("Days to keep a decision"),
        min_value=1,
        max_value=3650,
        help_text=gettext_lazy("Counted from when the same was last decided."),
    )
    AllowedSamplePercent = forms.IntegerField(
        label=gettext_lazy("Allowed decisions to keep, in a hundred"),
        min_value=0,
        max_value=100,
        help_text=gettext_lazy(
            "Denials are always kept. What was allowed is what a change of a policy is tried "
            "against; 0 keeps none of it."
        ),
    )


class SetDecisions(AccountAction):
    operation = "UpdateDecisionSettings"
    form_class = DecisionsForm
    title = gettext_lazy("Decisions on record")
    submit = gettext_lazy("Save")
    success = gettext_lazy("Decisions are kept as you chose.")
    edits = True

    def initial(self) -> dict[str, Any]:
        return self.request.ask.perform("GetDecisionSettings")


class TokensForm(OperationForm):
    GlobalEndpointTokenVersion = forms.ChoiceField(
        label=gettext_lazy("Session tokens"),
        widget=forms.RadioSelect,
        choices=[
            ("v2Token", Option(gettext_lazy("Version 2"), gettext_lazy("Good in every region."))),
            (
                "v1Token",
                Option(
                    gettext_lazy("Version 1"),
                    gettext_lazy("Shorter; good only in regions that are there by default."),
                ),
            ),
        ],
    )


class SetTokenVersion(AccountAction):
    operation = "SetSecurityTokenServicePreferences"
    form_class = TokensForm
    title = gettext_lazy("Session tokens")
    lead = gettext_lazy("The kind that calls get which name no region. It counts for new ones.")
    submit = gettext_lazy("Save")
    success = gettext_lazy("New session tokens follow the choice.")
    edits = True

    def initial(self) -> dict[str, Any]:
        summary = self.request.ask.perform("GetAccountSummary")["SummaryMap"]
        return {"GlobalEndpointTokenVersion": f"v{summary['GlobalEndpointTokenVersion']}Token"}
