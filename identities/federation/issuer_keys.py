"""The keys that an OpenID Connect issuer publishes (OpenID Connect Discovery 1.0).

Kept in each process for some minutes, by issuer and the thumbprints that it is trusted by, so that
no account relies on a certificate that another one trusts.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from iamsite.operations.errors import OperationError, invalid_identity_token
from identities.federation import fetch
from identities.federation.tokens import NO_KEY, Key, Token, fitting

logger = logging.getLogger(__name__)

FRESH = 300.0  # seconds for which keys are believed without asking again
LEAST = 10.0  # seconds between two questions, because of a key that is not known or to check it
KEPT = 1000
MOST_KEYS = 100  # of a type
PATIENCE = 2.0  # seconds to wait for another thread that is asking already

UNREACHABLE = (
    "The request could not be fulfilled because the identity provider (IDP) that was asked to "
    "verify the incoming identity token could not be reached. Retry the request a limited number "
    "of times so that you don't exceed the request rate."
)
UNTRUSTED = "OpenID Connect provider's HTTPS certificate has been rotated or is untrusted."
TOO_MANY = f"The identity provider publishes more than {MOST_KEYS} keys of a type."


@dataclass
class _Entry:
    lock: Lock = field(default_factory=Lock)
    keys: list[Key] = field(default_factory=list)
    asked_at: float | None = None


class IssuerKeys:
    """What `get` reads, kept; `clock` counts seconds."""

    def __init__(
        self,
        get: Callable[[str, tuple[str, ...]], bytes] = fetch.fetch,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._get, self._clock = get, clock
        self._entries: OrderedDict[tuple[str, tuple[str, ...]], _Entry] = OrderedDict()
        self._lock = Lock()

    def fitting(self, token: Token, thumbprints: tuple[str, ...]) -> list[Key]:
        """The keys of the token's issuer that may have signed it, never none.

        Raises InvalidIdentityToken, or IDPCommunicationError when the issuer cannot be reached.
        """
        entry = self._entry(token.issuer, thumbprints)
        found = self._kept(entry, token, FRESH)
        if found:
            return found
        if not entry.lock.acquire(timeout=PATIENCE):
            raise OperationError("IDPCommunicationError", UNREACHABLE)
        try:
            # Another thread may have asked while this one waited.
            found = self._kept(entry, token, FRESH)
            if not found and self._age(entry) >= LEAST:
                entry.keys = self._published(token.issuer, thumbprints)
                entry.asked_at = self._clock()
                found = self._kept(entry, token, FRESH)
        finally:
            entry.lock.release()
        if not found:
            raise invalid_identity_token(NO_KEY)
        return found

    def all(self, issuer: str, thumbprints: tuple[str, ...]) -> list[Key]:
        """Every key that the issuer publishes now, asked once in `LEAST` seconds.

        Raises InvalidIdentityToken, or IDPCommunicationError when the issuer cannot be reached.
        """
        entry = self._entry(issuer, thumbprints)
        if self._age(entry) >= LEAST:
            if not entry.lock.acquire(timeout=PATIENCE):
                raise OperationError("IDPCommunicationError", UNREACHABLE)
            try:
                entry.keys = self._published(issuer, thumbprints)
                entry.asked_at = self._clock()
            finally:
                entry.lock.release()
        return list(entry.keys)

    def _entry(self, issuer: str, thumbprints: tuple[str, ...]) -> _Entry:
        with self._lock:
            entry = self._entries.setdefault((issuer, thumbprints), _Entry())
            self._entries.move_to_end((issuer, thumbprints))
            if len(self._entries) > KEPT:
                self._entries.popitem(last=False)
        return entry

    def _age(self, entry: _Entry) -> float:
        return float("inf") if entry.asked_at is None else self._clock() - entry.asked_at

    def _kept(self, entry: _Entry, token: Token, longest: float) -> list[Key]:
        keys = entry.keys
        if self._age(entry) >= longest:
            return []
        if sum(key.get("kty") == token.key_type for key in keys) > MOST_KEYS:
            raise invalid_identity_token(TOO_MANY)
        return fitting(token, keys)

    def _published(self, issuer: str, thumbprints: tuple[str, ...]) -> list[Key]:
        try:
            address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
            about = fetch.json_object(self._get(address, thumbprints))
            keys_at = about.get("jwks_uri")
            if about.get("issuer") != issuer or not isinstance(keys_at, str):
                raise fetch.FetchError(f"{address} is not about {issuer}, or names no keys")
            keys = fetch.json_object(self._get(keys_at, thumbprints)).get("keys")
            if not isinstance(keys, list):
                raise fetch.FetchError(f"{keys_at} has no keys")
        except fetch.FetchError as error:
            logger.warning("no keys of %s: %s", issuer, error)
            if isinstance(error, fetch.Unreachable):
                raise OperationError("IDPCommunicationError", UNREACHABLE) from error
            untrusted = isinstance(error, fetch.Untrusted)
            raise invalid_identity_token(UNTRUSTED if untrusted else NO_KEY) from error
        return [key for key in keys if isinstance(key, dict)]


issuer_keys = IssuerKeys()
