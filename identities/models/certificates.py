from __future__ import annotations

from django.db import models

from accounts.sealing import SealedField
from accounts.tenancy import TenantModel
from identities.models.principals import Named, User


class ServerCertificate(Named):
    """A certificate for TLS, its chain, and its private key, which is sealed and never shown."""

    KIND = "server-certificate"

    body = models.TextField()
    chain = models.TextField(default="")
    private_key = SealedField()
    expires_at = models.DateTimeField()
    tags = models.JSONField(default=dict)

    class Meta(Named.Meta):
        pass


class SigningCertificate(TenantModel):
    """An X.509 certificate of a user, or of the root user when `user` is null.

    `digest` is the SHA-256 of its DER form: no certificate is in an account twice.
    """

    class Status(models.TextChoices):
        ACTIVE = "Active"
        INACTIVE = "Inactive"

    id = models.CharField(primary_key=True, max_length=32)
    user = models.ForeignKey(
        User,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="signing_certificates",
    )
    body = models.TextField()
    digest = models.BinaryField(max_length=32)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "digest"], name="signing_certificate_unique")
        ]
