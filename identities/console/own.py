"""My security credentials: one's own password and keys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.forms import OperationForm
from iamsite.console.listing import listing
from iamsite.console.password_rules import (
    NewPasswordField,
    give_rules,
    rules_of_account,
    rules_of_root,
)
from iamsite.console.steps import Step
from iamsite.console.viewer import viewer_of
from identities.console.credentials import (
    ActivateKey,
    CreateKey,
    DeactivateKey,
    DeleteKey,
    rotation_url,
)
from identities.console.devices import devices_of
from identities.console.keys import keys_with_use
from identities.console.mfa import OwnAction
from identities.console.self_service import PARTS, off, policy

OWN = "."  # what no user can be called: back to this page when a session has been ended


@require_safe
def security_credentials(request: ConsoleRequest) -> HttpResponse:
    """Root's own are asked for without a user name, as the API has it."""
    viewer = viewer_of(request)
    is_user = viewer is not None and viewer.kind == "user"
    name = viewer.name if viewer and is_user else "root"
    who: Params = {"UserName": name} if is_user else {}
    any_key = {**who, "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA"}
    context: dict[str, Any] = {
        "is_role": viewer is not None and viewer.kind in ("role", "federated")
    }
    if not context["is_role"]:
        seen = request.ask.see(status=("GetAccountStatus", {}))
        checks = {
            "password": _password_change(is_user),
            "key": ("CreateAccessKey", who),
            "update": ("UpdateAccessKey", {**any_key, "Status": "Inactive"}),
            "delete": ("DeleteAccessKey", any_key),
            "device": ("CreateVirtualMFADevice", {"VirtualMFADeviceName": name}),
            "security_key": ("BeginSecurityKeyRegistration", who),
            "remove": ("DeactivateMFADevice", {**who, "SerialNumber": "any-device"}),
        }
        may = request.ask.may(**checks)
        context |= {
            **seen,
            "devices": devices_of(request.ask, who),
            "keys": keys_with_use(request.ask, who),
            "may": may,
            "off": off(may) if is_user else [],
            "all_off": is_user and len(off(may)) == len(PARTS),
            "self_service": policy(),
            "listing": listing(request, "ListConsoleSessions", "ConsoleSessions", {}),
            "end": None,
            "from_user": OWN,
        }
    return render(request, "identities/security_credentials.html", context)


def _password_change(is_user: bool) -> tuple[str, Params]:
    name = "ChangePassword" if is_user else "ChangeRootPassword"
    return name, {"OldPassword": "any", "NewPassword": "any"}


class PasswordForm(OperationForm):
    blames = {
        "PasswordPolicyViolation": "NewPassword",
        "AccessDenied": "OldPassword",
        "InvalidUserType": "NewPassword",
    }

    OldPassword = forms.CharField(
        label=gettext_lazy("Present password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    NewPassword = NewPasswordField(label=gettext_lazy("New password"))


@method_decorator(sensitive_post_parameters("OldPassword", "NewPassword"), name="dispatch")
class ChangePassword(OwnAction):
    """Of a user, or of the root user, which AWS's own operation does not serve."""

    operation = "ChangePassword"
    form_class = PasswordForm
    title = gettext_lazy("Change my password")
    lead = gettext_lazy("Other browsers that are signed in as you are signed out.")
    submit = gettext_lazy("Change password")
    success = gettext_lazy("Your password is changed.")

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        is_user = bool(self.me())
        give_rules(form, lambda: rules_of_account(self.request.ask) if is_user else rules_of_root())
        return form

    def performed(self, form: OperationForm) -> list[Step]:
        name = "ChangePassword" if self.me() else "ChangeRootPassword"
        return [(name, form.parameters())]

    def run(self, form: OperationForm) -> dict[str, Any]:
        return self.request.ask.perform(*self.performed(form)[0])


class LockRoot(OwnAction):
    operation = "LockRoot"
    title = gettext_lazy("Lock root away")
    lead = gettext_lazy(
        "For the daily work there are administrators. Root comes back with its MFA device, or "
        "through an operator of this portal."
    )
    submit = gettext_lazy("Lock root away")
    success = gettext_lazy("The root user is locked away.")
    is_danger = True

    def prepare(self) -> None:
        self.status = self.request.ask.perform("GetAccountStatus")

    def confirm(self) -> str:
        return "root"

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        """Who is signed out by it is no guide to where the next one wants to go."""
        return self.back if self.status["RootMFAEnabled"] else reverse("console:dashboard")

    def consequences(self) -> list[str]:
        status = self.status
        lines = []
        if status["RootAccessKeysActive"]:
            lines.append(_("The access keys of root become inactive."))
        if not status["RootMFAEnabled"]:
            lines.append(
                _(
                    "Root has no MFA device: you are signed out, "
                    "and only an operator can let root in."
                )
            )
        if not status["AdministratorPresent"]:
            lines.append(_("There is no administrator yet: nobody could manage this account."))
        return lines


class UnlockRoot(OwnAction):
    operation = "UnlockRoot"
    title = gettext_lazy("Unlock root")
    lead = gettext_lazy("Root may sign in without MFA again. Its access keys stay inactive.")
    submit = gettext_lazy("Unlock root")
    success = gettext_lazy("The root user is unlocked.")


class OwnKeys(OwnAction):
    """What is particular to one's own keys: without a user name the API means the caller's."""

    def back_url(self) -> str:
        return rotation_url(self) or super().back_url()

    def target(self) -> Params:
        key = self.kwargs.get("key")
        return {**self.me(), **({"AccessKeyId": key} if key else {}), **self.fixed}


class CreateOwnKey(OwnKeys, CreateKey):
    lead = gettext_lazy("For the AWS CLI, SDKs and other programs that act as you.")

    def prepare(self) -> None:
        super().prepare()
        if not self.me():
            self.lead = _(
                "A key of root may do everything, and no policy of the account limits it. Make a "
                "user or a role for the program instead, unless it can only be root."
            )


class ActivateOwnKey(OwnKeys, ActivateKey):
    pass


class DeactivateOwnKey(OwnKeys, DeactivateKey):
    pass


class DeleteOwnKey(OwnKeys, DeleteKey):
    pass
