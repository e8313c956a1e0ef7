"""A developer tool that signs in as `aws login` does, without a network."""

import base64
import hashlib
import json
import secrets
import time
import uuid
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import transaction
from django.test import Client

from accounts import tenancy
from accounts.models import Event
from iamsite.operations import OperationError
from identities.models import ConsoleSession
from tests.cast import Acme, Actor, Key, allow
from tests.iamsite.console.browser import Browser

SAME = "arn:aws:signin:::devtools/same-device"
CROSS = "arn:aws:signin:::devtools/cross-device"
CALLBACK = "http://127.0.0.1:43210/oauth/callback"
TOKEN = "http://localhost/v1/token"
CONFIRMATION = "http://localhost/v1/sessions/confirmation"

EXPIRED = (403, "AccessDeniedException", "TOKEN_EXPIRED")
CODE_EXPIRED = (403, "AccessDeniedException", "AUTHCODE_EXPIRED")
CHANGED = (403, "AccessDeniedException", "USER_CREDENTIALS_CHANGED")
POOR = (403, "AccessDeniedException", "INSUFFICIENT_PERMISSIONS")
WRONG = (400, "ValidationException", "invalid_grant")


class Tool:
    """`key` signs its proofs of possession; `verifier` is its secret of one sign-in (PKCE)."""

    def __init__(self, client: str = SAME, redirect_uri: str = CALLBACK) -> None:
        self.client, self.redirect_uri = client, redirect_uri
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.verifier = secrets.token_urlsafe(48)
        self.state = str(uuid.uuid4())
        self.http = Client(SERVER_NAME="localhost")

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def address(self, path: str = "/console/authorize", **changes: str) -> str:
        query = {
            "response_type": "code",
            "client_id": self.client,
            "state": self.state,
            "code_challenge_method": "SHA-256",
            "scope": "openid",
            "redirect_uri": self.redirect_uri,
            "code_challenge": self.challenge,
            **changes,
        }
        return f"{path}?{urlencode(query)}"

    def approved(self, browser: Browser) -> str:
        """The code that the tool is sent once somebody has approved it in the browser."""
        response = browser.post(self.address())
        assert response.status_code == 303, response.content
        answer = urlsplit(response["Location"])
        assert f"{answer.scheme}://{answer.netloc}{answer.path}" == self.redirect_uri
        found = parse_qs(answer.query)
        assert found["state"] == [self.state]
        (code,) = found["code"]
        return code

    def proof(self, key: Any = None, header: dict[str, Any] | None = None, **changes: Any) -> str:
        key = self.key if key is None else key
        public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        headers = {"typ": "dpop+jwt", "jwk": public, **(header or {})}
        claims = {"htm": "POST", "htu": TOKEN, "iat": int(time.time()), "jti": str(uuid.uuid4())}
        return jwt.encode({**claims, **changes}, key, "ES256", headers)

    def post(self, proof: str | None = None, **params: Any) -> Any:
        return self.http.post(
            "/v1/token",
            json.dumps(params),
            content_type="application/json",
            headers={"DPoP": self.proof() if proof is None else proof},
        )

    def redeem(self, code: str, proof: str | None = None, **changes: Any) -> Any:
        params = {
            "clientId": self.client,
            "grantType": "authorization_code",
            "code": code,
            "redirectUri": self.redirect_uri,
            "codeVerifier": self.verifier,
        }
        return self.post(proof, **{**params, **changes})

    def refresh(self, token: str, proof: str | None = None, **changes: Any) -> Any:
        params = {"clientId": self.client, "grantType": "refresh_token", "refreshToken": token}
        return self.post(proof, **{**params, **changes})

    def signed_in(self, browser: Browser) -> dict[str, Any]:
        """The first answer of the token endpoint."""
        response = self.redeem(self.approved(browser))
        assert response.status_code == 200, response.content
        return dict(response.json())


def actor(tokens: dict[str, Any]) -> Actor:
    """Whoever holds the credentials in an answer of the token endpoint."""
    found = tokens["accessToken"]
    key = Key(found["accessKeyId"], found["secretAccessKey"], found["sessionToken"])
    return Actor("tool", "", key.credential, key)


def refused(response: Any) -> tuple[int, str, str]:
    """Status, kind and code of a refusal."""
    return response.status_code, response["x-amzn-ErrorType"], response.json()["error"]


def resource(account: str, client: str = "localhost") -> str:
    return f"arn:aws:signin:us-east-1:{account}:oauth2/public-client/{client}"


def may(acme: Acme, user: str = "carol", document: str | None = None) -> None:
    document = document or allow(
        "signin:AuthorizeOAuth2Access", "signin:CreateOAuth2Token", resource=resource(acme.id, "*")
    )
    acme.root.perform("PutUserPolicy", UserName=user, PolicyName="login", PolicyDocument=document)


def events(account: str, *names: str) -> list[Event]:
    with transaction.atomic():
        tenancy.enter(account)
        rows = Event.objects.filter(service="signin", operation__in=names)
        return list(rows.order_by("sequence"))


def later(account: str, **changes: Any) -> None:
    """The sessions of tools, changed behind the portal's back."""
    with transaction.atomic():
        tenancy.enter(account)
        ConsoleSession.objects.filter(login__isnull=False).update(**changes)


def denied(who: Actor, operation: str = "GetCallerIdentity") -> str:
    with pytest.raises(OperationError) as caught:
        who.perform(operation)
    return caught.value.code
