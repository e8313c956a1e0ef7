from __future__ import annotations

from django.db import models

from accounts.tenancy import TenantModel


class DeletionTask(TenantModel):
    """A request to delete a service-linked role and what became of it; it outlives the role.

    `usage` is the model's `RoleUsageList`: where the role is still used.
    """

    class Status(models.TextChoices):
        SUCCEEDED = "SUCCEEDED"
        FAILED = "FAILED"

    id = models.UUIDField(primary_key=True)
    service = models.CharField(max_length=128)
    role_name = models.CharField(max_length=64)
    status = models.CharField(max_length=9, choices=Status)
    reason = models.CharField(max_length=1000, default="")
    usage = models.JSONField(default=list)
    created_at = models.DateTimeField()
