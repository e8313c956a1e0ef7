from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from accounts.models.account import Account


class PersonManager(BaseUserManager["Person"]):
    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(email__iexact=username)

    def create_operator(self, email: str, password: str, **fields: Any) -> Person:
        """A new operator, who runs the installation and has no account of its own."""
        operator = self.model(email=self.normalize_email(email), account=None, **fields)
        operator.set_password(password)
        operator.save(using=self._db)
        return operator


class Person(AbstractBaseUser, PermissionsMixin):
    """Someone known by an email address: an account's root user, or an operator.

    An operator has no account. What it may do to which account is said by django-guardian's
    object permissions; inside an account's policies it has no power at all.

    `login_profile_at` is since when a root user has a login profile: a password, or leave to
    recover one. None: an organization has taken it away (accounts/root_access.py).
    """

    email = models.EmailField(max_length=254, unique=True)
    account = models.OneToOneField(
        Account, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="root"
    )
    password_last_used = models.DateTimeField(null=True)
    password_changed_at = models.DateTimeField(null=True)
    login_profile_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PersonManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="person_email_unique"),
            models.CheckConstraint(
                condition=models.Q(account__isnull=True) | models.Q(is_superuser=False),
                name="person_root_is_no_superuser",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_operator(self) -> bool:
        return self.account_id is None
