"""Switching to a role and back, as with AWS's `switchrole` links."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.http import require_POST, require_safe

from iamsite.console import cookies
from iamsite.console.asking import ConsoleRequest
from iamsite.console.forms import OperationForm, Option
from iamsite.console.signin import next_url
from iamsite.console.viewer import viewer_of
from identities import signin
from identities.signin import SwitchRefused

# AWS's colours, with the values that its older links carry.
COLOURS = {
    "red": gettext_lazy("Red"),
    "orange": gettext_lazy("Orange"),
    "yellow": gettext_lazy("Yellow"),
    "green": gettext_lazy("Green"),
    "blue": gettext_lazy("Blue"),
}
_OLDER = {
    "f2b0a9": "red",
    "fbbf93": "orange",
    "fad791": "yellow",
    "b7ca9d": "green",
    "99bcde": "blue",
}
ARN = re.compile(r"arn:aws:iam::(\d{12}):role/(.+)", re.ASCII)
RECENT = 5
LONGEST = 3500
SALT = "iamsite.console.switching"
Role = dict[str, str]


class SwitchForm(OperationForm):
    account = forms.CharField(label=gettext_lazy("Account id or alias"), max_length=63)
    roleName = forms.CharField(  # noqa: N815  as in AWS's links
        label=gettext_lazy("Role name"),
        max_length=576,
        help_text=gettext_lazy("With its path, if it has one: team/deployer."),
    )
    displayName = forms.CharField(  # noqa: N815
        label=gettext_lazy("Shown as"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("What the bar at the top says while you act as the role."),
    )
    color = forms.ChoiceField(
        label=gettext_lazy("Colour of the bar"),
        required=False,
        widget=forms.RadioSelect,
        choices=[(name, Option(label)) for name, label in COLOURS.items()],
    )


class SwitchRole(View):
    """A link only fills the form: nobody is switched by following one."""

    def get(self, request: ConsoleRequest) -> HttpResponseBase:
        asked = request.GET
        form = SwitchForm(
            initial={
                "account": asked.get("account", "")[:63],
                "roleName": asked.get("roleName", "")[:576],
                "displayName": asked.get("displayName", "")[:64],
                "color": colour(asked.get("color", "")),
            }
        )
        if named := ARN.fullmatch(asked.get("arn", "")):
            form.initial |= {"account": named[1], "roleName": named[2]}
        form.focus("displayName" if form.initial["roleName"] else "account")
        return self.page(request, form)

    def post(self, request: ConsoleRequest) -> HttpResponseBase:
        form = SwitchForm(request.POST)
        if not form.is_valid():
            return self.page(request, form, status=422)
        typed = form.cleaned_data
        typed["color"] = colour(typed["color"])
        try:
            arn = signin.switch_role(
                request.credential.token, typed["account"], typed["roleName"], request.origin
            )
        except SwitchRefused as refusal:
            form.focus("roleName")
            return self.page(request, form, status=403, failure=refusal.message)
        response = HttpResponseRedirect(next_url(request))
        keep(request, response, {**typed, "account": typed["account"].strip(), "arn": arn})
        return response

    def page(
        self, request: ConsoleRequest, form: SwitchForm, status: int = 200, failure: str = ""
    ) -> HttpResponse:
        viewer = viewer_of(request)
        context = {
            "form": form,
            "failure": failure,
            "is_root": viewer is not None and viewer.kind == "root",
            "next": request.POST.get("next", ""),
        }
        return render(request, "console/switch_role.html", context, status=status)


@require_POST
def switch_back(request: ConsoleRequest) -> HttpResponseBase:
    if signin.switch_back(request.credential.token, request.origin):
        messages.success(request, _("You are yourself again."))
    return HttpResponseRedirect(reverse("console:dashboard"))


@require_safe
def aws_link(request: HttpRequest) -> HttpResponseBase:
    """AWS's own address: `/switchrole?account=…&roleName=…&displayName=…`."""
    query = urlencode({name: value[:600] for name, value in request.GET.items()})
    return HttpResponseRedirect(f"{reverse('console:switch-role')}?{query}")


def colour(named: str) -> str:
    """The name of a colour that a link or form gives; the first for none that we know."""
    name = _OLDER.get(named.lower(), named.lower())
    return name if name in COLOURS else next(iter(COLOURS))


def recent_roles(request: ConsoleRequest) -> list[Role]:
    """The roles that whoever is signed in has switched to from this browser, newest first."""
    kept = _kept(request)
    return list(kept["roles"]) if kept and kept["who"] == _who(request) else []


def acted_as(request: ConsoleRequest) -> Role | None:
    """How the role that is acted as is shown, if this browser knows."""
    viewer = viewer_of(request)
    arn = viewer.arn if viewer else ""
    return next((role for role in recent_roles(request) if role["arn"] == arn), None)


def keep(request: ConsoleRequest, response: HttpResponseBase, role: Role) -> None:
    same = (role["account"], role["roleName"])
    others = [one for one in recent_roles(request) if (one["account"], one["roleName"]) != same]
    roles = [role, *others][:RECENT]
    while len(text := _packed(request, roles)) > LONGEST and len(roles) > 1:
        roles.pop()
    cookies.keep_roles(response, text)


def _packed(request: ConsoleRequest, roles: list[Role]) -> str:
    kept = {"who": _who(request), "roles": roles}
    return signing.dumps(kept, salt=SALT, compress=True)


def _kept(request: ConsoleRequest) -> Any:
    try:
        return signing.loads(cookies.roles(request), salt=SALT)
    except signing.BadSignature:
        return None


def _who(request: ConsoleRequest) -> str:
    """Another person at the same browser is not shown where the last one went."""
    viewer = viewer_of(request)
    arn = (viewer.signed_in_as or viewer.arn) if viewer else ""
    return salted_hmac(SALT, arn).hexdigest()
