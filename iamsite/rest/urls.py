from __future__ import annotations

from itertools import groupby

from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt

from iamsite.rest.openapi import document, reference
from iamsite.rest.routes import ROUTES, Route
from iamsite.rest.views import OperationView


def _pattern(route_path: str) -> str:
    """The address as a regular expression: ARNs hold slashes, so `path` parameters are greedy."""
    parts = []
    for part in route_path.split("/"):
        if part.endswith(":path}"):
            parts.append(f"(?P<{part[1:-6]}>arn:.+)")
        elif part.startswith("{"):
            parts.append(f"(?P<{part[1:-1]}>[^/]+)")
        else:
            parts.append(part)
    return "^" + "/".join(parts) + r"\Z"


def _views() -> list[URLPattern]:
    ordered = sorted(ROUTES, key=lambda route: ROUTES.index(_first_at(route.path)))
    found = []
    for address, routes in groupby(ordered, key=lambda route: route.path):
        by_method = {route.method: route for route in routes}
        view = csrf_exempt(OperationView.as_view(routes=by_method))
        found.append(re_path(_pattern(address), view))
    return found


def _first_at(address: str) -> Route:
    return next(route for route in ROUTES if route.path == address)


urlpatterns = [
    path("schema", document, name="rest-schema"),
    path("", reference, name="rest-reference"),
    *_views(),
]
