"""An OpenID Connect provider at which people sign in: authorization code flow with PKCE."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from tests.identities.federation.issuer import Answer, Issuer


class OIDCProvider(Issuer):
    """Knows the client `web`, by `secret` unless that is "". `token_changes` change what it signs.

    `refused` are reasons for which it gave no token.
    """

    secret = "the client's own + secret"
    methods: tuple[str, ...] = ("client_secret_basic",)

    def __init__(self, *args: Any, **params: Any) -> None:
        super().__init__(*args, **params)
        self.codes: dict[str, dict[str, str]] = {}
        self.token_changes: dict[str, Any] = {}
        self.token_options: dict[str, Any] = {}
        self.refused: list[str] = []

    def answer(self, path: str) -> Answer:
        discovery = f"{self.path}/.well-known/openid-configuration"
        if path == discovery and path not in self.answers:
            about = {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/keys",
                "authorization_endpoint": f"{self.url}/authorize?tenant=acme",
                "token_endpoint": f"{self.url}/token",
                "token_endpoint_auth_methods_supported": list(self.methods),
            }
            return 200, {"Content-Type": "application/json"}, json.dumps(about).encode()
        return super().answer(path)

    def authorize(self, url: str) -> dict[str, str]:
        """Somebody signs in at the address that the portal sent them to: what comes back."""
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.url}/authorize"
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert asked["tenant"] == "acme"
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.url}

    def exchange(self, form: dict[str, str], authorization: str) -> Answer:
        asked = self.codes.pop(form.get("code", ""), None)
        reason = self._reason(asked, form, authorization)
        if asked is None or reason:
            self.refused.append(reason)
            return 400, {}, json.dumps({"error": "invalid_grant"}).encode()
        changes = {"nonce": asked["nonce"], "aud": asked["client_id"], **self.token_changes}
        token = self.token(**self.token_options, email="dora@example.test", **changes)
        return 200, {}, json.dumps({"id_token": token, "token_type": "Bearer"}).encode()

    def _reason(
        self, asked: dict[str, str] | None, form: dict[str, str], authorization: str
    ) -> str:
        if asked is None:
            return "unknown code"
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return "wrong verifier"
        if form.get("redirect_uri") != asked["redirect_uri"]:
            return "wrong redirect URI"
        if not self.secret:
            return "" if not authorization and "client_secret" not in form else "a secret"
        if "client_secret_basic" in self.methods:
            pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
            client, _colon, secret = pair.partition(":")
            right = (unquote(client), unquote(secret)) == (asked["client_id"], self.secret)
        else:
            right = form.get("client_secret") == self.secret and not authorization
        return "" if right else "wrong secret"

    def _handler(provider) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        base = Issuer._handler(provider)

        class Handler(base):  # type: ignore[valid-type,misc]
            def do_POST(self) -> None:  # noqa: N802
                length = int(self.headers["Content-Length"])
                text = self.rfile.read(length).decode()
                form = {name: values[0] for name, values in parse_qs(text).items()}
                provider.asked.append(f"POST {self.path}")
                status, _headers, body = provider.exchange(
                    form, self.headers.get("Authorization", "")
                )
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler


def query(answer: dict[str, str], **changes: str) -> str:
    return urlencode({**answer, **changes})
