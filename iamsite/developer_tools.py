"""The token endpoint of Sign-In, `/v1/token`, which `aws login` and the AWS SDKs ask.

Source: the service model of Sign-In (REST-JSON), CreateOAuth2Token.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from iamsite.json_object import json_object
from iamsite.operations import OperationError, Origin
from identities import signin
from identities.signin import BadProof, TokenRefused, Tokens

# Of the body, which is a few tokens.
LONGEST = 20_000
STATUS = {"AccessDeniedException": 403, "ValidationException": 400}
# How OAuth spells the members of the model.
SPELLED = {
    "client_id": "clientId",
    "grant_type": "grantType",
    "redirect_uri": "redirectUri",
    "code_verifier": "codeVerifier",
    "refresh_token": "refreshToken",
}
CLIENT = re.compile(r"arn:aws:signin:::devtools/(?:cross|same)-device", re.ASCII)
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


@csrf_exempt
@sensitive_post_parameters()
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    request_id = str(uuid.uuid4())
    try:
        answer = JsonResponse(_output(_tokens(request, request_id)))
    except TokenRefused as refusal:
        content = {"error": refusal.error, "message": refusal.message}
        answer = JsonResponse(content, status=STATUS[refusal.kind])
        answer["x-amzn-ErrorType"] = refusal.kind
    answer["x-amzn-RequestId"] = request_id
    answer["Cache-Control"] = "no-store"
    return answer


def _tokens(request: HttpRequest, request_id: str) -> Tokens:
    given = _parameters(request)
    client, grant = given.get("clientId", ""), given.get("grantType", "")
    if not CLIENT.fullmatch(client):
        raise _invalid("clientId is not that of a developer tool.")
    if request.GET or grant not in ("authorization_code", "refresh_token"):
        # Such are what the model's other operations add to the address.
        raise _invalid("Only the grants of aws login are there.", "unsupported_grant_type")
    try:
        proof = signin.read_proof(
            request.headers.get("DPoP", ""), _addresses(request), timezone.now()
        )
    except BadProof as error:
        raise _invalid(str(error)) from error
    origin = _origin(request, request_id)
    if grant == "refresh_token":
        return signin.refresh(client, _required(given, "refreshToken"), proof, origin)
    verifier = _required(given, "codeVerifier")
    if not VERIFIER.fullmatch(verifier):
        raise _invalid("codeVerifier must have 43 to 128 letters, digits and -._~")
    return signin.redeem(
        client, _required(given, "code"), _required(given, "redirectUri"), verifier, proof, origin
    )


def _parameters(request: HttpRequest) -> dict[str, str]:
    """The members of the request, from JSON or a form."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST:
        raise _invalid("The request is too large.")
    if request.content_type == "application/x-www-form-urlencoded":
        return {SPELLED.get(name, name): value for name, value in request.POST.items()}
    try:
        found = json_object(request.body)
    except OperationError as error:
        raise _invalid(error.message) from error
    if not all(isinstance(value, str) for value in found.values()):
        raise _invalid("Every member of the request is a text.")
    return found


def _required(given: dict[str, str], name: str) -> str:
    if not (value := given.get(name)):
        raise _invalid(f"{name} is required.")
    return value


def _invalid(message: str, error: str = "invalid_request") -> TokenRefused:
    return TokenRefused("ValidationException", error, message)


def _addresses(request: HttpRequest) -> set[str]:
    asked = f"{request.scheme}://{request.get_host()}"
    return {f"{address.lower()}/v1/token" for address in (settings.IAMSITE_URL, asked)}


def _origin(request: HttpRequest, request_id: str) -> Origin:
    return Origin(
        source_ip=request.META.get("REMOTE_ADDR", ""),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:1024],
        secure=request.is_secure(),
        request_id=request_id,
        face="aws",
    )


def _output(tokens: Tokens) -> dict[str, Any]:
    output: dict[str, Any] = {
        "accessToken": {
            "accessKeyId": tokens.credentials.access_key_id,
            "secretAccessKey": tokens.credentials.secret_access_key,
            "sessionToken": tokens.credentials.session_token,
        },
        "tokenType": "aws_sigv4",
        "expiresIn": tokens.seconds,
        "refreshToken": tokens.refresh_token,
    }
    return {**output, "idToken": tokens.id_token} if tokens.id_token else output
