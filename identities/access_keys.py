"""Making access keys: the one moment at which a secret access key is known in clear."""

from __future__ import annotations

from datetime import datetime

from accounts.identifiers import access_key_id, secret_access_key
from accounts.sealing import seal
from identities.models import AccessKey, User


def make_access_key(account: str, user: User | None, now: datetime) -> tuple[AccessKey, str]:
    """A new active access key of `user`, or of the root user for None, and its secret."""
    key_id, secret = access_key_id(), secret_access_key()
    key = AccessKey.objects.create(
        id=key_id,
        account_id=account,
        user=user,
        secret=seal(secret.encode(), key_id),
        created_at=now,
    )
    return key, secret
