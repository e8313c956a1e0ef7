"""What every page of the console needs of the shell."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from iamsite.console import cookies, words
from iamsite.console.asking import ConsoleRequest
from iamsite.console.navigation import dialogs, navigation
from iamsite.console.switching import acted_as, recent_roles
from iamsite.console.themes import THEMES
from iamsite.console.viewer import viewer_of


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: theme, navigation, keys and, asked for only when shown, the viewer."""
    return {
        "theme": cookies.theme(request),
        "words": words.address(),
        "themes": THEMES,
        "navigation": SimpleLazyObject(lambda: navigation(request.path)),
        "dialogs": SimpleLazyObject(dialogs),
        "recent_roles": SimpleLazyObject(lambda: recent_roles(cast(ConsoleRequest, request))),
        "acted_as": SimpleLazyObject(lambda: acted_as(cast(ConsoleRequest, request))),
        "viewer": SimpleLazyObject(lambda: viewer_of(cast(ConsoleRequest, request))),
    }
