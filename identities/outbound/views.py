"""What an issuer shows to everybody: its discovery document and its public keys, nothing else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from identities.outbound.issuer import discovery, published_keys
from identities.outbound.keys import KEPT

HEADERS = {
    "Cache-Control": f"public, max-age={int(KEPT.total_seconds())}",
    # Verifiers run in browsers, too, and there is nothing here that a cookie would open.
    "Access-Control-Allow-Origin": "*",
}


@require_safe
def openid_configuration(request: HttpRequest, identifier: UUID) -> HttpResponse:
    known = published_keys(str(identifier), timezone.now()) is not None
    return _answer(discovery(str(identifier)) if known else None)


@require_safe
def jwks(request: HttpRequest, identifier: UUID) -> HttpResponse:
    keys = published_keys(str(identifier), timezone.now())
    return _answer({"keys": keys} if keys is not None else None)


def _answer(document: dict[str, Any] | None) -> HttpResponse:
    if document is None:
        text = "There is no such issuer.\n"
        return HttpResponse(text, status=404, content_type="text/plain; charset=utf-8")
    return JsonResponse(document, headers=HEADERS)
