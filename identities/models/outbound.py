from __future__ import annotations

from django.db import models

from accounts.models import Account
from accounts.sealing import SealedField
from accounts.tenancy import TenantModel


class OutboundFederation(models.Model):
    """The account as an OpenID Connect issuer of its own principals.

    `identifier` is the last part of the issuer's address: random, since the address is public and
    must not tell whose it is. It stays when the feature is disabled and enabled again, as what
    others trust must not change meaning.
    """

    account = models.OneToOneField(
        Account,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        primary_key=True,
        related_name="+",
    )
    identifier = models.CharField(max_length=36, unique=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()


class SigningKey(TenantModel):
    """A key that signs the account's web identity tokens: the private half sealed, the public half
    as a JSON Web Key.

    It signs from `signs_from` until a newer one of its algorithm does, and is published until
    `published_until`, when the last token that it may have signed has expired.
    """

    class Algorithm(models.TextChoices):
        RS256 = "RS256"
        ES384 = "ES384"

    id = models.UUIDField(primary_key=True)
    algorithm = models.CharField(max_length=5, choices=Algorithm)
    public = models.JSONField()
    secret = SealedField()
    signs_from = models.DateTimeField()
    published_until = models.DateTimeField(null=True)
