from __future__ import annotations

from django.db import models


class Attempts(models.Model):
    """How often something secret was guessed at since `since` (accounts/throttle.py).

    Belongs to no account: who guesses is not known yet. `digest` hides names and addresses.
    """

    digest = models.BinaryField(primary_key=True, max_length=32)
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(db_index=True)
