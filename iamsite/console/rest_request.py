"""Operations as requests of the REST API."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from functools import cache
from urllib.parse import quote, urlencode

from iamsite.console.asking import Params
from iamsite.operations.models import operation_model

# The table of addresses, and nothing else of the other face.
from iamsite.rest.routes import ROUTES, Route

SIGNED_FOR = {"iam": "iam", "sts": "sts", "portal": "iam", "organizations": "organizations"}


def requests(performed: Sequence[tuple[str, Params]], endpoint: str) -> str:
    """One curl command for each operation; "" when one of them has no address."""
    commands = []
    for name, params in performed:
        route = _route(name, params)
        if route is None:
            return ""
        commands.append(_command(route, params, endpoint))
    return "\n".join(commands)


@cache
def _routes() -> dict[str, list[Route]]:
    by_operation: dict[str, list[Route]] = {}
    for route in ROUTES:
        by_operation.setdefault(route.operation, []).append(route)
    return by_operation


def _route(name: str, params: Params) -> Route | None:
    """The address whose parameters are all given, the most particular one first."""
    fitting = [r for r in _routes().get(name, []) if all(p in params for p in r.parameters)]
    return max(fitting, key=lambda route: len(route.parameters), default=None)


def _command(route: Route, params: Params, endpoint: str) -> str:
    def filled(found: re.Match[str]) -> str:
        return quote(str(params[found[1]]), safe=":/" if found[2] else "")

    path = re.sub(r"{(\w+)(:path)?}", filled, route.path)
    rest = {name: value for name, value in params.items() if name not in route.parameters}
    url = f"{endpoint}api/v1/{path}"
    has_body = route.method not in ("GET", "DELETE")
    if rest and not has_body:
        url += "?" + urlencode(rest, doseq=True)
    service = SIGNED_FOR[operation_model(route.operation).service]
    parts = [
        f"curl -X {route.method} {shlex.quote(url)}",
        f"--aws-sigv4 aws:amz:us-east-1:{service}",
        '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
    ]
    if has_body and rest:
        body = json.dumps(rest, indent=2, ensure_ascii=False)
        parts.append(f"--json {shlex.quote(body)}")
    return " \\\n    ".join(parts)
