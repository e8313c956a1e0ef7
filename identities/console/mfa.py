"""MFA devices: registering one's own, and taking devices away."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection
from functools import cached_property
from itertools import chain, count
from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import Params, unauthenticated
from iamsite.console.ceremony import NO_ANSWER
from iamsite.console.ceremony import elsewhere as away
from iamsite.console.errors import failure_of
from iamsite.console.forms import OperationForm
from iamsite.console.steps import InSteps, Step
from iamsite.console.viewer import viewer_of
from iamsite.operations import OperationError
from identities.security_keys import given_name, is_key


class OwnAction(Action):
    """An action on one's own credentials."""

    def back_url(self) -> str:
        return reverse("console:security-credentials")

    def crumbs(self) -> list[Crumb]:
        return [(_("Security credentials"), self.back)]

    def me(self) -> Params:
        """One's own `UserName`; the root user has none."""
        viewer = viewer_of(self.request)
        return {"UserName": viewer.name} if viewer and viewer.kind == "user" else {}

    def device_names(self, holder: Params) -> list[str]:
        """The names of what `holder` has, as far as its viewer may list them."""
        devices = self.request.ask.see(devices=("ListMFADevices", holder))["devices"]
        return [given_name(one["SerialNumber"]) for one in devices.result.get("MFADevices", [])]


def free_name(wanted: str, taken: Collection[str]) -> str:
    """`wanted`, with a number if it is taken."""
    numbered = (f"{wanted}-{number}" for number in count(2))
    return next(name for name in chain([wanted], numbered) if name not in taken)


class DeviceForm(OperationForm):
    blames = {"EntityAlreadyExists": "VirtualMFADeviceName"}

    VirtualMFADeviceName = forms.CharField(
        label=gettext_lazy("Name of the device"),
        max_length=128,
        help_text=gettext_lazy("To tell it from others: no two in the account have the same."),
    )


class AddDevice(OwnAction):
    """Makes the device; its seed is on the page that answers, once, with the form for two codes."""

    operation = "CreateVirtualMFADevice"
    form_class = DeviceForm
    title = gettext_lazy("Add an MFA device")
    lead = gettext_lazy(
        "An authenticator app that shows a new code of six digits every 30 seconds."
    )
    submit = gettext_lazy("Continue")

    def initial(self) -> dict[str, Any]:
        viewer = viewer_of(self.request)
        name = viewer.name if viewer and viewer.kind == "user" else "root"
        return {"VirtualMFADeviceName": free_name(name, self.device_names(self.me()))}

    def run(self, form: OperationForm) -> dict[str, Any]:
        """A device that somebody began and never confirmed does not keep its name."""
        params = self.parameters(form)
        try:
            return self.request.ask.perform(self.operation, params)
        except OperationError as error:
            unfinished = self._unfinished(params["VirtualMFADeviceName"])
            if error.code != "EntityAlreadyExists" or not unfinished:
                raise
        self.request.ask.perform("DeleteVirtualMFADevice", {"SerialNumber": unfinished})
        return self.request.ask.perform(self.operation, params)

    def _unfinished(self, name: str) -> str:
        asked = {"AssignmentStatus": "Unassigned", "MaxItems": 1000}
        answer = self.request.ask.see(devices=("ListVirtualMFADevices", asked))["devices"]
        serials = [one["SerialNumber"] for one in answer.result.get("VirtualMFADevices", [])]
        return next((serial for serial in serials if serial.rpartition("/")[2] == name), "")

    def done(self, result: dict[str, Any], params: Params) -> HttpResponseBase:
        device = result["VirtualMFADevice"]
        serial = device["SerialNumber"]
        context = {
            "serial": serial,
            "picture": base64.b64encode(device["QRCodePNG"]).decode(),
            "seed": device["Base32StringSeed"].decode(),
            "form": CodesForm(initial={"SerialNumber": serial}),
            "back": self.back,
            "crumbs": self.crumbs(),
        }
        template = "identities/mfa_added" + ("_dialog" if self.is_dialog() else "") + ".html"
        return render(self.request, template, context)


def _code(label: Any, **attrs: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=6,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "pattern": "[0-9]{6}", **attrs}),
    )


class CodesForm(OperationForm):
    blames = {"InvalidAuthenticationCode": "AuthenticationCode2"}

    SerialNumber = forms.CharField(widget=forms.HiddenInput)
    AuthenticationCode1 = _code(gettext_lazy("The code it shows"), autofocus=True)
    AuthenticationCode2 = _code(gettext_lazy("The next code"))


class ConfirmDevice(OwnAction):
    """Two codes that follow each other prove that the app has the seed."""

    operation = "EnableMFADevice"
    form_class = CodesForm
    title = gettext_lazy("Confirm the MFA device")
    submit = gettext_lazy("Confirm")
    success = gettext_lazy("The MFA device is in use from the next sign-in.")
    shows = False

    def target(self) -> Params:
        viewer = viewer_of(self.request)
        # The API names the root user by its account here.
        return {"UserName": viewer.account if viewer else "", **self.me()}


