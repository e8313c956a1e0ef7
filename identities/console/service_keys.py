"""Access keys of registered services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from iamsite.console.asking import Params
from iamsite.console.forms import OperationForm
from identities.console import access_keys
from policies.console.services import ServiceAction


class NewKey(access_keys.MakeKey, ServiceAction):
    tab = "keys"

    def done(self, result: dict[str, Any], params: Params) -> HttpResponseBase:
        return self.show_key(result["ServiceAccessKey"])


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


class DeactivateServiceKey(access_keys.Deactivate, ServiceKeyAction):
    operation = "UpdateServiceAccessKey"


class ActivateServiceKey(access_keys.Activate, ServiceKeyAction):
    operation = "UpdateServiceAccessKey"


class DeleteServiceKey(access_keys.Delete, ServiceKeyAction):
    operation = "DeleteServiceAccessKey"
