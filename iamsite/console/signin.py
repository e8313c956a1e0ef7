"""Opening an account, signing in and out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from iamsite.console import cookies
from iamsite.console.forms import OperationForm
from iamsite.console.middleware import public
from iamsite.operations import OperationError
from identities import signin


class RootForm(OperationForm):
    email = forms.CharField(
        label=_("Email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class UserForm(OperationForm):
    account = forms.CharField(
        label=_("Account id or alias"), max_length=63, widget=forms.TextInput()
    )
    name = forms.CharField(
        label=_("User name"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class OpenAccountForm(OperationForm):
    blames = {"EntityAlreadyExists": "email", "PasswordPolicyViolation": "password"}

    name = forms.CharField(
        label=_("Account name"),
        max_length=128,
        help_text=_("What people will call it: your organisation or team."),
        widget=forms.TextInput(attrs={"autocomplete": "organization", "autofocus": True}),
    )
    email = forms.CharField(
        label=_("Email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least 12 characters. A few words that belong together only for you are best."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


def next_url(request: HttpRequest) -> str:
    """The page to go to after signing in: one of ours, whatever the address says."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = wanted.startswith("/console/") and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=None
    )
    return wanted if is_ours else reverse("console:dashboard")


@method_decorator([public, sensitive_post_parameters()], name="dispatch")
class SignIn(View):
    """Root by email, or an IAM user by account and name; one message for every failure."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        kind = "root" if request.GET.get("kind") == "root" else "user"
        initial = {
            "account": request.GET.get("account") or cookies.remembered_account(request),
        }
        form = (RootForm if kind == "root" else UserForm)(initial=initial)
        return self.page(request, kind, form)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        kind = "root" if request.POST.get("kind") == "root" else "user"
        form = (RootForm if kind == "root" else UserForm)(request.POST)
        if not form.is_valid():
            return self.page(request, kind, form, status=422)
        typed = form.cleaned_data
        origin: Any = request.origin  # type: ignore[attr-defined]
        try:
            if kind == "root":
                token = signin.sign_in_root(typed["email"], typed["password"], origin)
            else:
                token = signin.sign_in_user(
                    typed["account"].strip(), typed["name"].strip(), typed["password"], origin
                )
        except OperationError as error:
            return self.page(request, kind, form, status=error.status, failure=error.message)
        _end_previous(request)
        response = HttpResponseRedirect(next_url(request))
        cookies.keep_session(response, token)
        if kind == "user":
            cookies.keep_account(response, typed["account"].strip())
        return response

    def page(
        self, request: HttpRequest, kind: str, form: OperationForm, status: int = 200, failure: str = ""
    ) -> HttpResponse:
        wanted = next_url(request)
        query = {"next": wanted} if wanted != reverse("console:dashboard") else {}
        address = reverse("console:sign-in")
        context = {
            "kind": kind,
            "form": form,
            "failure": failure,
            "next": query.get("next", ""),
            "user_url": f"{address}?{urlencode(query)}" if query else address,
            "root_url": f"{address}?{urlencode({'kind': 'root', **query})}",
        }
        return render(request, "console/sign_in.html", context, status=status)


@method_decorator([public, sensitive_post_parameters()], name="dispatch")
class SignUp(View):
    """Opens an account and signs its root user in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "console/sign_up.html", {"form": OpenAccountForm()})

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = OpenAccountForm(request.POST)
        if not form.is_valid():
            return render(request, "console/sign_up.html", {"form": form}, status=422)
        typed = form.cleaned_data
        origin: Any = request.origin  # type: ignore[attr-defined]
        try:
            signin.open_account(typed["email"], typed["password"], typed["name"], origin)
            token = signin.sign_in_root(typed["email"], typed["password"], origin)
        except OperationError as error:
            if not form.refuse(error):
                form.add_error(None, error.message)
            return render(request, "console/sign_up.html", {"form": form}, status=error.status)
        _end_previous(request)
        response = HttpResponseRedirect(reverse("console:getting-started"))
        cookies.keep_session(response, token)
        return response


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    _end_previous(request)
    response = HttpResponseRedirect(reverse("console:sign-in"))
    cookies.forget_session(response)
    return response


def _end_previous(request: HttpRequest) -> None:
    """A browser has one session at a time: whoever signs in anew leaves none behind."""
    token = cookies.session_token(request)
    if token:
        signin.sign_out(token)
