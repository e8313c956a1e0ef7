"""Choosing a new password for root by a link in an email."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from accounts import mail
from iamsite.console.forms import OperationForm
from iamsite.console.middleware import public
from iamsite.console.origin import WITHOUT_ADDRESS
from iamsite.console.password_rules import NewPasswordField, give_rules, rules_of_root
from identities import signin
from identities.signin import PasswordRefused, SignInRefused


class EmailForm(OperationForm):
    email = forms.CharField(
        label=gettext_lazy("Email address of the root user"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class NewPasswordForm(OperationForm):
    password = NewPasswordField(label=gettext_lazy("New password"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        give_rules(self, rules_of_root)
        self.focus("password")


@method_decorator(public, name="dispatch")
class Recover(View):
    """Says the same whoever's address it is."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(request, EmailForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = EmailForm(request.POST)
        if not mail.is_configured() or not form.is_valid():
            return self.page(request, form, 422)
        origin: Any = request.origin  # type: ignore[attr-defined]
        try:
            signin.request_recovery(form.cleaned_data["email"], origin)
        except SignInRefused as refusal:
            return self.page(request, form, 403, failure=refusal.message)
        return self.page(request, form, sent=True)

    def page(
        self, request: HttpRequest, form: OperationForm, status: int = 200, **context: Any
    ) -> HttpResponse:
        context |= {"form": form, "can": mail.is_configured()}
        return render(request, "console/recover.html", context, status=status)


@method_decorator([public, sensitive_post_parameters()], name="dispatch")
class ChoosePassword(View):
    """The page that the link leads to: its address is a secret, which leaves by no referrer."""

    @method_decorator(sensitive_variables("token"))
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        response.headers["Referrer-Policy"] = WITHOUT_ADDRESS
        return response

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        return self.page(request, NewPasswordForm(), is_good=signin.is_good_link(token))

    def post(self, request: HttpRequest, token: str) -> HttpResponseBase:
        form = NewPasswordForm(request.POST)
        if not form.is_valid():
            return self.page(request, form, 422)
        origin: Any = request.origin  # type: ignore[attr-defined]
        try:
            signin.recover(token, form.cleaned_data["password"], origin)
        except PasswordRefused as refusal:
            for fault in refusal.faults:
                form.add_error("password", fault)
            return self.page(request, form, 422)
        except SignInRefused as refusal:
            return self.page(request, form, 403, is_good=False, failure=refusal.message)
        messages.success(request, _("Your password is changed. Sign in with it."))
        return HttpResponseRedirect(reverse("console:sign-in") + "?kind=root")

    def page(
        self,
        request: HttpRequest,
        form: OperationForm,
        status: int = 200,
        is_good: bool = True,
        failure: str = "",
    ) -> HttpResponse:
        context = {"form": form, "is_good": is_good, "failure": failure}
        if not is_good:
            status = max(status, 403)
        return render(request, "console/recover_password.html", context, status=status)
