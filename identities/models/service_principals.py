from __future__ import annotations

from django.db import models

from accounts.sealing import SealedField
from accounts.tenancy import TenantModel
from policies.models import Service


class ServiceAccessKey(TenantModel):
    """An access key with which a registered service signs requests as itself.

    Its secret is sealed as a user's is. `expires_at` is set when the key has been rotated.
    """

    class Status(models.TextChoices):
        ACTIVE = "Active"
        INACTIVE = "Inactive"

    id = models.CharField(primary_key=True, max_length=20)
    service = models.ForeignKey(
        Service, on_delete=models.DO_NOTHING, db_constraint=False, related_name="keys"
    )
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    secret = SealedField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    last_used_service = models.CharField(max_length=32, default="")
    last_used_region = models.CharField(max_length=32, default="")
