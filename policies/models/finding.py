from __future__ import annotations

from django.db import models

from accounts.tenancy import TenantModel


class Finding(TenantModel):
    """Something that an analysis found, known by what it is about from one analysis to the next.

    `rank` is its severity, the worst first; `content` holds the rest of what GetFinding tells.
    """

    class Kind(models.TextChoices):
        EXTERNAL_ACCESS = "EXTERNAL_ACCESS"
        UNUSED_ACCESS = "UNUSED_ACCESS"
        WIDE_POLICY = "WIDE_POLICY"

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE"
        ARCHIVED = "ARCHIVED"
        RESOLVED = "RESOLVED"

    class Severity(models.IntegerChoices):
        HIGH = 0
        MEDIUM = 1
        LOW = 2

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=15, choices=Kind)
    type = models.CharField(max_length=32)
    rank = models.SmallIntegerField(choices=Severity)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    resource = models.CharField(max_length=2048)
    content = models.JSONField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "status", "rank", "id"], name="finding_order")]

    @property
    def arn(self) -> str:
        return f"arn:aws:portal::{self.account_id}:finding/{self.id}"


class Analysis(TenantModel):
    """The account's last analysis."""

    account = models.OneToOneField(
        "accounts.Account",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        primary_key=True,
        related_name="+",
    )
    analyzed_at = models.DateTimeField()
    unused_days = models.PositiveSmallIntegerField()
