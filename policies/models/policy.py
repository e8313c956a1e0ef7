from __future__ import annotations

from django.db import models

from accounts.tenancy import AWS, TenantModel, lowered


class Policy(TenantModel):
    """A managed policy: customer managed, or AWS managed when its account is "aws".

    `updated_at` is when its newest version was made (IAM, `Policy$UpdateDate`); version numbers
    are never used again, so `latest_version` only rises.
    """

    id = models.CharField(primary_key=True, max_length=21)
    name = models.CharField(max_length=128)
    path = models.CharField(max_length=512, default="/")
    description = models.CharField(max_length=1000, default="")
    default_version = models.PositiveIntegerField(default=1)
    latest_version = models.PositiveIntegerField(default=1)
    attachable = models.BooleanField(default=True)
    tags = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    lower_name = lowered("name")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "lower_name"], name="policy_name_unique"),
            models.CheckConstraint(
                condition=models.Q(name__regex=r"^[A-Za-z0-9_+=,.@-]{1,128}$"),
                name="policy_name_form",
            ),
            models.CheckConstraint(
                condition=models.Q(path__regex=r"^((/[A-Za-z0-9.,+@=_-]+)*)/$"),
                name="policy_path_form",
            ),
        ]

    def __str__(self) -> str:
        return self.arn

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account_id}:policy{self.path}{self.name}"

    @property
    def is_aws_managed(self) -> bool:
        return bool(self.account_id == AWS)


class PolicyVersion(TenantModel):
    """One version of a managed policy's document, kept as it was sent.

    `digest` is the SHA-256 of the text: principals share what is compiled from equal documents.
    """

    policy = models.ForeignKey(
        Policy, on_delete=models.DO_NOTHING, db_constraint=False, related_name="versions"
    )
    number = models.PositiveIntegerField()
    document = models.TextField()
    digest = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_unique")
        ]

    @property
    def version_id(self) -> str:
        return f"v{self.number}"
