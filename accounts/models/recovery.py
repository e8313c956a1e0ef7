from __future__ import annotations

from django.db import models

from accounts.tenancy import TenantModel


class RootRecovery(TenantModel):
    """A link by which the root user may choose a new password, once; only a digest is kept."""

    digest = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
