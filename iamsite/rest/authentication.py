"""Who calls the REST face: a signature (SigV4), or the browser's console session with CSRF."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from iamsite.operations import AccessKeyCredential, SessionCredential
from iamsite.operations.models import SERVICES
from iamsite.session_cookie import session_token
from iamsite.signing import signed_request
from iamsite.urlencoded import pairs


class Signature(BaseAuthentication):
    """AWS Signature Version 4, in headers, for any of the services."""

    def authenticate(self, request: Request) -> tuple[None, AccessKeyCredential] | None:
        in_query = pairs(request.META.get("QUERY_STRING", "").encode("latin-1"))
        # Django keeps the path as text where WSGI has bytes (PEP 3333).
        path = request.META["PATH_INFO"].encode().decode("latin-1")
        environ = {**request.META, "PATH_INFO": path}
        signed = signed_request(environ, request.body, SERVICES, in_query)
        return None if signed is None else (None, signed.credential)

    def authenticate_header(self, request: Request) -> str:
        return "AWS4-HMAC-SHA256"


class PortalSession(BaseAuthentication):
    """The console's cookie. A page of another origin cannot use it: the CSRF token must fit."""

    def authenticate(self, request: Request) -> tuple[None, SessionCredential] | None:
        token = session_token(request._request)
        if not token:
            return None
        check = CSRFCheck(lambda _: None)
        check.process_request(request._request)
        reason = check.process_view(request._request, None, (), {})
        if reason:
            raise PermissionDenied(f"CSRF Failed: {reason}")
        return None, SessionCredential(token)
