from __future__ import annotations

from datetime import UTC, datetime

from django.db import models
from django.db.models.functions import Coalesce, Greatest

from accounts.tenancy import TenantModel, lowered

NAME = r"^[A-Za-z0-9_+=,.@-]+$"
PATH = r"^/([!-~]+/)?$"

# What stands in a sorted column for a time that there is none of.
NEVER_SEEN = datetime(1, 1, 1, tzinfo=UTC)  # before all who were
NO_ACTIVE_KEY = datetime(9999, 12, 31, tzinfo=UTC)  # after all who have one


class Named(TenantModel):
    """A user, group or role: a unique id, a name unique in its account ignoring case, a path."""

    KIND = ""

    id = models.CharField(primary_key=True, max_length=21)
    name = models.CharField(max_length=128)
    path = models.CharField(max_length=512, default="/")
    created_at = models.DateTimeField()
    lower_name = lowered("name")

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["account", "lower_name"], name="%(class)s_name_unique"),
            models.CheckConstraint(
                condition=models.Q(name__regex=NAME), name="%(class)s_name_form"
            ),
            models.CheckConstraint(
                condition=models.Q(path__regex=PATH), name="%(class)s_path_form"
            ),
        ]

    def __str__(self) -> str:
        return self.arn

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account_id}:{self.KIND}{self.path}{self.name}"


class User(Named):
    """A user, with what lists of users are sorted by.

    `seen_at` is the last sign-in by password or use of an access key, NEVER_SEEN where there was
    none; `oldest_key_at` when the oldest of the active access keys was made, NO_ACTIVE_KEY without
    one. The database keeps both: a trigger on access keys writes `keys_used_at`, the last use of
    any key that is there, and `oldest_key_at`, whoever changes a key and however.
    """

    KIND = "user"

    tags = models.JSONField(default=dict)
    password_last_used = models.DateTimeField(null=True)
    keys_used_at = models.DateTimeField(null=True)
    seen_at = models.GeneratedField(
        expression=Coalesce(
            Greatest("password_last_used", "keys_used_at"), models.Value(NEVER_SEEN)
        ),
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    oldest_key_at = models.DateTimeField(default=NO_ACTIVE_KEY, db_default=NO_ACTIVE_KEY)

    class Meta(Named.Meta):
        indexes = [
            models.Index(fields=["account", "created_at", "lower_name", "id"], name="user_by_age"),
            models.Index(fields=["account", "seen_at", "lower_name", "id"], name="user_by_seen"),
            models.Index(
                fields=["account", "oldest_key_at", "lower_name", "id"], name="user_by_oldest_key"
            ),
        ]


class Group(Named):
    KIND = "group"

    class Meta(Named.Meta):
        pass


class Membership(TenantModel):
    user = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, db_constraint=False, related_name="memberships"
    )
    group = models.ForeignKey(
        Group, on_delete=models.DO_NOTHING, db_constraint=False, related_name="memberships"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "group"], name="membership_unique")]
        indexes = [models.Index(fields=["account", "group"], name="membership_of_group")]


class Role(Named):
    """A role and its trust policy.

    `trust_policy` is the text as it was sent; `trust_pins` maps each user and role ARN that it
    names to the unique id that the ARN had when it was saved (IAM User Guide, "AWS JSON policy
    elements: Principal"), so that a recreated name is not the one that was trusted. `template` is
    the `Arn` and `MinorVersion` of the role template that it was acquired from, if from any.
    """

    KIND = "role"

    description = models.CharField(max_length=1000, default="")
    trust_policy = models.TextField()
    trust_pins = models.JSONField(default=dict)
    max_session_duration = models.PositiveIntegerField(default=3600)
    tags = models.JSONField(default=dict)
    template = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    last_used_at = models.DateTimeField(null=True)
    last_used_region = models.CharField(max_length=32, default="")

    class Meta(Named.Meta):
        pass
