from __future__ import annotations

from django.db import models

from accounts.sealing import SealedField
from accounts.tenancy import TenantModel


class OIDCProvider(TenantModel):
    """An OpenID Connect issuer that roles of the account may trust.

    `url` is the issuer's without its scheme; thumbprints are SHA-1 of DER certificates, in
    lower-case hex.
    """

    id = models.UUIDField(primary_key=True)
    url = models.CharField(max_length=255)
    client_ids = models.JSONField(default=list)
    thumbprints = models.JSONField(default=list)
    tags = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "url"], name="oidc_provider_url_unique")
        ]

    def __str__(self) -> str:
        return self.arn

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account_id}:oidc-provider/{self.url}"


class SAMLProvider(TenantModel):
    """A SAML 2.0 identity provider that roles of the account may trust: its metadata, as sent."""

    class EncryptionMode(models.TextChoices):
        REQUIRED = "Required"
        ALLOWED = "Allowed"

    id = models.CharField(primary_key=True, max_length=32)
    name = models.CharField(max_length=128)
    metadata = models.TextField()
    valid_until = models.DateTimeField(null=True)
    encryption_mode = models.CharField(max_length=8, choices=EncryptionMode, default="")
    tags = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="saml_provider_name_unique")
        ]

    def __str__(self) -> str:
        return self.arn

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account_id}:saml-provider/{self.name}"


class SAMLPrivateKey(TenantModel):
    """A key that a provider's encrypted assertions are read with, sealed; never shown."""

    id = models.CharField(primary_key=True, max_length=32)
    provider = models.ForeignKey(
        SAMLProvider,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="private_keys",
    )
    secret = SealedField()
    created_at = models.DateTimeField()


class UsedAssertion(TenantModel):
    """A SAML assertion that has led to a session, remembered for as long as it would be good."""

    digest = models.BinaryField(max_length=32)
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "digest"], name="used_assertion_once")
        ]
