from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

from accounts.tenancy import AWS


class Account(models.Model):
    """A tenant: everything else in iamsite belongs to one.

    `revision` rises with every change, so that whatever was compiled from an older one is known to
    be stale. `token_version` is that of the session tokens that its calls get where they name no
    region, `properties` those that are set, by `Namespace/PropertyName`. Decisions are kept for
    `decision_days`, allowed ones so many in a hundred as `allowed_percent` says. `dismissed` are
    the recommendations that are skipped or put off: name, by, at, until. Of a console session's
    times the installation's hold where the account has none. The account "aws" has no root user:
    it owns the AWS managed policies.
    """

    class Status(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"

    id = models.CharField(
        primary_key=True, max_length=12, validators=[RegexValidator(r"\A\d{12}\Z")]
    )
    name = models.CharField(max_length=128, default="")
    alias = models.CharField(max_length=63, null=True, unique=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.ACTIVE)
    revision = models.BigIntegerField(default=0)
    token_version = models.PositiveSmallIntegerField(default=2, db_default=2)
    properties = models.JSONField(default=dict)
    decision_days = models.PositiveSmallIntegerField(default=90, db_default=90)
    allowed_percent = models.PositiveSmallIntegerField(default=0, db_default=0)
    root_locked_at = models.DateTimeField(null=True)
    quotas = models.JSONField(default=dict)
    dismissed = models.JSONField(default=list)
    console_session_seconds = models.PositiveIntegerField(null=True)
    console_idle_seconds = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        permissions = [
            ("suspend_account", "Can suspend and reactivate the account"),
            ("recover_account", "Can recover the account's root user"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(id__regex=r"^\d{12}$") | models.Q(id=AWS), name="account_id_form"
            ),
            models.CheckConstraint(
                condition=models.Q(alias__regex=r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$"),
                name="account_alias_form",
            ),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def session_length(self) -> timedelta:
        """How long a console session lasts: never longer than the installation allows."""
        most = settings.CONSOLE_SESSION_SECONDS
        return timedelta(seconds=min(self.console_session_seconds or most, most))

    @property
    def session_idle(self) -> timedelta:
        """After which silence of its browser a console session ends."""
        most = settings.CONSOLE_SESSION_IDLE_SECONDS
        return timedelta(seconds=min(self.console_idle_seconds or most, most))

    @property
    def root_arn(self) -> str:
        return f"arn:aws:iam::{self.id}:root"


class PasswordPolicy(models.Model):
    """The account's rules for its users' passwords (IAM, UpdateAccountPasswordPolicy)."""

    account = models.OneToOneField(
        Account,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        primary_key=True,
        related_name="+",
    )
    minimum_length = models.PositiveSmallIntegerField(default=6)
    require_symbols = models.BooleanField(default=False)
    require_numbers = models.BooleanField(default=False)
    require_uppercase = models.BooleanField(default=False)
    require_lowercase = models.BooleanField(default=False)
    allow_users_to_change = models.BooleanField(default=False)
    max_age = models.PositiveSmallIntegerField(null=True)
    reuse_prevention = models.PositiveSmallIntegerField(null=True)
    hard_expiry = models.BooleanField(default=False)
