from __future__ import annotations

from django.db import models

from accounts.tenancy import TenantModel


class DecisionRecord(TenantModel):
    """A decision as it was made: who asked for what, in which context, under which policies.

    The same request decided again under the same policies is the same record: `count` and
    `last_at` tell how often and when last. `id` follows from what is decided and the
    installation's secret, so that it is known before anything is written and nobody can guess it.

    `outcome` and `layer` are the engine's words; `layer` is empty where a rule of the service
    refused, whatever the policies say. `principal` and `session` hold what else is known of who
    asked; `policies` which documents counted, by digest; `ladder` the portal model's Ladder, of
    denials only. None of them holds what belongs to another account.
    """

    id = models.UUIDField(primary_key=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.BigIntegerField(default=1)
    is_allowed = models.BooleanField()
    outcome = models.CharField(max_length=12)
    layer = models.CharField(max_length=8)
    message = models.TextField(default="")
    operation = models.CharField(max_length=128)
    face = models.CharField(max_length=8)
    request_id = models.CharField(max_length=36)
    principal_kind = models.CharField(max_length=16)
    principal_arn = models.CharField(max_length=2048)
    principal_id = models.CharField(max_length=128)
    principal = models.JSONField(default=dict)
    session = models.JSONField(default=dict)
    action = models.CharField(max_length=256)
    resource = models.TextField()
    resource_account = models.CharField(max_length=12)
    context = models.JSONField(default=dict)
    revision = models.BigIntegerField()
    organization_revision = models.BigIntegerField(null=True)
    policies = models.JSONField(default=list)
    ladder = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["account", "is_allowed", "-last_at", "id"], name="decision_newest")
        ]
