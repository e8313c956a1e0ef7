"""Signing in through an identity provider: out to it, back, and into a role."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from iamsite.console import cookies
from iamsite.console.errors import plain_error
from iamsite.console.middleware import public
from iamsite.console.signin import Gate, end_session, next_url, ours
from identities import signin
from identities.signin import SignInRefused, oidc, providers, saml
from identities.signin.saml import Pair

ADVICE = _("Begin again on the sign-in page. If it goes on, tell whoever manages the account.")


def failed(request: HttpRequest, refusal: SignInRefused) -> HttpResponse:
    response = plain_error(request, 403, "SignInRefused", refusal.message, str(ADVICE))
    cookies.forget_note(response)
    return response


@public
@require_safe
def begin(request: HttpRequest, account: str, client: str) -> HttpResponseBase:
    """To the provider. The way back leads to the address in IAMSITE_URL, so it begins there."""
    if request.get_host() != urlsplit(settings.IAMSITE_URL).netloc:
        return HttpResponseRedirect(f"{settings.IAMSITE_URL}{request.get_full_path()}")
    test = "test" in request.GET
    try:
        providers.count_beginning(request.origin)  # type: ignore[attr-defined]
        found = providers.client(account, client)
        kind = oidc if found.oidc_provider is not None else saml
        journey = kind.begin(found, next_url(request), test=test)
    except SignInRefused as refusal:
        return failed(request, refusal)
    response = HttpResponseRedirect(journey.url)
    response.headers["Referrer-Policy"] = "no-referrer"
    cookies.keep_note(response, journey.note)
    return response


@public
@require_safe
def oidc_answer(request: HttpRequest) -> HttpResponseBase:
    """Where an OpenID Connect provider sends people back to."""
    answer = request.GET.dict()
    try:
        identity = oidc.finish(cookies.note(request), answer)
        if identity.test:
            return tested(request, dict(identity.claims), identity.roles)
        if len(identity.roles) == 1:
            signed_in = oidc.choose(identity.choice, identity.roles[0], _origin(request))
            return entered(request, signed_in, identity.next)
    except SignInRefused as refusal:
        return failed(request, refusal)
    context = {
        "action": reverse("console:sign-in-oidc-role"),
        "hidden": {"choice": identity.choice, "next": identity.next},
        "roles": [(arn, *_shown(arn)) for arn in identity.roles],
    }
    response = render(request, "console/choose_role.html", context)
    cookies.forget_note(response)
    return response


class ChooseOIDCRole(Gate):
    def get(self, request: HttpRequest) -> HttpResponseBase:
        return HttpResponseRedirect(reverse("console:sign-in"))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        given = request.POST
        try:
            signed_in = oidc.choose(
                given.get("choice", ""), given.get("role", ""), _origin(request)
            )
        except SignInRefused as refusal:
            return failed(request, refusal)
        return entered(request, signed_in, given.get("next", ""))


@csrf_exempt
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def saml_answer(request: HttpRequest) -> HttpResponseBase:
    """Where a SAML provider sends its answers: shows them, and signs nobody in."""
    if request.method == "GET":
        return HttpResponseRedirect(reverse("console:sign-in"))
    text = request.POST.get("SAMLResponse", "")
    response: HttpResponse
    try:
        response = _choose_saml(request, text, saml.shown(text), "")
    except SignInRefused as refusal:
        response = plain_error(request, 403, "SignInRefused", refusal.message, str(ADVICE))
    response.headers["Cache-Control"] = "no-store"
    return response


def _choose_saml(
    request: HttpRequest, text: str, pairs: tuple[Pair, ...], wanted: str
) -> HttpResponse:
    context = {
        "action": reverse("console:sign-in-saml"),
        "hidden": {"SAMLResponse": text, "next": wanted},
        "roles": [(f"{role},{provider}", *_shown(role)) for role, provider in pairs],
    }
    return render(request, "console/choose_role.html", context)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class SignInWithSAML(Gate):
    """The answer once more, sent on by whoever is at the browser."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return HttpResponseRedirect(reverse("console:sign-in"))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        text = request.POST.get("SAMLResponse", "")
        role, _comma, provider = request.POST.get("role", "").partition(",")
        pair = (role, provider) if role else None
        try:
            identity = saml.received(text, cookies.note(request), pair)
            if identity.test:
                about = identity.statement
                claims = {"NameID": about.subject, "Issuer": about.issuer, **about.attributes}
                return tested(request, claims, tuple(role for role, _p in identity.pairs))
            if pair is None and len(identity.pairs) > 1:
                return _choose_saml(request, text, identity.pairs, identity.next)
            signed_in = saml.choose(text, pair or identity.pairs[0], _origin(request))
        except SignInRefused as refusal:
            return failed(request, refusal)
        return entered(request, signed_in, identity.next or request.POST.get("next", ""))


@require_safe
def saml_metadata(request: HttpRequest) -> HttpResponse:
    """What a SAML provider has to know of the portal."""
    return HttpResponse(saml.portal_metadata(), "application/samlmetadata+xml")


def entered(request: HttpRequest, signed_in: signin.SignedIn, wanted: str) -> HttpResponseBase:
    end_session(request)
    response = HttpResponseRedirect(ours(wanted))
    cookies.keep_session(response, signed_in.token)
    cookies.forget_note(response)
    return response


def tested(request: HttpRequest, claims: dict[str, Any], roles: tuple[str, ...]) -> HttpResponse:
    """What the provider says of whoever tried it; nobody is signed in."""
    shown = [
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in claims.items()
    ]
    context = {"claims": shown, "roles": [_shown(arn) for arn in roles]}
    response = render(request, "console/sign_in_tested.html", context)
    cookies.forget_note(response)
    return response


def _shown(arn: str) -> tuple[str, str]:
    """The name of a role, and its account."""
    parts = arn.split(":")
    return arn.rpartition("/")[2], parts[4] if len(parts) > 4 else ""


def _origin(request: HttpRequest) -> Any:
    return request.origin  # type: ignore[attr-defined]
