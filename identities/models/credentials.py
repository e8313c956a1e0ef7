from __future__ import annotations

from typing import Self

from django.db import models

from accounts.sealing import SealedField
from accounts.tenancy import TenantModel, TenantQuerySet
from identities.models.principals import User


class AccessKey(TenantModel):
    """A long-term access key of a user, or of the root user when `user` is null.

    The secret must be recoverable to check signatures, so it is sealed (accounts/sealing.py).
    `changed_at` is when its status last changed.
    """

    class Status(models.TextChoices):
        ACTIVE = "Active"
        INACTIVE = "Inactive"

    id = models.CharField(primary_key=True, max_length=20)
    user = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="keys"
    )
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    secret = SealedField()
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    last_used_service = models.CharField(max_length=32, default="")
    last_used_region = models.CharField(max_length=32, default="")


class LoginProfile(TenantModel):
    """A user's password for the console. `former` holds hashes of earlier ones, newest first."""

    user = models.OneToOneField(
        User,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        primary_key=True,
        related_name="login_profile",
    )
    password = models.CharField(max_length=256)
    former = models.JSONField(default=list)
    reset_required = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()


class MFADevice(TenantModel):
    """A virtual MFA device (TOTP, RFC 6238), unassigned until it is enabled for a user or root; or
    a security key or passkey (WebAuthn), which begins enabled and has a `credential_id`.

    Of a virtual device `drift` is how many 30-second steps its clock runs ahead, and `last_step`
    the newest step accepted, so that a code counts once. Of a key `public_key` is in COSE, and
    `sign_count` the newest count of its signatures, which tells a copy; `certifications` are those
    that its make had when it was registered (attestation.py).
    """

    class Holder(models.TextChoices):
        NONE = ""
        USER = "user"
        ROOT = "root"

    name = models.CharField(max_length=226)
    path = models.CharField(max_length=512, default="/")
    seed = SealedField(default=b"", bound_to="serial_number")
    holder = models.CharField(max_length=4, choices=Holder, default=Holder.NONE, blank=True)
    user = models.ForeignKey(
        User,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="mfa_devices",
    )
    tags = models.JSONField(default=dict)
    drift = models.IntegerField(default=0)
    last_step = models.BigIntegerField(default=0)
    credential_id = models.BinaryField(null=True, unique=True)
    public_key = models.BinaryField(default=b"")
    sign_count = models.BigIntegerField(default=0)
    transports = models.JSONField(default=list)
    certifications = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    created_at = models.DateTimeField()
    enabled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "path", "name"], name="mfa_name_unique"),
            models.CheckConstraint(
                condition=models.Q(credential_id__isnull=True) | ~models.Q(holder=""),
                name="mfa_key_is_held",
            ),
            models.CheckConstraint(
                condition=models.Q(holder="user", user__isnull=False)
                | models.Q(holder__in=["", "root"], user__isnull=True),
                name="mfa_holder",
            ),
        ]

    @property
    def is_key(self) -> bool:
        """Whether it is a security key or passkey."""
        return self.credential_id is not None

    @property
    def serial_number(self) -> str:
        if not self.is_key:
            return f"arn:aws:iam::{self.account_id}:mfa{self.path}{self.name}"
        whose = "root-account" if self.user is None else f"user/{self.user.name}"
        return f"arn:aws:iam::{self.account_id}:u2f/{whose}/{self.name}"


class ConsoleSessions(TenantQuerySet):
    def of_root(self, account: str) -> Self:
        """Those of the account's root user."""
        return self.of(account).filter(user=None, signs_with__isnull=True)


class ConsoleSession(TenantModel):
    """A signed-in browser, or a developer tool that was approved in one. Only a hash of the
    cookie's token is kept.

    `user` is null for the root user, and for whoever was signed in with temporary credentials:
    `signs_with`. `acts_with` are those of the role that the session has switched to. Both hold
    account, subject (the unique id), arn, key and token, which is sealed (identities/temporary.py).
    A tool has a `login`: client, session (a UUID), challenge and redirect_uri of its request, and
    once it has credentials key (a thumbprint) and generation (identities/signin/tokens.py);
    `digest` is of its code.
    """

    digest = models.BinaryField(max_length=32, unique=True)
    user = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="sessions"
    )
    source_ip = models.CharField(max_length=45)
    user_agent = models.CharField(max_length=1024)
    mfa_at = models.DateTimeField(null=True)
    signs_with = models.JSONField(null=True)
    acts_with = models.JSONField(null=True)
    login = models.JSONField(null=True)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = ConsoleSessions.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(signs_with__isnull=True) | models.Q(user__isnull=True),
                name="console_session_is_of_one",
            )
        ]
