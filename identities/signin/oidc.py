"""Signing in at an OpenID Connect provider: authorization code flow with PKCE, state and nonce.

Source: OpenID Connect Core 1.0 §3.1; RFC 7636; RFC 9207; RFC 9700 §2.1 and §4.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings
from django.core.cache import cache

from accounts.sealing import unseal
from iamsite.operations import OperationError, Origin
from identities.federation import fetch, tokens
from identities.federation.issuer_keys import issuer_keys
from identities.models import OIDCProvider, SignInClient
from identities.operations.oidc_providers import SCHEME
from identities.signin import providers
from identities.signin.outcomes import SignedIn, SignInRefused
from identities.signin.providers import Journey

KIND = "oidc"
CHOICE = "oidc choice"
DISCOVERED_SECONDS = 300
UNREACHABLE = "The identity provider cannot be reached, or does not say where people sign in."
REFUSED = "The identity provider did not sign you in: %s"
NO_TOKEN = "The identity provider gave no identity for the code."
WRONG_NONCE = "The identity provider's answer was made for another sign-in."


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says has signed in, and the roles to choose from.

    `choice` is sealed and goes back to `choose` with the role; `next` is the page to go to.
    """

    claims: Mapping[str, Any]
    roles: tuple[str, ...]
    choice: str
    next: str
    test: bool


def redirect_uri() -> str:
    """Where the provider sends people back to; it has to know the address."""
    return f"{settings.IAMSITE_URL}/console/sign-in/oidc"


def begin(client: SignInClient, wanted: str, *, test: bool) -> Journey:
    """Raises SignInRefused."""
    provider = _provider(client)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect_uri(),
        "scope": "openid email profile",
        "state": state,
        "nonce": nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    address = _endpoint(provider, "authorization_endpoint")
    url = f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}"
    note = {
        "kind": KIND,
        "account": client.account_id,
        "client": str(client.id),
        "state": state,
        "nonce": nonce,
        "verifier": verifier,
        "next": wanted,
        "test": test,
    }
    return Journey(url, providers.note(note))


def finish(note_text: str, answer: Mapping[str, str]) -> Identity:
    """Who comes back with `answer`, the query of the provider's redirect. Raises SignInRefused."""
    note = providers.read_note(note_text, KIND)
    if not hmac.compare_digest(note["state"].encode(), answer.get("state", "").encode()):
        raise SignInRefused(providers.BEGIN_AGAIN)
    client = providers.client(note["account"], note["client"])
    provider = _provider(client)
    if answer.get("iss", _issuer(provider)) != _issuer(provider):
        raise SignInRefused(providers.BEGIN_AGAIN)
    providers.use_once(note["state"])
    if "code" not in answer:
        said = answer.get("error_description") or answer.get("error") or "no reason was given"
        raise SignInRefused(REFUSED % said[:200])
    text = _exchanged(client, provider, answer["code"], note["verifier"])
    token = _verified(text, client, provider)
    if not hmac.compare_digest(str(token.claims.get("nonce", "")).encode(), note["nonce"].encode()):
        raise SignInRefused(WRONG_NONCE)
    about = token.claims
    name = providers.session_name(about.get("email"), about.get("preferred_username"), about["sub"])
    kept = {"kind": CHOICE, "token": text, "name": name, "roles": client.role_arns}
    return Identity(
        token.claims, tuple(client.role_arns), providers.note(kept), note["next"], note["test"]
    )


def choose(choice: str, role: str, origin: Origin) -> SignedIn:
    """Signs in to the role, by sts:AssumeRoleWithWebIdentity. Raises SignInRefused."""
    kept = providers.read_note(choice, CHOICE)
    if role not in kept["roles"]:
        raise SignInRefused(providers.NO_PROVIDER)
    providers.use_once(choice)
    params = {
        "RoleArn": role,
        "RoleSessionName": kept["name"],
        "WebIdentityToken": kept["token"],
    }
    return providers.assume("AssumeRoleWithWebIdentity", params, origin)


def _provider(client: SignInClient) -> OIDCProvider:
    if client.oidc_provider is None:
        raise SignInRefused(providers.NO_PROVIDER)
    return client.oidc_provider


def _issuer(provider: OIDCProvider) -> str:
    return f"{SCHEME}{provider.url}"


def discovered(provider: OIDCProvider, longest: float = DISCOVERED_SECONDS) -> dict[str, Any]:
    """What the issuer says of itself, or said `longest` seconds ago at most. Raises FetchError."""
    issuer = _issuer(provider)
    key = hashlib.sha256(f"{issuer} {provider.thumbprints}".encode()).hexdigest()
    now = time.time()
    asked_at, found = cache.get(key, (0.0, {}))
    if now - asked_at >= longest:
        address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        found = fetch.json_object(fetch.fetch(address, provider.thumbprints))
        if found.get("issuer") != issuer:
            raise fetch.FetchError(f"{address} is about another issuer")
        cache.set(key, (now, found), DISCOVERED_SECONDS)
    return dict(found)


def _endpoint(provider: OIDCProvider, name: str) -> str:
    try:
        address = discovered(provider).get(name)
    except fetch.FetchError as error:
        raise SignInRefused(UNREACHABLE, reason=f"{UNREACHABLE} {error}") from error
    if not isinstance(address, str) or not address.startswith(SCHEME) or not address.isprintable():
        raise SignInRefused(UNREACHABLE)
    return address


def _exchanged(client: SignInClient, provider: OIDCProvider, code: str, verifier: str) -> str:
    """The ID token for the code, which the provider gives to the portal alone."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri(),
        "code_verifier": verifier,
        "client_id": client.client_id,
    }
    headers = {}
    secret = unseal(bytes(client.secret), str(client.id)).decode() if client.secret else ""
    address = _endpoint(provider, "token_endpoint")
    methods = discovered(provider).get("token_endpoint_auth_methods_supported")
    if secret and isinstance(methods, list) and "client_secret_basic" not in methods:
        form["client_secret"] = secret
    elif secret:
        pair = f"{quote(client.client_id, safe='')}:{quote(secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    try:
        found = fetch.json_object(fetch.post(address, form, headers, provider.thumbprints)).get(
            "id_token"
        )
    except fetch.FetchError as error:
        raise SignInRefused(NO_TOKEN) from error
    if not isinstance(found, str):
        raise SignInRefused(NO_TOKEN)
    return found


def _verified(text: str, client: SignInClient, provider: OIDCProvider) -> tokens.Token:
    try:
        token = tokens.read(text)
        if token.issuer != _issuer(provider) or tokens.client_of(token) != client.client_id:
            raise SignInRefused(tokens.WRONG_AUDIENCE)
        tokens.verify(token, issuer_keys.fitting(token, tuple(provider.thumbprints)))
    except OperationError as error:
        raise SignInRefused(error.message) from error
    return token
