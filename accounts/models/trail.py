from __future__ import annotations

from django.db import models

from accounts.tenancy import TenantModel


class Event(TenantModel):
    """One entry of an account's audit trail: a change, issued credentials, or a refusal.

    `outcome` is "Success" or the error's code. `sequence`, `previous` and `hash` are set by the
    database, which chains each account's events so that a missing or altered one shows; the
    application can neither update nor delete.
    """

    id = models.UUIDField(primary_key=True)
    sequence = models.BigIntegerField()
    at = models.DateTimeField()
    request_id = models.CharField(max_length=36)
    face = models.CharField(max_length=8)
    source_ip = models.CharField(max_length=45)
    user_agent = models.CharField(max_length=1024)
    principal_kind = models.CharField(max_length=16)
    principal_arn = models.CharField(max_length=2048)
    principal_id = models.CharField(max_length=128)
    access_key_id = models.CharField(max_length=128)
    service = models.CharField(max_length=32)
    operation = models.CharField(max_length=128)
    resources = models.JSONField(default=list)
    parameters = models.JSONField(default=dict)
    outcome = models.CharField(max_length=64)
    message = models.TextField(default="")
    detail = models.JSONField(default=dict)
    previous = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "sequence"], name="event_sequence_unique")
        ]
        indexes = [
            models.Index(fields=["account", "principal_arn", "-sequence"], name="event_principal"),
            models.Index(fields=["account", "operation", "-sequence"], name="event_operation"),
            models.Index(fields=["account", "request_id"], name="event_request"),
            models.Index(fields=["account", "at"], include=["outcome"], name="event_time"),
            # Refusals are few among many, and what one looks for first.
            models.Index(
                fields=["account", "-sequence"],
                condition=~models.Q(outcome="Success"),
                name="event_failure",
            ),
        ]


class TrailHead(models.Model):
    """The last link of an account's chain; only the database's own trigger writes it."""

    account = models.OneToOneField(
        "accounts.Account",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        primary_key=True,
        related_name="+",
    )
    sequence = models.BigIntegerField(default=0)
    hash = models.BinaryField()
