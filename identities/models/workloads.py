from __future__ import annotations

from django.db import models

from accounts.tenancy import TenantModel, lowered
from identities.models.instance_profiles import InstanceProfile
from identities.models.principals import Role
from policies.models import Service

REGION = "us-east-1"
EC2 = "ec2.amazonaws.com"


class Workload(TenantModel):
    """A program, or a whole machine, that gets the credentials of a role.

    One of a service has `service` and `role`, a machine has `profile`. Role and profile are null
    once they are deleted; then there is nothing to get.
    """

    id = models.CharField(primary_key=True, max_length=21)
    name = models.CharField(max_length=64)
    lower_name = lowered("name")
    service = models.ForeignKey(
        Service, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    role = models.ForeignKey(
        Role, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    profile = models.ForeignKey(
        InstanceProfile,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "lower_name"], name="workload_name_unique")
        ]

    @property
    def arn(self) -> str:
        return f"arn:aws:portal::{self.account_id}:workload/{self.name}"

    @property
    def is_machine(self) -> bool:
        return self.service_id is None

    @property
    def principal(self) -> str:
        """The name of the service that assumes its role."""
        return EC2 if self.service is None else self.service.principal

    @property
    def source_arn(self) -> str:
        """For what the service assumes the role: `aws:SourceArn`."""
        if self.is_machine:
            return f"arn:aws:ec2:{REGION}:{self.account_id}:instance/{self.id}"
        return self.arn

    @property
    def current_role(self) -> Role | None:
        if self.is_machine:
            return self.profile.role if self.profile is not None else None
        return self.role


class WorkloadToken(TenantModel):
    """What a workload proves itself with; only a hash of it is kept."""

    id = models.CharField(primary_key=True, max_length=21)
    digest = models.BinaryField(max_length=32, unique=True)
    workload = models.ForeignKey(
        Workload, on_delete=models.DO_NOTHING, db_constraint=False, related_name="tokens"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
