"""Signed-in browsers: who, from where, and ending them."""

from __future__ import annotations

import re

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import ConsoleRequest
from iamsite.console.listing import listing


@require_safe
def sessions(request: ConsoleRequest) -> HttpResponse:
    """The whole account's for who may see them, else one's own."""
    everybody = ("ListConsoleSessions", {"AllUsers": True})
    may = request.ask.may(everybody=everybody, end=("EndConsoleSession", {"SessionId": "0"}))
    asked = {"AllUsers": True} if may["everybody"] else {}
    context = {
        "listing": listing(request, "ListConsoleSessions", "ConsoleSessions", asked),
        "end": may["end"],
    }
    return render(request, "accounts/sessions.html", context)


class EndSession(Action):
    operation = "EndConsoleSession"
    names = {"session": "SessionId"}
    title = gettext_lazy("End this session")
    lead = gettext_lazy("The browser is signed out at its next request.")
    submit = gettext_lazy("End session")
    success = gettext_lazy("The session was ended.")

    def back_url(self) -> str:
        user = self.request.GET.get("user", "")
        if user == ".":
            return reverse("console:security-credentials")
        if re.fullmatch(r"[\w+=,.@-]{1,64}", user):
            return reverse("console:user", args=[user]) + "?tab=sessions"
        return reverse("console:sessions")

    def crumbs(self) -> list[Crumb]:
        return [(_("Sessions"), self.back)]
