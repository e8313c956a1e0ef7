"""An account as an issuer: its address, and what is published there (OpenID Connect Discovery)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from identities.models import SigningKey

PATH = "federation"
CLAIMS = ("iss", "sub", "aud", "iat", "exp", "jti")
NAMESPACE = "https://sts.amazonaws.com/"


def issuer_address(identifier: str) -> str:
    """The issuer's identifier in tokens: an address below that of the portal."""
    return f"{settings.IAMSITE_URL}/{PATH}/{identifier}"


def published_keys(identifier: str, now: datetime) -> list[dict[str, Any]] | None:
    """The public keys of an issuer, as JSON Web Keys; None when there is no such issuer.

    Enters no account: the question is everybody's.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT iamsite_issuer_keys(%s, %s)::text", [identifier, now])
        (found,) = cursor.fetchone()
    return None if found is None else list(json.loads(found))


def discovery(identifier: str) -> dict[str, Any]:
    """The discovery document. There is no sign-in to be had here, so no endpoint for one."""
    address = issuer_address(identifier)
    return {
        "issuer": address,
        "jwks_uri": f"{address}/.well-known/jwks.json",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(SigningKey.Algorithm.values),
        "claims_supported": [*CLAIMS, NAMESPACE],
    }
