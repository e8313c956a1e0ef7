"""Access keys and console passwords of a user."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from iamsite.console.action import Action
from iamsite.console.asking import Params
from iamsite.console.forms import OperationForm
from iamsite.console.password_rules import NewPasswordField, give_rules, rules_of_account
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


class CreateKey(CredentialAction):
    """The one answer that holds the secret is the page itself: nothing keeps it."""

    operation = "CreateAccessKey"
    title = _("Create access key")
    lead = _("For the AWS CLI, SDKs and other programs that act as %(name)s.")
    submit = _("Create key")

    def done(self, result: dict[str, Any], params: Params) -> HttpResponseBase:
        template = "identities/key_created" + ("_dialog" if self.is_dialog() else "") + ".html"
        context = {
            "key": result["AccessKey"],
            "back": self.back,
            "crumbs": self.crumbs(),
            "cli": profile(
                result["AccessKey"], f"{self.request.scheme}://{self.request.get_host()}/"
            ),
        }
        return render(self.request, template, context)


class KeyAction(CredentialAction):
    names = {"name": "UserName", "key": "AccessKeyId"}


class DeactivateKey(KeyAction):
    operation = "UpdateAccessKey"
    title = _("Deactivate %(key)s")
    lead = _("Requests signed with it are refused from the next one on. It can be activated again.")
    submit = _("Deactivate")
    success = _("Access key %(key)s is inactive.")
    fixed = {"Status": "Inactive"}


class ActivateKey(KeyAction):
    operation = "UpdateAccessKey"
    title = _("Activate %(key)s")
    lead = _("Requests signed with it are accepted again.")
    submit = _("Activate")
    success = _("Access key %(key)s is active.")
    fixed = {"Status": "Active"}


class DeleteKey(KeyAction):
    operation = "DeleteAccessKey"
    title = _("Delete access key")
    lead = _("Requests signed with it are refused from the next one on, and it never returns.")
    submit = _("Delete key")
    success = _("Access key %(key)s was deleted.")
    is_danger = True
    confirmed_by = "key"


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


def profile(key: dict[str, Any], endpoint: str) -> str:
    """What to put in ~/.aws/credentials and ~/.aws/config."""
    return (
        f"aws configure set aws_access_key_id {key['AccessKeyId']} --profile iamsite\n"
        f"aws configure set aws_secret_access_key {key['SecretAccessKey']} --profile iamsite\n"
        "aws configure set region us-east-1 --profile iamsite\n"
        f"aws sts get-caller-identity --profile iamsite --endpoint-url {endpoint}"
    )
