from __future__ import annotations

from django.db import models

from accounts.tenancy import TenantModel, lowered


class AccessTest(TenantModel):
    """What the account expects of its policies: a request, and whether it is to be allowed.

    `context` are its condition keys in the shape of ContextEntries; `session_policy` and
    `session_policy_arns` the policies of the session that asks, none of them for none.
    """

    name = models.CharField(max_length=128)
    lower_name = lowered("name")
    principal = models.CharField(max_length=2048)
    action = models.CharField(max_length=128)
    resource = models.CharField(max_length=2048)
    context = models.JSONField(default=list)
    session_policy = models.TextField(default="", db_default="")
    session_policy_arns = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField())
    )
    is_allowed = models.BooleanField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "lower_name"], name="access_test_name_unique"
            )
        ]
