"""One view for every address: bytes to parameters, perform, result to bytes."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from rest_framework.exceptions import APIException, MethodNotAllowed, NotFound
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from iamsite.bodies import LARGEST, is_too_large
from iamsite.json_object import json_object
from iamsite.operations import Anonymous, OperationError, Origin, perform
from iamsite.operations.errors import DECISION_HEADER, internal_failure
from iamsite.operations.models import Operation, operation_model
from iamsite.rest.authentication import PortalSession, Signature
from iamsite.rest.routes import Route
from iamsite.rest.values import as_json, from_text, parameters

logger = logging.getLogger(__name__)

CREATED, NO_CONTENT = 201, 204


class JSONBytes(BaseParser):
    """Hands the body on as bytes: json_object reads it, more strictly than DRF's parser."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> bytes:
        return bytes(stream.read())


class OperationView(APIView):
    """The operations of one address, by method."""

    authentication_classes = (Signature, PortalSession)
    permission_classes = ()
    parser_classes = (JSONBytes,)
    renderer_classes = (JSONRenderer,)
    routes: dict[str, Route] = {}

    @property
    def allowed_methods(self) -> list[str]:
        return [*self.routes, "OPTIONS"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.request_id = str(uuid.uuid4())
        if is_too_large(request.META):
            raise TooLarge
        super().initial(request, *args, **kwargs)

    def handle(self, request: Request, **address: str) -> Response:
        route = self.routes.get(request.method or "")
        if route is None:
            raise MethodNotAllowed(request.method or "")
        model = operation_model(route.operation)
        credential = request.auth or Anonymous()
        output = perform(
            credential, route.operation, _parameters(request, model, address), self._origin(request)
        )
        if model.output is None:
            return Response(status=NO_CONTENT)
        status = CREATED if request.method == "POST" and _makes(model) else 200
        return Response(as_json(model.output, output), status=status)

    get = post = put = patch = delete = handle

    def _origin(self, request: Request) -> Origin:
        return Origin(
            source_ip=request.META.get("REMOTE_ADDR", ""),
            user_agent=request.META.get("HTTP_USER_AGENT", ""),
            secure=request.is_secure(),
            request_id=self.request_id,
            face="rest",
            referer=request.META.get("HTTP_REFERER", ""),
            source_arn=request.META.get("HTTP_X_AMZ_SOURCE_ARN", ""),
            source_account=request.META.get("HTTP_X_AMZ_SOURCE_ACCOUNT", ""),
        )

    def handle_exception(self, exc: Exception) -> Response:
        request_id = getattr(self, "request_id", str(uuid.uuid4()))
        error = _as_operation_error(exc)
        if error is None:
            logger.error("unexpected error", exc_info=exc, extra={"request_id": request_id})
            error = internal_failure()
        body = {"Type": error.type, "Code": error.code, "Message": error.message}
        if error.decision_id:
            body |= {
                "DecisionId": error.decision_id,
                "DecisionUrl": f"{settings.IAMSITE_URL}/console/decisions/{error.decision_id}",
            }
        response = Response({"Error": body, "RequestId": request_id}, status=error.status)
        response.exception = True
        if error.decision_id:
            response[DECISION_HEADER] = error.decision_id
        return response

    def finalize_response(
        self, request: HttpRequest | Request, response: Any, *args: Any, **kwargs: Any
    ) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["x-amzn-RequestId"] = getattr(self, "request_id", "")
        response["Cache-Control"] = "no-store"
        return response


class NoSuchAddress(OperationView):
    """Every address that leads nowhere: an API answers in its own format."""

    def handle(self, request: Request, **address: str) -> Response:
        raise NotFound("There is no such address; /api/v1/ lists them.")

    get = post = put = patch = delete = handle


class TooLarge(APIException):
    status_code = 413
    default_detail = f"The body is larger than {LARGEST} bytes."


def _makes(operation: Operation) -> bool:
    return operation.wire_name.startswith("Create")


def _parameters(request: Request, model: Operation, address: dict[str, str]) -> dict[str, Any]:
    sent: dict[str, Any] = dict(address)
    if request.method in ("GET", "DELETE"):
        _refuse_body(request)
    else:
        _merge(sent, json_object(request.data or b""))
    query = {
        name: from_text(model.members[name], values, name) if name in model.members else values
        for name, values in request.query_params.lists()
        if name not in sent or _refuse_twice(name)
    }
    return parameters(model.input, {**sent, **query})


def _merge(sent: dict[str, Any], body: dict[str, Any]) -> None:
    for name, value in body.items():
        if name in sent:
            _refuse_twice(name)
        sent[name] = value


def _refuse_twice(name: str) -> bool:
    raise OperationError(
        "ValidationError", f"The parameter {name} is given in the address already."
    )


def _refuse_body(request: Request) -> None:
    if request.META.get("CONTENT_LENGTH") not in (None, "", "0"):
        raise OperationError(
            "ValidationError", f"{request.method} takes its parameters from the query string."
        )


def _as_operation_error(exc: Exception) -> OperationError | None:
    if isinstance(exc, OperationError):
        return exc
    if isinstance(exc, SuspiciousOperation | MultiPartParserError):
        return OperationError("BadRequest", str(exc))
    if isinstance(exc, APIException):
        names = {
            404: "NotFound",
            405: "MethodNotAllowed",
            413: "RequestTooLarge",
            415: "UnsupportedMediaType",
        }
        code = names.get(
            exc.status_code, "AccessDenied" if exc.status_code == 403 else "BadRequest"
        )
        return OperationError(code, str(exc.detail), exc.status_code)
    return None
