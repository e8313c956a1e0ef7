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

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.forms import OperationForm
from iamsite.console.viewer import viewer_of
from identities.console.credentials import ActivateKey, CreateKey, DeactivateKey, DeleteKey
from identities.console.keys import keys_with_use


@require_safe
def security_credentials(request: ConsoleRequest) -> HttpResponse:
    """Root's keys are asked for without a user name, as the API has it."""
    viewer = viewer_of(request)
    is_user = viewer is not None and viewer.kind == "user"
    who: Params = {"UserName": viewer.name} if viewer and is_user else {}
    any_key = {**who, "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA"}
    context: dict[str, Any] = {"is_role": viewer is not None and viewer.kind == "role"}
    if not context["is_role"]:
        context |= {
            "keys": keys_with_use(request.ask, who),
            "may": request.ask.may(
                password=("ChangePassword", {"OldPassword": "", "NewPassword": ""}),
                key=("CreateAccessKey", who),
                update=("UpdateAccessKey", {**any_key, "Status": "Inactive"}),
                delete=("DeleteAccessKey", any_key),
            ),
        }
    return render(request, "identities/security_credentials.html", context)


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
    NewPassword = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class OwnAction(Action):
    def back_url(self) -> str:
        return reverse("console:security-credentials")

    def crumbs(self) -> list[Crumb]:
        return [(_("Security credentials"), self.back)]


@method_decorator(sensitive_post_parameters("OldPassword", "NewPassword"), name="dispatch")
class ChangePassword(OwnAction):
    operation = "ChangePassword"
    form_class = PasswordForm
    title = gettext_lazy("Change my password")
    lead = gettext_lazy("Other browsers that are signed in as you are signed out.")
    submit = gettext_lazy("Change password")
    success = gettext_lazy("Your password is changed.")


class OwnKeys(OwnAction):
    """What is particular to one's own keys: without a user name the API means the caller's."""

    def target(self) -> Params:
        viewer = viewer_of(self.request)
        who: Params = {"UserName": viewer.name} if viewer and viewer.kind == "user" else {}
        key = self.kwargs.get("key")
        return {**who, **({"AccessKeyId": key} if key else {}), **self.fixed}


class CreateOwnKey(OwnKeys, CreateKey):
    lead = gettext_lazy("For the AWS CLI, SDKs and other programs that act as you.")


class ActivateOwnKey(OwnKeys, ActivateKey):
    pass


class DeactivateOwnKey(OwnKeys, DeactivateKey):
    pass


class DeleteOwnKey(OwnKeys, DeleteKey):
    pass
