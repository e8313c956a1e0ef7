from __future__ import annotations

from django.db import models


class CredentialReport(models.Model):
    """The account's newest credential report: CSV, as it was when it was generated."""

    account = models.OneToOneField(
        "accounts.Account",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        primary_key=True,
        related_name="+",
    )
    content = models.TextField()
    generated_at = models.DateTimeField()
