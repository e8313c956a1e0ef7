from __future__ import annotations

import uuid

from django.db import models

from accounts.tenancy import TenantModel


class LastAccess(TenantModel):
    """When a principal last tried an action, and in which region.

    `principal_id` is the unique id of a user or role, or the account's id for its root user. Such
    ids are never used again, so the row outlives its principal: the account's own record of use
    does not shrink when a user goes. `action` is empty for one that the service does not know.
    """

    principal_id = models.CharField(max_length=21)
    service = models.CharField(max_length=64)
    action = models.CharField(max_length=128)
    at = models.DateTimeField()
    region = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "principal_id", "service", "action"], name="last_access_unique"
            )
        ]


class AccessReport(TenantModel):
    """A last accessed report, as it was when it was made.

    `owner` says who may read it, `subject` is the ARN or the path of the entity that it is about;
    `content` holds what the operation of its `kind` gives out.
    """

    class Kind(models.TextChoices):
        SERVICE_LEVEL = "SERVICE_LEVEL"
        ACTION_LEVEL = "ACTION_LEVEL"
        ORGANIZATION = "ORGANIZATION"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=13, choices=Kind)
    owner = models.CharField(max_length=255)
    subject = models.CharField(max_length=2048)
    content = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "owner", "created_at"], name="access_report")]
