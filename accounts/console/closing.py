"""Closing one's own account: the root user's last act in it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from accounts.console.account_action import AccountAction
from accounts.operations.closing import NO_FACTOR, WRONG_PASSWORD
from iamsite.console import cookies
from iamsite.console.asking import Params, unauthenticated
from iamsite.console.forms import OperationForm
from iamsite.operations import OperationError
from identities.security_keys import is_key


class CloseForm(OperationForm):
    Password = forms.CharField(
        label=gettext_lazy("The root user's password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    TokenCode = forms.CharField(
        label=gettext_lazy("Code of its MFA device"),
        required=False,
        max_length=6,
        help_text=gettext_lazy(
            "Not needed within 15 minutes of signing in with MFA. With a passkey or "
            "security key sign in with it again, then close the account."
        ),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def refuse(self, error: OperationError) -> bool:
        told = {WRONG_PASSWORD: "Password", NO_FACTOR: "TokenCode"}.get(error.message)
        if told not in self.fields:
            return super().refuse(error)
        self.add_error(told, error.message)
        return True


@method_decorator(sensitive_post_parameters("Password", "TokenCode"), name="dispatch")
class CloseAccount(AccountAction):
    operation = "CloseAccount"
    form_class = CloseForm
    title = gettext_lazy("Close this account")
    lead = gettext_lazy(
        "Nobody can sign in to it or call with its keys any more. Nothing is deleted: whoever runs "
        "this portal can reactivate the account as it was, or delete it for good."
    )
    submit = gettext_lazy("Close the account")
    is_danger = True
    shows = False

    def prepare(self) -> None:
        ask = self.request.ask
        self.status = ask.perform("GetAccountStatus")
        seen = ask.see(
            devices=("ListMFADevices", {}),
            summary=("GetAccountSummary", {}),
        )
        devices = seen["devices"].result.get("MFADevices", ())
        self.apps = [one["SerialNumber"] for one in devices if not is_key(one["SerialNumber"])]
        self.summary = seen["summary"].result.get("SummaryMap", {})
        self.manages = self._manages()

    def _manages(self) -> bool:
        """Whether it is an organization's management account, as far as the viewer may know."""
        try:
            found = self.request.ask.perform("organizations:DescribeOrganization")["Organization"]
        except OperationError as error:
            if unauthenticated(error):
                raise
            return False
        return bool(found["MasterAccountId"] == self.status["AccountId"])

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        if not self.status["RootMFAEnabled"]:
            del form.fields["TokenCode"]
        return form

    def confirm(self) -> str:
        return self.status.get("AccountName") or str(self.status["AccountId"])

    def consequences(self) -> list[str]:
        users, roles = self.summary.get("Users", 0), self.summary.get("Roles", 0)
        lines = [
            _("%(users)d users and %(roles)d roles can do nothing from the next request.")
            % {"users": users, "roles": roles},
            _("Every browser that is signed in, yours too, is signed out."),
            _("Applications that ask this account for decisions are refused, and so refuse."),
            _("Roles here that other accounts assume are closed to them."),
        ]
        if self.manages:
            lines.insert(0, _("It manages an organization: delete the organization first."))
        if self.request.ask.may(close=("CloseAccount", self._as_asked()))["close"]:
            return lines
        return [_("Only the root user may close an account: you are not root."), *lines]

    def _as_asked(self) -> Params:
        return {"AccountId": str(self.status["AccountId"]), "Password": "any"}

    def parameters(self, form: OperationForm) -> Params:
        typed = form.parameters()
        code = {"SerialNumber": self.apps[0]} if typed.get("TokenCode") and self.apps else {}
        return {"AccountId": str(self.status["AccountId"]), **typed, **code}

    def done(self, result: dict[str, Any], params: Params) -> HttpResponseBase:
        context = {"account": params["AccountId"], "name": self.status.get("AccountName", "")}
        response = render(self.request, "accounts/closed.html", context)
        cookies.forget_session(response)
        return response
