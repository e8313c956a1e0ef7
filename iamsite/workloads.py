"""The address at which workloads get their role's credentials: the container credentials endpoint
that every AWS SDK speaks (AWS SDKs and Tools Reference Guide, "Container credential provider").
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import throttle
from iamsite.operations import Origin, perform
from iamsite.operations.caller import Anonymous
from iamsite.operations.errors import OperationError, missing_authentication_token

LONGEST_TOKEN = 256
# Wrong tokens from one address in 15 minutes before it is told to wait.
MOST_WRONG = 300


@require_GET
def credentials(request: HttpRequest) -> HttpResponse:
    request_id = str(uuid.uuid4())
    try:
        output = _perform(request, request_id)
        answer = JsonResponse({name: _plain(value) for name, value in output.items()})
    except OperationError as error:
        status = 429 if error.code == "Throttling" else error.status
        answer = JsonResponse({"Code": error.code, "Message": error.message}, status=status)
    answer["x-amzn-RequestId"] = request_id
    answer["Cache-Control"] = "no-store"
    return answer


def _perform(request: HttpRequest, request_id: str) -> dict[str, Any]:
    token = request.headers.get("Authorization", "")
    if not token:
        raise missing_authentication_token()
    origin = Origin(
        source_ip=request.META.get("REMOTE_ADDR", ""),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:1024],
        secure=request.is_secure(),
        request_id=request_id,
        face="workload",
    )
    params = {"AuthorizationToken": token[: LONGEST_TOKEN + 1]}
    try:
        return perform(Anonymous(), "GetWorkloadCredentials", params, origin)
    except OperationError as error:
        if error.code == "InvalidClientTokenId":
            _count_wrong(origin)
        raise


def _count_wrong(origin: Origin) -> None:
    about = ("workload token", throttle.address(origin.source_ip))
    try:
        with transaction.atomic():
            throttle.count(MOST_WRONG, timezone.now(), *about)
    except throttle.TooManyAttempts as error:
        raise OperationError("Throttling", "Rate exceeded") from error


def _plain(value: Any) -> Any:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


urlpatterns = [path("credentials", credentials)]
