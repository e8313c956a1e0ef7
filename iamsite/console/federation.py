"""`/federation`, where AWS's tools exchange temporary credentials for a browser's session."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from iamsite.console import cookies
from iamsite.console.errors import plain_error
from iamsite.console.origin import WITHOUT_ADDRESS, origin_of
from iamsite.console.signin import Gate, end_session, ours
from identities import signin
from identities.signin import FederationRefused

NO_ACTION = "Action must be getSigninToken or login."


@csrf_exempt
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def federation(request: HttpRequest) -> HttpResponseBase:
    """`getSigninToken` answers JSON to a program; `login` signs the browser in that follows it."""
    origin = origin_of(request, str(uuid.uuid4()))
    given = request.POST if request.method == "POST" else request.GET
    response: HttpResponseBase
    if given.get("Action") == "getSigninToken":
        try:
            token = signin.signin_token(
                given.get("Session", ""), given.get("SessionDuration"), origin
            )
            response = JsonResponse({"SigninToken": token})
        except FederationRefused as refusal:
            response = JsonResponse({"message": refusal.message}, status=400)
    elif given.get("Action") == "login" and request.method == "GET":
        request.origin = origin  # type: ignore[attr-defined]
        response = login(request)
    else:
        response = JsonResponse({"message": NO_ACTION}, status=400)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = WITHOUT_ADDRESS
    response.headers["X-Request-Id"] = origin.request_id
    return response


def login(request: HttpRequest) -> HttpResponseBase:
    """A browser that is signed in already is asked first: any page can send it here."""
    token = request.GET.get("SigninToken", "")
    wanted = destination(request.GET.get("Destination", ""))
    if cookies.session_token(request):
        context = {"token": token, "next": wanted}
        return render(request, "console/sign_in_federated.html", context)
    return enter(request, token, wanted)


def enter(request: HttpRequest, token: str, wanted: str) -> HttpResponseBase:
    try:
        signed_in = signin.sign_in_with_token(token, request.origin)  # type: ignore[attr-defined]
    except FederationRefused as refusal:
        advice = _("Ask the program that brought you here for a new link.")
        return plain_error(request, 400, "InvalidSigninToken", refusal.message, advice)
    end_session(request)
    response = HttpResponseRedirect(wanted)
    cookies.keep_session(response, signed_in.token)
    return response


class SignInFederated(Gate):
    """The answer of whoever was signed in already."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("console:sign-in"))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        wanted = ours(request.POST.get("next", ""))
        return enter(request, request.POST.get("token", ""), wanted)


def destination(wanted: str) -> str:
    """The console's page that is meant: tools send AWS's own address if they know no other."""
    parts = urlsplit(wanted) if wanted.isprintable() else urlsplit("")
    if parts.netloc and f"{parts.scheme}://{parts.netloc}" != settings.IAMSITE_URL:
        return ours("")
    return ours(parts._replace(scheme="", netloc="").geturl())
