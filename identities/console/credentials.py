"""Access keys and console passwords of a user."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from iamsite.console.action import Action
from iamsite.console.asking import Params
from iamsite.console.forms import OperationForm
from iamsite.console.password_rules import NewPasswordField, give_rules, rules_of_account
from identities.console import access_keys
from identities.console.users import UserAction


class CredentialAction(UserAction):
    tab = "credentials"

    def back_url(self) -> str:
        return rotation_url(self) or super().back_url()


def rotation_url(action: Action) -> str:
    """The page of the rotation that the action is a part of, "" where it is of none."""
    key = action.request.GET.get("rotating", "")
    if not re.fullmatch(r"[A-Z0-9]{16,128}", key):
        return ""
    if name := action.kwargs.get("name"):
        return reverse("console:rotate-key", args=[name, key])
    return reverse("console:rotate-own-key", args=[key])


class CreateKey(access_keys.MakeKey, CredentialAction):
    operation = "CreateAccessKey"
    title = _("Create access key")
    lead = _("For the AWS CLI, SDKs and other programs that act as %(name)s.")
    submit = _("Create key")

    def done(self, result: dict[str, Any], params: Params) -> HttpResponseBase:
        return self.show_key(result["AccessKey"])


class KeyAction(CredentialAction):
    names = {"name": "UserName", "key": "AccessKeyId"}


class DeactivateKey(access_keys.Deactivate, KeyAction):
    operation = "UpdateAccessKey"


class ActivateKey(access_keys.Activate, KeyAction):
    operation = "UpdateAccessKey"


class DeleteKey(access_keys.Delete, KeyAction):
    operation = "DeleteAccessKey"


class LoginForm(OperationForm):
    blames = {"PasswordPolicyViolation": "Password"}

    Password = NewPasswordField(label=_("New password"))
    PasswordResetRequired = forms.BooleanField(
        label=_("The user must choose another at the next sign-in"), required=False, initial=True
    )


@method_decorator(sensitive_post_parameters("Password"), name="dispatch")
class CreateLogin(CredentialAction):
    operation = "CreateLoginProfile"
    form_class = LoginForm
    title = _("Give %(name)s a console password")
    submit = _("Set password")
    success = _("%(name)s can sign in to the console.")

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        give_rules(form, lambda: rules_of_account(self.request.ask, is_first=True))
        return form


@method_decorator(sensitive_post_parameters("Password"), name="dispatch")
class UpdateLogin(CredentialAction):
    operation = "UpdateLoginProfile"
    form_class = LoginForm
    title = _("Reset the password of %(name)s")
    lead = _("The old password stops working at once and signed-in browsers are signed out.")
    submit = _("Reset password")
    success = _("The password of %(name)s was reset.")

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        give_rules(form, lambda: rules_of_account(self.request.ask))
        return form


class DeleteLogin(CredentialAction):
    operation = "DeleteLoginProfile"
    title = _("Remove the console password of %(name)s")
    lead = _("%(name)s can no longer sign in to the console. Access keys go on working.")
    submit = _("Remove password")
    success = _("The console password of %(name)s was removed.")
    is_danger = True
    confirmed_by = "name"
