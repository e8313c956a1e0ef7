"""Whether an identity provider can be relied on now: what it publishes, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from iamsite.operations import Call, OperationError, operation
from identities.federation import fetch, metadata
from identities.federation.issuer_keys import LEAST, issuer_keys
from identities.models import OIDCProvider, SAMLProvider
from identities.operations.sign_in_clients import get_provider, provider
from identities.signin.oidc import discovered

NO_SIGN_IN = "It says nowhere people sign in, so it is good for programs only."
EXPIRED = "A signing certificate has expired. It still counts until the metadata is replaced."
SOON = timedelta(days=30)
EXPIRING = (
    "A signing certificate expires in less than 30 days: replace the metadata when the provider "
    "has the next one."
)
ELSEWHERE = (
    "Its metadata has no SingleSignOnService for HTTP-Redirect: people sign in from the provider's "
    "own pages."
)
PAST = "The metadata was valid until a time that is past."


@operation("portal:CheckIdentityProvider", resource=provider, reads=True)
def check_identity_provider(call: Call, ProviderArn: str) -> dict[str, Any]:
    """An OpenID Connect issuer is asked, once in some seconds; a SAML provider's metadata is
    read."""
    found = get_provider(call, ProviderArn)
    told = _oidc(found) if isinstance(found, OIDCProvider) else _saml(found, call.now)
    return {"Health": {"CheckDate": call.now, **told}}


def _oidc(found: OIDCProvider) -> dict[str, Any]:
    try:
        about = discovered(found, LEAST)
        keys = issuer_keys.all(f"https://{found.url}", tuple(found.thumbprints))
    except fetch.FetchError as error:
        return _ill(str(error))
    except OperationError as error:
        return _ill(error.message)
    if not keys:
        return _ill("It publishes no keys.")
    shown = [
        {
            name: str(key[member])
            for name, member in (("KeyId", "kid"), ("KeyType", "kty"), ("Algorithm", "alg"))
            if key.get(member)
        }
        for key in keys
    ]
    address = about.get("authorization_endpoint")
    if not isinstance(address, str):
        return {"IsHealthy": True, "Messages": [NO_SIGN_IN], "Keys": shown}
    return {"IsHealthy": True, "Messages": [], "SignInAddress": address, "Keys": shown}


def _saml(found: SAMLProvider, now: datetime) -> dict[str, Any]:
    described = metadata.read(found.metadata)
    entity = described.entities[0]
    keys = [_certificate(der) for one in described.entities for der in one.certificates]
    ill = []
    if any(key["NotAfter"] < now for key in keys):
        ill.append(EXPIRED)
    if described.valid_until is not None and described.valid_until < now:
        ill.append(PAST)
    begins = entity.sso.startswith("https://")
    expiring = any(now <= key["NotAfter"] < now + SOON for key in keys)
    messages = [*ill, *([EXPIRING] if expiring else []), *([] if begins else [ELSEWHERE])]
    told = {"IsHealthy": not ill, "Messages": messages, "EntityId": entity.id, "Keys": keys}
    return {**told, "SignInAddress": entity.sso} if entity.sso else told


def _certificate(der: bytes) -> dict[str, Any]:
    certificate = x509.load_der_x509_certificate(der)
    return {
        "KeyId": certificate.fingerprint(SHA256()).hex(),
        "KeyType": type(certificate.public_key()).__name__.partition("Public")[0].lstrip("_"),
        "NotAfter": certificate.not_valid_after_utc.astimezone(UTC),
    }


def _ill(message: str) -> dict[str, Any]:
    return {"IsHealthy": False, "Messages": [message], "Keys": []}
