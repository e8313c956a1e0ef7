from __future__ import annotations

from django.db import models

from accounts.tenancy import TenantModel


class RegisteredResource(TenantModel):
    """A resource that the account owns, and its resource-based policy if it has one.

    The ARN of some kinds, such as buckets, holds no account: it is unique over all. `policy` is
    the text as it was sent, `pins` the unique ids behind the users and roles that it names, as in
    a role's trust policy.
    """

    arn = models.CharField(max_length=1024, unique=True)
    service = models.CharField(max_length=64)
    policy = models.TextField(default="")
    pins = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(null=True)
