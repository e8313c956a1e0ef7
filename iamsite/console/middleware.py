"""Binds a console request to its session, and turns refusals into pages."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from iamsite.bodies import is_too_large
from iamsite.console import cookies
from iamsite.console.action import BEGAN, Action
from iamsite.console.asking import Asking, is_dialog, unauthenticated
from iamsite.console.errors import error_response, plain_error
from iamsite.console.origin import origin_of
from iamsite.console.viewer import identify
from iamsite.operations import OperationError, SessionCredential
from iamsite.operations.errors import DECISION_HEADER
from identities import signin

PREFIX = "/console/"
SECRET = re.compile("password|secret|code|token", re.IGNORECASE)  # fields that no page sends back
LOOK = "look-at-document"
SUSPENDED = "OptInRequired"  # the code of a principal whose account is suspended or closed
# Where a browser acts in a role these may be the role's fault alone: its time is over, its account
# is suspended, or it was deleted.
ENDS_ROLES = ("ExpiredToken", SUSPENDED, "MissingAuthenticationToken")


class ConsoleMiddleware:
    """For addresses below /console/ only: the other faces know nothing of cookies.

    Gives the request `origin`, `credential` and `ask`, sends whoever has no session that counts to
    the sign-in page (views marked `public` excepted), and answers an OperationError with a page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        bound: Any = request
        bound.origin = origin_of(request, str(uuid.uuid4()))
        bound.credential = SessionCredential(cookies.session_token(request))
        bound.ask = Asking(bound.credential, bound.origin)
        # What the browser asks for, of what there is. The other faces speak AWS's English.
        with translation.override(translation.get_language_from_request(request)):
            # Before any form is read: a file in it would be written to the disk.
            if is_too_large(request.META):
                response: HttpResponseBase = too_large(request)
            else:
                response = self.get_response(request)
        # Pages show what one principal may see: no cache keeps them.
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Request-Id"] = bound.origin.request_id
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        view_class = getattr(view, "view_class", None)
        is_public = getattr(view, "is_public", False) or getattr(
            getattr(view_class, "dispatch", None), "is_public", False
        )
        if not request.path_info.startswith(PREFIX) or is_public:
            return None
        if not cookies.session_token(request):
            return to_sign_in(request)
        try:
            identify(request)
        except OperationError as error:
            return self.process_exception(request, error)
        return None

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        if not request.path_info.startswith(PREFIX) or not isinstance(exception, OperationError):
            return None
        if exception.code in ENDS_ROLES and is_back(request):
            return role_is_over(request, exception)
        if exception.code == SUSPENDED:
            response = suspended(request, exception)
            cookies.forget_session(response)
            return response
        if unauthenticated(exception):
            response = to_sign_in(request)
            cookies.forget_session(response)
            return response
        response = error_response(request, exception)
        if exception.decision_id:
            response.headers[DECISION_HEADER] = exception.decision_id
        return response


def is_back(request: HttpRequest) -> bool:
    """Whether the browser acted in a role until now, and its session goes on without it."""
    try:
        return signin.switch_back(
            cookies.session_token(request),
            request.origin,  # type: ignore[attr-defined]
        )
    except OperationError:
        return False


def suspended(request: HttpRequest, error: OperationError) -> HttpResponseBase:
    advice = _(
        "No password, key or session of it counts, and nothing is deleted. Whoever runs this "
        "portal can reactivate it: give them the account id."
    )
    if getattr(request, "htmx", None):
        return HttpResponseClientRedirect(reverse("console:dashboard"))
    title = _("You are signed out")
    return plain_error(request, error.status, error.code, title, advice, text=error.message)


def role_is_over(request: HttpRequest, error: OperationError) -> HttpResponseBase:
    """What was asked for in the role was not done; as oneself it may mean something else."""
    if error.code == "ExpiredToken":
        text = _("Your time in the role is over, so nothing was done. You are yourself again.")
    elif error.code == SUSPENDED:
        why = error.message.removesuffix(".")
        text = _("%(why)s, so nothing was done. You are yourself again.") % {"why": why}
    else:
        text = _(
            "You cannot act in the role any more: nothing was done, and you are yourself again."
        )
    messages.warning(request, text)
    url = reverse("console:dashboard")
    htmx: Any = getattr(request, "htmx", None)
    return HttpResponseClientRedirect(url) if htmx else HttpResponseRedirect(url)


def too_large(request: HttpRequest) -> HttpResponseBase:
    advice = _("Nothing was done: no form of the console takes so much.")
    return plain_error(request, 413, "RequestTooLarge", _("This is too large"), advice)


def public(view: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a view that needs no session."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def is_form(request: HttpRequest) -> bool:
    """Whether an action's form was sent, or the editor of one asks about its document."""
    match = request.resolver_match
    if request.method != "POST" or match is None:
        return False
    is_action = issubclass(getattr(match.func, "view_class", object), Action)
    return is_action or match.url_name == LOOK


def entered(request: HttpRequest) -> list[tuple[str, str]]:
    """What was entered in a form, but for secrets."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if (name == BEGAN or name[:1] != "_") and not SECRET.search(name)
        for value in values
    ]


def signed_out(request: HttpRequest, kept: list[tuple[str, str]]) -> HttpResponseBase:
    """Says so, and keeps what was entered: an action's form comes back with it."""
    htmx: Any = getattr(request, "htmx", None)
    is_elsewhere = request.resolver_match is not None and request.resolver_match.url_name == LOOK
    template = "console/signed_out_dialog.html" if htmx else "console/signed_out.html"
    context = {"kept": [] if is_elsewhere else kept}
    response = render(request, template, context, status=401)
    if htmx and not is_dialog(request):  # over the page whose part was asked for
        response.headers["HX-Retarget"] = "#dialog"
        response.headers["HX-Reswap"] = "innerHTML"
        response.headers["HX-Reselect"] = "unset"
    return response


def to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in page, and from there back to the page that was asked for; nothing that was
    entered in a form is lost."""
    if is_form(request) and (kept := entered(request)):
        return signed_out(request, kept)
    htmx: Any = getattr(request, "htmx", None)
    wanted = htmx.current_url_abs_path if htmx else None
    if wanted is None:
        wanted = request.get_full_path() if request.method == "GET" else ""
    url = reverse("console:sign-in")
    if wanted and wanted != reverse("console:dashboard"):
        url += "?" + urlencode({"next": wanted})
    return HttpResponseClientRedirect(url) if htmx else HttpResponseRedirect(url)