class KeyForm(OperationForm):
    blames = {"EntityAlreadyExists": "DeviceName"}

    DeviceName = forms.CharField(
        label=gettext_lazy("Name of the key or passkey"),
        max_length=64,
        help_text=gettext_lazy("To tell it from others: YubiKey, laptop, phone."),
    )
    State = forms.CharField(required=False)
    Credential = forms.CharField(required=False)

    def take(self, names: Collection[str]) -> None:
        """Has the browser refuse a name that is taken, or cannot be one, before the key is touched:
        that would keep a passkey that nobody knows."""
        others = "|".join(re.sub(r"([.+])", r"\\\1", one) for one in names)
        attrs = self.fields["DeviceName"].widget.attrs
        attrs["pattern"] = (f"(?!(?:{others})$)" if others else "") + r"[A-Za-z0-9_+=,.@\-]+"
        attrs["title"] = _("Letters without accents, digits and _+=,.@-; a name not taken yet")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("Credential"):
            self.add_error(None, NO_ANSWER)
        return cleaned


class AddKey(OwnAction):
    """Asks the browser's authenticator for a new credential, and registers it."""

    operation = "CompleteSecurityKeyRegistration"
    form_class = KeyForm
    title = gettext_lazy("Add a security key or passkey")
    lead = gettext_lazy(
        "A hardware key, or a passkey kept on this device or in a password manager. It answers "
        "to this site alone, so it cannot be phished."
    )
    submit = gettext_lazy("Continue")
    success = gettext_lazy("%(DeviceName)s is registered. It is an MFA device, and a passkey.")
    shows = False
    fields_template = "identities/key_fields.html"

    def target(self) -> Params:
        return self.me()

    def initial(self) -> dict[str, Any]:
        return {"DeviceName": free_name("passkey", self.taken)}

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        assert isinstance(form, KeyForm)
        form.take(self.taken)
        return form

    @cached_property
    def taken(self) -> list[str]:
        return self.device_names(self.target())

    def context(self, form: OperationForm, **context: Any) -> dict[str, Any]:
        """Every showing of the form begins anew: a challenge is answered once."""
        more: dict[str, Any] = {"elsewhere": away(self.request, self.request.path)}
        try:
            begun = self.request.ask.perform("BeginSecurityKeyRegistration", self.target())
            more["begun"] = {"state": begun["State"], "options": begun["CreationOptions"]}
        except OperationError as error:
            if unauthenticated(error) or error.code == "NoSuchEntity":
                raise
            context.setdefault("error", failure_of(self.request, error))
        return super().context(form, **more, **context)


class AddUserKey(AddKey):
    """For another user, who is here to touch it."""

    lead = gettext_lazy("For %(name)s, who has to touch it or give its PIN now, at this computer.")

    def prepare(self) -> None:
        self.request.ask.perform("GetUser", self.target())

    def target(self) -> Params:
        return {"UserName": self.kwargs["name"]}

    def back_url(self) -> str:
        return of_user(self.kwargs["name"])

    def crumbs(self) -> list[Crumb]:
        return [(_("Users"), reverse("console:users")), (self.kwargs["name"], self.back)]


def of_user(name: str) -> str:
    return reverse("console:user", args=[name]) + "?tab=credentials"


class RemoveForm(OperationForm):
    SerialNumber = forms.CharField(widget=forms.HiddenInput)


class RemoveDevice(InSteps, OwnAction):
    """Takes the device off and deletes it. The address's `serial` says which."""

    operation = "DeactivateMFADevice"
    form_class = RemoveForm
    title = gettext_lazy("Remove the MFA device")
    submit = gettext_lazy("Remove device")
    success = gettext_lazy("The MFA device was removed.")
    is_danger = True

    def holder(self) -> Params:
        """The `UserName` of who has the device."""
        return self.me()

    def initial(self) -> dict[str, Any]:
        return {"SerialNumber": self.request.GET.get("serial", "")}

    def confirm(self) -> str:
        serial = self.request.POST.get("SerialNumber") or self.request.GET.get("serial", "")
        return given_name(serial)

    def consequences(self) -> list[str]:
        viewer = viewer_of(self.request)
        is_own = viewer is not None and viewer.kind == "root" and not self.holder()
        if is_own and self.request.ask.perform("GetAccountStatus")["RootLocked"]:
            return [
                _(
                    "Root is locked away: without another device only an operator of this portal "
                    "can let it in again."
                )
            ]
        return [_("Without another device the password alone is enough from the next sign-in on.")]

    def performed(self, form: OperationForm) -> list[Step]:
        return removal(self.holder(), form.cleaned_data["SerialNumber"])


def removal(holder: Params, serial_number: str) -> list[Step]:
    """The operations that leave nothing of a device."""
    device = {"SerialNumber": serial_number}
    steps: list[Step] = [("DeactivateMFADevice", {**holder, **device})]
    if not is_key(serial_number):
        steps.append(("DeleteVirtualMFADevice", device))
    return steps


class RemoveUserDevice(RemoveDevice):
    """Another user's device, for who has lost it."""

    def holder(self) -> Params:
        return {"UserName": self.kwargs["name"]}

    def back_url(self) -> str:
        return of_user(self.kwargs["name"])

    def crumbs(self) -> list[Crumb]:
        return [(_("Users"), reverse("console:users")), (self.kwargs["name"], self.back)]
