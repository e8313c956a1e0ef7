from __future__ import annotations

from datetime import datetime

from django.db import models

from accounts.tenancy import TenantModel


class DelegationRequest(TenantModel):
    """A product provider's request for temporary access to another account (IAM User Guide, "IAM
    temporary delegation"). The row is the provider's.

    `owner_account` is the account that is asked, None while any may take the request; `owner` the
    ARN of the identity that did. `approver` is its ARN who accepted, `approver_id` its unique id
    and `approver_tags` the session tags that it had. `policy` is the permission policy with the
    parameters filled in.
    """

    class State(models.TextChoices):
        UNASSIGNED = "UNASSIGNED"
        ASSIGNED = "ASSIGNED"
        PENDING_APPROVAL = "PENDING_APPROVAL"
        ACCEPTED = "ACCEPTED"
        FINALIZED = "FINALIZED"
        REJECTED = "REJECTED"
        EXPIRED = "EXPIRED"

    id = models.CharField(primary_key=True, max_length=36)
    requestor_name = models.CharField(max_length=30)
    workflow = models.CharField(max_length=400)
    channel = models.CharField(max_length=400)
    description = models.CharField(max_length=1000)
    message = models.CharField(max_length=200, default="")
    redirect_url = models.CharField(max_length=255, default="")
    template = models.CharField(max_length=2048)
    parameters = models.JSONField(default=list)
    policy = models.TextField()
    session_duration = models.PositiveIntegerField()
    only_send_by_owner = models.BooleanField(default=False)
    owner_account = models.CharField(max_length=12, null=True)
    owner = models.CharField(max_length=2048, default="")
    approver = models.CharField(max_length=2048, default="")
    approver_id = models.CharField(max_length=21, default="")
    approver_tags = models.JSONField(default=dict)
    notes = models.CharField(max_length=500, default="")
    rejection = models.CharField(max_length=500, default="")
    state = models.CharField(max_length=16, choices=State, default=State.UNASSIGNED)
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "workflow"], name="delegation_request_workflow_unique"
            )
        ]
        indexes = [models.Index(fields=["owner_account", "id"], name="delegation_request_owner")]

    @property
    def arn(self) -> str:
        """As the account that is asked sees it; the provider's own before there is one."""
        account = self.owner_account or self.account_id
        return f"arn:aws:iam::{account}:delegation-request/{self.id}"

    def state_at(self, now: datetime) -> str:
        return self.State.EXPIRED.value if self.expires_at <= now else str(self.state)
