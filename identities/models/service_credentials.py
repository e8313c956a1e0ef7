from __future__ import annotations

from django.db import models

from accounts.tenancy import TenantModel
from identities.models.principals import User


class Status(models.TextChoices):
    ACTIVE = "Active"
    INACTIVE = "Inactive"


class SSHPublicKey(TenantModel):
    """An RSA key of a user for Git over SSH. `body` is the text as it was sent.

    `digest` is the SHA-256 of the key itself: no key is with a user twice.
    """

    id = models.CharField(primary_key=True, max_length=21)
    user = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, db_constraint=False, related_name="ssh_public_keys"
    )
    body = models.TextField()
    digest = models.BinaryField(max_length=32)
    fingerprint = models.CharField(max_length=47)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="ssh_public_key_unique")
        ]


class ServiceSpecificCredential(TenantModel):
    """A user's name and secret for one service, or its API key there.

    `public_name` is the service user name, or the API key's alias. Only the secret's SHA-256 is
    kept: it is long and random, so that nothing is gained by a slower hash.
    """

    id = models.CharField(primary_key=True, max_length=21)
    user = models.ForeignKey(
        User,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="service_specific_credentials",
    )
    service = models.CharField(max_length=128)
    public_name = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=32)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "service", "public_name"], name="service_credential_name_unique"
            )
        ]
