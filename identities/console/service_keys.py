"""Access keys of registered services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from iamsite.console.asking import Params
from iamsite.console.forms import OperationForm
from identities.console.credentials import profile
from policies.console.services import ServiceAction


class NewKey(ServiceAction):
    """The one answer that holds the secret is the page itself: nothing keeps it."""

    tab = "keys"

    def done(self, result: dict[str, Any], params: Params) -> HttpResponseBase:
        key = result["ServiceAccessKey"]
        template = "identities/key_created" + ("_dialog" if self.is_dialog() else "") + ".html"
        endpoint = f"{self.request.scheme}://{self.request.get_host()}/"
        context = {
            "key": key,
            "back": self.back,
            "crumbs": self.crumbs(),
            "cli": profile(key, endpoint),
        }
        return render(self.request, template, context)


class CreateServiceKey(NewKey):
    operation = "CreateServiceAccessKey"
    title = _("Create access key")
    lead = _("With it the service signs requests as itself, and assumes the roles that trust it.")
    submit = _("Create key")


class RotationForm(OperationForm):
    GracePeriodSeconds = forms.ChoiceField(
        label=_("The old key counts for"),
        initial="86400",
        choices=[
            ("0", _("No longer: it ends at once")),
            ("3600", _("One hour")),
            ("86400", _("One day")),
            ("604800", _("One week")),
        ],
        help_text=_("Long enough to give the service its new one."),
    )

    def parameters(self) -> Params:
        return {"GracePeriodSeconds": int(self.cleaned_data["GracePeriodSeconds"])}


class RotateServiceKey(NewKey):
    names = {"prefix": "ServicePrefix", "key": "AccessKeyId"}
    operation = "RotateServiceAccessKey"
    form_class = RotationForm
    title = _("Rotate %(key)s")
    lead = _("A new key is made; the old one ends by itself.")
    submit = _("Rotate key")


class ServiceKeyAction(ServiceAction):
    names = {"prefix": "ServicePrefix", "key": "AccessKeyId"}
    tab = "keys"


class DeactivateServiceKey(ServiceKeyAction):
    operation = "UpdateServiceAccessKey"
    title = _("Deactivate %(key)s")
    lead = _("Requests signed with it are refused from the next one on. It can be activated again.")
    submit = _("Deactivate")
    success = _("Access key %(key)s is inactive.")
    fixed = {"Status": "Inactive"}


class ActivateServiceKey(ServiceKeyAction):
    operation = "UpdateServiceAccessKey"
    title = _("Activate %(key)s")
    lead = _("Requests signed with it are accepted again.")
    submit = _("Activate")
    success = _("Access key %(key)s is active.")
    fixed = {"Status": "Active"}


class DeleteServiceKey(ServiceKeyAction):
    operation = "DeleteServiceAccessKey"
    title = _("Delete access key")
    lead = _("Requests signed with it are refused from the next one on, and it never returns.")
    submit = _("Delete key")
    success = _("Access key %(key)s was deleted.")
    is_danger = True
    confirmed_by = "key"
