"""What a person chooses for their own browser."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from iamsite.console import cookies
from iamsite.console.middleware import public
from iamsite.console.themes import THEMES

_NAME = re.compile(r"[a-z-]{1,32}")


@public
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponseRedirect:
    """Keeps the theme and goes back to where it was chosen."""
    response = _back(request)
    name = request.POST.get("theme", "")
    if any(name == theme.name for theme in THEMES):
        cookies.keep_theme(response, name)
    return response


@require_POST
def choose_columns(request: HttpRequest) -> HttpResponseRedirect:
    """Keeps which columns of a table to show and goes back to it."""
    response = _back(request)
    table = request.POST.get("table", "")
    if _NAME.fullmatch(table):
        names = [name for name in request.POST.getlist("column") if _NAME.fullmatch(name)]
        cookies.keep_columns(request, response, table, names)
    return response


def _back(request: HttpRequest) -> HttpResponseRedirect:
    back = request.POST.get("next", "")
    if not back.startswith("/") or not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("console:dashboard")
    return HttpResponseRedirect(back)
