from __future__ import annotations

from django.db import models

from accounts.tenancy import TenantModel


class Service(TenantModel):
    """A service of the account's own: what policies can say about it.

    `prefix` begins its actions and condition keys, `principal` is its name in policies. The lists
    hold `Actions`, `ResourceTypes` and `ConditionKeys` of RegisterService as they were sent.
    """

    prefix = models.CharField(max_length=64)
    name = models.CharField(max_length=128)
    principal = models.CharField(max_length=128)
    actions = models.JSONField(default=list)
    resource_types = models.JSONField(default=list)
    condition_keys = models.JSONField(default=list)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "prefix"], name="service_prefix_unique"),
            models.UniqueConstraint(
                fields=["account", "principal"], name="service_principal_unique"
            ),
        ]

    @property
    def arn(self) -> str:
        return f"arn:aws:portal::{self.account_id}:service/{self.prefix}"
