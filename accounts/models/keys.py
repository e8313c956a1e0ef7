from __future__ import annotations

from django.db import models


class DataKey(models.Model):
    """A key that seals secrets, itself sealed by the master key (accounts/sealing.py).

    The newest key of a purpose seals; older ones still open what they sealed until retired.
    """

    class Purpose(models.TextChoices):
        SECRET = "secret"
        TOKEN = "token"

    purpose = models.CharField(max_length=6, choices=Purpose)
    sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)
