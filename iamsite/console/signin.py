"""Opening an account, signing in and out.

A sign-in takes one to three steps: name and password; an MFA device; a new password. A passkey
stands for the first two.
Between steps what has been proved travels in a signed field of the form, good for five minutes.
"""

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
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import mail
from accounts.opening import AccountError
from iamsite.console import ceremony, cookies
from iamsite.console.forms import OperationForm
from iamsite.console.middleware import public
from iamsite.console.origin import WITHOUT_ADDRESS
from iamsite.console.password_rules import (
    NewPasswordField,
    Rule,
    give_rules,
    rules_of_policy,
    rules_of_root,
)
from identities import signin
from identities.signin import PasswordRefused, SignedIn, SignInRefused
from identities.signin.providers import offers


def _password(kind: str) -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"autocomplete": kind})


class RootForm(OperationForm):
    email = forms.CharField(
        label=_("Email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"), strip=False, widget=_password("current-password")
    )


class UserForm(OperationForm):
    account = forms.CharField(label=_("Account id or alias"), max_length=63)
    name = forms.CharField(
        label=_("User name"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Password"), strip=False, widget=_password("current-password")
    )
    remember = forms.BooleanField(label=_("Remember this account"), required=False)


class CodeForm(OperationForm):
    challenge = forms.CharField(widget=forms.HiddenInput)
    code = forms.CharField(
        label=_("Code of your MFA device"),
        max_length=12,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )


class KeyForm(OperationForm):
    """What an authenticator answers: filled by a script."""

    challenge = forms.CharField(required=False)
    state = forms.CharField()
    credential = forms.CharField()


class NewPasswordForm(OperationForm):
    challenge = forms.CharField(widget=forms.HiddenInput)
    password = NewPasswordField(label=_("New password"))


class OpenAccountForm(OperationForm):
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
    password = NewPasswordField(
        label=_("Password"), help_text=_("A few words that only you would put together.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        give_rules(self, rules_of_root)


def next_url(request: HttpRequest) -> str:
    """The page to go to after signing in: one of ours, whatever the address says."""
    return ours(request.POST.get("next") or request.GET.get("next") or "")


def ours(wanted: str) -> str:
    """`wanted` if it is a page of the console, else the dashboard."""
    is_ours = wanted.startswith("/console/") and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=None
    )
    return wanted if is_ours else reverse("console:dashboard")


@method_decorator([public, sensitive_post_parameters()], name="dispatch")
class Gate(View):
    """What every step of a sign-in does with its outcome."""

    def follow(self, request: HttpRequest, signed_in: SignedIn) -> HttpResponseBase:
        """To the next step, or in."""
        if signed_in.token:
            end_session(request)
            response = HttpResponseRedirect(next_url(request))
            cookies.keep_session(response, signed_in.token)
            return response
        if signed_in.needs_mfa:
            return second_step(request, signed_in.challenge)
        form = NewPasswordForm(initial={"challenge": signed_in.challenge})
        return new_password_step(request, signed_in.challenge, form)


def new_password_step(
    request: HttpRequest, challenge: str, form: OperationForm, status: int = 200
) -> HttpResponse:
    """With the rules of the account, which `challenge` proves to be one's own."""
    try:
        policy = signin.password_policy(challenge)
    except SignInRefused as refusal:
        return first_step(request, refusal.message)
    present = Rule(gettext("Not the present password"))
    give_rules(form, lambda: [*rules_of_policy(policy), present])
    form.focus("password")
    context = {"form": form, "next": request.POST.get("next", "")}
    return render(request, "console/sign_in_password.html", context, status=status)


def first_step(request: HttpRequest, failure: str, status: int = 403) -> HttpResponse:
    """The sign-in page, for who can go no further from where they were."""
    return SignIn().page(request, "user", user_form(request), status, failure)


def second_step(
    request: HttpRequest,
    challenge: str,
    form: OperationForm | None = None,
    failure: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page that asks for a code, a security key, or either."""
    try:
        factors = signin.second_factors(challenge)
    except SignInRefused as refusal:
        return first_step(request, refusal.message)
    context = {
        "form": form or CodeForm(initial={"challenge": challenge}),
        "challenge": challenge,
        "factors": factors,
        "elsewhere": ceremony.elsewhere(request, reverse("console:sign-in")),
        "failure": failure,
        "next": request.POST.get("next", ""),
    }
    return render(request, "console/sign_in_second.html", context, status=status)


def user_form(request: HttpRequest, account: str = "") -> OperationForm:
    """With what the address says, or else this browser remembers; one types what is missing."""
    kept, name = cookies.remembered_account(request)
    account = account or request.GET.get("account", "") or kept
    if account != kept:
        name = ""
    initial = {"account": account[:63], "name": name, "remember": bool(kept)}
    form = UserForm(initial=initial)
    form.focus("password" if name else "name" if account else "account")
    return form


class SignIn(Gate):
    """Root by email, or an IAM user by account and name; one message for every failure."""

    def get(self, request: HttpRequest, account: str = "") -> HttpResponseBase:
        """`account` is in the address that an account gives its users, as AWS's has the alias."""
        kind = "root" if request.GET.get("kind") == "root" else "user"
        form = RootForm() if kind == "root" else user_form(request, account)
        return self.page(request, kind, form)

    def post(self, request: HttpRequest, account: str = "") -> HttpResponseBase:
        kind = "root" if request.POST.get("kind") == "root" else "user"
        form = RootForm(request.POST) if kind == "root" else UserForm(request.POST)
        if not form.is_valid():
            return self.page(request, kind, form, status=422)
        typed = form.cleaned_data
        origin: Any = request.origin  # type: ignore[attr-defined]
        try:
            if kind == "root":
                signed_in = signin.sign_in_root(typed["email"], typed["password"], origin)
            else:
                signed_in = signin.sign_in_user(
                    typed["account"].strip(), typed["name"].strip(), typed["password"], origin
                )
        except SignInRefused as refusal:
            form.focus("password")  # what was typed there is gone
            return self.page(request, kind, form, status=403, failure=refusal.message)
        response = self.follow(request, signed_in)
        if kind == "user" and typed["remember"]:
            cookies.keep_account(response, typed["account"].strip(), typed["name"].strip())
        elif kind == "user":
            cookies.forget_account(response)
        return response

    def page(
        self,
        request: HttpRequest,
        kind: str,
        form: OperationForm,
        status: int = 200,
        failure: str = "",
    ) -> HttpResponse:
        account = str(form["account"].value() or "") if kind == "user" else ""
        wanted = next_url(request)
        query = {"next": wanted} if wanted != reverse("console:dashboard") else {}
        address = reverse("console:sign-in")
        context = {
            "kind": kind,
            "form": form,
            "failure": failure,
            "next": query.get("next", ""),
            "user_url": f"{address}?{urlencode(query)}" if query else address,
            "passkey": signin.begin_passkey(),
            "elsewhere": ceremony.elsewhere(request, address),
            "offers": offers(account) if kind == "user" and account else [],
            "root_url": f"{address}?{urlencode({'kind': 'root', **query})}",
        }
        return render(request, "console/sign_in.html", context, status=status)


class AnswerCode(Gate):
    """The step with the MFA device's code."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return HttpResponseRedirect(reverse("console:sign-in"))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = CodeForm(request.POST)
        if not form.is_valid():
            return second_step(request, request.POST.get("challenge", ""), form, status=422)
        typed = form.cleaned_data
        origin: Any = request.origin  # type: ignore[attr-defined]
        try:
            signed_in = signin.answer_mfa(typed["challenge"], typed["code"], origin)
        except SignInRefused as refusal:
            return second_step(request, typed["challenge"], form, refusal.message, 403)
        return self.follow(request, signed_in)


class AnswerKey(Gate):
    """The step with a security key."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return HttpResponseRedirect(reverse("console:sign-in"))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = KeyForm(request.POST)
        challenge = request.POST.get("challenge", "")
        if not form.is_valid():
            return second_step(request, challenge, failure=ceremony.NO_ANSWER, status=422)
        typed = form.cleaned_data
        origin: Any = request.origin  # type: ignore[attr-defined]
        try:
            signed_in = signin.answer_key(challenge, typed["state"], typed["credential"], origin)
        except SignInRefused as refusal:
            return second_step(request, challenge, failure=refusal.message, status=403)
        return self.follow(request, signed_in)


class SignInWithPasskey(Gate):
    """A passkey in place of name, password and second step."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return HttpResponseRedirect(reverse("console:sign-in"))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = KeyForm(request.POST)
        if not form.is_valid():
            return first_step(request, str(ceremony.NO_ANSWER), 422)
        typed = form.cleaned_data
        origin: Any = request.origin  # type: ignore[attr-defined]
        try:
            signed_in = signin.sign_in_with_passkey(typed["state"], typed["credential"], origin)
        except SignInRefused as refusal:
            return first_step(request, refusal.message)
        return self.follow(request, signed_in)


class ChooseNewPassword(Gate):
    """The step with a new password, when the old one is expired or was only for the first time."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return HttpResponseRedirect(reverse("console:sign-in"))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = NewPasswordForm(request.POST)
        challenge = request.POST.get("challenge", "")
        if not form.is_valid():
            return new_password_step(request, challenge, form, status=422)
        typed = form.cleaned_data
        origin: Any = request.origin  # type: ignore[attr-defined]
        try:
            signed_in = signin.change_password(challenge, typed["password"], origin)
        except PasswordRefused as refusal:
            for fault in refusal.faults:
                form.add_error("password", fault)
            return new_password_step(request, challenge, form, status=422)
        except SignInRefused as refusal:
            return first_step(request, refusal.message)
        return self.follow(request, signed_in)


class SignUp(Gate):
    """Opens an account and signs its root user in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "console/sign_up.html", {"form": OpenAccountForm()})

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = OpenAccountForm(request.POST)
        if not form.is_valid():
            return render(request, "console/sign_up.html", {"form": form}, status=422)
        typed = form.cleaned_data
        origin: Any = request.origin  # type: ignore[attr-defined]
        wanted = typed["email"].strip(), typed["password"], typed["name"], origin
        try:
            if mail.is_configured():
                signin.request_account(*wanted)
                return render(request, "console/sign_up_sent.html", {"email": wanted[0]})
            signed_in = signin.open_account(*wanted)
        except (AccountError, SignInRefused) as refusal:
            field = refusal.field if isinstance(refusal, AccountError) else None
            form.add_error(field if field in form.fields else None, refusal.message)
            return render(request, "console/sign_up.html", {"form": form}, status=422)
        return opened(request, signed_in)


class ConfirmAccount(Gate):
    """The page that the letter's link leads to; opening a link alone opens no account."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(request, request.GET.get("token", ""))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        token = request.POST.get("token", "")
        origin: Any = request.origin  # type: ignore[attr-defined]
        try:
            return opened(request, signin.confirm_account(token, origin))
        except AccountError as error:
            return self.page(request, token, error.message, 422, known=True)
        except SignInRefused as refusal:
            return self.page(request, token, refusal.message, 422)

    def page(
        self,
        request: HttpRequest,
        token: str,
        failure: str = "",
        status: int = 200,
        *,
        known: bool = False,
    ) -> HttpResponse:
        """`known` tells that the address has an account by now."""
        requested = None
        try:
            requested = signin.requested_account(token)
        except SignInRefused as refusal:
            failure, status = refusal.message, 422
        context = {"token": token, "requested": requested, "failure": failure, "known": known}
        response = render(request, "console/sign_up_confirm.html", context, status=status)
        response.headers["Referrer-Policy"] = WITHOUT_ADDRESS
        return response


def opened(request: HttpRequest, signed_in: SignedIn) -> HttpResponseBase:
    """Into the new account."""
    end_session(request)
    response = HttpResponseRedirect(reverse("console:getting-started"))
    cookies.keep_session(response, signed_in.token)
    return response


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    end_session(request)
    response = HttpResponseRedirect(reverse("console:sign-in"))
    cookies.forget_session(response)
    return response


def end_session(request: HttpRequest) -> None:
    """Ends the browser's session, if it has one: whoever signs in anew leaves none behind."""
    token = cookies.session_token(request)
    if token:
        signin.sign_out(token, request.origin)  # type: ignore[attr-defined]
