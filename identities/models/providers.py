from __future__ import annotations

from django.db import models

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
