"""Service-specific credentials: for which services, by which names, with which secrets.

Source: IAM API Reference, `ServiceSpecificCredential`; IAM User Guide, "API keys for AWS services".
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator
from itertools import count

from accounts.identifiers import SECRET

# Services whose credentials are a user name and a password.
PASSWORD_SERVICES = frozenset({"codecommit.amazonaws.com", "cassandra.amazonaws.com"})
# Services whose credentials are an API key, and how their keys begin.
KEY_PREFIXES = {"bedrock.amazonaws.com": "ABSK", "logs.amazonaws.com": "ACWL"}
SERVICES = PASSWORD_SERVICES | KEY_PREFIXES.keys()

SECRET_LENGTH = 60


def has_api_keys(service: str) -> bool:
    """Whether the credentials of `service` are API keys, which may expire."""
    return service in KEY_PREFIXES


def public_names(service: str, user: str, account: str) -> Iterator[str]:
    """The names that a credential of `user` may have, in the order in which they are given out."""
    if not has_api_keys(service):
        yield f"{user}-at-{account}"
    for number in count(1):
        yield f"{user}+{number}-at-{account}"


def new_secret(service: str, public_name: str) -> str:
    """A new password of 60 characters, or a new API key, which holds its own name."""
    word = "".join(secrets.choice(SECRET) for _ in range(SECRET_LENGTH - 1)) + "="
    if not has_api_keys(service):
        return word
    return KEY_PREFIXES[service] + base64.b64encode(f"{public_name}:{word}".encode()).decode()


def digest(secret: str) -> bytes:
    """What is kept of a secret, which is too long and too random to be guessed from it."""
    return hashlib.sha256(secret.encode()).digest()
