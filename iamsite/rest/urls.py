from __future__ import annotations

from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt

from iamsite.rest.openapi import document, reference
from iamsite.rest.routes import ROUTES, Route
from iamsite.rest.views import NoSuchAddress, OperationView


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
    """One view an address; the longest first, since an ARN's `path` would take what follows it."""
    by_address: dict[str, dict[str, Route]] = {}
    for route in ROUTES:
        by_address.setdefault(route.path, {})[route.method] = route
    return [
        re_path(_pattern(address), csrf_exempt(OperationView.as_view(routes=by_address[address])))
        for address in sorted(by_address, key=lambda address: -address.count("/"))
    ]


urlpatterns = [
    path("schema", document, name="rest-schema"),
    path("", reference, name="rest-reference"),
    *_views(),
    re_path("", csrf_exempt(NoSuchAddress.as_view())),
]
