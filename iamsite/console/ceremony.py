"""Pages on which a browser asks an authenticator: they work at one origin only."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from identities.security_keys import NoDomain, relying_party

NO_ANSWER = _("The browser gave no answer. A security key or passkey needs JavaScript.")


def elsewhere(request: HttpRequest, path: str) -> str:
    """The address of `path` where security keys work, if it is not the one that is asked for."""
    try:
        origin = relying_party().origin
    except NoDomain:
        return ""
    here = f"{request.scheme}://{request.get_host()}"
    return "" if here == origin else f"{origin}{path}"
