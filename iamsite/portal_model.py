"""The model of the portal's own operations, for the AWS CLI and SDKs: it holds no secret."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from iamsite.operations.models import own_model

HEADERS = {"Cache-Control": "public, max-age=300"}


@require_safe
def portal_model(request: HttpRequest) -> HttpResponse:
    return HttpResponse(own_model(), content_type="application/json", headers=HEADERS)
