"""The page on which one lets a developer tool act as oneself: where `aws login` leads."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirect, HttpResponseRedirectBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_safe

from iamsite.console.asking import ConsoleRequest
from iamsite.console.errors import plain_error
from iamsite.console.viewer import viewer_of
from iamsite.operations import AccessDenied, OperationError
from identities import signin
from identities.signin import Asked, BadAuthorizationRequest

LONGEST_QUERY = 4096


class ToTool(HttpResponseRedirectBase):
    """Back to the tool that waits at a port of the browser's own machine."""

    status_code = 303
    allowed_schemes = ["http"]


def addresses(request: HttpRequest) -> set[str]:
    """Where the portal is: as it is configured, and as it was asked (ALLOWED_HOSTS)."""
    return {settings.IAMSITE_URL.lower(), f"{request.scheme}://{request.get_host()}".lower()}


@require_safe
def aws_link(request: HttpRequest) -> HttpResponseBase:
    """AWS's own address: `/v1/authorize?client_id=…`."""
    query = request.META.get("QUERY_STRING", "")[:LONGEST_QUERY]
    return HttpResponseRedirect(f"{reverse('console:authorize')}?{query}")


class Authorize(View):
    """What a tool asks for stands in the address; only the form approves it."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            asked = signin.asked_for(request.GET, addresses(request))
        except BadAuthorizationRequest as error:
            advice = _("Begin again in the program that brought you here.")
            return plain_error(request, 400, "InvalidRequest", error.message, advice)
        response = super().dispatch(request, asked)
        if asked.is_same_device:
            # Browsers hold the redirect of a form to this as well.
            port = asked.redirect_uri.removesuffix("/oauth/callback")
            response._csp_update = {"form-action": [port]}  # type: ignore[attr-defined]
        return response

    def get(self, request: ConsoleRequest, asked: Asked) -> HttpResponse:
        refusal = signin.may_authorize(request.credential.token, asked, request.origin)
        return self.page(request, asked, refusal, 403 if refusal else 200)

    def post(self, request: ConsoleRequest, asked: Asked) -> HttpResponseBase:
        try:
            code = signin.authorize(request.credential.token, asked, request.origin)
        except AccessDenied as error:
            return self.page(request, asked, error, 403)
        if asked.is_same_device:
            return ToTool(asked.answer(code=code))
        return render(request, "console/authorize_code.html", {"code": asked.typed(code)})

    def page(
        self, request: ConsoleRequest, asked: Asked, refusal: OperationError | None, status: int
    ) -> HttpResponse:
        session = request.ask.perform("GetConsoleSession")
        here = urlencode({"next": request.get_full_path()})
        cancel = reverse("console:dashboard")
        if asked.is_same_device:
            cancel = asked.answer(error="access_denied")
        context = {
            "asked": asked,
            "viewer": viewer_of(request),
            "until": session["ExpirationDate"],
            "refusal": refusal,
            "cancel": cancel,
            "another": f"{reverse('console:sign-in')}?{here}",
        }
        return render(request, "console/authorize.html", context, status=status)
