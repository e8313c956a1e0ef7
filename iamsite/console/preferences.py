"""What a person chooses for their own browser."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from iamsite.console import cookies
from iamsite.console.middleware import public
from iamsite.console.themes import THEMES


@public
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponseRedirect:
    """Keeps the theme and goes back to where it was chosen."""
    back = request.POST.get("next", "")
    if not back.startswith("/") or not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("console:dashboard")
    response = HttpResponseRedirect(back)
    name = request.POST.get("theme", "")
    if any(name == theme.name for theme in THEMES):
        cookies.keep_theme(response, name)
    return response
