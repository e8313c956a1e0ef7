"""Who calls the REST face: a signature (SigV4), or the browser's console session with CSRF."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from iamsite.operations import AccessKeyCredential, SessionCredential
from iamsite.sessions import session_token
from iamsite.signing import Signed, signed_request

SERVICES = frozenset({"iam", "sts", "portal"})


class Signature(BaseAuthentication):
    """AWS Signature Version 4, in headers, for the service iam, sts or portal."""

    def authenticate(self, request: Request) -> tuple[None, AccessKeyCredential] | None:
        signed: Signed | None = signed_request(request.META, request.body, SERVICES)
        return None if signed is None else (None, signed.credential)

    def authenticate_header(self, request: Request) -> str:
        return "AWS4-HMAC-SHA256"


class PortalSession(BaseAuthentication):
    """The console's cookie. A page of another origin cannot use it: the CSRF token must fit."""

    def authenticate(self, request: Request) -> tuple[None, SessionCredential] | None:
        token = session_token(request._request)
        if token is None:
            return None
        check = CSRFCheck(lambda _: None)
        check.process_request(request._request)
        reason = check.process_view(request._request, None, (), {})
        if reason:
            raise PermissionDenied(f"CSRF Failed: {reason}")
        return None, SessionCredential(token)
