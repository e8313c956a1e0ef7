"""The keys that sign an account's web identity tokens, and when each signs and is published.

Each account has its own, so that a verifier that forgets to compare issuers still cannot take one
account's token for another's.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from django.db import models
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from accounts.sealing import seal, unseal
from identities.models import SigningKey

# For how long whoever verifies may keep the published keys, and how long a token lasts at most.
KEPT = timedelta(minutes=5)
LONGEST = timedelta(hours=1)
RSA_BITS = 2048

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def make_keys(account: str, signs_from: datetime) -> None:
    """New keys, one for each algorithm, which sign from then on. The account is entered."""
    for algorithm in SigningKey.Algorithm.values:
        private: PrivateKey
        if algorithm == SigningKey.Algorithm.RS256:
            private = rsa.generate_private_key(65537, RSA_BITS)
            public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
        else:
            private = ec.generate_private_key(ec.SECP384R1())
            public = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
        public.pop("key_ops", None)
        key_id = uuid.uuid4()
        secret = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        SigningKey.objects.create(
            id=key_id,
            account_id=account,
            algorithm=algorithm,
            public={**public, "kid": str(key_id), "use": "sig", "alg": algorithm},
            secret=seal(secret, str(key_id)),
            signs_from=signs_from,
        )


def rotate(account: str, now: datetime, *, revoke: bool = False) -> None:
    """New keys beside the older ones, or with `revoke` in their place."""
    keys = SigningKey.objects.of(account)
    if revoke:
        keys.delete()
        make_keys(account, now)
        return
    keys.filter(published_until__lte=now).delete()
    signs_from = now + KEPT
    keys.filter(published_until=None).update(published_until=signs_from + LONGEST)
    make_keys(account, signs_from)


def published(account: str, now: datetime) -> Iterable[SigningKey]:
    """The keys that the account's issuer publishes, in the order in which they sign."""
    unended = models.Q(published_until=None) | models.Q(published_until__gt=now)
    return SigningKey.objects.of(account).filter(unended).order_by("signs_from", "id")


def signing_key(account: str, algorithm: str, now: datetime) -> SigningKey:
    """The newest key of the algorithm that signs by now."""
    keys = SigningKey.objects.of(account).filter(algorithm=algorithm, signs_from__lte=now)
    found: SigningKey = keys.latest("signs_from")
    return found


def private_key(key: SigningKey) -> PrivateKey:
    return _opened(str(key.id), bytes(key.secret))


# Reading an RSA key takes as long as signing with it.
@lru_cache(maxsize=1024)
def _opened(key_id: str, sealed: bytes) -> Any:
    # The numbers are our own: checking them anew would take longer than all the rest.
    return load_der_private_key(
        unseal(sealed, key_id), password=None, unsafe_skip_rsa_key_validation=True
    )
