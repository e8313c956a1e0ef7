"""An organization: accounts under one management account, in a tree, with policies on its nodes.

Source: AWS Organizations User Guide. Every row belongs to the management account; what the members
see of it is said by row-level security and a few functions (accounts/migrations). A node of the
tree is known by its id: `r-` the root, `ou-` a unit, twelve digits an account.
"""

from __future__ import annotations

from django.db import models

from accounts.tenancy import TenantModel

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
KINDS = (SCP, RCP)


class Organization(TenantModel):
    """The organization and its root.

    `revision` rises with everything that changes what a member may do, as an account's does.
    `policy_types` are the kinds of policy that are enabled, `features` those of IAM's.
    """

    class FeatureSet(models.TextChoices):
        ALL = "ALL"
        CONSOLIDATED_BILLING = "CONSOLIDATED_BILLING"

    id = models.CharField(primary_key=True, max_length=34)
    root_id = models.CharField(max_length=34, unique=True)
    feature_set = models.CharField(max_length=20, choices=FeatureSet)
    policy_types = models.JSONField(default=list)
    features = models.JSONField(default=list)
    root_tags = models.JSONField(default=dict)
    revision = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account"], name="organization_of_an_account")
        ]

    @property
    def root_path(self) -> str:
        return f"{self.id}/{self.root_id}/"

    def arn_of(self, node: str) -> str:
        """The ARN of a node of the tree."""
        kind = {"r": "root", "o": "ou"}.get(node[0], "account")
        return f"arn:aws:organizations::{self.account_id}:{kind}/{self.id}/{node}"

    @property
    def arn(self) -> str:
        return f"arn:aws:organizations::{self.account_id}:organization/{self.id}"


class OrganizationalUnit(TenantModel):
    """A node between root and accounts. `path` ends with its own id; units never move."""

    id = models.CharField(primary_key=True, max_length=68)
    parent = models.CharField(max_length=68)
    path = models.CharField(max_length=512)
    name = models.CharField(max_length=128)
    tags = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "parent", "name"], name="organizational_unit_name_unique"
            )
        ]


class Member(TenantModel):
    """An account of the organization, the management account too; `path` is its parent's."""

    class Method(models.TextChoices):
        INVITED = "INVITED"
        CREATED = "CREATED"

    member = models.CharField(primary_key=True, max_length=12)
    parent = models.CharField(max_length=68)
    path = models.CharField(max_length=512)
    method = models.CharField(max_length=7, choices=Method)
    tags = models.JSONField(default=dict)
    joined_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "parent"], name="member_parent")]


class OrganizationPolicy(TenantModel):
    """A policy of the organization's own; those of AWS are in accounts/organizations.py."""

    id = models.CharField(primary_key=True, max_length=130)
    kind = models.CharField(max_length=32)
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=512, default="")
    content = models.TextField()
    digest = models.BinaryField(max_length=32)
    tags = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "name"], name="organization_policy_name_unique"
            )
        ]


class OrganizationResourcePolicy(TenantModel):
    """The organization's one resource policy, and the unique ids of whom it names."""

    id = models.CharField(primary_key=True, max_length=131)
    content = models.TextField()
    pins = models.JSONField(default=dict)
    tags = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], name="organization_resource_policy_of_an_account"
            )
        ]


class PolicyTarget(TenantModel):
    """A policy attached to a node."""

    policy = models.CharField(max_length=130)
    kind = models.CharField(max_length=32)
    target = models.CharField(max_length=68)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "target", "kind", "policy"], name="policy_target_unique"
            )
        ]


class Handshake(TenantModel):
    """An invitation to join, or the record that all features were enabled.

    `party` is the account id or email address that was invited, `invited` the account that this
    was then, if any: to tell the inviter which would tell who has an account.
    """

    class State(models.TextChoices):
        OPEN = "OPEN"
        CANCELED = "CANCELED"
        ACCEPTED = "ACCEPTED"
        DECLINED = "DECLINED"

    id = models.CharField(primary_key=True, max_length=34)
    organization_id = models.CharField(max_length=34)
    action = models.CharField(max_length=32, default="INVITE")
    feature_set = models.CharField(max_length=20)
    inviter_email = models.CharField(max_length=254)
    inviter_name = models.CharField(max_length=128)
    party_type = models.CharField(max_length=8, default="")
    party = models.CharField(max_length=254, default="")
    invited = models.CharField(max_length=12, null=True)
    notes = models.CharField(max_length=1024, default="")
    tags = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["invited"], name="handshake_invited")]

    @property
    def arn(self) -> str:
        return (
            f"arn:aws:organizations::{self.account_id}:handshake/{self.organization_id}"
            f"/{self.action.lower()}/{self.id}"
        )


class AccountCreation(TenantModel):
    """What became of a CreateAccount."""

    id = models.CharField(primary_key=True, max_length=36)
    name = models.CharField(max_length=50)
    created = models.CharField(max_length=12, default="")
    failure = models.CharField(max_length=32, default="")
    requested_at = models.DateTimeField()


class ServiceAccess(TenantModel):
    """A service that the organization trusts."""

    service = models.CharField(max_length=128)
    enabled_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "service"], name="service_access_unique")
        ]


class DelegatedAdministrator(TenantModel):
    """A member that administers a trusted service for the organization."""

    member = models.CharField(max_length=12)
    service = models.CharField(max_length=128)
    enabled_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "member", "service"], name="delegated_administrator_unique"
            )
        ]
