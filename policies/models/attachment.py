"""What policies do to users, groups and roles.

A principal here is the unique id of a user (AIDA), group (AGPA) or role (AROA) of the same
account; the database holds a foreign key to each (identities/migrations).
"""

from __future__ import annotations

from django.db import models

from accounts.tenancy import TenantModel, lowered
from policies.models.policy import Policy


class InlinePolicy(TenantModel):
    """A policy embedded in one user, group or role."""

    principal_id = models.CharField(max_length=21)
    name = models.CharField(max_length=128)
    lower_name = lowered("name")
    document = models.TextField()
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["principal_id", "lower_name"], name="inline_policy_name_unique"
            )
        ]


class Attachment(TenantModel):
    """A managed policy attached to a user, group or role.

    INVARIANT: the policy is the account's own or AWS managed.
    """

    principal_id = models.CharField(max_length=21)
    policy = models.ForeignKey(
        Policy, on_delete=models.DO_NOTHING, db_constraint=False, related_name="attachments"
    )
    policy_account_id = models.CharField(max_length=12)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["principal_id", "policy"], name="attachment_unique"),
            models.CheckConstraint(
                condition=models.Q(policy_account_id=models.F("account_id"))
                | models.Q(policy_account_id="aws"),
                name="attachment_policy_account",
            ),
        ]
        indexes = [models.Index(fields=["policy", "account"], name="attachment_policy")]


class Boundary(TenantModel):
    """The permissions boundary of a user or role."""

    principal_id = models.CharField(primary_key=True, max_length=21)
    policy = models.ForeignKey(
        Policy, on_delete=models.DO_NOTHING, db_constraint=False, related_name="bounded"
    )
    policy_account_id = models.CharField(max_length=12)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(policy_account_id=models.F("account_id"))
                | models.Q(policy_account_id="aws"),
                name="boundary_policy_account",
            ),
        ]
        indexes = [models.Index(fields=["policy", "account"], name="boundary_policy")]
