"""Refusals and failures as pages that say what failed and what to do."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from iamsite.console.asking import is_dialog
from iamsite.console.constraints import in_words
from iamsite.operations import AccessDenied, OperationError

OF_A_THING = re.compile("/console/(user|group|role)s/")


@dataclass(frozen=True, slots=True)
class Failure:
    """What an error page says. `text` is the operation's message, of constraints in words,
    `decision_id` the record's of a denial, `again` the address where a form can be filled in anew,
    `thing` the page of what was to be changed and is not there, which knows when it went.
    """

    status: int
    code: str
    title: str
    text: str
    advice: str
    request_id: str
    decision_id: str = ""
    again: str = ""
    thing: str = ""


def request_id(request: HttpRequest) -> str:
    origin: Any = getattr(request, "origin", None)
    return origin.request_id if origin else str(uuid.uuid4())


def failure_of(request: HttpRequest, error: OperationError) -> Failure:
    """What to tell a person about `error`."""
    title, advice = _words(error)
    decided = error.decision_id
    return Failure(
        error.status,
        error.code,
        title,
        in_words(error.message),
        advice,
        request_id(request),
        decided,
        thing=_thing(request) if error.code == "NoSuchEntity" else "",
    )


def _thing(request: HttpRequest) -> str:
    """The page of the user, group or role below which the address is; "" of any other."""
    match, named = request.resolver_match, OF_A_THING.match(request.path_info)
    if match is None or named is None or "name" not in match.kwargs:
        return ""
    page = reverse(f"console:{named[1]}", args=[match.kwargs["name"]])
    return "" if page == request.path_info else page


def _words(error: OperationError) -> tuple[str, str]:
    if isinstance(error, AccessDenied) or error.code == "AccessDenied":
        return _("You may not do this"), _(
            "An administrator of this account can allow it: the message names the action and what "
            "it was asked on. What decided, and what would change it, is on the page of the "
            "decision, whose address you can pass on."
        )
    if error.code == "AccessDeniedException":  # by the organization's own rules, not by policies
        return _("You may not do this"), _(
            "It is for the management account of the organization, or for an account that it has "
            "delegated this to."
        )
    if error.code == "AWSOrganizationsNotInUseException":
        return _("Not as things stand"), _(
            "Create an organization, or accept the invitation into one, first."
        )
    if error.status == 404 or error.code.endswith(
        "NotFoundException"
    ):  # of Organizations, with 400
        return _("Not found"), _("It may have been deleted or renamed, or never existed.")
    if error.status == 409:
        return _("Not as things stand"), _("Look at the present state and try again.")
    if error.status >= 500:
        return _("Something failed on our side"), _(
            "Nothing was changed unless a page says so. Try again; if it goes on, tell whoever "
            "runs this portal the request id."
        )
    return _("This could not be done"), _("Change what the message says and try again.")


def error_response(request: HttpRequest, error: OperationError) -> HttpResponse:
    """A whole page, or for htmx just the notice, with the error's status."""
    failure = failure_of(request, error)
    if is_dialog(request):
        template = "console/error_dialog.html"
    elif getattr(request, "htmx", None):
        template = "console/error_notice.html"
    else:
        template = "console/error.html"
    return render(request, template, {"error": failure}, status=error.status)


def plain_error(
    request: HttpRequest,
    status: int,
    code: str,
    title: str,
    advice: str,
    again: str = "",
    text: str = "",
) -> HttpResponse:
    """An error on a page that needs no session; `text` is the failed operation's message."""
    failure = Failure(status, code, title, text, advice, request_id(request), again=again)
    return render(request, "console/error_gate.html", {"error": failure}, status=status)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return plain_error(
        request, 404, "NotFound", _("There is no such page"), _("Check the address.")
    )


def no_such_page(request: HttpRequest) -> HttpResponse:
    """An address below /console/ that leads nowhere, within the shell."""
    error = OperationError("NotFound", "", 404)
    return error_response(request, error)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return plain_error(
        request,
        403,
        "StaleForm",
        _("This form is too old"),
        _("Nothing was done. Load the form again and send it once more."),
        _came_from(request),
    )


def _came_from(request: HttpRequest) -> str:
    """The page of this portal that the browser says it was on, if it says."""
    page = request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure()):
        return page
    return ""


def server_error(request: HttpRequest) -> HttpResponse:
    return plain_error(
        request,
        500,
        "InternalFailure",
        _("Something failed on our side"),
        _("Try again; if it goes on, tell whoever runs this portal the request id."),
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return plain_error(
        request, 400, "BadRequest", _("This request makes no sense"), _("Check the address.")
    )
